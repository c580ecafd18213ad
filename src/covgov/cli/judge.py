"""What `check`, `run` and `exceptions sync` share: judging the project around the caller, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date
from pathlib import Path

import click

from covgov import gate
from covgov.cli.boundary import report, worst
from covgov.cli.commands.digest import account
from covgov.cli.project import Project
from covgov.errors import DeliveryFailed
from covgov.files import remove_all, write_all
from covgov.gather.prepare import Preparation, prepare
from covgov.gather.request import Edges, Request
from covgov.history.interface import AnnotatedStore, RunSummary
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Verdict
from covgov.publish.registry import RENDERERS
from covgov.publish.render.outputs import step_outputs
from covgov.publish.render.text import TextRenderer
from covgov.reviews.ask import approvals
from covgov.reviews.registry import READERS
from covgov.vcs.own_output import FOLDER


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
        store=project.store_at,
        ci=project.ci,
        env=project.world.env,
        approvals=approvals(project.ci, project.world.env, READERS),
    )


def judge_project(project: Project, *, today: date | None = None) -> gate.Judgement:
    """The judgement of what is on disk now, for commands that only need to know it."""
    edges = edges_of(project)
    return gate.judge(prepare(Request(today=today or today_of(project, None)), project.policy, edges), edges)


def conclude(
    project: Project,
    request: Request,
    *,
    recorded: bool,
    rendering: str,
    measure: Callable[[], object] = lambda: None,
    measure_base: Callable[[Preparation], Mapping[str, Snapshot] | str] | None = None,
) -> int:
    """`gate.run` for the project; the exit code of the verdict and of every fault beside it."""
    outlets = outlets_of(project, request, rendering)
    done = gate.run(
        request,
        lambda: project.policy,
        edges_of(project),
        outlets,
        recorded=recorded,
        measure=measure,
        measure_base=measure_base,
    )
    return worst(
        [gate.EXIT_CODES[done.verdict.enforced_outcome], *(report(fault, project.world) for fault in done.faults)]
    )


def outlets_of(project: Project, request: Request, rendering: str) -> gate.Outlets:
    """The project's own files and streams."""
    folder = project.root / request.folder
    renderer = TextRenderer(colour=project.world.colour) if rendering == "text" else RENDERERS[rendering]
    return gate.Outlets(
        clear=lambda names: remove_all(folder, names),
        write=lambda files: write_all(folder, files),
        digest=lambda: account(project, request.today),
        recorded=lambda run: say_recorded(project, run),
        summarise=lambda render: summarise(project.ci.summary_path, render),
        output=lambda verdict: _output(project, request, verdict),
        show=lambda verdict: _say(project, renderer(verdict)),
        now=project.world.now,
    )


def say_recorded(project: Project, run: RunSummary | str) -> None:
    """Print the recorded run, and after the first what to write into the policy; or why there is none."""
    world, history = project.world, project.policy.history
    if isinstance(run, str):
        world.note(f"covgov: {run}")
        return
    world.note(f"covgov: recorded run {run.sequence} ({run.id[:12]}) in {history.store}")
    if run.sequence == 1 and history.since is None:
        day = run.recorded_at.date()
        world.note(
            f"covgov: hint: add `since = {day}` to [history] in covgov.toml; a lost history is undetermined then"
        )


def remarks(project: Project) -> Sequence[str]:
    """The store's notes on how it was read ("the copy in this clone was used")."""
    return project.store.notes() if isinstance(project.store, AnnotatedStore) else ()


def _say(project: Project, text: str) -> None:
    for remark in remarks(project):
        project.world.note(f"covgov: {remark}")
    if project.is_repository and not project.repository.ignored([f"{FOLDER}/verdict.json"]):
        project.world.note(f"covgov: git does not ignore {FOLDER}/: add `{FOLDER}/` to .gitignore")
    project.world.say(text.rstrip("\n"))


def _output(project: Project, request: Request, verdict: Verdict) -> None:
    """Append the figures and the files of the verdict to the outputs of the CI's step, if it has any."""
    if not project.ci.outputs_path:
        return
    folder, (suite, *others) = project.root / request.folder, request.suites or ("",)
    name = "" if others else f"{suite}.verdict.json" if suite else "verdict.json"
    files = {"verdict": str(folder / name) if name else "", "summary": "" if suite else str(folder / "summary.md")}
    _append(project.ci.outputs_path, step_outputs(verdict, files), "the step's outputs")


def summarise(summary_path: str, render: Callable[[], str]) -> None:
    """Append the summary to the CI's job summary, if it has one."""
    if summary_path:
        _append(summary_path, render(), "the job summary")


def _append(path: str, text: str, what: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise DeliveryFailed("summary-unwritable", f"{what} {path} cannot be written: {error}") from error
