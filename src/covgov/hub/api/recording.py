"""What the audit trail learns of additions to a history; in the transaction that keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from covgov.history.interface import RunSummary
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.vocabulary import Event
from covgov.hub.store.repositories import Repository
from covgov.hub.store.work import Work

LONGEST = 250
"""Characters of a name that the trail repeats."""


def account(work: Work, repository: Repository, runs: Sequence[RunSummary]) -> None:
    """One entry for each run. Raises DeliveryFailed (`audit-unwritable`)."""
    for run in runs:
        _write(
            work,
            Event.RUN_APPENDED,
            {
                "repository": repository.full_name,
                "run": run.id,
                "sequence": run.sequence,
                "commit": run.commit[:LONGEST],
                "branch": run.branch[:LONGEST],
                "outcome": run.outcome.value,
            },
        )


def account_files(work: Work, repository: Repository, *, files: int, runs: int, head: str) -> None:
    """One entry for an addition of files. Raises DeliveryFailed (`audit-unwritable`)."""
    _write(work, Event.HISTORY_ADDED, {"repository": repository.full_name, "files": files, "head": head, "runs": runs})


def _write(work: Work, event: Event, fields: dict[str, str | int]) -> None:
    audit.write(work.connection, event, at=work.now, actor=work.actor, request_id=work.request_id, fields=dict(fields))
