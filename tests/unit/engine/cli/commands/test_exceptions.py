"""`covgov exceptions`, called as a function in a directory of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.boundary import UNDETERMINED
from covgov.cli.commands.exceptions import synchronise
from covgov.cli.main import main
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.errors import DeliveryFailed
from covgov.model.verdict import SuiteLine, Verdict
from covgov.register.document import parse
from covgov.register.entry import Register, Status
from covgov_testing.builders.register import (
    COMPLETE,
    PROPOSED,
    TODAY,
    bar_line,
    row,
    table,
    verdict,
)
from covgov_testing.repos import Repo

REGISTER = "ledger/exceptions.md"
POLICY = f"""\
[policy]
fail_under = 92
[suites.auth]
tests = ["tests/auth"]
[components.auth]
paths = ["src/auth/**"]
[register]
path = "{REGISTER}"
max_term_days = 100
"""
OTHER = replace(COMPLETE, id="EX-002", subject="api")


class Desk:
    """A project directory and its world."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / REGISTER
        self.base: Register | None = None
        self.world = World(root, {}, lambda: datetime(2026, 11, 22, 23, 59, tzinfo=UTC), StringIO(), StringIO())
        (root / "covgov.toml").write_text(POLICY, encoding="utf-8")

    def keep(self, text: str) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_bytes(text.encode())

    def call(self, *argv: str) -> int:
        return main(["exceptions", *argv], self.world)

    def sync(self, judged: Verdict, *, dry_run: bool = False, as_json: bool = False) -> int:
        project = Project(self.world)
        return synchronise(project, lambda: (judged, self.base), TODAY, dry_run=dry_run, as_json=as_json)

    @property
    def out(self) -> str:
        assert isinstance(self.world.out, StringIO)
        return self.world.out.getvalue()

    @property
    def err(self) -> str:
        assert isinstance(self.world.err, StringIO)
        return self.world.err.getvalue()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


BELOW = verdict([bar_line(1599, 2000)], [row("auth", uncovered=["src/auth/a.py"])])


def test_sync_writes_the_first_register_with_the_owner_of_the_code(desk: Desk) -> None:
    (desk.root / "CODEOWNERS").write_text("/src/auth/ @security\n", encoding="utf-8")

    assert desk.sync(BELOW) == 0

    (line,) = [line for line in desk.file.read_text(encoding="utf-8").splitlines() if line.startswith("| EX-")]
    assert "component:auth" in line
    assert "| @security" in line
    words = "EX-001 proposed component:auth combined 1599/2000 = 79.95 % bar 92 floor 79.95 review - @security"
    assert " ".join(desk.out.split()) == words
    assert "1 row changed" in desk.err


def test_a_dry_run_prints_a_patch_that_git_applies_and_writes_nothing(desk: Desk) -> None:
    repo = Repo(desk.root)
    desk.keep(table([OTHER], "\r\n"))

    assert desk.sync(BELOW, dry_run=True) == 0

    assert desk.file.read_bytes() == table([OTHER], "\r\n").encode()
    (desk.root / "change.patch").write_bytes(desk.out.encode())
    repo.git("apply", "change.patch")
    assert "\r\n| EX-003 | component:auth" in desk.file.read_bytes().decode()
    assert "would change" in desk.err


