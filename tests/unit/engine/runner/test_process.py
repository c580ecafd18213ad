from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.runner.process import stream

COURTEOUS = """
import pathlib, sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    pathlib.Path("interrupted").touch()
    sys.exit(7)
"""

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(60)
"""


def interrupting(line: str) -> None:
    raise KeyboardInterrupt(line)


def test_stdout_and_stderr_are_streamed_by_line(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(3)"
    assert stream([sys.executable, "-c", code], cwd=tmp_path, env=os.environ, say=said.append) == 3
    assert said == ["one", "two"]


def test_undecodable_bytes_are_replaced(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import sys; sys.stdout.buffer.write(b'\\xff\\n')"
    stream([sys.executable, "-c", code], cwd=tmp_path, env=os.environ, say=said.append)
    assert said == ["\ufffd"]


def test_directory_and_environment_are_the_given_ones(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import os; print(os.getcwd()); print(os.environ.get('ONLY'))"
    stream([sys.executable, "-c", code], cwd=tmp_path, env={"ONLY": "this"}, say=said.append)
    assert said == [str(tmp_path), "this"]


def test_a_missing_program_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot start no-such-program") as caught:
        stream(["no-such-program"], cwd=tmp_path, env=os.environ, say=print)
    assert caught.value.code == "command-missing"


@pytest.mark.reliability
def test_an_interruption_reaches_the_command(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt, match="ready"):
        stream([sys.executable, "-c", COURTEOUS], cwd=tmp_path, env=os.environ, say=interrupting)
    assert (tmp_path / "interrupted").exists()


@pytest.mark.reliability
def test_sigterm_interrupts_the_command(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        stream(
            [sys.executable, "-c", COURTEOUS],
            cwd=tmp_path,
            env=os.environ,
            say=lambda _: os.kill(os.getpid(), signal.SIGTERM),
        )
    assert (tmp_path / "interrupted").exists()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_thread_runs_commands_without_touching_signals(tmp_path: Path) -> None:
    codes: list[int] = []

    def work() -> None:
        codes.append(stream([sys.executable, "-c", ""], cwd=tmp_path, env=os.environ, say=print))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert codes == [0]


@pytest.mark.reliability
def test_a_command_that_ignores_the_interruption_is_killed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        stream([sys.executable, "-c", STUBBORN], cwd=tmp_path, env=os.environ, say=interrupting, patience=0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(caught.value)), 0)
