from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from covgov.errors import UsageError
from covgov.runner.alone import alone


@pytest.mark.reliability
def test_two_runs_in_one_folder_exclude_each_other(tmp_path: Path) -> None:
    with alone(tmp_path / "out"):
        with (
            pytest.raises(UsageError, match=r"another `covgov run` is measuring into .*/out") as caught,
            alone(tmp_path / "out"),
        ):
            pass
        assert caught.value.code == "run-in-progress"
        with alone(tmp_path / "other"):
            pass
    with alone(tmp_path / "out"):
        assert (tmp_path / "out" / ".gitignore").is_file()


@pytest.mark.reliability
def test_a_killed_process_releases_the_lock(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from covgov.runner.alone import alone\n"
        "with alone(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UsageError), alone(tmp_path):
            pass
        other.kill()
        other.wait()
    with alone(tmp_path):
        assert (tmp_path / ".data" / ".lock").is_file()
