"""Runs a fuzzer for some seconds of processor: timed.py FILE SECONDS COMMAND...

The fuzzer's own limit is one of the clock, of which a busy machine gives little. Counted is the command with all that it starts; at
SECONDS it is interrupted, which libFuzzer ends with its figures, and whatever is left of it is killed. The seconds used are written to FILE; ends with the command's exit code.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
WAIT_AFTER_INTERRUPT = 20.0


def used_by_group(group: int) -> float:
    """Seconds of processor of a process group's members and of those of their children that have ended."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[2]) == group:
            total += sum(int(n) for n in fields[11:15])
    return total / TICKS


def main() -> int:
    file, seconds, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    used, interrupted_at = 0.0, None
    Path(file).unlink(missing_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: the fuzzer must not go on alone
    # A group of its own, which can be killed as a whole. With -fork the fuzzer does not hear Ctrl-C while it waits for a job.
    stop = signal.SIGTERM if "-fork=1" in command else signal.SIGINT
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as run:
        try:
            while run.poll() is None:
                time.sleep(1)
                used = max(used, used_by_group(run.pid))
                if interrupted_at is None and used >= seconds:
                    interrupted_at = time.monotonic()
                    run.send_signal(stop)
                elif interrupted_at is not None and time.monotonic() - interrupted_at > WAIT_AFTER_INTERRUPT:
                    break
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
    Path(file).write_text(f"{used:.0f}\n", encoding="utf-8")
    return run.returncode if run.returncode >= 0 else 128 - run.returncode


if __name__ == "__main__":
    sys.exit(main())
