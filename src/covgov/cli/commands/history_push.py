"""`covgov history push`: record the run in coverage/, then push the runs that the remote lacks."""

from __future__ import annotations

from dataclasses import replace

from covgov.ci.interface import BranchSource, CiContext
from covgov.cli.boundary import report, worst
from covgov.cli.commands.digest import default_branch_of_clone
from covgov.cli.judge import say_recorded
from covgov.cli.project import Project
from covgov.cli.publication import VERDICT, check_commit, read_verdict
from covgov.errors import CovgovError, DeliveryFailed, Undetermined, UsageError
from covgov.gate import attempt
from covgov.gather.base_branch import trusted_default_branch
from covgov.history import recording, saved_run
from covgov.history.interface import PushableStore, RunStore, RunSummary, SharedStore
from covgov.model.run import RunRecord
from covgov.publish import artifacts
from covgov.vcs.own_output import FOLDER

RECORD = f"{FOLDER}/{artifacts.RECORD}"

AGAIN = "run `covgov check --record` to check and record it here"


def push(project: Project, branch: str) -> int:
    """Record and push; the exit code of the faults. With a store that is pushed, coverage/ may hold no run.

    branch: the branch that is built, for a CI that does not name it; "" = the CI names it.
    """
    ci, store = _context(project, branch), project.store
    faults: list[CovgovError] = []
    attempt(faults, lambda: _enter(project, store, ci, branch))
    if isinstance(store, PushableStore) and not isinstance(store, SharedStore):
        faults = [fault for fault in faults if fault.code != "verdict-missing"]
        attempt(faults, lambda: _push(project, store))
    return worst(report(fault, project.world) for fault in faults)


def saved_run_of(project: Project) -> saved_run.SavedRun:
    """The saved run in `coverage/`.

    Raises InputError: `verdict-missing`, `verdict-damaged`, and `verdict-outdated` when snapshots or verdict are not
    from one check.
    """
    verdict = read_verdict(project)
    data = project.read(RECORD)
    if data is None:
        raise saved_run.outdated(f"{RECORD} is missing beside {VERDICT}")
    saved = saved_run.decode(data, RECORD, project.read, FOLDER)
    run = saved.run
    if run.verdict != verdict or (run.commit, run.tree) != (run.verdict.commit, run.verdict.tree):
        raise saved_run.outdated(f"{VERDICT} and {RECORD} are from different checks")
    return saved


def _push(project: Project, store: PushableStore) -> None:
    store.push()
    project.world.note("history pushed")


def _enter(project: Project, store: RunStore, ci: CiContext, branch: str) -> None:
    """Append the saved run, unless it is recorded. Raises DeliveryFailed when the store cannot be reached."""
    saved = saved_run_of(project)
    run = _on_branch(saved.run, branch)
    try:
        there = _recorded(store, run)
    except Undetermined as error:
        raise DeliveryFailed("history-push-failed", error.message, hint=error.hint) from error
    refusal = _refusal(replace(saved, run=run), ci) if project.is_repository else recording.NO_CHECKOUT.why
    if there is not None:
        name, place = f"run {there.sequence} ({there.id[:12]})", project.policy.history.store
        project.world.note(f"covgov: already recorded: {name} in {place}")
    elif refusal:
        project.world.note(f"covgov: {refusal}")
    else:
        check_commit(project, read_verdict(project))
        _check_ground(project, saved)
        say_recorded(project, recording.append(run, store, ci))


def _on_branch(run: RunRecord, branch: str) -> RunRecord:
    """The run, with the branch that the caller names where it was checked on none. Raises UsageError."""
    if branch and run.branch not in ("", branch):
        raise _contradicted(branch, f"{RECORD} is of {run.branch}")
    return replace(run, branch=branch or run.branch)


def _refusal(saved: saved_run.SavedRun, ci: CiContext) -> str:
    """Why the run cannot be recorded, here or where it was checked; "" when it can."""
    here, there = recording.unrecordable(saved.run, ci), saved.refusal
    if here is not None:
        return here.why
    if there is not None and there.unnamed and ci.branch_from is not BranchSource.CALLER:
        return f"not recorded: it was checked by a CI that does not name its branch; {AGAIN}"
    if there is not None and not there.unnamed:
        return f"{there.why} (when it was checked); {AGAIN}"
    if ci.in_ci and saved.run.branch != ci.branch:
        return f"not recorded: the check ran on {saved.run.branch or 'no branch'}, but CI builds {ci.branch} here"
    return ""


def _check_ground(project: Project, saved: saved_run.SavedRun) -> None:
    """Raises InputError (`verdict-outdated`) when the code or the policy here is not what was checked."""
    if saved.run.tree != project.repository.tree(saved.run.commit):
        raise saved_run.outdated(f"{RECORD} is for another tree than that of commit {saved.run.commit[:12]}")
    if saved.policy != project.policy.hash:
        raise saved_run.outdated(f"{RECORD} was made with another policy than the current one")


def _recorded(store: RunStore, run: RunRecord) -> RunSummary | None:
    """The run in history that this one is, but for the attempt that history counted."""
    wanted = (run.commit, run.tree, run.branch, run.recorded_at)
    runs = store.list() if store.exists() else []
    return next(
        (
            found
            for found in reversed(runs)
            if (found.commit, found.tree, found.branch, found.recorded_at) == wanted
            and replace(store.fetch(found.id), attempt=run.attempt) == run
        ),
        None,
    )


def _context(project: Project, branch: str) -> CiContext:
    """The CI, with the branch that the caller names where the CI names none.

    Raises UsageError (`branch-contradicted`) when the CI or the checkout names another one.
    """
    ci = project.ci
    unnamed = not ci.branch and (not ci.in_ci or ci.branch_from is BranchSource.UNKNOWN)
    if branch not in ("", ci.branch) and not unnamed:
        raise _contradicted(branch, f"this is {ci.branch or 'no branch'}")
    if branch and ci.branch_from is BranchSource.UNKNOWN:
        return replace(
            ci, branch_from=BranchSource.CALLER, branch=branch, on_default_branch=branch == _default_branch(project)
        )
    return ci


def _default_branch(project: Project) -> str:
    """From the policy at the default branch's tip, else the clone: a change must not choose where it is recorded."""
    if not project.is_repository:
        return ""
    trusted = trusted_default_branch(project.repository, project.policy)
    return trusted or default_branch_of_clone(project)


def _contradicted(branch: str, what: str) -> UsageError:
    return UsageError(
        "branch-contradicted",
        f"--branch {branch}, but {what}",
        hint="--branch is for a CI that does not name its branch, and for a checkout that is on no branch",
    )
