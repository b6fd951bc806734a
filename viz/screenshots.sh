#!/bin/sh
# Makes the README's pictures: sh viz/screenshots.sh [BUILD_DIR] [OUT_DIR]. Needs a build and convert (Debian package imagemagick).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/release}
out=${2:-$root/viz/pictures}
for program in "$build/arraigo" "$build/arraigo-shots"; do
  [ -x "$program" ] || { echo "screenshots.sh: $program is not there; build first (cmake --build --preset release)." >&2; exit 1; }
done
command -v convert >/dev/null 2>&1 || { echo "screenshots.sh: convert is missing; install the Debian package imagemagick." >&2; exit 1; }
mkdir -p "$out"
build=$(cd "$build" && pwd)
out=$(cd "$out" && pwd)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
trap 'exit 1' HUP INT TERM

# The demonstration's runs, where they were recorded by district; else coarser ones.
runs=$root/runs
if ! "$build/arraigo" compare "$runs/baseline.h5" "$runs/regularisation.h5" --by district --format csv >/dev/null 2>&1; then
  runs=$temporary/runs
  echo "screenshots.sh: running baseline and regularisation for Lima and Callao at 1:100, in about a minute"
  "$build/arraigo" run baseline regularisation --area lima_callao --scale 100 --detail districts --quiet -o "$runs"
fi

# picture NAME LANGUAGE COMMANDS: one screen, 1600 by 900.
picture() {
  printf '%s\n' '{"size":[1600,900]}' '{"wait_idle":600}' "$3" '{"wait_idle":600}' '{"move":[1599,899]}' '{"frames":5}' \
    "{\"shot\":\"$1.png\"}" >"$temporary/$1.jsonl"
  (cd "$temporary" && "$build/arraigo-shots" --lang "$2" --script "$1.jsonl" "$runs/baseline.h5" "$runs/regularisation.h5")
  convert "$temporary/$1.png" +dither -treedepth 8 -colors 192 -strip -define png:compression-level=9 "png8:$temporary/small.png"
  mv "$temporary/small.png" "$out/$1.png"
  bytes=$(($(wc -c <"$out/$1.png")))
  echo "$out/$1.png: $bytes bytes"
  [ "$bytes" -lt 150000 ] || { echo "screenshots.sh: $1.png is larger than 150 kB." >&2; exit 1; }
}

picture main-es es ''
picture main-en en ''
picture workshop es '{"key":"F11"}'
picture story en '{"widget":"story"}
{"wait_idle":600}
{"widget":"story/find"}'
