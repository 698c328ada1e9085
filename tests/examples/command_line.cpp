#include "../../examples/command_line.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using examples::choice_into;
using examples::command_line;
using examples::number_into;
using examples::port_into;
using examples::text_into;

namespace {

/// A program with some of everything.
struct program {
  bool tcp = false;
  std::uint16_t port = 3478;
  std::uint64_t seed = 0;
  int kind = 0;
  std::string text;
  std::vector<std::string> words;

  std::optional<int> read(std::vector<const char*> given) {
    given.insert(given.begin(), "program");
    command_line line{"program", ""};
    line.flag("--tcp", tcp)
        .option("--port", port_into(port))
        .option("--seed", number_into(seed, 0, UINT64_MAX))
        .option("--kind", choice_into<int>(kind, {{"one", 1}, {"two", 2}, {"three", 3}}))
        .option("--text", text_into(text))
        .words("FILE", 1, 2, [this](std::string_view word) {
          words.emplace_back(word);
          return std::string{word == "bad" ? "a good file" : ""};
        });
    return line.read(static_cast<int>(given.size()), given.data());
  }
};

}  // namespace

TEST_CASE("command line: options and words stand in any order", "[command_line]") {
  program p;
  CHECK_FALSE(
      p.read({"a", "--tcp", "--port", "65535", "--kind=two", "--text", "--tcp", "--", "-b"}));
  CHECK(p.tcp);
  CHECK(p.port == 65535);
  CHECK(p.kind == 2);
  CHECK(p.text == "--tcp");
  CHECK(p.words == std::vector<std::string>{"a", "-b"});
}

TEST_CASE("command line: a number is decimal digits in its range, and nothing else",
          "[command_line]") {
  for (const auto* const bad :
       {"0", "65536", "99999", "70000", "4294967297", "18446744073709551616", "", " 1", "1 ", "+1",
        "-1", "0x10", "1e3"}) {
    CAPTURE(bad);
    program p;
    CHECK(p.read({"a", "--port", bad}) == 2);
    CHECK(p.port == 3478);
  }
  program p;
  CHECK_FALSE(p.read({"a", "--port", "00001", "--seed", "18446744073709551615"}));
  CHECK(p.port == 1);
  CHECK(p.seed == UINT64_MAX);
}

TEST_CASE("command line: what is not understood stops the program", "[command_line]") {
  using words = std::vector<const char*>;
  for (const auto& bad : {words{},
                          {"a", "b", "c"},
                          {"a", "--port"},
                          {"a", "--tcp=1"},
                          {"a", "--kind", "four"},
                          {"a", "--text="},
                          {"a", "--tc"},
                          {"a", "-t"},
                          {"bad"}}) {
    CHECK(program{}.read(bad) == 2);
  }
}

TEST_CASE("command line: help is no error, whatever stands behind it", "[command_line]") {
  CHECK(program{}.read({"--help"}) == 0);
  CHECK(program{}.read({"-h"}) == 0);
  CHECK(program{}.read({"a", "--tcp", "--help", "--what"}) == 0);
  CHECK(program{}.read({"--text", "--help"}) == 2);
}
