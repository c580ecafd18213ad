"""Building the site as `make docs` does, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from covgov_testing.act import CHECKOUT

ZENSICAL = CHECKOUT / ".venv-docs" / "bin" / "zensical"
NEEDED = pytest.mark.skipif(not ZENSICAL.exists(), reason="needs .venv-docs (make docs)")


def build(root: Path) -> subprocess.CompletedProcess[str]:
    """Build root/build/site from root/build/docs with the settings of this repository."""
    shutil.copyfile(CHECKOUT / "zensical.toml", root / "build" / "zensical.toml")
    command = [str(ZENSICAL), "build", "--clean", "--strict"]
    env = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=root / "build", env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
