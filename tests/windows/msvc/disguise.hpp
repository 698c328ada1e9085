// A GNU compiler that takes the paths of Microsoft's through floe. What is no header of floe has
// been read as before.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "catch.hpp"
#include "crypto/support.hpp"

#undef __GNUC__
#define _MSC_VER 1938
#define _MSVC_LANG 202002L
#define _M_X64 100
