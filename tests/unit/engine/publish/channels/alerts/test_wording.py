from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, Finding, Scope, Verdict
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts import wording
from covgov.publish.channels.alerts.note import Note, Severity
from covgov.publish.channels.alerts.state import news
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import MAIN, RUN, below, dropped, publication, unknown
from covgov_testing.laws import examples

ALL = list(Occasion)


def told(now: Verdict, before: Verdict | None = None, occasions: list[Occasion] = ALL, *, branch: str = "main") -> Note:
    one = publication(now, before, ci=replace(MAIN, branch=branch), owner_of=lambda _: "@ada")
    return wording.alert(one, news(one.verdict, one.previous, one.owner_of), occasions)


def lines(note: Note) -> list[str]:
    return [line for paragraph in note.paragraphs for line in paragraph.lines]


def test_an_alert_lists_all_facts_of_a_drop() -> None:
    row = build.row(now=Ratio(85, 100), bar="90", delta=build.drop(), uncovered={"a.py": "1"})
    note = told(build.verdict(dropped(), rows=(row,)))
    assert (note.title, note.lead, lines(note)) == snapshot(
        (
            "covgov FAIL acme/shop main: dropped: api",
            "FAIL: acme/shop, branch main, commit c0ffee123456, 2026-11-22 UTC",
            [
                "dropped: component api",
                "  api: -5.00 pp: a drop of more than 2 pp",
                "  now 85/100 = 85.00 %, bar 90 %",
                "  change -5.00 pp = -5.00 new uncovered code",
                "  baseline abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)",
                "  owner @ada",
            ],
        )
    )
    assert note.link == RUN
    assert note.severity is Severity.FAILURE


def test_several_occasions_are_one_message() -> None:
    note = told(build.verdict(below("auth"), dropped("api"), unknown("logging"), below("api")))
    assert (note.title, [part.lines[0] for part in note.paragraphs]) == snapshot(
        (
            "covgov FAIL acme/shop main: dropped: api; under the bar: auth, api; undetermined: logging",
            [
                "dropped: component api",
                "under the bar: component auth",
                "under the bar: component api",
                "undetermined: component logging",
            ],
        )
    )


def test_a_change_already_in_the_message_is_not_repeated() -> None:
    row = build.row(delta=build.drop())
    said = build.finding("-5.00 pp = -5.00 new uncovered code: too much", rule="max-drop")
    assert not [line for line in lines(told(build.verdict(said, rows=(row,)))) if line.startswith("  change")]


def test_the_project_has_no_scope_prefix() -> None:
    note = told(build.verdict(build.finding("low", scope=Scope.PROJECT, subject="project")))
    assert lines(note)[0] == "under the bar: project"


def test_only_subscribed_occasions_are_shown() -> None:
    note = told(build.verdict(below("auth"), dropped("api")), occasions=[Occasion.DROP])
    assert note.title.endswith("main: dropped: api")
    assert "auth" not in str(note)


def test_standing_and_resolved_conditions_are_mentioned() -> None:
    now = build.verdict(below("api"), below("auth"), unknown("logging"))
    note = told(now, build.verdict(below("auth"), dropped("api"), unknown("logging")))
    assert lines(note)[-2:] == snapshot(
        ["so before and still so: under the bar: auth; undetermined: logging", "no longer so: dropped: api"]
    )


def test_a_recovery_lists_the_resolved_conditions() -> None:
    note = told(build.verdict(), build.verdict(below("api")))
    assert (note.title, lines(note)) == snapshot(
        ("covgov PASS acme/shop main: passes again", ["no longer so: under the bar: api"])
    )
    assert note.severity is Severity.SUCCESS


@pytest.mark.parametrize(
    ("findings", "severity"),
    [((unknown(),), Severity.WARNING), ((unknown(), below()), Severity.FAILURE), ((below(),), Severity.FAILURE)],
)
def test_severity_is_the_worst_ones(findings: tuple[Finding, ...], severity: Severity) -> None:
    assert told(build.verdict(*findings)).severity is severity


def test_many_conditions_are_counted_not_listed() -> None:
    note = told(build.verdict(*(below(f"c{number:02}") for number in range(30))))
    assert [part.lines[0] for part in note.paragraphs][wording.SHOWN :] == ["and 18 more"]
    assert note.title.endswith("c06, c07 and 22 more")
    assert len(note.title) <= wording.TITLE


def test_one_subject_is_named_once_in_a_title() -> None:
    twice = (below("api"), build.finding("branches low", subject="api", effect=Effect.FAIL))
    assert told(build.verdict(*twice)).title.endswith("under the bar: api")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://ci.example/run/1?a=1&b=2", "https://ci.example/run/1?a=1&b=2"),
        ("http://127.0.0.1/x", "http://127.0.0.1/x"),
        ("javascript:alert(1)", ""),
        ("https://ci.example/<!channel>", ""),
        ("https://ci.example/a|b", ""),
        ("https://ci.example/a b", ""),
        ("https://ci.example/\r\nBcc: x@example.invalid", ""),
        ("", ""),
    ],
)
def test_only_an_address_becomes_a_link(url: str, link: str) -> None:
    assert wording.safe_link(url) == link


@pytest.mark.security
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(build.verdicts(), st.none() | build.verdicts(), build.texts)
def test_every_line_of_every_note_is_short_and_printable(now: Verdict, before: Verdict | None, branch: str) -> None:
    note = told(now, before, branch=branch)
    assert len(note.title) <= wording.TITLE
    for line in (note.title, note.lead, *lines(note)):
        assert line.isprintable()
        assert len(line) <= wording.LINE
        assert not line.lstrip().startswith("::")
        assert "##" not in line
