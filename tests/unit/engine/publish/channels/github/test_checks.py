from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from covgov.errors import DeliveryFailed
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, Outcome, PatchRow, Scope, Verdict
from covgov.publish.channels.github.checks import (
    BATCH,
    CONCLUSIONS,
    MOST,
    Annotation,
    CheckRunPage,
    conclusion,
    put,
    read,
    remarks,
    written,
)
from covgov.publish.channels.github.fields import ParcelFields
from covgov.publish.channels.interface import Parcel
from covgov_testing.builders import verdict as build
from covgov_testing.fakes.github import HEAD, FakeGithub, api_of, refusal
from covgov_testing.laws import examples

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAGE = CheckRunPage(HEAD, "covgov", "failure", "fail: api", "## covgov", "https://github.example/r/1", NOON, [])
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def noted(count: int) -> list[Annotation]:
    return [
        Annotation(path="a.py", start_line=n, end_line=n, annotation_level="warning", title="t", message=f"line {n}")
        for n in range(1, count + 1)
    ]


def sent(github: FakeGithub) -> list[dict[str, object]]:
    (run,) = github.check_runs
    requests = run["sent"]
    assert isinstance(requests, list)
    return requests


def lines_of(request: dict[str, object]) -> list[int]:
    output = request["output"]
    assert isinstance(output, dict)
    return [one["start_line"] for one in output["annotations"]]


@pytest.mark.reliability
def test_only_a_pass_satisfies_branch_protection() -> None:
    let_through = {"success", "neutral", "skipped"}
    assert {outcome for outcome in Outcome if CONCLUSIONS[outcome] in let_through} == {Outcome.PASS}


def test_few_annotations_go_with_the_check_run() -> None:
    github = FakeGithub()
    assert put(api_of(github), replace(PAGE, annotations=noted(50))) == (
        "check run 1 concluded: failure, 50 annotations"
    )
    (request,) = sent(github)
    assert request["status"] == "completed"
    assert request["head_sha"] == HEAD
    assert request["details_url"] == "https://github.example/r/1"
    assert (request["started_at"], request["completed_at"]) == ("2026-11-22T12:00:00Z",) * 2
    assert len(lines_of(request)) == 50


def test_without_annotations_or_a_link_there_is_still_a_check_run() -> None:
    github = FakeGithub()
    put(api_of(github), replace(PAGE, target=""))
    (request,) = sent(github)
    assert (request["conclusion"], lines_of(request), "details_url" in request) == ("failure", [], False)


@quick
@given(st.integers(1, 260))
def test_every_annotation_is_sent_once_and_at_most_fifty_at_a_time(count: int) -> None:
    github = FakeGithub()
    put(api_of(github), replace(PAGE, annotations=noted(count)))
    batches = [lines_of(request) for request in sent(github)]
    assert [line for batch in batches for line in batch] == list(range(1, count + 1))
    assert max(map(len, batches)) <= BATCH


@pytest.mark.reliability
def test_a_check_run_is_concluded_with_its_last_annotation_only() -> None:
    github = FakeGithub()
    put(api_of(github), replace(PAGE, annotations=noted(120)))
    assert [request.get("conclusion") for request in sent(github)] == [None, None, "failure"]
    assert [request["status"] for request in sent(github)] == ["in_progress", "in_progress", "completed"]


@pytest.mark.reliability
def test_an_interrupted_check_run_has_no_conclusion() -> None:
    github = FakeGithub()
    github.fail(refusal(422, "no"), method="PATCH")
    with pytest.raises(DeliveryFailed):
        put(api_of(github), replace(PAGE, conclusion="success", annotations=noted(60)))
    assert github.check_runs[0]["conclusion"] is None


@pytest.mark.reliability
def test_a_check_run_that_is_delivered_late_does_not_replace_a_later_one() -> None:
    github = FakeGithub()
    put(api_of(github), replace(PAGE, at=NOON + timedelta(seconds=1)))
    late = put(api_of(github), replace(PAGE, conclusion="success"))
    assert late == "check run of c0ffee000000 left unchanged: it shows a later verdict"
    assert len(github.check_runs) == 1
    put(api_of(github), replace(PAGE, name="other"))
    assert len(github.check_runs) == 2


def test_findings_are_annotated_where_they_are() -> None:
    verdict = build.verdict(
        build.finding("a.py: 3 lines lost", scope=Scope.FILE, subject="src/a.py", hint="test it"),
        build.finding("api is low"),
        build.finding("no idea", Effect.UNDETERMINED),
        build.finding("by the way", Effect.NOTE),
        build.finding("excused", waived_by="EX-1"),
    )
    found = remarks(verdict)
    assert [(one.path, one.annotation_level, one.message) for one in found] == [
        ("src/a.py", "failure", "a.py: 3 lines lost (test it)"),
        ("covgov.toml", "failure", "api is low"),
        ("covgov.toml", "warning", "no idea"),
        ("covgov.toml", "notice", "by the way"),
        ("covgov.toml", "notice", "excused (waived by EX-1)"),
    ]


def test_uncovered_lines_of_the_change_are_annotated_range_by_range() -> None:
    patch = PatchRow(Ratio(1, 5), None, 0, {"src/b.py": "3", "src/a.py": "40,52-58"})
    found = remarks(build.verdict(patch=patch))
    assert [(one.path, one.start_line, one.end_line, one.message) for one in found] == [
        ("src/a.py", 52, 58, "no test reaches lines 52-58 of this change"),
        ("src/a.py", 40, 40, "no test reaches line 40 of this change"),
        ("src/b.py", 3, 3, "no test reaches line 3 of this change"),
    ]


def test_long_lists_are_cut() -> None:
    spelled = ",".join(str(2 * line) for line in range(1, 2000))
    verdict = build.verdict(build.finding(), patch=PatchRow(Ratio(1, 2), None, 0, {"a.py": spelled}))
    assert len(remarks(verdict)) == MOST


@quick
@given(build.verdicts())
def test_every_annotation_is_one_that_github_takes(verdict: Verdict) -> None:
    for one in remarks(verdict):
        assert one.path
        assert one.path.isprintable()
        assert 1 <= one.start_line <= one.end_line
        assert 0 < len(one.message.encode()) <= 64 * 1024
        assert len(one.title) <= 255


def fields(page: CheckRunPage, **changed: str) -> ParcelFields:
    return ParcelFields(Parcel("github", "github:check-run", "", {**written(page), **changed}))


def test_a_check_run_survives_its_parcel() -> None:
    page = replace(PAGE, annotations=noted(3))
    assert read(fields(page)) == page


@pytest.mark.security
@pytest.mark.parametrize(
    "changed",
    [{"annotations": "none"}, {"annotations": "[{}]"}, {"conclusion": "skipped"}, {"commit": ""}, {"at": "12:00"}],
)
def test_a_parcel_that_was_tampered_with_is_not_sent(changed: dict[str, str]) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        read(fields(PAGE, **changed))
    assert caught.value.code == "github-parcel-damaged"


def test_only_what_is_not_enforced_is_neutral() -> None:
    bad = build.finding("bad")
    evaluated = structs.replace(bad, enforced=False)
    assert conclusion(build.verdict(evaluated)) == "neutral"
    assert conclusion(build.verdict(evaluated, bad)) == "failure"
    assert conclusion(build.verdict()) == "success"
    (note,) = remarks(build.verdict(evaluated))
    assert (note.annotation_level, note.message) == ("notice", "would fail, not enforced: bad")
