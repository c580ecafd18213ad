"""How the tests of a run went: exit code, JUnit reports, and what the pytest plugin recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from covgov.errors import InputError
from covgov.ingest.junit import read_tests
from covgov.ingest.merge import add_tests
from covgov.model.snapshot import TestRun


class SessionRecord(msgspec.Struct, frozen=True):
    """`covgov-session.PID.json` of the pytest plugin.

    stopped: why pytest ended before its last test. hidden: tests that raised and were reported as passed.
    """

    finished: bool = False
    stopped: str = ""
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """notes: remarks for the verdict. junit: the reports that were counted."""

    __test__ = False  # pytest must not take this for a test class

    run: TestRun
    notes: tuple[str, ...] = ()
    junit: tuple[Path, ...] = ()


def read_results(exit_code: int, seconds: float, junit: Sequence[Path], data: Path, suite: str) -> TestResult:
    """junit: the suite's own reports; without any, those that the pytest plugin wrote to `data`.

    What the plugin found although the tests passed counts as an error each.
    """
    files = tuple(junit) or tuple(sorted(data.glob("covgov-junit.*.xml")))
    bare = TestRun(exit_code=exit_code, seconds=seconds)
    try:
        runs = [read_tests(file.read_bytes(), exit_code, f"{suite}: {file.name}") for file in files]
    except InputError as error:
        return TestResult(bare, (f"tests were not counted: {error.message}",))
    total = msgspec.structs.replace(add_tests(runs) or bare, seconds=seconds)
    faults = session_faults(data) if total.passed else ()
    return TestResult(msgspec.structs.replace(total, errors=total.errors + len(faults)), faults, files)


def session_faults(data: Path) -> tuple[str, ...]:
    """What pytest's exit code does not say."""
    found: list[str] = []
    for path in sorted(data.glob("covgov-session.*.json")):
        record = msgspec.json.decode(path.read_bytes(), type=SessionRecord)
        if record.stopped:
            found.append(f"pytest was stopped before its last test: {record.stopped}")
        elif not record.finished:
            found.append("pytest ended before its last test (os._exit, or killed)")
        found += [f"{test} raised, but was reported as passed" for test in record.hidden]
    return tuple(found)
