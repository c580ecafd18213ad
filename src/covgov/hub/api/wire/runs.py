"""Runs on the wire."""

from __future__ import annotations

from datetime import datetime

from covgov.history.layout import Stored
from covgov.hub.api.wire.figures import PublishedRow, PublishedVerdict, Wire
from covgov.hub.store.runs import RunRow
from covgov.model.verdict import Outcome, Verdict


class RunLine(Wire):
    """A run in short. complete: every declared suite arrived and its tests passed. dirty: of a tree that is no
    commit's. verified: the hub computed its figures again from its coverage, by the policy that the repository had
    stored; otherwise they are the word of whoever recorded it."""

    id: str
    sequence: int
    commit: str
    tree: str
    branch: str
    attempt: int
    recorded_at: datetime
    outcome: Outcome
    complete: bool
    dirty: bool
    policy_hash: str
    verified: bool


class RunPage(Wire):
    """Newest first. next: what `after` wants for the next page, null on the last."""

    items: list[RunLine]
    next: str | None


class Run(Wire):
    """A whole run but its coverage. previous: id of the run before, null for the first: the chain. verdict: as
    `covgov check --json` prints it."""

    run: RunLine
    previous: str | None
    expected: list[str]
    verdict: PublishedVerdict


class ComponentList(Wire):
    """The components as the branch's newest run of a clean tree has them, by name. run: null when there is none.

    next: the cursor of the page after this one, null on the last.
    """

    branch: str
    run: RunLine | None
    components: list[PublishedRow]
    project: PublishedRow | None
    next: str | None


def run(row: RunRow, stored: Stored, verdict: Verdict) -> Run:
    """A run from its row, manifest and verdict."""
    manifest = stored.manifest
    return Run(
        run=listed(row), previous=manifest.previous or None, expected=list(manifest.run.expected), verdict=verdict
    )


def listed(row: RunRow) -> RunLine:
    """A run in short, from its row."""
    return RunLine.model_validate(row, from_attributes=True)
