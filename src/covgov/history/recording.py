"""Whether a run can be recorded, and recording it."""

from __future__ import annotations

from covgov.ci.interface import BranchSource, CiContext
from covgov.history.interface import PushableStore, RunStore, RunSummary, WriteGuardedStore
from covgov.history.saved_run import Refusal
from covgov.model.run import RunRecord

NO_CHECKOUT = Refusal("not recorded: this is no git checkout")


def record(run: RunRecord, store: RunStore, ci: CiContext) -> RunSummary | str:
    """Append a recordable run and, in CI on the default branch, push it. A text is why the store takes none.

    Raises DeliveryFailed when it should have been recorded and could not be.
    """
    reserved = store.unwritable() if isinstance(store, WriteGuardedStore) else ""
    return f"not recorded: {reserved}" if reserved else append(run, store, ci)


def append(run: RunRecord, store: RunStore, ci: CiContext) -> RunSummary:
    """The step of `record` that writes, for a store that may be written to."""
    summary = store.append(run)
    if ci.on_default_branch and isinstance(store, PushableStore):
        store.push()
    return summary


def unrecordable(run: RunRecord, ci: CiContext, *, whole: bool = True) -> Refusal | None:
    """Why this run cannot be recorded; None when it can. ci: where it would be recorded."""
    if not run.commit:
        return NO_CHECKOUT
    if run.verdict.dirty:
        return Refusal("not recorded: the work tree differs from HEAD, and history holds committed code only")
    if not whole:
        return Refusal("not recorded: only the suites named on the command line were checked")
    if any(one.tests is not None and one.tests.arguments for one in run.snapshots.values()):
        return Refusal("not recorded: the suites ran with extra test arguments")
    if ci.branch_from is BranchSource.UNKNOWN:
        return Refusal(
            "not recorded: this CI does not name the branch that it builds; "
            "`covgov history push --branch NAME` records it",
            unnamed=True,
        )
    if ci.in_ci and not ci.on_default_branch:
        return Refusal("not recorded: CI records the default branch only")
    return None
