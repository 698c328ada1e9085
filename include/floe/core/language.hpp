// Says what is missing where floe can't be compiled. Every header begins with it.
//
// owns:     one readable message in place of the hundreds that a compiler set to an older standard
//           has for everything after it
#pragma once

#if (defined(_MSVC_LANG) && _MSVC_LANG < 202002L) || (!defined(_MSVC_LANG) && __cplusplus < 202002L)
#error "floe needs C++20: compile with -std=c++20, or /std:c++20 where the compiler is Microsoft's"
#include <C++20>  // there is no such file, and that is where a compiler that went on stops
#endif
