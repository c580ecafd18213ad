"""Install what requirements-dev.txt locks, and this project, into the environment of the Python that runs this script.

`install.py LOCK` installs what another lock names, without this project.

The lock is complete, so pip has nothing to resolve. Where a locked package asks for another one with an extra
(`coverage[toml]`), pip before 23.3 would look for it again and refuse what it finds (docs/decisions/0029).
"""

from __future__ import annotations

import subprocess
import sys

QUIET = ("--quiet", "--disable-pip-version-check")
LOCKED = ("install", *QUIET, "--no-deps", "--require-hashes", "-r")
PROJECT = ("install", *QUIET, "--no-deps", "--no-build-isolation", "--editable", ".")


def steps(lock: str) -> tuple[tuple[str, ...], ...]:
    """pip's arguments, call by call; an empty `lock` is requirements-dev.txt and the project."""
    return (
        (*LOCKED, lock or "requirements-dev.txt"),
        *(() if lock else (PROJECT,)),
        ("check", "--disable-pip-version-check"),
    )


if __name__ == "__main__":
    for step in steps("".join(sys.argv[1:2])):
        if code := subprocess.run([sys.executable, "-m", "pip", *step], check=False).returncode:
            sys.exit(code)
