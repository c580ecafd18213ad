"""Fetch what tests measure, pinned by hash, into .cache: released projects (sdists, for test_real_projects.py), a
plug-in of coverage.py with what it needs (plugins, for test_coverage_plugin.py) and the oldest coverage.py that covgov
supports (oldest, for test_reporter_versions.py).

Set-up only: the tests themselves never use the network.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / ".cache"
PIP = (sys.executable, "-m", "pip")
PINNED = ("--quiet", "--no-deps", "--require-hashes", "-r")


def sdists() -> int:
    """Download; the exit code."""
    pinned = HERE / "sdists.txt"
    # By name: `:all:` would hold for what builds them, too, and pip would build each build tool from its sources.
    names = ",".join(line.partition("==")[0] for line in pinned.read_text(encoding="utf-8").splitlines())
    # pip builds the metadata of sources; with what the lock has, so that no unpinned build tool is fetched.
    options = ["--no-build-isolation", "--no-binary", names, "--dest", str(CACHE / "sdists")]
    return subprocess.run([*PIP, "download", *PINNED, str(pinned), *options], check=False).returncode


def plugins() -> int:
    """Install beside the environment, for PYTHONPATH; the exit code."""
    if (CACHE / "plugins").is_dir():
        return 0
    options = ["--only-binary", ":all:", "--target", str(CACHE / "plugins")]
    return subprocess.run([*PIP, "install", *PINNED, str(HERE / "plugins.txt"), *options], check=False).returncode


def oldest() -> int:
    """Install beside the environment, for PYTHONPATH; the exit code."""
    if (CACHE / "oldest").is_dir():
        return 0
    options = ["--no-build-isolation", "--no-binary", "coverage", "--target", str(CACHE / "oldest")]
    # a constraint on the environment's own coverage.py is not on this one
    env = {**os.environ, "PIP_CONSTRAINT": os.devnull}
    return subprocess.run(
        [*PIP, "install", *PINNED, str(HERE / "oldest.txt"), *options], check=False, env=env
    ).returncode


if __name__ == "__main__":
    sys.exit(sdists() or plugins() or oldest())