def test_what_is_up_to_date_is_not_written(desk: Desk) -> None:
    desk.keep(table([replace(COMPLETE, bar=Decimal(92))]))
    before = desk.file.stat()

    assert desk.sync(BELOW) == 0
    assert desk.sync(BELOW, dry_run=True) == 0

    assert (desk.file.stat().st_ino, desk.file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert desk.out == ""
    assert "0 rows changed" in desk.err


def test_a_project_without_exceptions_gets_no_file(desk: Desk) -> None:
    assert desk.sync(verdict([bar_line(95, 100)])) == 0
    assert desk.sync(verdict([bar_line(95, 100)]), dry_run=True) == 0

    assert desk.out == ""
    assert not desk.file.exists()


def test_sync_tells_what_happened_to_each_row(desk: Desk) -> None:
    ready = replace(COMPLETE, id="EX-003", subject="web", status=Status.PROPOSED, opened=None)
    desk.keep(table([COMPLETE, OTHER, ready]))

    assert (
        desk.sync(
            verdict([bar_line(1900, 2000), bar_line(1700, 2000, subject="api"), bar_line(1700, 2000, subject="web")])
        )
        == 0
    )

    assert [line.split()[:2] for line in desk.out.splitlines()] == [
        ["EX-001", "resolved"],
        ["EX-002", "refreshed"],
        ["EX-003", "active"],
    ]


def test_sync_as_json_carries_changes_and_patch(desk: Desk) -> None:
    assert desk.sync(BELOW, dry_run=True, as_json=True) == 0

    result = json.loads(desk.out)
    assert (result["format"], result["version"], result["written"]) == ("covgov-exceptions-change", 1, False)
    assert (result["path"], result["today"]) == (REGISTER, "2026-11-22")
    (change,) = result["changes"]
    assert (change["change"], change["id"], change["floor"], change["bar"]) == ("proposed", "EX-001", "79.95", "92")
    assert result["patch"].startswith(f"diff --git a/{REGISTER} b/{REGISTER}\nnew file mode 100644\n")
    assert not desk.file.exists()


@pytest.mark.reliability
def test_a_suite_that_did_not_arrive_is_named_and_its_rows_stay(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))

    assert (
        desk.sync(
            verdict([], suites=[SuiteLine("auth", arrived=False, reason="no report"), SuiteLine("api", arrived=True)])
        )
        == 0
    )

    assert desk.file.read_text(encoding="utf-8") == table([COMPLETE])
    assert "suite auth: no report; its rows are left unchanged" in desk.err
    assert "suite api" not in desk.err


@pytest.mark.reliability
@pytest.mark.parametrize("dry_run", [False, True])
def test_where_nothing_was_measured_sync_says_so_and_exits_11(desk: Desk, dry_run: bool) -> None:
    desk.keep(table([PROPOSED]))
    missing = [SuiteLine("auth", arrived=False, reason="no report"), SuiteLine("api", arrived=False)]

    assert desk.sync(verdict([], suites=missing), dry_run=dry_run) == UNDETERMINED

    assert "nothing was measured, so no row was proposed or resolved: run `covgov run` first" in desk.err
    assert desk.file.read_text(encoding="utf-8") == table([PROPOSED])


@pytest.mark.reliability
def test_a_damaged_register_is_refused_and_stays_as_it_is(desk: Desk) -> None:
    damaged = table([COMPLETE, COMPLETE])
    desk.keep(damaged)

    assert [desk.call(*words) for words in (["sync"], ["list"], ["lint"], ["resolve", "EX-001"])] == [3, 3, 3, 3]

    assert desk.file.read_text(encoding="utf-8") == damaged
    assert f"{REGISTER}:8: the id EX-001 is already used in line 7 [register-duplicate]" in desk.err
    assert desk.out == ""


@pytest.mark.reliability
def test_a_register_that_cannot_be_written_is_one_error_and_leaves_no_litter(desk: Desk) -> None:
    (desk.root / "ledger").write_text("a file where the directory should be", encoding="utf-8")

    with pytest.raises(DeliveryFailed) as caught:
        desk.sync(BELOW)

    assert caught.value.code == "register-unwritable"
    assert sorted(path.name for path in desk.root.iterdir()) == ["covgov.toml", "ledger"]


def test_mode_and_link_of_the_file_are_kept(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))
    real = desk.root / "real.md"
    desk.file.rename(real)
    real.chmod(0o640)
    desk.file.symlink_to(real)

    assert desk.call("resolve", "EX-001") == 0

    assert desk.file.is_symlink()
    assert "resolved | 2026-10-01 | 2026-11-22 |" in real.read_text(encoding="utf-8")
    assert real.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in desk.file.parent.iterdir()] == ["exceptions.md"]


def test_sync_judges_the_project_itself(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))

    assert desk.call("sync", "--dry-run", "--today", "2026-12-01") == UNDETERMINED

    assert desk.out == ""
    assert "suite auth:" in desk.err
    assert f"{REGISTER} on 2026-12-01: 0 rows would change" in desk.err


def test_list_shows_the_state_of_every_entry_on_the_day(desk: Desk) -> None:
    desk.keep(table([COMPLETE, replace(PROPOSED, id="", subject="api", owner="")]))

    assert desk.call("list") == 0
    assert desk.call("list", "--today", "2027-01-01") == 0

    first, active, proposed, second, overdue, _ = desk.out.splitlines()
    assert (first, second) == (f"{REGISTER} on 2026-11-22: 2 exceptions", f"{REGISTER} on 2027-01-01: 2 exceptions")
    assert [line.split()[:2] for line in (active, overdue)] == [["EX-001", "active"], ["EX-001", "overdue"]]
    assert proposed.split()[:2] == ["-", "proposed"]
    assert proposed.endswith("no owner")


