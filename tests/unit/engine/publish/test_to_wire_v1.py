from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given, settings

from covgov.model.change import Category, Cause, Delta, Part, Tally
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Identity, Metric, TestRun
from covgov.model.verdict import (
    BarLine,
    ExceptionLine,
    ExceptionState,
    PatchRow,
    Scope,
    SuiteLine,
    Verdict,
)
from covgov.publish import to_wire_v1
from covgov.publish.render.wire import JsonRenderer
from covgov.publish.wire_v1 import VerdictV1
from covgov_testing.builders import verdict as build

render = JsonRenderer()


@given(build.verdicts())
@settings(max_examples=50, deadline=None)
def test_what_is_written_meets_the_published_shape(verdict: Verdict) -> None:
    assert msgspec.json.decode(render(verdict), type=VerdictV1, strict=True) == to_wire_v1.verdict(verdict)


@given(build.verdicts())
@settings(max_examples=50, deadline=None)
def test_parts_of_a_shown_delta_add_up_and_exact_ones_are_exact(verdict: Verdict) -> None:
    for row, told in zip(verdict.rows, to_wire_v1.verdict(verdict).rows, strict=True):
        if row.delta and told.delta:
            assert [Fraction(part.points.exact) for part in told.delta.parts] == [p.points for p in row.delta.parts]
            shown = sum((Fraction(part.points.shown) for part in told.delta.parts), Fraction(0))
            exact = sum((part.points for part in row.delta.parts), Fraction(0))
            assert shown == Fraction((exact * 100).__floor__(), 100)


def test_figures_are_integers_and_text_floored() -> None:
    document = json.loads(render(build.verdict(rows=(build.row(now=Ratio(1999, 2000), bar="99.990"),))))
    (row,) = document["rows"]
    assert row["now"] == {"covered": 1999, "total": 2000, "percent": "99.95"}
    assert row["bar"] == "99.990"
    assert row["baseline"] is None


def test_nothing_to_measure_has_no_percentage() -> None:
    (row,) = to_wire_v1.verdict(build.verdict(rows=(build.row(now=Ratio(0, 0), attributes={"security": None}),))).rows
    assert row.now is not None
    assert row.now.percent is None
    assert row.attributes == {"security": None}


def test_a_delta_carries_points_parts_tally_and_words() -> None:
    part = Part(Cause.LOST, -1, 0, Fraction(-100, 300))
    delta = Delta(
        Metric.LINE,
        Ratio(2, 3),
        Ratio(1, 3),
        Fraction(-100, 3),
        (part,),
        Fraction(-33),
        Tally({Category.LBC: 1}, {Category.CBC: 2}),
        {"a.py": "4"},
    )
    (row,) = json.loads(render(build.verdict(rows=(build.row(delta=delta),))))["rows"]
    told = row["delta"]
    assert told["points"] == {"exact": "-100/3", "shown": "-33.34"}
    assert told["judged"] == {"exact": "-33/1", "shown": "-33.00"}
    assert told["parts"][0]["cause"] == "lost"
    assert told["tally"] == {"lines": {"LBC": 1}, "exits": {"CBC": 2}}
    assert told["lost"] == {"a.py": "4"}
    assert told["words"].startswith("-33.34 pp = ")


def test_every_other_list_is_carried() -> None:
    entry = ExceptionLine(
        "EX-1", "file:a", Metric.LINE, ExceptionState.ACTIVE, Decimal("7E+1"), None, "", date(2027, 1, 1)
    )
    verdict = build.verdict(
        suites=(SuiteLine("api", True, "", TestRun(0, 3, seconds=0.5), Identity("coverage.py", "7")),),
        exceptions=(entry,),
        patch=PatchRow(Ratio(1, 2), None, 3, {"a.py": "1"}),
        guard_judged={"api": Fraction(-1, 3)},
    )
    bar = BarLine(Scope.COMPONENT, "api", Metric.LINE, Ratio(1, 2), Decimal(50), True, "api")
    verdict = replace(verdict, bars=(bar,))
    document = json.loads(render(verdict))
    assert document["suites"][0]["tests"]["passed"] is True
    assert document["exceptions"][0]["floor"] == "70"
    assert document["exceptions"][0]["review"] == "2027-01-01"
    assert document["bars"] == [
        {
            "scope": "component",
            "subject": "api",
            "component": "api",
            "metric": "line",
            "now": {"covered": 1, "total": 2, "percent": "50.00"},
            "bar": "50",
            "met": True,
        }
    ]
    assert document["patch"]["allowed"] == 3
    assert document["guard_judged"] == {"api": {"exact": "-1/3", "shown": "-0.34"}}
