"""What `check`, `run` and `exceptions sync` share: judging the project around the caller, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date
from pathlib import Path

import click

from covgov import gate
from covgov.cli.boundary import io_error, report, worst
from covgov.cli.commands.digest import account
from covgov.cli.project import Project
from covgov.errors import CovgovError, DeliveryFailed
from covgov.files import remove_all, write_all
from covgov.gather.request import Edges, Request
from covgov.history.interface import Noted, RunSummary
from covgov.model.run import RunRecord
from covgov.model.verdict import Verdict
from covgov.publish.registry import RENDERERS

FOLDER = "coverage"


def today_of(project: Project, given: str | None) -> date:
    """`--today` as a date, else the clock's day in UTC."""
    if given is None:
        return project.world.now().astimezone(UTC).date()
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(f"{given!r} is not a date like 2026-11-22", param_hint="--today") from None


def edges_of(project: Project) -> Edges:
    """The project's own edges."""
    return Edges(
        read=project.read,
        repository=project.repository if project.is_repository else None,
        store=lambda: project.store,
        ci=project.ci,
        env=project.world.env,
    )


def judge_project(project: Project, *, today: date | None = None, suites: Sequence[str] = ()) -> gate.Judgement:
    """The judgement of what is on disk now, for commands that only need to know it."""
    request = Request(today=today or today_of(project, None), suites=tuple(suites))
    return gate.judge(request, project.policy, edges_of(project))


def conclude(project: Project, request: Request, *, recording: bool, rendering: str) -> int:
    """Judge, publish, record, print: the last step of `check` and `run`. The exit code of everything that applies."""
    world, edges = project.world, edges_of(project)
    whole = not request.suites
    # What an earlier run, or somebody else, left there must not be taken for what is said now.
    fault = attempt(lambda: remove_all(project.root / request.folder, gate.PUBLISHED)) if whole else None
    judgement = gate.judge(request, project.policy, edges)
    faults = [*([fault] if fault else []), *judgement.faults]
    run = gate.run_of(judgement, edges.ci, now=world.now())
    steps: list[Callable[[], None]] = []
    if whole:
        steps.append(lambda: write_all(project.root / request.folder, gate.artifacts(judgement, project.read)))
        kept = gate.kept(run, edges.ci, project.policy, change=judgement.change)
        steps.append(lambda: write_all(project.root / request.folder, kept))
    if len(request.suites) == 1:
        one = {f"{request.suites[0]}.verdict.json": RENDERERS["json"](judgement.verdict).encode()}
        steps.append(lambda: write_all(project.root / request.folder, one))
    if recording:
        steps.append(lambda: _record(project, run, edges, whole=whole))
    if recording and whole:
        steps.append(lambda: _account(project, request))
    steps.append(lambda: _tell_ci(project.ci.summary_path, judgement.verdict))
    faults += [fault for step in steps if (fault := attempt(step)) is not None]
    for remark in remarks(project):
        world.note(f"covgov: {remark}")
    fault = attempt(lambda: world.say(RENDERERS[rendering](judgement.verdict).rstrip("\n")))
    faults += [fault] if fault is not None else []
    return worst([gate.EXIT_CODES[judgement.verdict.outcome], *(report(fault, world) for fault in faults)])


def remarks(project: Project) -> Sequence[str]:
    """What the store has to say about how it was read ("the copy in this clone was used")."""
    return project.store.notes() if isinstance(project.store, Noted) else ()


def attempt(step: Callable[[], None]) -> CovgovError | None:
    """Run a step after the verdict; its fault, if any, is reported beside the verdict and does not replace it."""
    try:
        step()
    except CovgovError as fault:
        return fault
    except OSError as error:
        return io_error(error)
    return None


def _record(project: Project, run: RunRecord, edges: Edges, *, whole: bool) -> None:
    recorded = gate.record(run, edges, whole=whole)
    if isinstance(recorded, str):
        project.world.note(f"covgov: {recorded}")
    else:
        tell_recorded(project, recorded)


def tell_recorded(project: Project, recorded: RunSummary) -> None:
    """Which run it became, and after the first what to write into the policy."""
    world, history = project.world, project.policy.history
    world.note(f"covgov: recorded run {recorded.sequence} ({recorded.id[:12]}) in {history.store}")
    if recorded.sequence == 1 and history.since is None:
        day = recorded.recorded_at.date()
        world.note(f"covgov: set `since = {day}` in [history]: from then on a missing history is undetermined")


def _account(project: Project, request: Request) -> None:
    """The week's digest beside the verdict, now that history knows of this run."""
    write_all(project.root / request.folder, {"digest.md": account(project, request.today).encode()})


def _tell_ci(summary_path: str, verdict: Verdict) -> None:
    """Append the summary to the CI's job summary, if it has one."""
    if not summary_path:
        return
    try:
        with Path(summary_path).open("a", encoding="utf-8") as file:
            file.write(RENDERERS["markdown"](verdict))
    except OSError as error:
        raise DeliveryFailed(
            "summary-unwritable", f"the job summary {summary_path} cannot be written: {error}"
        ) from error
