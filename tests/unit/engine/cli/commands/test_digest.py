"""`covgov digest`, called as a function in a directory of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.commands.digest import first_day, recorded, wanted
from covgov.cli.main import main
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Outcome
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.run import object_id, row, run, verdict
from covgov_testing.fakes.history import MemoryStore
from covgov_testing.repos import Repo

POLICY = """\
[policy]
fail_under = 90
[suites.api]
tests = ["tests"]
[components.api]
paths = ["a.py"]
suite = "api"
[history]
store = "dir:history"
"""
MONDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 20)


def on(day: int, commit: str, covered: int, branch: str = "main") -> RunRecord:
    moment = datetime(2026, 11, day, 12, tzinfo=UTC)
    return run(commit, at=moment, branch=branch, made=verdict(rows=[row("api", covered, 100)]))


class Shell:
    def __init__(self, root: Path, policy: str = POLICY) -> None:
        root.mkdir(parents=True, exist_ok=True)
        (root / "covgov.toml").write_text(policy)
        self.root = root
        self.out, self.err = StringIO(), StringIO()
        now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.world = World(cwd=root, env=dict(os.environ), now=lambda: now, out=self.out, err=self.err)

    def record(self, *records: RunRecord) -> None:
        for record in records:
            Project(self.world).store.append(record)

    def call(self, *argv: str) -> int:
        return main(["digest", *argv], self.world)


def test_the_week_so_far_is_accounted_for(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.record(on(10, "c1", 95), on(17, "c2", 93))
    assert shell.call() == 0
    page = shell.out.getvalue()
    assert page.startswith("# Coverage digest 2026-W47\n\n2026-11-16 to 2026-11-20")
    assert "| api | 90 % | 95.00 % | 93.00 % | 93.00 % |" in page


def test_a_time_without_runs_is_told_and_no_failure(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.call("--until", "2026-01-04") == 0
    assert "No runs were recorded in this period." in shell.out.getvalue()


def test_json_covers_several_weeks(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.record(on(10, "c1", 95), on(17, "c2", 93))
    assert shell.call("--weeks", "2", "--format", "json") == 0
    document = json.loads(shell.out.getvalue())
    assert (document["weeks"], document["runs"]) == (["2026-W46", "2026-W47"], 2)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.call("-o", "out/digest.md") == 0
    assert (tmp_path / "out" / "digest.md").read_text().endswith("coverage.\n")
    assert shell.out.getvalue() == ""
    assert "wrote out/digest.md" in shell.err.getvalue()


@pytest.mark.reliability
def test_a_file_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    shell = Shell(tmp_path)
    assert shell.call("-o", "out/digest.md") == 5
    assert "[artifact-unwritable]" in shell.err.getvalue()


def test_the_default_branch_counts_unless_another_is_named(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "checkout")
    repo.commit({"a.py": "1\n"})
    shell = Shell(repo.root)
    shell.record(on(17, "c1", 95), on(18, "c2", 12, branch="side"))
    shell.call("--format", "json")
    assert json.loads(shell.out.getvalue())["commit"] == object_id("c1")
    shell.out.seek(0)
    shell.out.truncate()
    shell.call("--format", "json", "--branch", "side")
    assert json.loads(shell.out.getvalue())["commit"] == object_id("c2")


def test_a_configured_default_branch_counts(tmp_path: Path) -> None:
    shell = Shell(tmp_path, POLICY.replace("[policy]", '[policy]\ndefault_branch = "side"'))
    shell.record(on(17, "c1", 95), on(18, "c2", 12, branch="side"))
    shell.call("--format", "json")
    assert json.loads(shell.out.getvalue())["commit"] == object_id("c2")


def test_help_shows_an_example(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.call("--help") == 0
    assert "Example: covgov digest" in shell.out.getvalue()


@pytest.mark.parametrize(
    ("until", "weeks", "expected"),
    [
        (FRIDAY, 1, MONDAY),
        (MONDAY, 1, MONDAY),
        (date(2026, 11, 22), 2, date(2026, 11, 9)),
        (date(2027, 1, 1), 1, date(2026, 12, 28)),
    ],
)
def test_the_first_week_begins_on_a_monday(until: date, weeks: int, expected: date) -> None:
    assert first_day(until, weeks) == expected


def test_the_starting_point_is_the_last_complete_clean_run_before() -> None:
    store = MemoryStore()
    moment = datetime(2026, 11, 14, 12, tzinfo=UTC)
    broken = run("c3", at=moment, outcome=Outcome.FAIL, snapshots={"api": snap({"a.py": "+"}, tests=FAILED)})
    dirty = run("c4", at=moment, made=verdict(dirty=True))
    for record in (on(9, "c1", 1), on(10, "c2", 2), broken, dirty, on(17, "c5", 3), on(21, "c6", 4)):
        store.append(record)
    assert [found.sequence for found in wanted(store.list(), "main", MONDAY, FRIDAY)] == [2, 5]


class Reading(MemoryStore):
    """Remembers whose coverage was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def snapshots(self, run_ids: Sequence[str]) -> Iterable[Mapping[str, Snapshot]]:
        self.read += run_ids
        return super().snapshots(run_ids)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_coverage_is_read_of_the_first_and_the_last_run_only(count: int) -> None:
    store, steps = Reading(), list[tuple[int, int]]()
    records = [on(16 + number, f"c{number}", 80 + number) for number in range(count)]
    for record in records:
        store.append(record)
    found = recorded(store, store.list(), lambda done, total: steps.append((done, total)))
    assert [record.verdict for record in found] == [record.verdict for record in records]
    assert [bool(record.snapshots) for record in found] == [place in (0, count - 1) for place in range(count)]
    assert set(store.read) == {run.id for run in [*store.list()[:1], *store.list()[-1:]]}
    assert steps == [(number, count) for number in range(1, count + 1)]
