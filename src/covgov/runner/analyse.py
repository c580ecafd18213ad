"""Runs `covgov.runner.analyser` in the suite's interpreter."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgov.errors import InputError
from covgov.ingest.interface import Analyse

SCRIPT = Path(__file__).with_name("analyser.py")
"""The script itself: it imports nothing of covgov and runs by path in any interpreter that has coverage.py."""

TIME_LIMIT = 600.0
NO_COVERAGE = 3
_OURS = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


def analyser(python: str, root: Path, env: Mapping[str, str], *, seconds: float = TIME_LIMIT) -> Analyse:
    """An Analyse that runs in `python`, with `root` as the directory of coverage.py's configuration.

    It raises InputError: `analyser-failed` with coverage.py's message, `coverage-missing-in-suite`.
    """
    # a measured process must not have this one measured as well, into the project's own data files
    clean = {name: value for name, value in env.items() if name not in _OURS}

    def analyse(paths: Sequence[Path]) -> bytes:
        named = ", ".join(str(path) for path in paths)
        command = [python, str(SCRIPT), *(str(path.absolute()) for path in paths)]
        try:
            done = subprocess.run(command, cwd=root, env=clean, capture_output=True, timeout=seconds, check=False)
        except OSError as error:
            raise _failed(named, f"cannot run {python}: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise _failed(named, f"coverage.py's analysis took more than {seconds:g} s") from None
        message = done.stderr.decode("utf-8", errors="replace").strip()
        if done.returncode == NO_COVERAGE:
            raise InputError(
                "coverage-missing-in-suite",
                f"{named}: {message}",
                hint="install coverage there, or name the suite's own interpreter (`python` of the suite, or --python)",
            )
        if done.returncode:
            raise _failed(named, message.splitlines()[-1] if message else f"it exited with {done.returncode}")
        return done.stdout

    return analyse


def _failed(named: str, why: str) -> InputError:
    return InputError(
        "analyser-failed",
        f"{named}: coverage.py cannot analyse this data: {why}",
        hint="run `coverage report` with the same interpreter and directory to see the error",
    )
