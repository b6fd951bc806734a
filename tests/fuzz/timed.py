"""Runs a command and writes the seconds of processor that it took: timed.py FILE COMMAND... Ends with the command's exit code."""

import resource
import subprocess
import sys

code = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(f"{used.ru_utime + used.ru_stime:.0f}\n")
sys.exit(code if code >= 0 else 128 - code)
