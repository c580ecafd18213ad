"""Which runs a CI job can add: those of its own ref, except for trees that the default branch has measured.

A pull request's job runs unreviewed code. If it could add runs to the default branch, or measure its trees again, it
could choose its own baseline.
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
    """Branch, commit and tree of a run."""

    @property
    def branch(self) -> str: ...
    @property
    def commit(self) -> str: ...
    @property
    def tree(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PendingRun:
    """A run that is not recorded yet."""

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
    """Check one run. taken: the default branch has a run of this commit or tree. Raises PlacementRefusal as `check`."""
    if run.branch != job.branch:
        raise PlacementRefusal(
            "ci-branch",
            f"a job of {job.ref} cannot add a run of {run.branch[:200] or 'no branch'}",
            hint=f"send the branch {job.branch}, or record with a token of the hub",
        )
    if job.of_branch(default_branch):
        return
    if run.branch == default_branch:
        raise PlacementRefusal(
            "ci-branch", f"a job of {job.ref} is not a job of the branch {default_branch}", hint="run it on the branch"
        )
    if job.sha and run.commit != job.sha:
        raise PlacementRefusal(
            "ci-commit",
            f"a job of {job.ref} at {job.sha[:12]} cannot add a run of {run.commit[:12]}",
            hint="measure the commit of the job",
        )
    if taken:
        raise PlacementRefusal(
            "ci-measured",
            f"{default_branch} already has a run of this commit or tree; a job of {job.ref} cannot add another",
            hint="do not measure it again: the recorded run of the default branch counts",
        )


def account(work: UnitOfWork, refused: PlacementRefusal) -> None:
    """Write the refusal to the audit trail. Raises DeliveryFailed `audit-unwritable`."""
    permission = Permission.HISTORY_APPEND.value
    fields = {"permission": permission, "reason": refused.code, "repository": refused.repository}
    audit.account(work, AuditEvent.ACCESS_REFUSED, fields)


def _measured(connection: Connection, repository_id: int, branch: str, run: RunLocation) -> bool:
    same = or_(RUNS.c.tree == run.tree, RUNS.c.commit_id == run.commit)
    query = select(RUNS.c.id).where(RUNS.c.repository_id == repository_id, RUNS.c.branch == branch, same).limit(1)
    return connection.execute(query).first() is not None
