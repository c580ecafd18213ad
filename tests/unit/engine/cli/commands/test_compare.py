from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from covgov.cli.main import main
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.errors import Undetermined
from covgov.model.snapshot import Origin, Snapshot
from covgov.model.snapshot_codec import encode
from covgov.vcs.git import GitRepository
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.builders.run import run
from covgov_testing.repos import Repo

POLICY = """
[suites.api]
tests = ["tests"]
[components.api]
paths = ["a.py"]
suite = "api"
[history]
store = "dir:{store}"
"""
LCOV = "TN:\nSF:a.py\nDA:1,1\nDA:2,{hits}\nLF:2\nLH:{covered}\nend_of_record\n"


class Desk:
    """One checkout and the command line on it."""

    def __init__(self, root: Path) -> None:
        self.repo = Repo(root)
        self.world = World(root, os.environ, lambda: datetime(2026, 11, 22, tzinfo=UTC), io.StringIO(), io.StringIO())

    def call(self, *args: str, cwd: Path | None = None) -> tuple[int, str, str]:
        world = replace(self.world, cwd=cwd or self.world.cwd, out=io.StringIO(), err=io.StringIO())
        code = main(["compare", *args], world)
        assert isinstance(world.out, io.StringIO)
        assert isinstance(world.err, io.StringIO)
        return code, world.out.getvalue(), world.err.getvalue()

    def save(self, folder: Path, name: str, snapshot: Snapshot) -> str:
        path = folder / name
        path.write_bytes(encode(snapshot))
        return str(path)

    def origin(self) -> Origin:
        return GitRepository(self.repo.root, env=os.environ).origin()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "repo")


def test_two_snapshots_of_known_commits_are_compared_through_gits_diff(desk: Desk, tmp_path: Path) -> None:
    desk.repo.commit({"a.py": "one\ntwo\n"})
    old = desk.save(tmp_path, "old.snapshot", snap({"a.py": "++"}, origin=desk.origin()))
    desk.repo.commit({"a.py": "zero\none\ntwo\n"})
    new = desk.save(tmp_path, "new.snapshot", snap({"a.py": "-+-"}, origin=desk.origin()))
    code, out, err = desk.call(old, new)
    assert (code, err) == (0, "")
    assert "a.py:\n  new, not covered (UNC): line 1\n  no longer covered (LBC): line 3\n" in out
    assert "-66.67 pp = -33.33 new uncovered code, -33.34 tests no longer reach 1 line" in out
    assert "note:" not in out


def test_a_snapshot_of_the_dirty_work_tree_is_compared_with_what_is_on_disk(desk: Desk, tmp_path: Path) -> None:
    desk.repo.commit({"a.py": "one\n"})
    old = desk.save(tmp_path, "old.snapshot", snap({"a.py": "+"}, origin=desk.origin()))
    desk.repo.write({"a.py": "one\ntwo\n"})
    new = desk.save(tmp_path, "new.snapshot", snap({"a.py": "++"}, origin=desk.origin()))
    assert "a.py:\n  new, covered (GNC): line 2\n" in desk.call(old, new)[1]
    desk.repo.write({"a.py": "something else\n"})
    assert "git does not know both sources" in desk.call(old, new)[1]


def test_without_git_blob_ids_decide_and_the_rest_is_said_to_be_opaque(desk: Desk, tmp_path: Path) -> None:
    base = snap({"a.py": cov("++", source="1"), "b.py": cov("+", source="2")})
    head = snap({"a.py": cov("+-", source="1"), "b.py": cov("+", source="3")})
    names = [desk.save(tmp_path, "old.snapshot", base), desk.save(tmp_path, "new.snapshot", head)]
    out = desk.call(*names)[1]
    assert "a.py:\n  no longer covered (LBC): line 2\n" in out
    assert "b.py:\n  new, covered (GNC): line 1\n  deleted, was covered (DCB): line 1\n" in out
    assert "compared by blob id: 1 file counts as deleted and new" in out


def test_blob_ids_that_all_agree_leave_nothing_opaque(desk: Desk, tmp_path: Path) -> None:
    name = desk.save(tmp_path, "one.snapshot", snap({"a.py": cov("++", source="1")}))
    assert desk.call(name, name)[1].endswith(
        "note: git does not know both sources, so files were compared by blob id\n"
    )


def test_bare_reports_are_opaque_unless_said_to_be_of_the_same_source(desk: Desk) -> None:
    desk.repo.commit({"a.py": "one\ntwo\n"})
    desk.repo.write({"old.info": LCOV.format(hits=1, covered=2), "new.info": LCOV.format(hits=0, covered=1)})
    assert (
        "(GNC): line 1\n  new, not covered (UNC): line 2\n  deleted, was covered (DCB): lines 1-2\n"
        in desk.call("old.info", "new.info")[1]
    )
    assert "use --same-source" in desk.call("old.info", "new.info")[1]
    assert "a.py:\n  no longer covered (LBC): line 2\n" in desk.call("old.info", "new.info", "--same-source")[1]


