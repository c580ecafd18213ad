"""`covgov exceptions`: keep, show and check the exception register."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click

from covgov.cli.boundary import FAILED, OK, UNDETERMINED
from covgov.cli.output import emit_json
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.errors import DeliveryFailed
from covgov.files import READABLE, place
from covgov.model.verdict import Verdict
from covgov.model.words import count
from covgov.register import lint as linting
from covgov.register import sync as syncing
from covgov.register.document import render
from covgov.register.entry import Entry, Register
from covgov.register.patch import unified
from covgov.register.standing import standing
from covgov.vcs import codeowners

TODAY = click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Evaluate dates as of this day (UTC)."
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Print the change as a patch for `git apply`; write nothing.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group()
def command() -> None:
    """Manage the register of exceptions from the bars.

    \b
    Example: covgov exceptions list
             covgov exceptions sync --dry-run | git apply
    """


@command.command("sync")
@DRY_RUN
@TODAY
@JSON
@click.pass_obj
def sync_command(world: World, dry_run: bool, today: datetime | None, as_json: bool) -> int:
    """Update the register from the current coverage.

    Below the bar and not listed: a row is proposed. Listed: figure and bar are refreshed, a row whose people's columns
    are complete becomes active. Back above the bar: the row is marked resolved. Nothing is ever committed. Exit 11:
    nothing was measured, so only rows that people completed change.

    \b
    Example: covgov exceptions sync --dry-run
             covgov exceptions sync --today 2026-11-22
    """
    from covgov.cli.judge import judge_project

    project, day = Project(world), _day(world, today)

    def judge() -> tuple[Verdict, Register | None]:
        judgement = judge_project(project, today=day)
        return judgement.verdict, judgement.facts.base_register

    return synchronise(project, judge, day, dry_run=dry_run, as_json=as_json)


@command.command("list")
@TODAY
@JSON
@click.pass_obj
def list_command(world: World, today: datetime | None, as_json: bool) -> int:
    """List every entry with its state.

    States: active, proposed, incomplete, overdue, overlong or resolved.

    \b
    Example: covgov exceptions list --json
    """
    project, day = Project(world), _day(world, today)
    term = project.policy.exceptions.max_term_days
    rows = [(standing(entry, day, term), entry) for entry in project.register.entries]
    if as_json:
        shown = [{"state": state, **_fields(entry)} for state, entry in rows]
        path, exists = project.register.path, _exists(project)
        emit_json(world, "exceptions", {"path": path, "exists": exists, "today": day, "exceptions": shown})
        return OK
    world.say(f"{project.register.path} on {day}: {count(len(rows), 'exception')}{_absence(project)}")
    for line in _aligned([[entry.id or "-", state, *_words(entry)] for state, entry in rows]):
        world.say(line)
    return OK


@command.command("lint")
@TODAY
@JSON
@click.pass_obj
def lint_command(world: World, today: datetime | None, as_json: bool) -> int:
    """Check the open entries for problems.

    Problems: incomplete, overdue, overlong, dates in the future, unknown components.

    Exit 10 when there are problems, 3 when the register is damaged, 0 otherwise. Measures nothing.

    \b
    Example: covgov exceptions lint --today 2027-01-31
    """
    project, day = Project(world), _day(world, today)
    found = linting.problems(project.register, project.policy, day)
    path = project.register.path
    if as_json:
        shown = [{"code": p.code, "id": p.entry.id, "scope": p.entry.spelled, "message": p.message} for p in found]
        exists = _exists(project)
        emit_json(world, "exceptions-lint", {"path": path, "exists": exists, "today": day, "problems": shown})
    else:
        for problem in found:
            world.say(f"{path}: {problem.code}: {problem.message}")
        world.say(f"{path} on {day}: {count(len(found), 'problem')}{_absence(project)}")
    return FAILED if found else OK


@command.command("resolve")
@click.argument("exception_id", metavar="ID")
@click.option("--note", default="", help="Why; written beside the last figure.")
@DRY_RUN
@TODAY
@JSON
@click.pass_obj
def resolve_command(
    world: World, exception_id: str, note: str, dry_run: bool, today: datetime | None, as_json: bool
) -> int:
    """Resolve one entry by hand; its row stays.

    \b
    Example: covgov exceptions resolve EX-003 --note "module deleted"
    """
    project, day = Project(world), _day(world, today)
    updated = syncing.resolve(project.register, exception_id, today=day, note=note)
    return _deliver(project, updated, day, dry_run=dry_run, as_json=as_json)


def synchronise(
    project: Project,
    judge: Callable[[], tuple[Verdict, Register | None]],
    today: date,
    *,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Sync the project's register with what `judge` returns: the verdict and the base branch's register."""
    register = project.register
    verdict, base = judge()
    for suite in verdict.suites:
        if not suite.arrived:
            project.world.note(f"covgov: suite {suite.name}: {suite.reason}; its rows are left unchanged")
    owners = codeowners.find(project.read).owner_of
    updated = syncing.sync(register, verdict, owners=owners, today=today, base=base)
    code = _deliver(project, updated, today, dry_run=dry_run, as_json=as_json)
    if not verdict.suites or any(suite.arrived for suite in verdict.suites):
        return code
    project.world.note("covgov: nothing was measured, so no row was proposed or resolved: run `covgov run` first")
    return UNDETERMINED


