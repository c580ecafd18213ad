from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.boundary import UNREADABLE, USAGE
from covgov.cli.main import main
from covgov.cli.world import World
from covgov.model.snapshot import Snapshot, TestRun
from covgov.model.snapshot_codec import decode
from covgov_testing.reports import child_env, cobertura, klass, measured_project
from covgov_testing.repos import Repo

XML = cobertura(klass("src/a.py", 'number="1" hits="1"', 'number="2" hits="0"') + klass("gone.py"))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.write({"c.xml": XML.decode(), ".gitignore": "/coverage/\n*.xml\n"})
    made.commit({"src/a.py": "x = 1\ny = 2\n"})
    return made


def run(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    place = World(cwd, child_env(), lambda: datetime(2026, 1, 1, tzinfo=UTC), StringIO(), StringIO())
    code = main(["collect", *arguments], place)
    assert isinstance(place.out, StringIO)
    assert isinstance(place.err, StringIO)
    return code, place.out.getvalue(), place.err.getvalue()


def written(path: Path) -> Snapshot:
    return decode(path.read_bytes(), str(path))


def test_the_snapshot_is_written_with_what_is_on_disk(repo: Repo) -> None:
    code, out, err = run(repo.root, "api", "c.xml")
    assert code == 0
    snapshot = written(repo.root / "coverage" / "api.snapshot")
    assert snapshot.suite == "api"
    assert snapshot.origin is not None
    assert snapshot.origin.commit == repo.git("rev-parse", "HEAD")
    assert not snapshot.origin.dirty
    assert snapshot.files["src/a.py"].source == repo.git("rev-parse", "HEAD:src/a.py")
    assert snapshot.tests is None
    assert "1 file, lines 1/2 = 50.00 %" in out
    assert "gone.py is in the report" in err


def test_it_may_be_called_from_a_subdirectory_and_told_where_to_write(repo: Repo) -> None:
    code, _, _ = run(repo.root / "src", "api", "../c.xml", "-o", "deep/er/x.snapshot")
    assert code == 0
    assert list(written(repo.root / "src" / "deep" / "er" / "x.snapshot").files) == ["src/a.py"]


def test_json_says_what_was_collected(repo: Repo) -> None:
    code, out, _ = run(repo.root, "api", "c.xml", "--json")
    assert code == 0
    assert json.loads(out) == {
        "format": "covgov-collect",
        "version": 1,
        "suite": "api",
        "snapshot": str(repo.root / "coverage" / "api.snapshot"),
        "files": 1,
        "lines": {"covered": 1, "total": 2},
        "branches": {"covered": 0, "total": 0},
        "unmatched": ["gone.py"],
        "notes": [],
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--test-exit-code", "3"], TestRun(3)),
        (["--junit", "bad.xml"], TestRun(1, tests=1, failures=1)),
        (["--junit", "bad.xml", "--test-exit-code", "0"], TestRun(0, tests=1, failures=1)),
        (["--junit", "good.xml"], TestRun(0, tests=1)),
    ],
)
def test_test_counts_come_from_the_options(repo: Repo, options: list[str], expected: TestRun) -> None:
    repo.write({"bad.xml": "<testsuite><testcase><failure/></testcase></testsuite>"})
    repo.write({"good.xml": "<testsuite><testcase/></testsuite>"})
    assert run(repo.root, "api", "c.xml", *options)[0] == 0
    assert written(repo.root / "coverage" / "api.snapshot").tests == expected


def test_a_data_file_is_analysed_outside_of_git_too(tmp_path: Path) -> None:
    root = measured_project(tmp_path / "plain")
    code, _, err = run(root, "api", ".coverage")
    assert (code, err) == (0, "")
    snapshot = written(root / "coverage" / "api.snapshot")
    assert snapshot.origin is None
    assert snapshot.files["src/shapes.py"].exits


def test_notes_are_told(repo: Repo) -> None:
    repo.write({"ci.xml": cobertura(klass("/ci/src/a.py", 'number="1" hits="1"')).decode()})
    code, _, err = run(repo.root, "api", "ci.xml")
    assert code == 0
    assert "rewritten: /ci/ -> " in err


def test_before_the_first_commit_there_is_no_origin(tmp_path: Path) -> None:
    made = Repo(tmp_path / "young")
    made.write({"c.xml": XML.decode(), "src/a.py": "x = 1\ny = 2\n"})
    code, _, err = run(made.root, "api", "c.xml")
    assert code == 0
    assert "[no-commit]" in err
    assert written(made.root / "coverage" / "api.snapshot").origin is None


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("damaged.xml",), "report-damaged"),
        (("empty.xml",), "report-empty"),
        (("c.xml", "typo.xml"), "report-missing"),
        (("c.xml", "--junit", "typo.xml"), "report-missing"),
        (("c.xml", "-o", "coverage/api.snapshot", "--junit", "damaged.xml"), "report-damaged"),
    ],
)
def test_a_failed_collect_removes_the_old_snapshot(repo: Repo, arguments: tuple[str, ...], code: str) -> None:
    run(repo.root, "api", "c.xml")
    (repo.root / "damaged.xml").write_bytes(XML[:-30])
    (repo.root / "empty.xml").write_bytes(b"")
    exit_code, out, err = run(repo.root, "api", *arguments)
    assert (exit_code, out) == (UNREADABLE, "")
    assert f"[{code}]" in err
    (left,) = (repo.root / "coverage").iterdir()
    assert left.name == "api.why"
    assert f"[{code}]" in left.read_text(encoding="utf-8")


