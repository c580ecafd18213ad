"""A first measurement -> bars that it meets, and proposed rows for what is under the wanted bar. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from math import floor

from covgov.errors import InputError
from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.snapshot import TestRun
from covgov.model.verdict import Verdict
from covgov.register.document import render
from covgov.register.entry import Register
from covgov.register.sync import sync
from covgov.scaffold.compose import Adoption


def propose(
    verdict: Verdict,
    register: Register,
    *,
    owners: Callable[[str], str],
    today: date,
    deselect: Mapping[str, tuple[str, ...]],
) -> Adoption:
    """verdict: judged by the wanted bar. Raises InputError (`init-unmeasured`) when no component has units."""
    figures = {row.name: row.now for row in verdict.rows if row.now is not None and row.now.measurable}
    if not figures or verdict.project is None or verdict.project.now is None:
        raise InputError(
            "init-unmeasured",
            "the tests ran, but no line of the project's packages was measured",
            hint="see the packages above: does `source` of coverage.py name them, and do the tests import this copy?",
        )
    rows = sync(register, verdict, owners=owners, today=today)
    return Adoption(
        fail_under=_bar(verdict.project.now),
        components={name: _bar(now) for name, now in figures.items()},
        deselect=deselect,
        register=render(rows) if rows != register else "",
    )


def _bar(now: Ratio) -> Decimal:
    """The whole percentage that the figure still meets."""
    return Decimal(floor(now.fraction * 100))


def uncovered_change(verdict: Verdict, bar: Decimal) -> str:
    """What `covgov run` fails on because of a change that is in the checkout already, like a version file that an
    installation wrote; "" for nothing."""
    patch = verdict.patch
    if patch is None or patch.ratio is None or not patch.ratio.measurable or patch.ratio.meets(bar):
        return ""
    paths = ", ".join(sorted(patch.uncovered))
    return f"`covgov run` will fail on the last change, {words.now(patch.ratio, bar)}, in {paths}: cover or undo it"


def to_deselect(tests: TestRun, failed: Iterable[str]) -> tuple[str, ...]:
    """The tests that fail, sorted. Raises InputError (`init-tests-fail`): most tests fail."""
    names = tuple(sorted(set(failed)))
    passed = tests.tests - tests.failures - tests.errors - tests.skipped
    if names and passed >= len(names):
        return names
    shown = "".join(f"\n  {name}" for name in names[:5])
    raise InputError(
        "init-tests-fail",
        f"{_words(tests)} (exit code {tests.exit_code}){shown}",
        hint="are the project and its test dependencies installed in the interpreter above? mend this, then repeat",
    )


def _words(tests: TestRun) -> str:
    if not tests.tests:
        return "no test ran, see the output above"
    return f"tests fail, {tests.failures + tests.errors} of {tests.tests}"
