"""Whose fault a crash is: whose_fault.py FUZZER INPUT...

Runs the fuzzer on each input once. A crash whose innermost frame outside the C library and the sanitizer lies in libhdf5 is the
library's; all others are ours. Prints how many are ours, names them on standard error, and fails when there are any.
"""

import re
import subprocess
import sys
from pathlib import Path

OUTSIDE = ("libc.so", "compiler-rt", "sanitizer", "libm.so", "ld-linux", "fuzzer::", "__asan", "__interceptor", " in malloc ", " in calloc ", " in realloc ", " in operator new")


def frames(fuzzer: str, file: Path) -> list[str] | None:
    """The innermost stack of the report; None when nothing happens any more."""
    try:
        run = subprocess.run([fuzzer, "-timeout=10", "-rss_limit_mb=2048", str(file)], capture_output=True, text=True, errors="replace", timeout=60, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return ["hangs beyond the fuzzer's own limit"]
    if run.returncode == 0:
        return None
    stack = []
    for line in run.stderr.splitlines():
        if re.match(r"\s+#\d+ ", line):
            if stack and re.match(r"\s+#0 ", line):
                break
            stack.append(line.strip())
    return stack or [run.stderr[-300:]]


def main() -> int:
    ours = 0
    for name in sys.argv[2:]:
        file = Path(name)
        if not file.is_file() or file.suffix == ".log":
            continue
        stack = frames(sys.argv[1], file)
        if stack is None:
            continue
        first = next((frame for frame in stack if not any(word in frame for word in OUTSIDE)), stack[0])
        if "libhdf5" in first:
            continue
        ours += 1
        print(f"{file}: {first}", file=sys.stderr)
    print(ours)
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
