// Catch2 v2's main(), for systems that do not package it as a library.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
