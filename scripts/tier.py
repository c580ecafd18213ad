"""Run one tier of the tests and print what it took beside its budget: `tier.py NAME SECONDS -- COMMAND...`."""

from __future__ import annotations

import subprocess
import sys
import time


def main(argv: list[str]) -> int:
    name, budget, dashes, *command = argv
    if dashes != "--":
        raise SystemExit("usage: tier.py NAME SECONDS -- COMMAND...")
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    took = time.monotonic() - started
    # A slow machine must not turn a tier red, so an exceeded budget is printed, not enforced.
    over = " OVER BUDGET" if took > float(budget) else ""
    sys.stdout.write(f"tier {name}: {took:.0f} s of {budget} s{over}, exit code {code}\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
