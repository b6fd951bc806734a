#!/bin/sh
# Fuzzes the readers of files: sh tests/fuzz.sh [SECONDS of processor for each, 60] [TARGET...]
# Targets: scenario sweep calibration tables geojson run_file. Inputs found on the way are kept in build/fuzz-inputs and used by the next
# stretch; what went wrong lies in build/fuzz-finds. Each stretch adds a line with its seconds of processor to tests/fuzz/tally.csv.
# Exit code 1 on a find.
set -eu
cd "$(dirname "$0")/.."
seconds=${1-60}
[ "$#" -eq 0 ] || shift
case "$seconds" in '' | *[!0-9]*) echo "fuzz.sh: $seconds is no number of seconds." >&2; exit 2 ;; esac
[ "$#" -gt 0 ] || set -- scenario sweep calibration tables geojson run_file
sh tests/setup.sh
for package in clang libfuzzer-14-dev; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' && continue
  echo "fuzz: installing $package"
  if [ "$(id -u)" = 0 ]; then apt-get install -y --no-install-recommends "$package"; else sudo apt-get install -y --no-install-recommends "$package"; fi
done
cmake --preset fuzz >/dev/null
targets=""
for target in "$@"; do targets="$targets fuzz_$target"; done
# shellcheck disable=SC2086
ninja -C build/fuzz $targets
mkdir -p build/fuzz-finds
status=0
for target in "$@"; do
  inputs=build/fuzz-inputs/$target
  mkdir -p "$inputs"
  seeds=tests/corpus/fuzz/$target
  [ "$target" != scenario ] || seeds="$seeds tests/corpus/scenarios"
  log=build/fuzz-finds/$target.log
  # Crashes of the HDF5 library on crafted files are its own and are contained by a child process elsewhere; the fuzzer goes on.
  more=""
  hang=60
  # Its stalls too, which a reader gives up after ten seconds of processor: a minute for each would be lost to the search.
  [ "$target" != run_file ] || hang=15
  [ "$target" != run_file ] || more="-fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1"
  # Else a hang is a minute of the clock, since other work may hold the machine. 72 is libFuzzer's word for being interrupted, as it is at the
  # end of its time; with -fork it ends by that signal (143) or is killed (137), and its finds are looked at one by one.
  ended=0
  # shellcheck disable=SC2086
  LSAN_OPTIONS=suppressions=tests/fuzz/leaks_of_hdf5.txt:print_suppressions=0 \
    python3 tests/fuzz/timed.py build/fuzz-finds/seconds-"$target" "$seconds" build/fuzz/fuzz_"$target" -timeout=$hang -report_slow_units=60 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix=build/fuzz-finds/"$target"- $more "$inputs" $seeds >"$log" 2>&1 </dev/null || ended=$?
  case "$target,$ended" in *,0 | *,72 | run_file,137 | run_file,143) ;; *) status=1 ;; esac
  took=$(cat build/fuzz-finds/seconds-"$target")
  if [ "$target" = run_file ]; then
    tried=$(sed -n 's/^#\([0-9]*\): cov:.*/\1/p' "$log" | tail -1)
    finds=$(python3 tests/fuzz/whose_fault.py build/fuzz/fuzz_run_file build/fuzz-finds/run_file-*) || status=1
  else
    tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    finds=$(find build/fuzz-finds -name "$target-*" -newer build/fuzz/fuzz_"$target" | wc -l)
  fi
  echo "$(date +%F),$target,$took,${tried:-0},$finds" >>tests/fuzz/tally.csv
  echo "$target: ${tried:-0} inputs in $took s of processor, $finds finds"
done
exit "$status"
