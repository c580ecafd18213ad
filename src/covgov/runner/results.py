"""How the tests of a run went: exit code, JUnit reports, and what the pytest plugin recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from covgov.errors import InputError
from covgov.ingest.junit import read_tests
from covgov.ingest.junit_cases import failed_cases
from covgov.ingest.merge import add_tests
from covgov.model.snapshot import TestRun


class SessionRecord(msgspec.Struct, frozen=True):
    """`covgov-session.PID.json` of the pytest plugin.

    stopped: why pytest ended before its last test. hidden: tests that raised and were reported as passed. failed: tests
    that failed, and files that could not be collected.
    """

    finished: bool = False
    stopped: str = ""
    hidden: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """notes: remarks for the verdict. junit: the reports that were counted. failed: ids of the tests that failed, as
    `deselect` takes them."""

    __test__ = False  # pytest must not take this for a test class

    run: TestRun
    notes: tuple[str, ...] = ()
    junit: tuple[Path, ...] = ()
    failed: tuple[str, ...] = ()


def read_results(exit_code: int, seconds: float, junit: Sequence[Path], data: Path, suite: str) -> TestResult:
    """junit: the suite's own reports; without any, those that the pytest plugin wrote to `data`.

    What the plugin found although pytest exited with 0 is noted, and counts as an error each if all tests passed.
    """
    files = tuple(junit) or tuple(sorted(data.glob("covgov-junit.*.xml")))
    bare = TestRun(exit_code=exit_code, seconds=seconds)
    try:
        runs = [read_tests(file.read_bytes(), exit_code, f"{suite}: {file.name}") for file in files]
    except InputError as error:
        return TestResult(bare, (f"tests were not counted: {error.message}",))
    total = msgspec.structs.replace(add_tests(runs) or bare, seconds=seconds)
    faults = session_faults(data) if exit_code == 0 else ()
    errors = total.errors + (len(faults) if total.passed else 0)  # else counted as failed already
    return TestResult(msgspec.structs.replace(total, errors=errors), faults, files, _failed(files, data))


def session_faults(data: Path) -> tuple[str, ...]:
    """What pytest's exit code does not say."""
    found: list[str] = []
    for record in _sessions(data):
        if record.stopped:
            found.append(f"pytest was stopped before its last test: {record.stopped}")
        elif not record.finished:
            found.append("pytest ended before its last test (os._exit, or killed)")
        found += [f"{test} raised, but was reported as passed" for test in record.hidden]
    return tuple(found)


def _sessions(data: Path) -> list[SessionRecord]:
    paths = sorted(data.glob("covgov-session.*.json"))
    return [msgspec.json.decode(path.read_bytes(), type=SessionRecord) for path in paths]


def _failed(junit: Sequence[Path], data: Path) -> tuple[str, ...]:
    """As the pytest plugin names them; without pytest, as the JUnit reports do."""
    sessions = _sessions(data)
    listed = [record.failed for record in sessions] or [failed_cases(file.read_bytes()) for file in junit]
    return tuple(dict.fromkeys(test for tests in listed for test in tests if test))