def test_list_of_a_project_without_a_register_is_empty(desk: Desk) -> None:
    assert desk.call("list") == 0

    assert desk.out == f"{REGISTER} on 2026-11-22: 0 exceptions (the file does not exist)\n"


def test_lint_of_a_project_without_a_register_says_that_there_is_none(desk: Desk) -> None:
    assert desk.call("lint") == 0
    assert desk.call("lint", "--json") == 0

    text, document = desk.out.split("\n", 1)
    assert text == f"{REGISTER} on 2026-11-22: 0 problems (the file does not exist)"
    assert json.loads(document)["exists"] is False


def test_sync_takes_no_id_that_the_base_branch_uses(desk: Desk) -> None:
    desk.base = parse(table([replace(COMPLETE, id="EX-009", subject="api")]), REGISTER)

    assert desk.sync(BELOW) == 0

    assert desk.out.startswith("EX-010")


def test_list_as_json_carries_every_column(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))

    assert desk.call("list", "--json", "--today", "2026-12-01") == 0

    result = json.loads(desk.out)
    assert (result["format"], result["today"]) == ("covgov-exceptions", "2026-12-01")
    assert result["exceptions"] == [
        {
            "state": "active",
            "id": "EX-001",
            "scope": "component:auth",
            "metric": "combined",
            "floor": "79.95",
            "current": "1599/2000 = 79.95 %",
            "bar": "92",
            "status": "active",
            "opened": "2026-10-01",
            "resolved": None,
            "owner": "@security",
            "rationale": "ported from the old service",
            "mitigation": "reviewed by hand",
            "next_review": "2026-12-31",
            "approved_by": "@lead",
            "approved_on": "2026-10-02",
            "missing": [],
        }
    ]


def test_lint_passes_a_register_in_order(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))

    assert desk.call("lint") == 0
    assert desk.out == f"{REGISTER} on 2026-11-22: 0 problems\n"


def test_lint_fails_on_problems_and_names_them(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))

    assert desk.call("lint", "--today", "2027-01-01") == 10
    assert f"{REGISTER}: overdue: EX-001 (component:auth, combined): its review date 2026-12-31 has passed" in desk.out


def test_lint_as_json(desk: Desk) -> None:
    desk.keep(table([replace(COMPLETE, review=date(2027, 11, 1)), PROPOSED_API]))

    assert desk.call("lint", "--json") == 10

    problems = json.loads(desk.out)["problems"]
    assert [(p["id"], p["code"]) for p in problems] == [
        ("EX-001", "overlong"),
        ("EX-002", "incomplete"),
        ("EX-002", "unknown-component"),
    ]


PROPOSED_API = replace(PROPOSED, id="EX-002", subject="api")


def test_resolve_marks_the_row_and_keeps_the_note(desk: Desk) -> None:
    desk.keep(table([COMPLETE, OTHER]))

    assert desk.call("resolve", "EX-002", "--note", "module | deleted", "--today", "2026-12-01") == 0

    assert "EX-002  resolved" in desk.out
    text = desk.file.read_text(encoding="utf-8")
    assert "79.95 % (module \\| deleted) | 92 | resolved | 2026-10-01 | 2026-12-01 |" in text
    assert (
        text.replace("\n| EX-002", "\x00| EX-002").split("\x00")[0]
        == table([COMPLETE]).split("\n\n<!-- covgov:exceptions:end")[0]
    )


def test_resolve_as_a_dry_run_prints_the_patch(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))

    assert desk.call("resolve", "EX-001", "--dry-run") == 0

    assert desk.out.startswith("diff --git ")
    assert desk.file.read_text(encoding="utf-8") == table([COMPLETE])


def test_resolve_of_an_unknown_id_is_a_usage_error(desk: Desk) -> None:
    desk.keep(table([COMPLETE]))

    assert desk.call("resolve", "EX-009") == 2
    assert "[exception-unknown]" in desk.err


def test_a_day_that_is_none_is_a_usage_error(desk: Desk) -> None:
    assert desk.call("list", "--today", "tomorrow") == 2
    assert "tomorrow" in desk.err


@pytest.mark.parametrize("words", [[], ["sync"], ["list"], ["lint"], ["resolve"]])
def test_help_has_an_example(words: list[str], desk: Desk) -> None:
    assert desk.call(*words, "--help") == 0
    assert "Example:" in desk.out
