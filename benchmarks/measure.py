"""Runs one command and writes what it cost: `python measure.py FIGURES COMMAND...`.

A process of its own, because the memory that the kernel states for a process is at least what its parent had.
"""

import json
import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    begun = time.perf_counter()
    process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - begun
    cost = {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "peak": usage.ru_maxrss * 1024}
    Path(sys.argv[1]).write_text(json.dumps(cost), encoding="utf-8")
    sys.exit(os.waitstatus_to_exitcode(status))
