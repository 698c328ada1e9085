#!/bin/bash -eu
# Builds every fuzz target into $OUT with its corpus and dictionary, as OSS-Fuzz and ClusterFuzzLite ask: with the compiler
# $CXX, its flags $CXXFLAGS, and the engine $LIB_FUZZING_ENGINE.
#
# Without OSS-Fuzz, with Debian's clang:
#   OUT=/tmp/out fuzz/oss-fuzz/build.sh [TARGET...]
cd "$(dirname "$(realpath "$0")")"
[ -d ../../include/floe ] || cd "${SRC:?}/floe/fuzz/oss-fuzz"  # OSS-Fuzz copies this script
cd ../..

: "${CXX:=clang++}" "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}" "${OUT:?says where the targets go}"
: "${CXXFLAGS=-O1 -gline-tables-only -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all}"
mkdir -p "$OUT"

if [ $# = 0 ]; then set -- $(basename -s .cpp fuzz/*.cpp); fi
for target; do
  # shellcheck disable=SC2086 # the flags are words
  $CXX $CXXFLAGS -std=c++20 -Iinclude -Itests "fuzz/$target.cpp" $LIB_FUZZING_ENGINE -o "$OUT/$target"
  if [ -d "fuzz/corpus/$target" ]; then
    rm -f "$OUT/${target}_seed_corpus.zip"
    python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"/*
  fi
  if [ -f "fuzz/dictionaries/$target.dict" ]; then cp "fuzz/dictionaries/$target.dict" "$OUT/$target.dict"; fi
done
