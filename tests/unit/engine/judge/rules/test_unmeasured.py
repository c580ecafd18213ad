from __future__ import annotations

from dataclasses import replace

from covgov.judge.view import PatchFacts
from covgov.model.verdict import Effect
from covgov_testing.builders.policy import (
    API,
    found,
    good,
    told,
)


def test_a_changed_file_in_no_report_fails() -> None:
    made = replace(good(), patch=PatchFacts({}, API, ("src/api/new.py",)))
    assert told(found("unmeasured", made)) == [("unmeasured", "fail", "src/api/new.py")]


def test_changed_tests_in_no_report_are_one_note() -> None:
    made = replace(good(), patch=PatchFacts({}, API, ("src/api/test_new.py",)))
    (finding,) = found("unmeasured", made)
    assert finding.effect is Effect.NOTE
    assert finding.message == "patch: 1 changed test file is in no report: src/api/test_new.py"


def test_files_that_no_report_ever_mentioned_are_one_note_per_component() -> None:
    many = tuple(f"src/auth/{n:02}.py" for n in range(12))
    made = replace(good(), unreported={"api": ("src/api/x.py", "src/api/y.py"), "auth": many})
    first, second = found("unmeasured", made)
    assert told((first, second)) == [("unmeasured", "note", "api"), ("unmeasured", "note", "auth")]
    assert first.message == "api: 2 source files are in no report of suite api: src/api/x.py, src/api/y.py"
    assert second.message.endswith("src/auth/09.py and 2 more")


def test_one_file_is_told_in_the_singular() -> None:
    (finding,) = found("unmeasured", replace(good(), unreported={"api": ("src/api/x.py",)}))
    assert finding.message == "api: 1 source file is in no report of suite api: src/api/x.py"
