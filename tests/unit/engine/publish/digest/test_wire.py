from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

from covgov.history.digest import ComponentChange, digest
from covgov.model.change import Cause, Delta, Part
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Finding, Outcome, Scope, SuiteLine
from covgov.model.words import with_words
from covgov.publish.digest.wire import digest_json
from covgov_testing.builders.coverage import PASSED, snap
from covgov_testing.builders.run import object_id, row, run, verdict

SINCE, UNTIL = date(2026, 11, 16), date(2026, 11, 22)


def records() -> list[RunRecord]:
    third = Fraction(-100, 3)
    change = Delta(Metric.COMBINED, Ratio(3, 3), Ratio(2, 3), third, (Part(Cause.LOST, -1, 0, third),))
    late = ExceptionLine("EX-1", "file:a.py", Metric.LINE, ExceptionState.OVERDUE, None, Ratio(1, 3), "", None, SINCE)
    broken = Finding("bar", Effect.FAIL, Scope.COMPONENT, "api", "api is below")
    before = verdict(rows=[row("api", 3, 3)], suites=[SuiteLine("api", True, tests=PASSED)])
    after = verdict(
        Outcome.FAIL,
        rows=[row("api", 2, 3, delta=change, base_commit=object_id("c1"))],
        suites=[SuiteLine("api", True, tests=PASSED)],
        exceptions=[late],
        findings=[broken],
    )
    return [
        run("c1", at=datetime(2026, 11, 9, tzinfo=UTC), snapshots={"api": snap({"a.py": "+++"})}, made=before),
        run("c2", at=datetime(2026, 11, 18, tzinfo=UTC), snapshots={"api": snap({"a.py": "++-"})}, made=after),
    ]


def test_the_document_carries_exact_figures() -> None:
    document = json.loads(digest_json(digest(records(), since=SINCE, until=UNTIL)))
    assert (document["format"], document["version"]) == ("covgov-digest", 1)
    assert (document["since"], document["until"], document["weeks"]) == ("2026-11-16", "2026-11-22", ["2026-W47"])
    (api,) = document["components"]
    assert api["last"] == {"covered": 2, "total": 3, "percent": "66.66"}
    assert api["change"] == {"exact": "-100/3", "shown": "-33.34"}
    assert api["causes"] == [{"cause": "lost", "covered": -1, "total": 0, "points": api["change"]}]
    assert api["unexplained"]["exact"] == "0/1"
    assert document["movers"] == [
        {
            "suite": "api",
            "path": "a.py",
            "before": {"covered": 3, "total": 3, "percent": "100.00"},
            "now": {"covered": 2, "total": 3, "percent": "66.66"},
            "uncovered": 1,
        }
    ]
    assert [line["id"] for line in document["exceptions"]["overdue"]] == ["EX-1"]
    assert document["exceptions"]["opened"][0]["owner"] == ""
    assert document["failing"][0]["message"] == "api is below"
    assert document["suites"][0]["last"]["tests"] == PASSED.tests
    assert document["outcomes"] == {"fail": 1}


def test_an_empty_time_has_no_figures() -> None:
    document = json.loads(digest_json(digest([], since=SINCE, until=UNTIL)))
    assert (document["runs"], document["commit"], document["components"]) == (0, None, [])


def test_a_first_account_has_nothing_before() -> None:
    document = json.loads(digest_json(digest(records()[1:], since=SINCE, until=UNTIL)))
    assert document["components"][0]["before"] is None
    assert document["suites"][0]["before"] is None


def test_a_component_without_figures_has_no_change() -> None:
    blind = run("c1", at=datetime(2026, 11, 18, tzinfo=UTC), made=verdict(rows=[row("api", 0, 0, measured=False)]))
    (api,) = json.loads(digest_json(digest([blind], since=SINCE, until=UNTIL)))["components"]
    assert (api["change"], api["causes"], api["last"]) == (None, [], None)


def test_the_same_digest_gives_the_same_bytes() -> None:
    made = [digest_json(digest(records(), since=SINCE, until=UNTIL)) for _ in range(2)]
    assert made[0] == made[1]


def test_shown_causes_and_the_unexplained_rest_add_up_to_the_shown_change() -> None:
    third = Fraction(-1, 3)
    parts = tuple(Part(cause, 0, 0, third) for cause in (Cause.LOST, Cause.EXCLUDED))
    change = Delta(Metric.COMBINED, Ratio(1, 1), Ratio(99, 100), Fraction(-1), parts)
    made = replace(digest(records(), since=SINCE, until=UNTIL), components=())
    one = ComponentChange(
        "api", "api", Metric.COMBINED, None, Outcome.PASS, None, None, None, with_words(change, third), third
    )
    (api,) = json.loads(digest_json(replace(made, components=(one,))))["components"]
    shown = [cause["points"]["shown"] for cause in api["causes"]] + [api["unexplained"]["shown"]]
    assert (api["change"]["shown"], sorted(shown)) == ("-1.00", ["-0.33", "-0.33", "-0.34"])
    assert api["unexplained"]["exact"] == "-1/3"
