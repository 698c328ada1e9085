// Published values of the hash functions: RFC 1321 A.5, FIPS 180-4, RFC 2202, RFC 4231, CRC-32
// check values.
#pragma once

#include <array>
#include <string_view>

namespace vectors {

enum class algorithm { md5, sha1, sha256, hmac_sha1, hmac_sha256, crc32 };

struct digest {
  std::string_view id;
  algorithm what;
  std::string_view key;       ///< hex
  std::string_view data;      ///< hex
  std::string_view expected;  ///< hex
};

inline constexpr std::array<digest, 34> digests{{
    {"rfc1321-0", algorithm::md5, "", "", "d41d8cd98f00b204e9800998ecf8427e"},
    {"rfc1321-1", algorithm::md5, "", "61", "0cc175b9c0f1b6a831c399e269772661"},
    {"rfc1321-3", algorithm::md5, "", "616263", "900150983cd24fb0d6963f7d28e17f72"},
    {"rfc1321-14", algorithm::md5, "", "6d65737361676520646967657374",
     "f96b697d7cb7938d525a2f31aaf161d0"},
    {"rfc1321-26", algorithm::md5, "", "6162636465666768696a6b6c6d6e6f707172737475767778797a",
     "c3fcd3d76192e4007dfb496cca67e13b"},
    {"rfc1321-62", algorithm::md5, "",
     "4142434445464748494a4b4c4d4e4f505152535455565758595a6162636465666768696a6b6c6d6e6f707172"
     "737475767778797a30313233343536373839",
     "d174ab98d277d9f5a5611c2c9f419d9f"},
    {"rfc1321-80", algorithm::md5, "",
     "3132333435363738393031323334353637383930313233343536373839303132333435363738393031323334"
     "353637383930313233343536373839303132333435363738393031323334353637383930",
     "57edf4a22be3c955ac49da2e2107b67a"},
    {"sha1-0", algorithm::sha1, "", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"sha1-3", algorithm::sha1, "", "616263", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha1-56", algorithm::sha1, "",
     "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e"
     "6c6d6e6f6d6e6f706e6f7071",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {"sha256-0", algorithm::sha256, "", "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha256-3", algorithm::sha256, "", "616263",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha256-56", algorithm::sha256, "",
     "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e"
     "6c6d6e6f6d6e6f706e6f7071",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"rfc2202-1", algorithm::hmac_sha1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265", "b617318655057264e28bc0b6fb378c8ef146be00"},
    {"rfc2202-2", algorithm::hmac_sha1, "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {"rfc2202-3", algorithm::hmac_sha1, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddd",
     "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {"rfc2202-4", algorithm::hmac_sha1, "0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcd",
     "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
    {"rfc2202-5", algorithm::hmac_sha1, "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
     "546573742057697468205472756e636174696f6e", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
    {"rfc2202-6", algorithm::hmac_sha1,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368"
     "204b6579204669727374",
     "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {"rfc2202-7", algorithm::hmac_sha1,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920616e64204c61"
     "72676572205468616e204f6e6520426c6f636b2d53697a652044617461",
     "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    {"rfc4231-1", algorithm::hmac_sha256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"rfc4231-2", algorithm::hmac_sha256, "4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"rfc4231-3", algorithm::hmac_sha256, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"rfc4231-4", algorithm::hmac_sha256, "0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {"rfc4231-6", algorithm::hmac_sha256,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368"
     "204b6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"rfc4231-7", algorithm::hmac_sha256,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a"
     "65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865"
     "206b6579206e6565647320746f20626520686173686564206265666f7265206265696e672075736564206279"
     "2074686520484d414320616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    {"rfc4231-5-trunc", algorithm::hmac_sha256, "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
     "546573742057697468205472756e636174696f6e",
     "a3b6167473100ee06e0c796c2955552bfa6f7c0a6a8aef8b93f860aab0cd20c5"},
    {"crc32-0-00000000", algorithm::crc32, "", "", "00000000"},
    {"crc32-9-cbf43926", algorithm::crc32, "", "313233343536373839", "cbf43926"},
    {"crc32-43-414fa339", algorithm::crc32, "",
     "54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f67",
     "414fa339"},
    {"crc32-32-190a55ad", algorithm::crc32, "",
     "0000000000000000000000000000000000000000000000000000000000000000", "190a55ad"},
    {"crc32-32-ff6cab0b", algorithm::crc32, "",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "ff6cab0b"},
    {"longterm-key-md5", algorithm::md5, "", "757365723a7265616c6d3a70617373",
     "8493fbc53ba582fb4c044c456bdc40eb"},
    {"longterm-key-sha256", algorithm::sha256, "", "757365723a7265616c6d3a70617373",
     "07e934117abd40836e7c6329b54731b2b2d2a5f9a71f544922d75e0730d8251b"},
}};

}  // namespace vectors
