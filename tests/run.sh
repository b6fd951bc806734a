#!/bin/sh
# Installs what is missing, builds and runs the tests of a preset: sh tests/run.sh [release|dev|asan|tsan] [ctest options]
set -eu
cd "$(dirname "$0")/.."
preset=release
case "${1-}" in
  release | dev | asan | tsan) preset=$1; shift ;;
  '' | -*) ;;
  *) echo "run.sh: $1 is no preset (release, dev, asan, tsan) and no option of ctest." >&2; exit 2 ;;
esac
sh tests/setup.sh
[ "$preset" != tsan ] || sh tests/tsan_tbb.sh
cmake --preset "$preset"
cmake --build --preset "$preset"
# The fast tests stop at once what is plainly broken; the slow ones follow when all of them pass.
[ "$#" -eq 0 ] || exec ctest --preset "$preset" "$@"
ctest --preset "$preset" -L fast -j "$(nproc)"
exec ctest --preset "$preset" -LE fast -j "$(nproc)"
