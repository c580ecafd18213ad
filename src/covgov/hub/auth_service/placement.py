"""Which runs a CI job may add: those of its own ref, and none of what the default branch has measured.

A pull request's job runs code that nobody has reviewed. If it could add to the default branch's runs, or measure its
trees again, it would choose what it is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, or_, select

from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal
from covgov.hub.auth_service.refusals import PlacementRefusal
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.schema import RUNS
from covgov.hub.store.work import UnitOfWork


class RunLocation(Protocol):
    """Where a run stands in a history."""

    @property
    def branch(self) -> str: ...
    @property
    def commit(self) -> str: ...
    @property
    def tree(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PendingRun:
    """A run that is not there yet."""

    branch: str
    commit: str
    tree: str


def check(work: UnitOfWork, repository: HubRepository, asking: Principal, runs: Sequence[RunLocation]) -> None:
    """Check that the principal may add these runs, in the transaction that adds them. Only CI jobs are restricted.

    Raises PlacementRefusal: `ci-branch`, `ci-commit`, `ci-measured`.
    """
    if asking.job is None:
        return
    default = repository.default_branch
    for run in runs:
        try:
            place(asking.job, run, default, taken=_measured(work.connection, repository.id, default, run))
        except PlacementRefusal as refused:
            refused.repository = repository.full_name
            raise


def place(job: CiJob, run: RunLocation, default_branch: str, *, taken: bool) -> None:
    """taken: the default branch has a run of this commit or tree. Raises PlacementRefusal, as `check` does."""
    if run.branch != job.branch:
        raise PlacementRefusal(
            "ci-branch",
            f"a job of {job.ref} cannot add a run of {run.branch[:200] or 'no branch'}",
            hint=f"send {job.branch} as the branch, or record with a token of the hub",
        )
    if job.of_branch(default_branch):
        return
    if run.branch == default_branch:
        raise PlacementRefusal(
            "ci-branch", f"a job of {job.ref} is none of the branch {default_branch}", hint="use a branch"
        )
    if job.sha and run.commit != job.sha:
        raise PlacementRefusal(
            "ci-commit",
            f"a job of {job.ref} at {job.sha[:12]} cannot add a run of {run.commit[:12]}",
            hint="measure the commit that the job was started for",
        )
    if taken:
        raise PlacementRefusal(
            "ci-measured",
            f"{default_branch} has a run of this commit or tree already; a job of {job.ref} cannot add another",
            hint="there is nothing to measure again: what the default branch has recorded counts",
        )


def account(work: UnitOfWork, refused: PlacementRefusal) -> None:
    """Into the audit trail. Raises DeliveryFailed `audit-unwritable`."""
    permission = Permission.HISTORY_APPEND.value
    fields = {"permission": permission, "reason": refused.code, "repository": refused.repository}
    audit.account(work, AuditEvent.ACCESS_REFUSED, fields)


def _measured(connection: Connection, repository_id: int, branch: str, run: RunLocation) -> bool:
    same = or_(RUNS.c.tree == run.tree, RUNS.c.commit_id == run.commit)
    query = select(RUNS.c.id).where(RUNS.c.repository_id == repository_id, RUNS.c.branch == branch, same).limit(1)
    return connection.execute(query).first() is not None
