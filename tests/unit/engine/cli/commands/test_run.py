"""`covgov run` with a real suite under real coverage.py; each test costs a pytest start, so there are few."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.main import main
from covgov.cli.world import World
from covgov.publish.artifacts import PUBLISHED
from covgov.runner.alone import alone
from covgov_testing.desk import NOW, Desk
from covgov_testing.projects import BARE

SOURCE = "def used() -> int:\n    return 1\n\n\ndef unused() -> int:\n    return 2\n"
TEST = "from api.a import used\n\n\ndef test_used() -> None:\n    assert used() == 1\n"
FILES = {
    ".coveragerc": "[run]\nsource = api\nbranch = True\n",
    "api/__init__.py": "",
    "api/a.py": SOURCE,
    "tests/conftest.py": "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent))\n",
    "tests/test_a.py": TEST,
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in BARE.items():
        monkeypatch.setenv(name, value)
    desk = Desk(tmp_path / "work")
    desk.repo.write({".gitignore": "coverage/\nhistory/\n__pycache__/\n.pytest_cache/\n"})
    desk.commit(FILES)
    return desk


def test_run_measures_judges_records_and_writes_every_artifact(desk: Desk) -> None:
    assert desk.covgov("run") == 0, desk.err.getvalue()
    assert "3/4 = 75.00 %" in desk.out.getvalue()
    assert "recorded run 1" in desk.err.getvalue()
    assert desk.err.getvalue().count("covgov: suite api") == 1
    written = {path.name for path in (desk.root / "coverage").iterdir() if path.is_file()}
    assert written >= {
        "api.xml",
        "api.json",
        "api.lcov",
        "api.snapshot",
        "api-html.zip",
        "api-junit.xml",
        "merged.xml",
        "merged.json",
        "merged.lcov",
        "merged.snapshot",
        "verdict.json",
        "summary.md",
        "verdict-junit.xml",
        "exceptions.patch",
        "digest.md",
    }
    assert set(PUBLISHED) <= written


def test_measure_only_leaves_the_verdict_to_check(desk: Desk) -> None:
    assert desk.covgov("run", "api", "--measure-only", "--", "--cov-report=xml:coverage/more.xml") == 0
    assert desk.out.getvalue() == ""
    assert (desk.root / "coverage" / "more.xml").is_file()
    assert not (desk.root / "coverage" / "verdict.json").exists()
    assert not desk.store().exists()


def test_failing_tests_exit_10_and_stay_visible(desk: Desk) -> None:
    desk.repo.write({"tests/test_b.py": "def test_no() -> None:\n    assert False\n"})
    assert desk.covgov("run", "api", "--measure-only") == 10
    assert desk.covgov("check", "api") == 10
    assert "tests failed" in desk.out.getvalue()


def test_a_suite_without_tests_did_not_arrive(desk: Desk) -> None:
    assert desk.covgov("run", "api", "--measure-only", "--", "-k", "nothing_is_called_so") == 11
    assert "did not arrive" in desk.err.getvalue()
    assert desk.covgov("check") == 11
    assert "did not arrive: no tests were collected" in desk.out.getvalue()


@pytest.mark.parametrize("selected", [("no_such_test", "did not arrive"), ("test_no", "not enforced")])
def test_measuring_what_is_only_evaluated_exits_0(desk: Desk, selected: tuple[str, str]) -> None:
    name, said = selected
    policy = (desk.root / "covgov.toml").read_text(encoding="utf-8")
    desk.repo.write({"covgov.toml": policy.replace("[policy]\n", '[policy]\nenforcement = "evaluate"\n')})
    desk.repo.write({"tests/test_b.py": "def test_no() -> None:\n    assert False\n"})
    assert desk.covgov("run", "api", "--measure-only", "--", "-k", name) == 0
    assert said in desk.err.getvalue()
    assert "suite api is not enforced" in desk.err.getvalue()


def test_an_unknown_suite_is_a_usage_error_before_anything_runs(desk: Desk) -> None:
    assert desk.covgov("run", "web") == 2
    assert "declared suites: api" in desk.err.getvalue()


def test_a_threshold_for_pytest_cov_is_refused(desk: Desk) -> None:
    assert desk.covgov("run", "api", "--", "--cov-fail-under=90") == 2


def test_a_run_with_extra_test_arguments_is_judged_and_not_recorded(desk: Desk) -> None:
    assert desk.covgov("run", "--", "-k", "used or more") == 0
    assert "not recorded: the suites ran with extra test arguments" in desk.err.getvalue()
    assert "-k 'used or more'" in desk.err.getvalue()
    assert not desk.store().exists()
    assert (desk.root / "coverage" / "verdict.json").is_file()


def test_asking_for_one_more_report_does_not_keep_a_run_out_of_history(desk: Desk) -> None:
    assert desk.covgov("run", "--", "--cov-report=json:coverage/more.json") == 0
    assert "recorded run 1" in desk.err.getvalue()


def test_a_run_of_named_suites_says_why_it_is_not_recorded(desk: Desk) -> None:
    assert desk.covgov("run", "api") == 0
    assert "not recorded: only the suites named on the command line were checked" in desk.err.getvalue()
    assert not (desk.root / "coverage" / "digest.md").exists()


@pytest.mark.reliability
def test_a_second_run_in_the_same_checkout_is_refused_until_the_first_has_ended(desk: Desk) -> None:
    with alone(desk.root / "coverage"):
        desk.repo.write({"coverage/verdict.json": "{}"})
        assert desk.covgov("run") == 2
        assert f"measuring into {desk.root / 'coverage'} [run-in-progress]" in desk.err.getvalue()
        assert (desk.root / "coverage" / "verdict.json").exists()
    assert desk.covgov("run", "api", "--measure-only") == 0


def file_instead_of_the_folder(root: Path) -> Path:
    path = root / "coverage"
    path.write_text("notes", encoding="utf-8")
    return path


def folder_instead_of(name: str) -> Callable[[Path], Path]:
    def occupy(root: Path) -> Path:
        path = root / "coverage" / name
        path.mkdir(parents=True)
        return path

    return occupy


@pytest.mark.reliability
@pytest.mark.parametrize(
    "occupy",
    [
        file_instead_of_the_folder,
        folder_instead_of("api.snapshot"),
        folder_instead_of("verdict.json"),
        folder_instead_of(".data/.lock"),
    ],
)
def test_what_lies_in_the_way_is_one_error_that_names_it(desk: Desk, occupy: Callable[[Path], Path]) -> None:
    path = occupy(desk.root)
    assert desk.covgov("run") == 5
    (line,) = (line for line in desk.err.getvalue().splitlines() if line.startswith("covgov: error:"))
    assert f"{path} cannot be written" in line
    assert line.endswith("[artifact-unwritable]")
    assert path.exists()


class Interrupting(StringIO):
    """Somebody presses Ctrl-C when the suite starts."""

    def write(self, text: str) -> int:
        if text.startswith("covgov: suite "):
            raise KeyboardInterrupt
        return super().write(text)


@pytest.mark.reliability
def test_an_interrupted_run_leaves_no_verdict_of_an_earlier_one(desk: Desk) -> None:
    desk.repo.write({f"coverage/{name}": "old" for name in (*PUBLISHED, "merged.txt")})
    err = Interrupting()
    assert main(["run"], World(desk.root, os.environ, lambda: NOW, StringIO(), err)) == 130
    assert "interrupted" in err.getvalue()
    left = {path.name for path in (desk.root / "coverage").iterdir() if not path.name.startswith(".")}
    assert left == {"merged.txt"}


@pytest.mark.reliability
def test_a_missing_base_is_told_before_any_suite_runs(desk: Desk) -> None:
    desk.repo.git("checkout", "-q", "--detach")
    desk.repo.git("branch", "-D", "main")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    assert desk.covgov("run", env=env) == 11
    assert "[base-unknown]" in desk.err.getvalue()
    assert "covgov: suite" not in desk.err.getvalue()


def test_a_repository_without_a_commit_is_told_before_any_suite_runs(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "empty")
    assert desk.covgov("run") == 11
    assert "[no-commit]" in desk.err.getvalue()
    assert "covgov: suite" not in desk.err.getvalue()


def test_a_bar_that_cannot_be_given_is_told_before_any_suite_runs(desk: Desk) -> None:
    assert desk.covgov("run", "api", "--fail-under", "half") == 2
    assert "[override-not-a-number]" in desk.err.getvalue()
    assert "covgov: suite" not in desk.err.getvalue()


def test_a_selection_of_tests_is_not_recorded_now_or_by_a_later_check(desk: Desk) -> None:
    assert desk.covgov("run", "--measure-only", "--", "-k", "used") == 0
    assert desk.covgov("check", "--record") == 0
    assert "not recorded: the suites ran with extra test arguments" in desk.err.getvalue()
    assert not desk.store().exists()


BOTH = TEST.replace("import used", "import unused, used") + "\n\ndef test_unused() -> None:\n    assert unused() == 2\n"


def unwrapped(desk: Desk) -> str:
    """The output without its line ends."""
    return " ".join(desk.out.getvalue().split())


def fork(desk: Desk, main: str, topic: str) -> None:
    """Main is recorded with every line reached; then main and a topic replace the tests, unrecorded."""
    desk.commit({"tests/test_a.py": BOTH})
    assert desk.covgov("run") == 0, desk.err.getvalue()
    desk.commit({"tests/test_a.py": main}, "main moves on")
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"tests/test_a.py": topic, "data.json": "1\n"}, "topic")


def test_the_base_measured_now_says_what_the_target_branch_lost_itself(desk: Desk) -> None:
    fork(desk, main=TEST, topic=TEST)
    assert desk.covgov("run") == 10
    assert "if the target branch lost it, `covgov run --measure-base` shows that" in unwrapped(desk)
    assert desk.covgov("run", "--measure-base") == 0, desk.out.getvalue() + desk.err.getvalue()
    start = desk.repo.git("rev-parse", "--short=12", "main")
    assert f"baseline: {start} (measured in this run, where the change starts; 0 commits back" in desk.out.getvalue()
    assert desk.repo.git("worktree", "list", "--porcelain").count("worktree ") == 1
    assert desk.repo.git("status", "--porcelain") == ""


@pytest.mark.security
def test_the_base_measured_now_shows_what_the_change_itself_lost(desk: Desk) -> None:
    fork(desk, main=BOTH, topic=TEST)
    assert desk.covgov("run", "--measure-base") == 10
    assert "tests no longer reach 1 line" in desk.out.getvalue()


@pytest.mark.security
def test_a_base_whose_tests_fail_proves_nothing(desk: Desk) -> None:
    fork(desk, main=BOTH + "    assert False\n", topic=BOTH)
    assert desk.covgov("run", "--measure-base") == 11
    assert "the base could not be measured in this run" in unwrapped(desk)
    assert "the tests of suite api failed" in desk.out.getvalue()


def test_without_a_commit_before_it_there_is_no_base_to_measure(desk: Desk) -> None:
    assert desk.covgov("run", "--measure-base") == 2
    assert "no commit that this change starts from" in desk.err.getvalue()
