"""`covgov history`, called as a function in a directory of its own."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.main import main
from covgov.cli.project import Project
from covgov.cli.runs import pick
from covgov.cli.world import World
from covgov.errors import UsageError
from covgov.history.interface import RunStore
from covgov.model.run import RunRecord
from covgov.model.verdict import Outcome
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, object_id, run, verdict
from covgov_testing.desk import Desk
from covgov_testing.history_clones import BRANCH, bare_origin, clone
from covgov_testing.receivers import receiver
from covgov_testing.repos import Repo

GOLDEN = Path(__file__).parents[4] / "golden"
POLICY = """\
[policy]
fail_under = 90
[suites.api]
tests = ["tests"]
[components.api]
paths = ["a.py"]
suite = "api"
[history]
store = "{store}"
"""


class Shell:
    """A project and what `covgov` says in it."""

    def __init__(self, root: Path, store: str = "dir:history", **env: str) -> None:
        root.mkdir(parents=True, exist_ok=True)
        (root / "covgov.toml").write_text(POLICY.format(store=store))
        self.root = root
        self.out, self.err = StringIO(), StringIO()
        self.world = World(
            cwd=root,
            env={**os.environ, **env},
            now=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC),
            out=self.out,
            err=self.err,
        )

    @property
    def store(self) -> RunStore:
        return Project(self.world).store

    def record(self, *records: RunRecord) -> None:
        for record in records:
            self.store.append(record, {"api.xml": record.commit.encode()})

    def call(self, *argv: str) -> int:
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        return main(["history", *argv], self.world)

    @property
    def said(self) -> str:
        return self.out.getvalue()

    @property
    def noted(self) -> str:
        return self.err.getvalue()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path / "project")
    made.record(
        run("c1"),
        run("c2", at=NOON + timedelta(hours=1), outcome=Outcome.FAIL, branch=""),
        run("c2", at=NOON + timedelta(hours=2), expected=("api", "auth"), made=verdict(dirty=True)),
    )
    return made


def test_list_shows_every_run(shell: Shell) -> None:
    assert shell.call("list") == 0
    first, second, third = shell.said.splitlines()
    assert first.split()[:4] == ["1", "2026-11-18", "12:00", "pass"]
    assert object_id("c1")[:12] in first
    assert "attempt" not in first
    assert "fail" in second
    assert third.endswith("attempt 2  incomplete  dirty")


def test_list_shows_the_newest_only_when_asked(shell: Shell) -> None:
    shell.call("list", "-n", "1")
    assert [line.split()[0] for line in shell.said.splitlines()] == ["3"]


def test_list_of_nothing_says_so(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.call("list") == 0
    assert shell.said == "no runs recorded\n"


def test_list_as_json_is_a_versioned_document(shell: Shell) -> None:
    shell.call("list", "--json")
    document = json.loads(shell.said)
    assert (document["format"], document["version"]) == ("covgov-history", 1)
    assert [found["sequence"] for found in document["runs"]] == [1, 2, 3]
    assert document["runs"][0]["previous"] is None
    assert document["runs"][0]["suites"][0]["passed"] is True
    assert document["runs"][2]["dirty"] is True


def test_a_suite_without_known_tests_is_neither_passed_nor_failed(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.record(run("c1", snapshots={"api": snap({"a.py": "+"}, tests=None)}, branch=""), run("c2", snapshots={}))
    shell.call("list", "--json")
    assert json.loads(shell.said)["runs"][0]["suites"][0]["passed"] is None
    shell.call("list")
    assert "no suite" in shell.said


@pytest.mark.parametrize("wanted", ["1", object_id("c1")[:8]])
def test_show_prints_one_run(shell: Shell, wanted: str) -> None:
    assert shell.call("show", wanted) == 0
    assert object_id("c1")[:12] in shell.said
    assert "after nothing" in shell.said


def test_show_finds_a_run_by_the_beginning_of_its_id(shell: Shell) -> None:
    run_id = shell.store.list()[1].id
    assert shell.call("show", run_id[:10], "--json") == 0
    document = json.loads(shell.said)
    assert (document["id"], document["files"]) == (run_id, {"api": 1})


def test_show_takes_the_newest_run_of_a_commit(shell: Shell) -> None:
    shell.call("show", object_id("c2"), "--json")
    assert json.loads(shell.said)["sequence"] == 3


@pytest.mark.parametrize("wanted", ["9", "ffff", "c"])
def test_show_of_an_unknown_run_is_a_usage_error(shell: Shell, wanted: str) -> None:
    assert shell.call("show", wanted) == 2
    assert "[run-unknown]" in shell.noted


def test_the_beginning_of_several_ids_is_refused(shell: Shell) -> None:
    one, *_ = shell.store.list()
    twin = replace(one, id=f"{one.id[:12]}{'0' * 52}", sequence=2)
    with pytest.raises(UsageError) as caught:
        pick([one, twin], one.id[:8])
    assert caught.value.code == "run-ambiguous"
    assert pick([one, twin], one.id) == one


def test_verify_of_a_sound_history_is_clean(shell: Shell) -> None:
    assert shell.call("verify") == 0
    assert shell.said == "clean: 3 runs, nothing altered or lost\n"
    shell.call("verify", "--json")
    document = json.loads(shell.said)
    assert (document["format"], document["clean"], document["faults"]) == ("covgov-history-verify", True, [])


@pytest.mark.security
def test_verify_prints_each_fault_and_fails(shell: Shell) -> None:
    victim = next(path for path in (shell.root / "history" / "objects").rglob("*") if path.is_file())
    victim.write_bytes(victim.read_bytes() + b"x")
    assert shell.call("verify") == 10
    assert victim.name in shell.said
    assert shell.said.endswith("1 faults\n")
    assert shell.call("verify", "--json") == 10
    assert json.loads(shell.said)["faults"][0]["where"].endswith(victim.name)


def test_prune_drops_artifacts_of_older_runs(shell: Shell) -> None:
    assert shell.call("prune", "--keep", "2") == 0
    assert shell.said.splitlines()[-1] == "1 artifacts dropped"
    assert shell.call("prune", "--keep", "2", "--json") == 0
    assert json.loads(shell.said)["dropped"] == []


def test_export_and_import_carry_every_run(shell: Shell, tmp_path: Path) -> None:
    assert shell.call("export", "coverage/history/") == 0
    assert "exported 3 runs" in shell.said
    other = Shell(tmp_path / "other")
    assert other.call("import", str(shell.root / "coverage/history")) == 0
    assert "imported 3 runs" in other.said
    assert other.store.list() == shell.store.list()


def test_restore_brings_back_what_was_measured_of_this_tree_and_it_is_judged_as_then(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(10))})
    desk.measure({"api/a.py": "++++++----"})
    assert desk.covgov("check", "--record") == 0
    recorded = (desk.root / "coverage/api.snapshot").read_bytes()
    desk.measure({"api/a.py": "+---------"})
    assert desk.covgov("history", "restore") == 0
    assert (desk.root / "coverage/api.snapshot").read_bytes() == recorded
    assert (desk.root / "coverage/.gitignore").is_file()
    assert "run 1" in desk.err.getvalue()
    assert desk.covgov("check") == 0


def test_restore_of_a_tree_that_was_never_recorded_is_an_input_error_and_writes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    assert desk.covgov("history", "restore") == 4
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(10))})
    desk.measure({"api/a.py": "++++++----"})
    assert desk.covgov("check", "--record") == 0
    (desk.root / "coverage/api.snapshot").unlink()
    desk.commit({"api/a.py": "x\n"})
    assert desk.covgov("history", "restore") == 4
    assert "[run-unknown]" in desk.err.getvalue()
    assert not (desk.root / "coverage/api.snapshot").exists()


def test_restore_takes_a_run_by_its_number(shell: Shell) -> None:
    assert shell.call("restore", "1") == 0
    assert "run 1" in shell.noted
    assert (shell.root / "coverage/api.snapshot").is_file()


def test_import_of_nothing_is_an_input_error(shell: Shell) -> None:
    assert shell.call("import", "absent") == 4
    assert "[history-absent]" in shell.noted


def test_migrate_has_nothing_to_do(shell: Shell) -> None:
    assert shell.call("migrate") == 0
    assert shell.said == "nothing to migrate: history format 2 is current\n"


def test_migrate_writes_an_older_format_anew(tmp_path: Path) -> None:
    shell = Shell(Repo(tmp_path / "fresh").root)
    assert shell.call("import", str(GOLDEN / "history-1")) == 0
    assert shell.call("migrate") == 0
    assert shell.said == "3 runs migrated to history format 2\n"
    assert shell.call("verify") == 0
    assert shell.call("migrate") == 0
    assert "nothing to migrate" in shell.said


def test_a_directory_has_nowhere_to_fetch_from(shell: Shell) -> None:
    assert shell.call("fetch") == 2
    assert "[history-not-pushable]" in shell.noted


def test_push_and_fetch_move_runs_between_clones(tmp_path: Path) -> None:
    origin = bare_origin(tmp_path)
    here, there = (Shell(clone(origin, name).root, f"git:{BRANCH}") for name in ("here", "there"))
    here.record(run("c1"))
    assert here.call("push") == 0
    assert here.noted == "history pushed\n"
    there.call("list")
    assert there.said == "no runs recorded\n"
    assert there.call("fetch") == 0
    there.call("list")
    assert object_id("c1")[:12] in there.said


def test_a_hub_that_answers_has_nothing_to_be_fetched(tmp_path: Path) -> None:
    with receiver(lambda _: (200, '{"names": [], "head": null, "next": null}')) as hub:
        address = hub.url("http", "/acme/shop")
        shell = Shell(tmp_path / "project", f"hub:{address}")
        assert shell.call("fetch") == 0
    assert shell.noted == f"nothing to fetch: history is read directly from the hub, {address}\n"


@pytest.mark.reliability
def test_in_ci_an_unreachable_remote_is_noted_where_a_copy_exists(tmp_path: Path) -> None:
    origin = bare_origin(tmp_path)
    here = Shell(clone(origin, "here").root, f"git:{BRANCH}")
    here.record(run("c1"))
    origin.root.rename(tmp_path / "gone")
    ci = Shell(here.root, f"git:{BRANCH}", CI="true")
    assert ci.call("list") == 0
    assert "the copy in this clone was used" in ci.noted
    assert ci.call("push") == 5


@pytest.mark.reliability
def test_in_ci_an_unreachable_remote_without_a_copy_is_undetermined(tmp_path: Path) -> None:
    origin = bare_origin(tmp_path)
    here = clone(origin, "here")
    origin.root.rename(tmp_path / "gone")
    ci = Shell(here.root, f"git:{BRANCH}", CI="true")
    assert ci.call("list") == 11
    assert "[history-unreachable]" in ci.noted


def test_every_command_shows_an_example(tmp_path: Path) -> None:
    shell = Shell(Repo(tmp_path / "checkout").root)
    names = ("list", "show", "push", "fetch", "prune", "export", "import", "restore", "verify", "migrate")
    for argv in ((), *((name,) for name in names)):
        assert shell.call(*argv, "--help") == 0
        assert "Example: covgov history" in shell.said
