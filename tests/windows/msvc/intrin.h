// What floe takes from the header of this name that comes with Microsoft's compiler.
#pragma once

#include <cpuid.h>
#include <x86intrin.h>

#undef __cpuid
inline void __cpuid(int registers[4], int leaf) { __cpuidex(registers, leaf, 0); }
