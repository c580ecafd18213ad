from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import msgspec
from hypothesis import given, settings

from covgov.model import codec
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
from covgov.model.words import with_words
from covgov.publish.render.wire import JsonRenderer, schema
from covgov_testing.builders import verdict as build
from covgov_testing.laws import examples

render = JsonRenderer()


def strings(value: object) -> Iterator[str]:
    """Every text in a verdict."""
    match value:
        case str():
            yield value
        case msgspec.Struct():
            yield from strings(msgspec.structs.asdict(value))
        case Mapping():
            yield from (text for pair in value.items() for part in pair for text in strings(part))
        case Sequence():
            yield from (text for part in value for text in strings(part))


@given(build.verdicts())
@settings(max_examples=examples(50), deadline=None)
def test_what_is_written_is_read_back(verdict: Verdict) -> None:
    written = render(verdict).encode()
    back = codec.decode(written, Verdict)
    assert render(back).encode() == written
    if not re.search("[\ud800-\udfff]", "".join(strings(msgspec.structs.asdict(verdict)))):
        assert back == verdict


@given(build.verdicts())
@settings(max_examples=examples(50), deadline=None)
def test_parts_of_a_shown_delta_add_up_and_exact_ones_are_exact(verdict: Verdict) -> None:
    for row, told in zip(verdict.rows, json.loads(render(verdict))["rows"], strict=True):
        if row.delta:
            parts = [part["points"] for part in told["delta"]["parts"]]
            assert [Fraction(part["exact"]) for part in parts] == [part.points for part in row.delta.parts]
            shown = sum((Fraction(part["shown"]) for part in parts), Fraction(0))
            exact = sum((part.points for part in row.delta.parts), Fraction(0))
            assert shown == Fraction((exact * 100).__floor__(), 100)


def test_figures_are_integers_and_text_floored() -> None:
    document = json.loads(render(build.verdict(rows=(build.row(now=Ratio(1999, 2000), bar="99.990"),))))
    (row,) = document["rows"]
    assert row["now"] == {"covered": 1999, "total": 2000, "percent": "99.95"}
    assert row["bar"] == "99.990"
    assert row["baseline"] is None


def test_nothing_to_measure_has_no_percentage() -> None:
    document = json.loads(render(build.verdict(rows=(build.row(now=Ratio(0, 0), attributes={"security": None}),))))
    (row,) = document["rows"]
    assert row["now"] == {"covered": 0, "total": 0, "percent": None}
    assert row["attributes"] == {"security": None}


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
    (row,) = json.loads(render(build.verdict(rows=(build.row(delta=with_words(delta)),))))["rows"]
    told = row["delta"]
    assert told["points"] == {"exact": "-100/3", "shown": "-33.34"}
    assert told["judged"] == {"exact": "-33/1", "shown": "-33.00"}
    assert told["parts"][0]["cause"] == "lost"
    assert told["tally"] == {"lines": {"LBC": 1}, "exits": {"CBC": 2}}
    assert told["lost"] == {"a.py": "4"}
    assert told["words"].startswith("-33.34 pp = ")


def test_every_other_list_is_carried() -> None:
    entry = ExceptionLine(
        "EX-1", "file:a", Metric.LINE, ExceptionState.ACTIVE, Decimal("70.0"), None, "", date(2027, 1, 1)
    )
    verdict = build.verdict(
        suites=(SuiteLine("api", True, "", TestRun(0, 3, seconds=0.5), Identity("coverage.py", "7")),),
        exceptions=(entry,),
        patch=PatchRow(Ratio(1, 2), None, 3, {"a.py": "1"}),
        guard_judged={"api": Fraction(-1, 3)},
    )
    bar = BarLine(Scope.COMPONENT, "api", Metric.LINE, Ratio(1, 2), Decimal(50), True, "api")
    verdict = msgspec.structs.replace(verdict, bars=(bar,))
    document = json.loads(render(verdict))
    assert document["suites"][0]["tests"]["passed"] is True
    assert document["exceptions"][0]["floor"] == "70.0"
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


def test_the_committed_schema_is_current() -> None:
    committed = files("covgov.publish").joinpath("verdict-v1.schema.json").read_bytes()
    assert committed == schema(), "write it again as docs/verdict-json.md says"


def test_every_field_of_every_part_is_always_present() -> None:
    definitions = json.loads(schema())["$defs"]
    parts = {name: part for name, part in definitions.items() if "properties" in part}
    assert "Verdict" in parts
    assert all(sorted(part["required"]) == sorted(part["properties"]) for part in parts.values())


def test_no_gate_figure_is_a_float() -> None:
    def numbers(node: object, key: str = "") -> list[str]:
        if isinstance(node, dict):
            found = [key] if node.get("type") == "number" else []
            return found + [k for name, child in node.items() for k in numbers(child, name)]
        return [k for child in node for k in numbers(child, key)] if isinstance(node, list) else []

    assert numbers(json.loads(schema())) == ["seconds"]


def test_the_page_describes_every_field_of_every_part_and_no_other() -> None:
    page = (Path(__file__).resolve().parents[5] / "docs" / "verdict-json.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    told = {name: set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) for name, text in sections.items()}
    definitions = json.loads(schema())["$defs"]
    assert told == {name: set(part["properties"]) for name, part in definitions.items() if "properties" in part}


def test_the_page_names_every_value_that_a_field_can_have() -> None:
    page = (Path(__file__).resolve().parents[5] / "docs" / "verdict-json.md").read_text(encoding="utf-8")
    definitions = json.loads(schema())["$defs"]
    values = {value for part in definitions.values() for value in part.get("enum", ())}
    assert {value for value in values if f"`{value}`" not in page} == set()
