from __future__ import annotations

import json
from pathlib import Path

import pytest

from covgov.cli.commands.check import FORMATS
from covgov.publish.registry import RENDERERS
from covgov_testing.desk import POLICY, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(10))})
    desk.measure({"api/a.py": "+++++-----"})
    return desk


def test_every_renderer_can_be_asked_for_and_no_other(desk: Desk) -> None:
    assert set(FORMATS) == set(RENDERERS)


@pytest.mark.parametrize("rendering", FORMATS)
def test_check_prints_the_verdict_in_each_format(desk: Desk, rendering: str) -> None:
    assert desk.covgov("check", "--format", rendering) == 0
    assert desk.out.getvalue().strip()


def test_json_is_short_for_the_json_format(desk: Desk) -> None:
    assert desk.covgov("check", "--json") == 0
    document = json.loads(desk.out.getvalue())
    assert (document["format"], document["outcome"]) == ("covgov-verdict", "pass")


def test_a_component_under_its_bar_exits_10_and_writes_the_artifacts(desk: Desk) -> None:
    desk.measure({"api/a.py": "++++------"})
    assert desk.covgov("check") == 10
    assert "4/10 = 40.00 % < 50 %" in desk.out.getvalue()
    assert (desk.root / "coverage" / "verdict.json").is_file()
    assert "component:api" in (desk.root / "coverage" / "exceptions.patch").read_text(encoding="utf-8")


def test_the_verdict_on_one_suite_is_kept_beside_its_reports_and_not_as_the_projects(desk: Desk) -> None:
    assert desk.covgov("check", "api", "--fail-under", "50.01") == 10
    kept = json.loads((desk.root / "coverage" / "api.verdict.json").read_text(encoding="utf-8"))
    assert (kept["outcome"], kept["rows"][0]["bar"]) == ("fail", "50.01")
    assert not (desk.root / "coverage" / "verdict.json").exists()


@pytest.mark.security
def test_after_a_failed_collect_the_suite_did_not_arrive(desk: Desk) -> None:
    assert desk.covgov("check") == 0
    (desk.root / "coverage" / "lcov.info").write_text("SF:api/a.py\nDA:", encoding="utf-8")
    assert desk.covgov("collect", "api", "coverage/lcov.info") == 4
    assert desk.covgov("check") == 11
    assert "did not arrive" in desk.out.getvalue()
    assert "coverage/lcov.info" in desk.out.getvalue()


@pytest.mark.parametrize(("bar", "code"), [("50", 0), ("50.00", 0), ("50.01", 10)])
def test_fail_under_by_flag_is_exact(desk: Desk, bar: str, code: int) -> None:
    assert desk.covgov("check", "api", "--fail-under", bar) == code


@pytest.mark.parametrize(("bar", "code"), [("50", 0), ("50.01", 10), ("49.99", 2)])
def test_fail_under_by_environment_raises_and_never_lowers_below_the_floor(desk: Desk, bar: str, code: int) -> None:
    assert desk.covgov("check", "api", env={"COVERAGE_FAIL_UNDER": bar}) == code


def test_fail_under_for_several_suites_is_refused(desk: Desk) -> None:
    desk.repo.write(
        {
            "covgov.toml": (desk.root / "covgov.toml").read_text() + '[suites.auth]\ntests = ["t"]\n'
            '[components.auth]\npaths = ["auth/**"]\nsuite = "auth"\n'
        }
    )
    assert desk.covgov("check", "--fail-under", "90") == 2
    assert "override-many-suites" in desk.err.getvalue()


def test_no_snapshot_is_undetermined(desk: Desk) -> None:
    (desk.root / "coverage" / "api.snapshot").unlink()
    assert desk.covgov("check") == 11
    assert "covgov run api" in desk.out.getvalue()


def test_no_policy_is_invalid(desk: Desk) -> None:
    (desk.root / "covgov.toml").unlink()
    assert desk.covgov("check") == 3
    said = desk.err.getvalue()
    assert f"in {desk.root} [policy-missing]" in said
    assert "hint: run `covgov init`" in said


def test_a_date_that_is_none_is_a_usage_error(desk: Desk) -> None:
    assert desk.covgov("check", "--today", "tomorrow") == 2
    assert "--today" in desk.err.getvalue()


def test_today_is_printed(desk: Desk) -> None:
    assert desk.covgov("check", "--today", "2031-05-06") == 0
    assert "2031-05-06" in desk.out.getvalue()


def test_a_failing_gate_wins_over_a_damaged_register_and_both_are_printed(desk: Desk) -> None:
    desk.repo.write({"exceptions.md": "<!-- covgov:exceptions:begin -->\n"})
    desk.measure({"api/a.py": "++++------"})
    assert desk.covgov("check") == 10
    assert "exceptions.md" in desk.err.getvalue()
    desk.measure({"api/a.py": "++++++++++"})
    assert desk.covgov("check") == 3


def test_check_records_only_when_asked(desk: Desk) -> None:
    assert desk.covgov("check") == 0
    assert not desk.store().exists()
    assert desk.covgov("check", "--record") == 0
    assert "recorded run 1" in desk.err.getvalue()
    assert len(desk.store().list()) == 1