def test_equal_reports_of_unknown_source_have_no_changed_file(desk: Desk) -> None:
    desk.repo.commit({"a.py": "one\ntwo\n"})
    desk.repo.write({"old.info": LCOV.format(hits=1, covered=2), "new.info": LCOV.format(hits=1, covered=2)})
    out = desk.call("old.info", "new.info")[1]
    assert "0 of 1 file changed, 1 unchanged" in out
    assert "1 file of unknown source with equal coverage count" in out
    assert "--same-source" in out


def test_reports_are_compared_outside_a_repository_too(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "old.info").write_text(LCOV.format(hits=1, covered=2))
    (tmp_path / "new.info").write_text(LCOV.format(hits=0, covered=1))
    code, out, _ = desk.call("old.info", "new.info", "--same-source", cwd=tmp_path)
    assert code == 0
    assert "-50.00 pp = -50.00 tests no longer reach 1 line" in out


def recorded(desk: Desk, tmp_path: Path) -> tuple[str, str]:
    """Two commits whose runs are in a directory store; the first one twice, and once incomplete."""
    first = desk.repo.commit({"a.py": "1\n2\n", "covgov.toml": POLICY.format(store=tmp_path / "store")})
    store = Project(desk.world).store
    origin = desk.origin()
    for attempt, picture in enumerate(("--", "++"), 1):
        snapshots = {"api": snap({"a.py": picture}, origin=origin)}
        store.append(replace(run(), commit=first, tree=origin.tree, attempt=attempt, snapshots=snapshots))
    worse = {"api": snap({"a.py": "--"}, origin=origin)}
    lacking = run(expected=("api", "auth"), snapshots=worse, attempt=3)
    store.append(replace(lacking, commit=first, tree=origin.tree))
    second = desk.repo.commit({"a.py": "1\n2\n3\n"})
    tree = desk.origin().tree
    snapshots = {"api": snap({"a.py": "+-+"}, origin=desk.origin())}
    store.append(replace(run(), commit=second, tree=tree, snapshots=snapshots))
    return first, second


def test_two_commits_are_looked_up_in_history_newest_complete_run_first(desk: Desk, tmp_path: Path) -> None:
    recorded(desk, tmp_path)
    code, out, err = desk.call("HEAD~1", "HEAD")
    assert (code, err) == (0, "")
    assert out.startswith("base  2/2 = 100.00 %\nhead  2/3 = 66.66 %\n")
    assert "a.py:\n  new, covered (GNC): line 3\n  no longer covered (LBC): line 2\n" in out


def test_json_has_format_version_and_the_chosen_metric(desk: Desk, tmp_path: Path) -> None:
    recorded(desk, tmp_path)
    document = json.loads(desk.call("HEAD~1", "HEAD", "--json", "--metric", "line")[1])
    assert (document["format"], document["version"], document["metric"]) == ("covgov-compare", 1, "line")
    assert document["totals"]["lines"]["LBC"] == 1


def test_a_commit_without_a_complete_run_is_undetermined(desk: Desk, tmp_path: Path) -> None:
    recorded(desk, tmp_path)
    desk.repo.commit({"a.py": "unmeasured\n"})
    code, out, err = desk.call("HEAD~1", "HEAD")
    assert (code, out) == (11, "")
    assert "[run-not-recorded]" in err


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("content", "error"), [(b'{"format":"covgov-snapshot","version":1,', "snapshot-damaged"), (b"", "report-empty")]
)
def test_a_damaged_file_is_one_error_and_no_output(desk: Desk, content: bytes, error: str) -> None:
    desk.repo.commit({"a.py": "1\n"})
    (desk.repo.root / "bad").write_bytes(content)
    code, out, err = desk.call("bad", "bad")
    assert (code, out) == (4, "")
    assert f"[{error}]" in err


@pytest.mark.reliability
def test_a_file_that_cannot_be_read_is_an_input_error(desk: Desk) -> None:
    code, _, err = desk.call("/proc/self/mem", "/proc/self/mem")
    assert code == 4
    assert "[report-unreadable]" in err


def test_a_name_that_is_neither_file_nor_commit_is_a_usage_error(desk: Desk) -> None:
    desk.repo.commit({"a.py": "1\n"})
    code, _, err = desk.call("nowhere", "HEAD")
    assert code == 2
    assert "nowhere is neither a file nor a commit of this repository" in err


def test_help_has_an_example(desk: Desk) -> None:
    code, text, _ = desk.call("--help")
    assert code == 0
    assert "Example:\n    covgov compare origin/main HEAD\n" in text


def test_a_laptop_never_deepens_a_clone_on_its_own_and_ci_does(desk: Desk, tmp_path: Path) -> None:
    first, second = desk.repo.commit(message="1"), desk.repo.commit(message="2")
    clone = desk.repo.clone(tmp_path / "clone", "--depth=1")
    local = Project(replace(desk.world, cwd=clone.root)).repository
    with pytest.raises(Undetermined, match="not fetched implicitly"):
        list(local.first_parents(second))
    in_ci = Project(replace(desk.world, cwd=clone.root, env={**os.environ, "CI": "true"})).repository
    assert list(in_ci.first_parents(second)) == [second, first]
