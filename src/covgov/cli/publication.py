"""What `covgov publish` sends: the verdict on disk, and the previous run from history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from covgov.ci.interface import CiContext
from covgov.cli.commands.digest import default_branch
from covgov.cli.project import Project
from covgov.errors import CovgovError, InputError
from covgov.history.interface import RunSummary
from covgov.model import codec
from covgov.model.verdict import Verdict
from covgov.publish.channels.interface import Publication
from covgov.vcs import codeowners
from covgov.vcs.own_output import FOLDER

VERDICT = f"{FOLDER}/verdict.json"


def publication_of(project: Project) -> Publication:
    """The newest verdict of this checkout.

    Raises InputError: `verdict-missing`, `verdict-damaged`, `verdict-foreign`.
    """
    verdict = read_verdict(project)
    check_commit(project, verdict)
    ci = context_of(project)
    itself, previous = _recorded(project, verdict, ci)
    return Publication(
        verdict=verdict,
        file=lambda name: project.read(f"{FOLDER}/{_plain(name)}"),
        ci=ci,
        policy=project.policy,
        repository=repository_name(project),
        commit=ci.head_commit or verdict.commit or "",
        now=itself.recorded_at if itself else project.world.now(),
        previous=previous,
        run=itself.id if itself else "",
        owner_of=codeowners.find(project.read).owner_of,
    )


def read_verdict(project: Project) -> Verdict:
    """`coverage/verdict.json`. Raises InputError (`verdict-missing`, `verdict-damaged`)."""
    data = project.read(VERDICT)
    if data is None:
        raise InputError(
            "verdict-missing",
            f"there is no {VERDICT} in {project.root}",
            hint="run `covgov run`, or `covgov check` without SUITE",
        )
    try:
        return codec.decode(data, Verdict)
    except ValueError as error:  # msgspec's errors are ValueErrors, also for bytes that are not JSON
        raise InputError(
            "verdict-damaged",
            f"{VERDICT} is not a verdict that this version of covgov can read: {error}",
            hint="run `covgov check` again with this version",
        ) from error


def check_commit(project: Project, verdict: Verdict) -> None:
    """Raises InputError (`verdict-foreign`) when the verdict is for another commit than the one checked out.

    A file that was committed cannot name the commit that contains it."""
    if not project.is_repository:
        return
    here = project.repository.resolve("HEAD") or "none"
    if verdict.commit != here:
        raise InputError(
            "verdict-foreign",
            f"{VERDICT} is for commit {(verdict.commit or 'none')[:12]}, but HEAD is {here[:12]}",
            hint="run `covgov check`",
        )


def context_of(project: Project) -> CiContext:
    """The CI, with the default branch filled in from the policy or the clone."""
    ci = project.ci
    return replace(
        ci, default_branch=project.policy.gate.default_branch or ci.default_branch or default_branch(project)
    )


def repository_name(project: Project) -> str:
    """`owner/name` from the CI, else the name of the checkout's folder."""
    env = project.world.env
    return env.get("GITHUB_REPOSITORY") or env.get("CI_PROJECT_PATH") or project.root.name


def _plain(name: str) -> str:
    """The same name. Raises ValueError for one that leaves the folder, which the policy cannot hold."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ValueError(f"not a file below {FOLDER}/: {name!r}")
    return name


def _recorded(project: Project, verdict: Verdict, ci: CiContext) -> tuple[RunSummary | None, Verdict | None]:
    """The run of this verdict, and the verdict of the branch's newest run before it outside quiet hours.

    A history that cannot be read is only noted: everything then counts as new.
    """
    try:
        runs = _runs(project, ci)
        index = next((index for index, run in enumerate(runs) if _is(run, verdict, project)), -1)
        before = next((run for run in runs[index + 1 :] if not _quiet(project, run)), None)
        return runs[index] if index >= 0 else None, _verdict(project, before) if before else None
    except CovgovError as error:
        project.world.note(
            f"covgov: warning: the previous run cannot be read, so everything is reported as new: {error.message}"
        )
        return None, None


def _runs(project: Project, ci: CiContext) -> list[RunSummary]:
    """Of the branch, newest first."""
    if not project.store.exists():
        return []
    return [run for run in reversed(project.store.list()) if not run.dirty and run.branch == ci.branch]


def _is(run: RunSummary, verdict: Verdict, project: Project) -> bool:
    """Whether this run is the one that the verdict is about."""
    return (run.commit, run.tree) == (verdict.commit, verdict.tree) and _verdict(project, run) == verdict


def _verdict(project: Project, run: RunSummary) -> Verdict:
    (verdict,) = project.store.verdicts([run.id])
    return verdict


def _quiet(project: Project, run: RunSummary) -> bool:
    quiet = project.policy.notify.quiet
    return quiet is not None and quiet.holds(run.recorded_at)
