// The macros of other people's headers, each in its own shape, after the headers that floe
// includes. What is included behind this is floe's own text alone, and must mean the same as
// without it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <gsl/assert>
#include <gsl/span>
#include <limits>
#include <list>
#include <map>
#include <memory>
#if __has_include(<memory_resource>)
#include <memory_resource>
#endif
#include <new>
#include <numeric>
#include <optional>
#include <random>
#include <ratio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <arm_neon.h>
#endif

// Some of these are defined by the headers above, or by the compiler in its GNU mode.
#undef BIG_ENDIAN
#undef BYTE_ORDER
#undef LITTLE_ENDIAN
#undef PDP_ENDIAN
#undef errno
#undef htonl
#undef htons
#undef linux
#undef major
#undef makedev
#undef minor
#undef ntohl
#undef ntohs
#undef stderr
#undef stdin
#undef stdout
#undef unix

// clang-format off
// The C library.
#define errno (*no_such_function())
#define stdin stdin
#define stdout stdout
#define stderr stderr
#define assert(expression) no_such_function(expression)
#define major(device) no_such_function(device)
#define minor(device) no_such_function(device)
#define makedev(one, other) no_such_function(one, other)
#define BIG_ENDIAN 4321
#define LITTLE_ENDIAN 1234
#define PDP_ENDIAN 3412
#define BYTE_ORDER LITTLE_ENDIAN
#define htons(x) no_such_function(x)
#define htonl(x) no_such_function(x)
#define ntohs(x) no_such_function(x)
#define ntohl(x) no_such_function(x)
#define h_errno (*no_such_function())
#define h_addr h_addr_list[0]
#define s_addr S_un.S_addr
#define st_mtime st_mtim.tv_sec
#define sa_handler no_such_union.sa_handler
#define environ (*no_such_function())
#define howmany(x, y) (((x) + ((y) - 1)) / (y))
#define roundup(x, y) ((((x) + ((y) - 1)) / (y)) * (y))
#define powerof2(x) ((((x) - 1) & (x)) == 0)
#define setbit(a, i) ((a)[(i) / 8] |= 1 << ((i) % 8))
#define clrbit(a, i) ((a)[(i) / 8] &= ~(1 << ((i) % 8)))
#define isset(a, i) ((a)[(i) / 8] & (1 << ((i) % 8)))
#define isclr(a, i) (((a)[(i) / 8] & (1 << ((i) % 8))) == 0)
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#define HOST_NOT_FOUND 1
#define TRY_AGAIN 2
#define NO_RECOVERY 3
#define NO_DATA 4
#define NO_ADDRESS NO_DATA
#define DOMAIN 1
#define SING 2
#define OVERFLOW 3
#define UNDERFLOW 4
#define ECHO 0000010
#define unix 1
#define linux 1
#define i386 1
#define mips 1
#define sun 1

// <windows.h>, <winsock2.h> and what they include.
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define interface struct
#define small char
#define hyper __int64
#define near
#define far
#define NEAR near
#define FAR far
#define pascal __stdcall
#define cdecl __cdecl
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define TRUE 1
#define FALSE 0
#define CALLBACK __stdcall
#define WINAPI __stdcall
#define APIENTRY WINAPI
#define PASCAL __stdcall
#define PURE = 0
#define THIS void
#define STRICT 1
#define UNICODE
#define ERROR 0
#define NO_ERROR 0L
#define NOERROR 0
#define DELETE (0x00010000L)
#define SYNCHRONIZE (0x00100000L)
#define INFINITE 0xffffffff
#define IGNORE 0
#define ABSOLUTE 1
#define RELATIVE 2
#define TRANSPARENT 1
#define OPAQUE 2
#define ALTERNATE 1
#define WINDING 2
#define DIFFERENCE 11
#define TEXT(quote) L##quote
#define FAILED(hr) ((hr) < 0)
#define SUCCEEDED(hr) ((hr) >= 0)
#define Yield()
#define GetCurrentTime() no_such_function()
#define GetMessage GetMessageW
#define SendMessage SendMessageW
#define PostMessage PostMessageW
#define PeekMessage PeekMessageW
#define CreateEvent CreateEventW
#define OpenEvent OpenEventW
#define ReportEvent ReportEventW
#define CreateFile CreateFileW
#define DeleteFile DeleteFileW
#define GetObject GetObjectW
#define GetUserName GetUserNameW
#define GetClassName GetClassNameW
#define GetProp GetPropW
#define LoadString LoadStringW
#define DrawText DrawTextW
#define AddJob AddJobW
#define CopyMemory(to, from, size) no_such_function(to, from, size)
#define MoveMemory(to, from, size) no_such_function(to, from, size)
#define FillMemory(to, size, fill) no_such_function(to, size, fill)
#define ZeroMemory(to, size) no_such_function(to, size)

