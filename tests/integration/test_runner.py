"""`covgov run` as a process: interrupted, terminated and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from covgov_testing import projects

SLEEPER = """\
import os, time
from pathlib import Path

def test_sleeps():
    Path("started").write_text(str(os.getpid()))
    time.sleep(60)
"""
INTERRUPTED = 130


def wait_for(what: Path) -> str:
    """Content of a file, once it has some."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        if what.exists() and (text := what.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{what} did not appear")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    policy = projects.COUNTED_POLICY.replace('["tests"]', '["tests"]\nargs = ["-p", "no:randomly", "-q"]')
    root = projects.calc(tmp_path / "project", {"covgov.toml": policy})
    (root / "coverage").mkdir()
    (root / "coverage/engine.snapshot").write_text("of an earlier run")
    return root


def start(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "covgov", "run", "--measure-only", "engine"],
        cwd=root,
        env=projects.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.reliability
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_tests_and_leaves_no_snapshot(project: Path, number: signal.Signals) -> None:
    projects.write(project, {"tests/test_sleeper.py": SLEEPER})
    with start(project) as run:
        tests = int(wait_for(project / "started"))
        run.send_signal(number)
        said = run.communicate(timeout=30)[1]
    assert run.returncode == INTERRUPTED
    assert said.rstrip().endswith("covgov: interrupted")
    assert not alive(tests)
    assert not (project / "coverage/engine.snapshot").exists()


@pytest.mark.reliability
def test_a_killed_run_leaves_no_snapshot_and_cannot_disturb_the_next(project: Path) -> None:
    projects.write(project, {"tests/test_sleeper.py": SLEEPER})
    with start(project) as run:
        tests = int(wait_for(project / "started"))
        run.kill()
    assert not (project / "coverage/engine.snapshot").exists()
    (project / "tests/test_sleeper.py").unlink()
    with start(project) as again:
        os.kill(tests, signal.SIGINT)  # the orphan now ends and writes its data
        said = again.communicate(timeout=60)[1]
    assert again.returncode == 0, said
    assert (project / "coverage/engine.snapshot").is_file()
