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
    options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes", "--dest", str(TARGET)]
    command = [sys.executable, "-m", "pip", "download", *options, "-r", str(HERE / "sdists.txt")]
    sys.exit(subprocess.run(command, check=False).returncode)
