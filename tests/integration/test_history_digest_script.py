"""The scheduled job's entry point is the command itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "coverage" / "generate_digest.py"
POLICY = '[suites.api]\ntests = ["t"]\n[components.api]\npaths = ["a.py"]\nsuite = "api"\n[history]\nstore = "dir:h"\n'


def test_the_script_takes_the_command_s_arguments_and_exit_code(tmp_path: Path) -> None:
    (tmp_path / "covgov.toml").write_text(POLICY)

    def call(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(SCRIPT), *argv],
            cwd=tmp_path,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )

    told = call("--until", "2026-11-22")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("# Coverage digest 2026-W47\n")
    assert call("--weeks", "0").returncode == 2
