#!/bin/sh
# Builds oneTBB with ThreadSanitizer into build/tbb-for-tsan, once. Debian's own libtbb is not instrumented: its
# synchronisation is invisible to the sanitizer, which then reports races that are none.
set -eu
root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
work=$root/build/tbb-for-tsan
[ -f "$work/install/lib/cmake/TBB/TBBConfig.cmake" ] && exit 0
rm -rf "$work"
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/source"

# The sources of the same mirrors that packages come from, in lists of our own: the system's configuration stays as it is.
apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
  sort -u > "$work/apt/sources.list"
if ! [ -s "$work/apt/sources.list" ]; then
  echo "tsan_tbb: apt knows no Debian mirror yet; run 'apt-get update' as root, then this again." >&2
  exit 1
fi
private_apt() {
  apt-get -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
          -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User="" "$@"
}
cd "$work/source"
if ! { private_apt -qq update && private_apt -qq source --download-only onetbb; }; then
  echo "tsan_tbb: the source package onetbb could not be fetched (see apt's message above); check the network." >&2
  exit 1
fi
tar -xf onetbb_*.orig.tar.* --strip-components=1
cmake -S . -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTBB_SANITIZE=thread -DTBB_TEST=OFF -DTBB_STRICT=OFF \
      -DTBBMALLOC_BUILD=OFF -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_PREFIX="$work/partial" > "$work/configure.log"
cmake --build "$work/build" > "$work/build.log" || { tail -n 30 "$work/build.log" >&2; exit 1; }
cmake --install "$work/build" > "$work/install.log"
# Renamed last, so that an interrupted build is not taken for a finished one.
mv "$work/partial" "$work/install"
rm -rf "$work/build" "$work/source" "$work/apt"
