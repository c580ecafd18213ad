"""Install what requirements-dev.txt locks, and this project, into the environment of the Python that runs this script.

The lock is complete, so pip has nothing to resolve. Where a locked package asks for another one with an extra
(`coverage[toml]`), pip before 23.3 would look for it again and refuse what it finds (docs/decisions/0029).
"""

from __future__ import annotations

import subprocess
import sys

QUIET = ("--quiet", "--disable-pip-version-check")
STEPS = (
    ("install", *QUIET, "--no-deps", "--require-hashes", "-r", "requirements-dev.txt"),
    ("install", *QUIET, "--no-deps", "--no-build-isolation", "--editable", "."),
    ("check", "--disable-pip-version-check"),
)

if __name__ == "__main__":
    for step in STEPS:
        if code := subprocess.run([sys.executable, "-m", "pip", *step], check=False).returncode:
            sys.exit(code)
