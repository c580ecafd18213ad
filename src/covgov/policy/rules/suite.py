"""Every declared suite arrives, and its tests pass."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.model.snapshot import TestRun
from covgov.model.verdict import Effect, Finding, Scope, SuiteLine
from covgov.policy.facts import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A suite that did not arrive leaves the verdict undetermined; failed tests fail it."""
    for line in facts.suites:
        if not line.arrived:
            yield _absent(line)
        elif line.tests is not None and not line.tests.passed:
            yield _failed(line.name, line.tests)


def _absent(line: SuiteLine) -> Finding:
    return Finding(
        rule="suite",
        effect=Effect.UNDETERMINED,
        scope=Scope.SUITE,
        subject=line.name,
        message=f"suite {line.name}: did not arrive" + (f": {line.reason}" if line.reason else ""),
        hint=f"run it with `covgov run {line.name}`, or hand its report over with `covgov collect {line.name} FILE`",
    )


def _failed(name: str, tests: TestRun) -> Finding:
    counts = f"{tests.failures} failures and {tests.errors} errors in {tests.tests} tests, exit code {tests.exit_code}"
    return Finding(
        rule="suite",
        effect=Effect.FAIL,
        scope=Scope.SUITE,
        subject=name,
        message=f"suite {name}: its tests failed ({counts}); its coverage is partial",
        hint="mend the tests first: coverage of failing tests proves nothing",
    )
