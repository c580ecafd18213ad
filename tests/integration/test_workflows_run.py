"""Both workflows, byte for byte as they are, run by act in a tiny project with a bare origin and an API on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from covgov_testing import scenarios as must
from covgov_testing.forge import Forge
from covgov_testing.tiny import BARS, REGISTER, TOKEN, How, Tiny

pytestmark = pytest.mark.workflows


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as forge:
        yield forge


def test_a_push_to_main_is_judged_by_every_suite_and_begins_the_history(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge, tuple(BARS))
    ran = tiny.on_push()
    for suite in BARS:
        must.judged_by_itself(ran, suite, 0)
    must.judged_together(ran, 0)
    must.prepared(tiny, ran, 5)
    must.told(tiny, ran, "success")
    assert [subject.split(" at ")[0] for subject in tiny.history()] == ["Record run 1: pass"]
    assert must.artifacts(ran) == {"coverage-govern", *(f"coverage-unit-{suite}" for suite in BARS)}
    assert (ran.code, forge.hooks, forge.comments) == (0, [], {})
    skipped = ran.step("dashboards", must.WANTED).text
    assert "CODECOV: skipped, there is no secret CODECOV_TOKEN" in skipped
    assert "SONAR: skipped, there is no secret SONAR_TOKEN" in skipped
    assert ("dashboards", "Sonar") not in ran.steps
    must.keeps_the_token_to_itself(tiny, ran)


def test_a_green_pull_request_gets_one_comment_that_its_next_run_renews(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge)
    must.measured_before(tiny)
    for changed in (must.BETTER, {**must.BETTER, "src/tiny_api/third.py": "THIRD = 3\n"}):
        tiny.propose(changed)
        ran = tiny.on_pull_request()
        must.judged_by_itself(ran, "api", 0)
        must.judged_together(ran, 0)
        must.told(tiny, ran, "success")
        assert forge.statuses[-1]["commit"] == forge.head
    (comment,) = forge.comments.values()
    assert " covgov: pass" in comment
    assert "not recorded" in ran.step("govern", must.JUDGE).text
    assert len(tiny.history()) == 1
    must.keeps_the_token_to_itself(tiny, ran)


def test_a_pull_request_with_a_drop_is_red_in_its_suite_and_as_a_whole(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge)
    must.measured_before(tiny)
    tiny.propose(must.WORSE)
    ran = tiny.on_pull_request()
    must.judged_by_itself(ran, "api", 10)
    summary = must.judged_together(ran, 10)
    assert "98/110 = 89.09 %" in summary
    assert "new uncovered code" in summary
    must.told(tiny, ran, "failure")
    (comment,) = forge.comments.values()
    assert " covgov: fail" in comment
    assert "```diff" in comment
    assert "| EX-001 | component:api |" in comment
    assert ran.code != 0
    assert (len(tiny.history()), forge.hooks) == (1, [])


def test_a_matrix_job_that_is_missing_leaves_no_verdict_and_turns_the_whole_red(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge, ("api", "auth"))
    must.measured_before(tiny)
    tiny.propose(must.BETTER)
    ran = tiny.on_pull_request(How(suites=("api",)))
    must.judged_by_itself(ran, "api", 0)
    summary = must.judged_together(ran, 11)
    assert "suite auth: did not arrive" in summary
    must.told(tiny, ran, "error")
    assert " covgov: undetermined" in forge.comments.popitem()[1]
    assert len(tiny.history()) == 1


def test_a_failing_test_is_reported_by_nox_and_judged_by_covgov(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge)
    tiny.propose({"tests/api/test_bad.py": "def test_bad():\n    assert False\n"})
    ran = tiny.on_pull_request(How(job="unit"))
    measured = ran.step("unit-api", "Measure the suite")
    assert measured.code == 0
    assert "nox ended with exit code 1; the next step judges what was measured" in measured.text
    must.judged_by_itself(ran, "api", 10)
    assert "::error title=covgov suite::suite api: tests failed" in ran.step("unit-api", "Judge the suite").text


@pytest.mark.security
def test_a_fork_whose_token_may_only_read_is_judged_all_the_same(tmp_path: Path, forge: Forge) -> None:
    forge.readonly = True
    tiny = Tiny(tmp_path, forge)
    must.measured_before(tiny)
    tiny.propose(must.BETTER)
    ran = tiny.on_pull_request()
    must.judged_together(ran, 0)
    assert ran.step("govern", must.TELL).code == 0
    assert "kept in the spool" in ran.step("govern", must.TELL).text
    assert list((ran.artifact("coverage-govern") / "spool").iterdir())
    must.keeps_the_token_to_itself(tiny, ran)


@pytest.mark.security
def test_the_history_of_a_private_repository_is_read_and_written_with_the_token_of_the_step(
    tmp_path: Path, forge: Forge
) -> None:
    tiny = Tiny(tmp_path, forge)
    must.measured_before(tiny)
    tiny.origin.git("config", "http.receivepack", "true")
    forge.repository, forge.password = tiny.origin.root, TOKEN
    tiny.push(must.BETTER)
    ran = tiny.on_push(How(env={"STAND_IN_REMOTE": forge.remote}))
    must.judged_by_itself(ran, "api", 0)
    must.judged_together(ran, 0)
    assert [subject.split(" at ")[0] for subject in tiny.history()] == ["Record run 2: pass", "Record run 1: pass"]
    assert "was used" not in ran.text, "the history was not reached"
    must.keeps_the_token_to_itself(tiny, ran)


@pytest.mark.security
def test_without_the_token_a_private_history_is_neither_read_nor_written(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge)
    must.measured_before(tiny)
    forge.repository, forge.password = tiny.origin.root, "another"
    tiny.push(must.BETTER)
    ran = tiny.on_push(How(env={"STAND_IN_REMOTE": forge.remote}))
    must.judged_by_itself(ran, "api", 0)
    assert "the copy in this clone was used" in ran.step("unit-api", "Judge the suite").text
    assert ran.step("govern", must.JUDGE).code == 5
    assert len(tiny.history()) == 1


def test_the_merge_queue_is_judged_like_a_change_and_records_nothing(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge)
    must.measured_before(tiny)
    tiny.propose(must.WORSE)
    ran = tiny.on_merge_queue()
    must.judged_by_itself(ran, "api", 10)
    must.judged_together(ran, 10)
    assert len(tiny.history()) == 1


def test_two_consecutive_weeks_are_accounted_for_in_one_pull_request_each(tmp_path: Path, forge: Forge) -> None:
    tiny = Tiny(tmp_path, forge)
    last = datetime.now(UTC) - timedelta(days=1)
    first = last - must.WEEK
    assert tiny.recorded(first, "0" * 40) == 0
    one = must.proposed(tiny, tiny.on_week(first.date().isoformat(), How(job="digest")), first.date())
    assert "98.00 %" in one
    tiny.work.git("fetch", "--quiet", "origin", "covgov/weekly")
    tiny.work.git("merge", "--quiet", "--no-ff", "-m", "the first week", "FETCH_HEAD")
    tiny.work.git("push", "--quiet", "origin", "main")
    tiny.push(must.WORSE)
    assert tiny.recorded(last, tiny.before) == 10
    two = must.proposed(tiny, tiny.on_week(how=How(job="digest")), last.date())
    assert "89.09 %" in two
    assert "new uncovered code" in two
    assert "| component:api | combined | 89.09 |" in tiny.origin.git("show", f"covgov/weekly:{REGISTER}")
    assert len(forge.hooks) == 2