// X11.
#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Success 0
#define BadRequest 1
#define BadValue 2
#define NotUseful 0
#define WhenMapped 1
#define Always 2
#define Unsorted 0
#define CursorShape 0
#define KeyPress 2
#define KeyRelease 3
#define FocusIn 9
#define FocusOut 10
#define Expose 12
#define CurrentTime 0L
#define Above 0
#define Below 1
#define Opposite 4
#define Complex 0
#define Convex 2
#define GrayScale 1
#define ControlMask (1 << 2)
#define InputFocus 1L
#define NoSymbol 0L

// Qt and GLib.
#define emit
#define Q_EMIT
#define slots
#define signals public
#define Q_SIGNALS public
#define foreach(variable, container) for (variable : container)
#define forever for (;;)
#define ABS(a) (((a) < 0) ? -(a) : (a))
#define CLAMP(x, low, high) (((x) > (high)) ? (high) : (((x) < (low)) ? (low) : (x)))

// Apple's AssertMacros.h and the assertions of engines and logging libraries.
#define check(assertion) no_such_function(assertion)
#define check_noerr(code) no_such_function(code)
#define verify(assertion) no_such_function(assertion)
#define verify_noerr(code) no_such_function(code)
#define require(assertion, label) no_such_function(assertion)
#define require_noerr(code, label) no_such_function(code)
#define ensure(assertion) no_such_function(assertion)
#define ASSERT(assertion) no_such_function(assertion)
#define VERIFY(assertion) no_such_function(assertion)
#define CHECK(assertion) no_such_function(assertion)
#define TRACE(...) no_such_function(__VA_ARGS__)
#define LOG(severity) no_such_function(severity)
#define DEBUG 1
#define INFO 1
#define nil nullptr
#define YES 1
#define NO 0

// Arduino, avr-libc and the microcontrollers' own.
#define abs(x) ((x) > 0 ? (x) : -(x))
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x)-0.5))
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#define radians(deg) ((deg)*DEG_TO_RAD)
#define degrees(rad) ((rad)*RAD_TO_DEG)
#define sq(x) ((x) * (x))
#define bit(b) (1UL << (b))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define bitSet(value, bit) ((value) |= (1UL << (bit)))
#define bitClear(value, bit) ((value) &= ~(1UL << (bit)))
#define bitWrite(value, bit, bitvalue) ((bitvalue) ? bitSet(value, bit) : bitClear(value, bit))
#define lowByte(w) ((w)&0xff)
#define highByte(w) ((w) >> 8)
#define word(...) no_such_function(__VA_ARGS__)
#define interrupts() no_such_function()
#define noInterrupts() no_such_function()
#define cli() no_such_function()
#define sei() no_such_function()
#define F(literal) no_such_function(literal)
#define PSTR(literal) (literal)
#define PI 3.1415926535897932384626433832795
#define EULER 2.718281828459045235360287471352
#define SERIAL 0x0
#define DISPLAY 0x1
#define HIGH 0x1
#define LOW 0x0
#define INPUT 0x0
#define OUTPUT 0x1
#define CHANGE 1
#define FALLING 2
#define RISING 3
#define DEFAULT 1
#define EXTERNAL 0
#define INTERNAL 3
#define B0 0
#define B1 1
#define B11 3
#define A0 14
#define BIT(n) (1UL << (n))
#define BIT0 1
#define CRC no_such_peripheral
#define HASH no_such_peripheral
#define RNG no_such_peripheral
#define TIME no_such_peripheral
#define RESET 0
#define SET 1
#define OK 0
#define STATUS int
#define LOCAL static
#define IMPORT extern
#define FOREVER for (;;)
#define UNUSED(x) (void)(x)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
// clang-format on