def test_the_job_summary_gets_the_markdown_appended(desk: Desk, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    env = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/topic"}
    assert desk.covgov("check", env={**env, "GITHUB_STEP_SUMMARY": str(summary)}) == 0
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert "<!-- covgov:summary -->" in text
    assert "api" in text


def test_the_outputs_of_the_step_get_outcome_figures_and_files(desk: Desk, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    env = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/topic"}
    assert desk.covgov("check", env={**env, "GITHUB_OUTPUT": str(outputs)}) == 0
    found = dict(line.split("=", 1) for line in outputs.read_text(encoding="utf-8").splitlines())
    assert found["outcome"] == "pass"
    assert json.loads(found["components"])["api"]["percent"]
    assert Path(found["verdict"]) == desk.root / "coverage" / "verdict.json"
    assert Path(found["verdict"]).is_file()
    assert Path(found["summary"]).is_file()
    assert desk.covgov("check", "api", env={**env, "GITHUB_OUTPUT": str(outputs)}) == 0
    assert outputs.read_text(encoding="utf-8").splitlines()[-2:] == [
        f"verdict={desk.root / 'coverage' / 'api.verdict.json'}",
        "summary=",
    ]
    assert desk.covgov("check", env={**env, "GITHUB_OUTPUT": str(tmp_path)}) == 5
    assert "the step's outputs" in desk.err.getvalue()


@pytest.mark.reliability
def test_a_summary_that_cannot_be_written_leaves_the_verdict_and_exits_5(desk: Desk, tmp_path: Path) -> None:
    env = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/topic"}
    assert desk.covgov("check", env={**env, "GITHUB_STEP_SUMMARY": str(tmp_path)}) == 5
    assert "summary-unwritable" in desk.err.getvalue()
    assert "PASS" in desk.out.getvalue()


@pytest.mark.security
def test_a_verdict_that_lay_there_is_gone_also_when_none_can_be_written(desk: Desk) -> None:
    folder = desk.root / "coverage"
    folder.mkdir(exist_ok=True)
    (folder / "verdict.json").write_text("forged", encoding="utf-8")
    (folder / "exceptions.patch").mkdir()
    assert desk.covgov("check") == 5
    assert "artifact-unwritable" in desk.err.getvalue()
    assert not (folder / "verdict.json").exists()


def test_artifacts_that_cannot_be_written_leave_the_verdict_and_exit_5(desk: Desk) -> None:
    (desk.root / "coverage" / "summary.md").mkdir()
    assert desk.covgov("check") == 5
    assert "PASS" in desk.out.getvalue()


def test_outside_git_check_judges_the_bars(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "1\n2\n"})
    desk.measure({"api/a.py": "++"})
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in ("covgov.toml", "coverage/api.snapshot"):
        target = plain / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((desk.root / name).read_bytes())
    assert desk.covgov("check", cwd=plain) == 0
    assert "no git checkout" in desk.out.getvalue()


def on_git_history(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "git", POLICY.replace("dir:history", "git:coverage-history"))
    desk.commit({"api/a.py": "1\n2\n"})
    desk.measure({"api/a.py": "++"})
    return desk


@pytest.mark.reliability
def test_an_unreachable_remote_with_a_local_copy_is_said_and_does_not_block(tmp_path: Path) -> None:
    desk = on_git_history(tmp_path)
    assert desk.covgov("check", "--record") == 0
    desk.repo.git("remote", "add", "origin", str(tmp_path / "unplugged.git"))
    desk.commit({"README": "x\n"})
    desk.measure({"api/a.py": "++"})
    assert desk.covgov("check", env={"CI": "true"}) == 0
    assert "the copy in this clone was used" in desk.err.getvalue()


@pytest.mark.security
def test_an_unreachable_remote_without_a_local_copy_is_undetermined_in_ci_only(tmp_path: Path) -> None:
    desk = on_git_history(tmp_path)
    desk.repo.git("remote", "add", "origin", str(tmp_path / "unplugged.git"))
    desk.commit({"README": "x\n"})
    desk.measure({"api/a.py": "++"})
    assert desk.covgov("check", env={"CI": "true"}) == 11
    assert desk.covgov("check") == 0


def test_the_first_record_suggests_history_since(tmp_path: Path) -> None:
    desk = on_git_history(tmp_path)
    desk.covgov("check", "--record")
    assert "add `since = 2026-11-22`" in desk.err.getvalue()
    desk.commit({"README": "x\n"})
    desk.measure({"api/a.py": "++"})
    desk.covgov("check", "--record")
    assert "add `since" not in desk.err.getvalue()


def test_uncommitted_work_is_judged_and_not_recorded(desk: Desk) -> None:
    desk.repo.write({"README": "x\n"})
    desk.measure({"api/a.py": "+++++-----"})
    assert desk.covgov("check", "--record") == 0
    assert "not recorded" in desk.err.getvalue()


def test_the_branch_that_is_checked_out_is_recorded(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.covgov("check", "--record")
    assert [run.branch for run in desk.store().list()] == ["topic"]
