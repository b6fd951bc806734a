"""Two builds side by side: versus.py OLD NEW [--pairs 8] [options of bench_month...]

OLD and NEW are programs bench_month (or folders of builds that have one). They run in turn, so that what else the machine does
falls on both; the monthly steps are compared by the fastest and by the median of all, in time and in time of the processor. It
says so when the two end in different states.
"""
import re
import statistics
import subprocess
import sys
from pathlib import Path


def main(words):
    pairs = 8
    if "--pairs" in words:
        at = words.index("--pairs")
        pairs = int(words[at + 1])
        del words[at : at + 2]
    if len(words) < 2:
        sys.exit(__doc__)
    programs = [Path(word) / "bench_month" if Path(word).is_dir() else Path(word) for word in words[:2]]
    options = words[2:] or ["--area", "lima_callao", "--scale", "20", "--months", "24", "--threads", "2"]
    measured = [{"time": [], "processor": []} for _ in programs]
    states = [set(), set()]
    for pair in range(pairs):
        for which in (0, 1) if pair % 2 == 0 else (1, 0):
            page = subprocess.run([programs[which].resolve(), *options], capture_output=True, text=True, check=True).stdout
            found = re.search(r"months in ([\d.]+) s.*processor ([\d.]+) s", page)
            measured[which]["time"].append(float(found[1]))
            measured[which]["processor"].append(float(found[2]))
            states[which].add(re.search(r"state hash (\w+)", page)[1])
    for what in ("time", "processor"):
        old, new = (m[what] for m in measured)
        print(f"{what:10} fastest {min(old):.2f} and {min(new):.2f} s, ratio {min(new) / min(old):.3f}; "
              f"median {statistics.median(old):.2f} and {statistics.median(new):.2f} s, ratio {statistics.median(new) / statistics.median(old):.3f}; {pairs} pairs")
    if states[0] != states[1] or len(states[0]) != 1:
        sys.exit(f"they end in different states: {sorted(states[0])} and {sorted(states[1])}")


if __name__ == "__main__":
    main(sys.argv[1:])
