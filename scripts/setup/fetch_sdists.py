"""Fetch the released projects that test_real_projects.py measures, pinned by hash, into .cache/sdists.

Set-up only: the tests themselves never use the network.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent.parent / ".cache" / "sdists"

if __name__ == "__main__":
    pinned = HERE / "sdists.txt"
    # By name: `:all:` would hold for what builds them, too, and pip would build each build tool from its sources.
    names = ",".join(line.partition("==")[0] for line in pinned.read_text(encoding="utf-8").splitlines())
    # pip builds the metadata of sources; with what the lock has, so that no unpinned build tool is fetched.
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-binary", names, "--require-hashes"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(TARGET), "-r", str(pinned)]
    sys.exit(subprocess.run(command, check=False).returncode)