def _deliver(project: Project, updated: Register, today: date, *, dry_run: bool, as_json: bool) -> int:
    """Print what changes (as rows, a patch or JSON) and, unless it is a dry run, write the file."""
    world, path = project.world, updated.path
    text = render(updated)
    patch = unified(path, None if project.read(path) is None else project.register.text, text)
    changes = _changes(project.register.entries, updated.entries)
    if patch and not dry_run:
        _replace(project.root / path, text)
    if as_json:
        shown = [{"change": verb, **_fields(entry)} for verb, entry in changes]
        written = bool(patch) and not dry_run
        emit_json(
            world,
            "exceptions-change",
            {"path": path, "today": today, "written": written, "changes": shown, "patch": patch},
        )
    elif dry_run:
        if patch:
            world.say(patch.removesuffix("\n"))
    else:
        for line in _aligned([[entry.id, verb, *_words(entry)] for verb, entry in changes]):
            world.say(line)
    rows = count(len(changes), "row")
    world.note(f"covgov: {path} on {today}: {rows} {'would change' if dry_run else 'changed'}")
    return OK


def _changes(before: Sequence[Entry], after: Sequence[Entry]) -> list[tuple[str, Entry]]:
    """What happened to each row that differs: proposed, active, resolved, or else refreshed."""
    changes = [
        (str(new.status) if new.status is not old.status else "refreshed", new)
        for old, new in zip(before, after, strict=False)
        if old != new
    ]
    return changes + [(str(new.status), new) for new in after[len(before) :]]


def _replace(file: Path, text: str) -> None:
    """The whole new file or the old one, never a part; a link keeps pointing to it and its mode stays."""
    target = file.resolve()
    try:
        place(target, text.encode("utf-8"), target.stat().st_mode & 0o7777 if target.exists() else READABLE)
    except OSError as error:
        raise DeliveryFailed(
            "register-unwritable", f"{file} cannot be written: {error}", hint="nothing was changed; see --dry-run"
        ) from error


def _day(world: World, given: datetime | None) -> date:
    return given.date() if given else world.now().astimezone(UTC).date()


def _exists(project: Project) -> bool:
    return project.read(project.register.path) is not None


def _absence(project: Project) -> str:
    return "" if _exists(project) else " (the file does not exist)"


def _fields(entry: Entry) -> Mapping[str, object]:
    return {
        "id": entry.id,
        "scope": entry.spelled,
        "metric": entry.metric,
        "floor": entry.floor,
        "current": entry.current,
        "bar": entry.bar,
        "status": entry.status,
        "opened": entry.opened,
        "resolved": entry.resolved,
        "owner": entry.owner,
        "rationale": entry.rationale,
        "mitigation": entry.mitigation,
        "next_review": entry.review,
        "approved_by": entry.approved_by,
        "approved_on": entry.approved_on,
        "missing": entry.absent,
    }


def _words(entry: Entry) -> list[str]:
    bar = "-" if entry.bar is None else f"bar {entry.bar}"
    floor = "-" if entry.floor is None else f"floor {entry.floor}"
    review = f"review {entry.review or '-'}"
    return [entry.spelled, entry.metric, entry.current or "-", bar, floor, review, entry.owner or "no owner"]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