@pytest.mark.reliability
def test_a_failed_collect_into_another_file_leaves_both_alone(repo: Repo) -> None:
    run(repo.root, "api", "c.xml")
    run(repo.root, "api", "c.xml", "-o", "other.snapshot")
    assert run(repo.root, "api", "typo.xml", "-o", "other.snapshot")[0] == UNREADABLE
    assert (repo.root / "coverage" / "api.snapshot").exists()
    assert (repo.root / "other.snapshot").exists()


@pytest.mark.reliability
def test_a_report_that_no_gate_may_believe_takes_the_place_of_an_earlier_snapshot(repo: Repo) -> None:
    run(repo.root, "api", "c.xml")
    (repo.root / "c.xml").write_bytes(cobertura(klass("src/a.py", 'number="9" hits="1"')))
    assert run(repo.root, "api", "c.xml", "-o", "elsewhere.snapshot")[0] == UNREADABLE
    assert (repo.root / "coverage" / "api.snapshot").exists()
    code, out, err = run(repo.root, "api", "c.xml")
    assert (code, out) == (UNREADABLE, "")
    assert "[report-other-text]" in err
    (left,) = (repo.root / "coverage").iterdir()
    assert left.name == "api.why"
    assert left.read_text(encoding="utf-8").startswith("c.xml: it has line 9 of src/a.py, which ends at line 2")


@pytest.mark.reliability
def test_the_root_of_the_suite_decides_between_two_packages(repo: Repo) -> None:
    repo.write({"packages/a/src/a.py": "x = 1\ny = 2\n", "packages/b/src/a.py": "x = 1\ny = 2\n"})
    repo.git("rm", "-q", "src/a.py")
    assert "[report-ambiguous]" in run(repo.root, "api", "c.xml")[2]
    repo.write({"covgov.toml": POLICY.replace("[components", 'root = "packages/b"\n[components')})
    assert run(repo.root, "api", "c.xml")[0] == 0
    assert list(written(repo.root / "coverage" / "api.snapshot").files) == ["packages/b/src/a.py"]


@pytest.mark.reliability
def test_where_nothing_can_be_written_it_says_so(repo: Repo) -> None:
    (repo.root / "coverage").write_text("a file in the way", encoding="utf-8")
    code, _, err = run(repo.root, "api", "c.xml")
    assert code == UNREADABLE
    assert "[snapshot-not-written]" in err


@pytest.mark.reliability
def test_a_failed_rename_leaves_no_temporary_file(repo: Repo) -> None:
    (repo.root / "out" / "x").mkdir(parents=True)
    code, _, err = run(repo.root, "api", "c.xml", "-o", "out/x")
    assert code == UNREADABLE
    assert "[snapshot-not-written]" in err
    assert [path.name for path in (repo.root / "out").iterdir()] == ["x"]


def test_a_missing_junit_report_is_named(repo: Repo) -> None:
    code, _, err = run(repo.root, "api", "c.xml", "--junit", "none.xml")
    assert code == UNREADABLE
    assert "none.xml" in err


@pytest.mark.security
@pytest.mark.parametrize("name", ["../api", "a/b", "", ".hidden", "-x", "a b"])
def test_a_suite_name_cannot_lead_elsewhere(repo: Repo, name: str) -> None:
    code, _, err = run(repo.root, "--", name, "c.xml")
    assert code == USAGE
    assert "[suite-name]" in err


POLICY = """\
[suites.api]
tests = ["tests"]
[components.api]
paths = ["src/**"]
"""


def test_a_suite_that_the_policy_does_not_declare_is_refused(repo: Repo) -> None:
    repo.write({"covgov.toml": POLICY})
    code, _, err = run(repo.root / "src", "ap", "../c.xml")
    assert code == USAGE
    assert "declared suites: api" in err
    assert not (repo.root / "coverage").exists()
    assert run(repo.root, "api", "c.xml")[0] == 0


@pytest.mark.parametrize("policy", ["", POLICY])
def test_the_name_of_the_merge_is_no_suite(repo: Repo, policy: str) -> None:
    repo.write({"covgov.toml": policy} if policy else {})
    code, _, err = run(repo.root, "merged", "c.xml")
    assert code == USAGE
    assert "[suite-name]" in err


def test_a_suite_that_arrives_has_no_reason_not_to(repo: Repo) -> None:
    repo.write({"coverage/api.why": "no tests were collected\n", "coverage/other.why": "x\n"})
    assert run(repo.root, "api", "c.xml", "-o", "elsewhere.snapshot")[0] == 0
    assert (repo.root / "coverage" / "api.why").exists()
    assert run(repo.root, "api", "c.xml")[0] == 0
    assert [path.name for path in (repo.root / "coverage").glob("*.why")] == ["other.why"]
