"""Every declared suite arrives and its tests pass; notes of its measurement are reported."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model import words
from covgov.model.snapshot import TestRun
from covgov.model.verdict import Effect, Finding, Scope, SuiteLine


def check(view: PolicyView) -> Iterator[Finding]:
    """A suite that did not arrive leaves the verdict undetermined; failed tests fail it."""
    for line in view.facts.suites:
        if not line.arrived:
            yield _absent(line)
        elif line.tests is None:
            yield _unknown(line.name)
        elif not line.tests.passed:
            yield _failed(line.name, line.tests)
        elif not line.tests.tests and not _counted(view, line.name):
            yield _uncounted(line.name)
        elif line.tests.tests <= line.tests.skipped:
            yield _idle(line.name, line.tests)
        yield from _deselected(view, line.name)
        arrived = view.facts.snapshots.get(line.name)
        for note in arrived.notes if arrived is not None else ():
            yield Finding("suite", Effect.NOTE, Scope.SUITE, line.name, f"suite {line.name}: {note}")


def _counted(view: PolicyView, name: str) -> bool:
    """Whether the suite is of those that must say how many tests ran."""
    suite = view.policy.suites.get(name)
    return suite is None or suite.counted


def _deselected(view: PolicyView, name: str) -> Iterator[Finding]:
    suite = view.policy.suites.get(name)
    if suite is not None and suite.deselect:
        left_out = f"({len(suite.deselect)}): {', '.join(suite.deselect)}"
        yield Finding("suite", Effect.NOTE, Scope.SUITE, name, f"suite {name}: deselected in the policy {left_out}")


def _absent(line: SuiteLine) -> Finding:
    return Finding(
        rule="suite",
        effect=Effect.UNDETERMINED,
        scope=Scope.SUITE,
        subject=line.name,
        message=f"suite {line.name}: did not arrive" + (f": {line.reason}" if line.reason else ""),
        hint=f"read the output of `covgov run {line.name}`, or collect a report: `covgov collect {line.name} FILE`",
    )


def _failed(name: str, tests: TestRun) -> Finding:
    counts = f"{words.results(tests)}, exit code {tests.exit_code}"
    return Finding(
        rule="suite",
        effect=Effect.FAIL,
        scope=Scope.SUITE,
        subject=name,
        message=f"suite {name}: tests failed ({counts}); its coverage is partial",
        hint="fix the tests first: coverage of failing tests proves nothing",
    )


def _unknown(name: str) -> Finding:
    return Finding(
        rule="suite",
        effect=Effect.NOTE,
        scope=Scope.SUITE,
        subject=name,
        message=f"suite {name}: has coverage, but no test results",
        hint=f"pass their results: `covgov collect {name} FILE --junit JUNIT.xml --test-exit-code CODE`",
    )


def _uncounted(name: str) -> Finding:
    return Finding(
        rule="suite",
        effect=Effect.NOTE,
        scope=Scope.SUITE,
        subject=name,
        message=f"suite {name}: its tests were not counted; the exit code of its command (0) is all that is known",
        hint="let the command write JUnit, and set `junit` in covgov.toml",
    )


def _idle(name: str, tests: TestRun) -> Finding:
    counts = f"{tests.skipped} skipped of {tests.tests}" if tests.tests else "none was counted"
    return Finding(
        rule="suite",
        effect=Effect.UNDETERMINED,
        scope=Scope.SUITE,
        subject=name,
        message=f"suite {name}: no test ran ({counts}); what it covers proves nothing",
        hint="run its tests, and let them write JUnit so that they are counted",
    )


PAGES = (
    RulePage(
        id="suite",
        title="A suite did not arrive, its tests failed, or it ran no test",
        why=(
            "A gate that ignores a missing suite turns green because nothing was measured. Coverage of "
            "failing tests proves nothing: the lines ran, but what they did was wrong."
        ),
        example="[suite] suite api: did not arrive: coverage/api.snapshot does not exist",
        fix=(
            "Run the suite with `covgov run api`, or collect its report with `covgov collect api FILE`. "
            "Fix failing tests before you look at coverage. A suite whose tests were all skipped, or that "
            "collected none, counts as not run. A `command` without a JUnit report is judged by its exit code alone, "
            "and a note says so. Tests in `deselect` are listed in a note."
        ),
    ),
)

RULE = Rule(check, PAGES)
