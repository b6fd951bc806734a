#!/bin/sh
# Looks for mistakes without running anything: sh tests/lint.sh [FILE.cpp...], all sources without any. Installs clang-tidy and
# cppcheck when they are missing. .clang-tidy and tests/cppcheck.txt say what is looked for and what is not; exit code 1 on a find.
# JOBS=1 takes one processor; all sources take clang-tidy about 20 seconds of a processor each.
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh
for package in clang-tidy cppcheck; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' && continue
  echo "lint: installing $package"
  if [ "$(id -u)" = 0 ]; then apt-get install -y --no-install-recommends "$package"; else sudo apt-get install -y --no-install-recommends "$package"; fi
done
# Without headers that GCC has read before, which are no such thing to clang.
cmake --preset release -B build/lint -DARRAIGO_PRECOMPILED=OFF >/dev/null
ninja -C build/lint arraigo_commit >/dev/null # a header of each build
jobs=${JOBS-$(nproc)}
status=0
if [ "$#" -eq 0 ]; then
  # The project's macros are few; the libraries' are looked up in cppcheck's own descriptions.
  cppcheck --project=build/lint/compile_commands.json -i"$PWD/build" --enable=warning,performance,portability --library=googletest \
    --inline-suppr --suppressions-list=tests/cppcheck.txt --quiet --template='{file}:{line}: {id}: {message}' --error-exitcode=1 -j "$jobs" || status=1
  set -- $(git ls-files 'sim/*.cpp' 'analysis/*.cpp' 'viz/*.cpp' 'tests/*.cpp')
fi
# Files that only another preset builds are not in its list.
for file in "$@"; do
  grep -q "\"$PWD/$file\"" build/lint/compile_commands.json && echo "$file"
done | xargs -P "$jobs" -n 1 clang-tidy --quiet -p build/lint --extra-arg=-fbracket-depth=8192 --extra-arg=-Wno-unknown-warning-option 2>/dev/null || status=1
exit "$status"
