from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from inline_snapshot import snapshot
from msgspec import structs

from covgov.history.digest import ComponentChange, Digest, FileMove, SuiteAccount
from covgov.model.change import Cause, Delta, Part
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Finding, Outcome, Scope
from covgov.model.words import with_words
from covgov.publish.digest.markdown import digest_markdown
from covgov_testing.builders.coverage import PASSED
from covgov_testing.builders.run import object_id

CHANGE = Delta(
    Metric.COMBINED,
    Ratio(95, 100),
    Ratio(93, 100),
    Fraction(-2),
    (Part(Cause.NEW_UNCOVERED, 0, 2, Fraction(-2)),),
)

SHIFTED = structs.replace(CHANGE, points=Fraction(-7, 3))


def component(change: Delta | None = CHANGE, unexplained: Fraction = Fraction(0), name: str = "api") -> ComponentChange:
    return ComponentChange(
        name=name,
        suite="api",
        metric=Metric.COMBINED,
        bar=Decimal(90),
        outcome=Outcome.PASS,
        before=Ratio(95, 100),
        first=Ratio(94, 100),
        last=Ratio(93, 100),
        change=with_words(change, unexplained) if change else None,
        unexplained=unexplained,
    )


def full(*components: ComponentChange) -> Digest:
    line = ExceptionLine(
        "EX-001", "component:api", Metric.LINE, ExceptionState.OVERDUE, Decimal(80), Ratio(8, 10), "", date(2026, 11, 1)
    )
    return Digest(
        since=date(2026, 11, 16),
        until=date(2026, 11, 22),
        weeks=("2026-W47",),
        runs=3,
        outcomes={Outcome.FAIL: 1, Outcome.PASS: 2},
        commit=object_id("c9"),
        components=components or (component(),),
        suites=(SuiteAccount("api", 3, 1, None, PASSED, 2.5), SuiteAccount("auth", 1, 0, PASSED, PASSED, 1.5)),
        overdue=(line,),
        movers=(FileMove("api", "a|b.py", None, Ratio(0, 3), 3),),
        measurement=(Finding("measurement", Effect.NOTE, Scope.PROJECT, "project", "measured *differently*"),),
        failing=(Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "api is <b>below</b>"),),
    )


def test_the_page_names_everything() -> None:
    assert digest_markdown(full()) == snapshot("""\
# Coverage digest 2026-W47

2026-11-16 to 2026-11-22 (UTC, both days included)

**Runs: 3** (1 fail, 2 pass). Last commit: `633900000000`.

## Components

| component | bar | before | first | last | last outcome | change |
| --- | --- | --- | --- | --- | --- | --- |
| api | 90 % | 95.00 % | 94.00 % | 93.00 % | pass | -2.00 pp = -2.00 new uncovered code |

## Open in the last run

- fail: api is &lt;b&gt;below&lt;/b&gt;

## Measured differently

- note: measured \\*differently\\*

## Files that moved most

| file | suite | before | now | uncovered units |
| --- | --- | --- | --- | --- |
| a\\|b.py | api | - | 0.00 % | +3 |

## Suites

| suite | runs | failed runs | last run | time before | slowest |
| --- | --- | --- | --- | --- | --- |
| api | 3 | 1 | 3 passed in 1.5 s | - | 2.5 s |
| auth | 1 | 0 | 3 passed in 1.5 s | 1.5 s | 1.5 s |

## Exceptions

| what | id | scope | metric | floor | current | owner | next review |
| --- | --- | --- | --- | --- | --- | --- | --- |
| overdue | EX-001 | component:api | line | 80 % | 80.00 % | - | 2026-11-01 |
""")


def test_several_weeks_are_named_by_their_ends() -> None:
    made = Digest(date(2026, 11, 9), date(2026, 11, 22), ("2026-W46", "2026-W47"))
    assert "# Coverage digest 2026-W46 to 2026-W47" in digest_markdown(made)


def test_an_empty_time_is_told_honestly() -> None:
    page = digest_markdown(Digest(date(2026, 11, 16), date(2026, 11, 22), ("2026-W47",)))
    assert "No runs were recorded in this period." in page
    assert "%" not in page


@pytest.mark.parametrize(
    ("change", "unexplained", "told"),
    [
        (None, Fraction(0), "not comparable"),
        (SHIFTED, Fraction(-1, 3), "| -2.34 pp = -2.00 new uncovered code, -0.34 not explained by the recorded runs |"),
        (structs.replace(CHANGE, parts=()), Fraction(-2), "| -2.00 pp, not explained by the recorded runs |"),
        (Delta(Metric.LINE, Ratio(1, 2), Ratio(1, 2), Fraction(0)), Fraction(0), "| +0.00 pp |"),
    ],
)
def test_a_change_says_what_is_known_of_it(change: Delta | None, unexplained: Fraction, told: str) -> None:
    assert told in digest_markdown(full(component(change, unexplained)))


@pytest.mark.security
def test_a_name_cannot_leave_its_cell() -> None:
    page = digest_markdown(full(component(name="a | b\n# forged")))
    assert "\n# forged" not in page
    assert "a | b" not in page
    rows = [line for line in page.splitlines() if line.startswith("| ") and "forged" in line]
    assert len(rows) == 1


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert digest_markdown(full()) == digest_markdown(full())


def test_what_was_not_enforced_is_marked() -> None:
    bad = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "bad", enforced=False)
    evaluated = replace(component(), outcome=Outcome.FAIL, enforced=False)
    text = digest_markdown(replace(full(evaluated), unenforced=1, failing=(bad,)))
    assert "(1 fail, 2 pass; 1 not enforced)" in text
    assert "| would fail, not enforced |" in text
    assert "- fail: would fail, not enforced: bad" in text
