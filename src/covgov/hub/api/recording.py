"""Audit entries of additions to a history, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covgov.history.interface import RunSummary
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import AuditEvent, FieldValue
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.work import UnitOfWork

LONGEST = 250
"""Most characters of a name in an entry."""


def account(work: UnitOfWork, repository: HubRepository, runs: Sequence[RunSummary]) -> None:
    """One entry for each run. Raises DeliveryFailed (`audit-unwritable`)."""
    for run in runs:
        fields: Mapping[str, FieldValue] = {
            "repository": repository.full_name,
            "run": run.id,
            "sequence": run.sequence,
            "commit": run.commit[:LONGEST],
            "branch": run.branch[:LONGEST],
            "outcome": run.outcome.value,
        }
        audit.account(work, AuditEvent.RUN_APPENDED, fields)


def account_files(work: UnitOfWork, repository: HubRepository, *, files: int, runs: int, head: str) -> None:
    """One entry for an addition of files. Raises DeliveryFailed (`audit-unwritable`)."""
    counted = {"files": files, "runs": runs}
    audit.account(work, AuditEvent.HISTORY_ADDED, {"repository": repository.full_name, "head": head, **counted})
