"""Runs on the wire."""

from __future__ import annotations

from datetime import datetime

from covgov.history.format.layout import StoredManifest
from covgov.hub.api.wire.figures import PublishedRow, PublishedVerdict, WireModel
from covgov.hub.store.runs import RunRow
from covgov.model.verdict import Outcome, Verdict


class RunLine(WireModel):
    """A run in short. complete: every declared suite arrived and its tests passed. dirty: measured with uncommitted
    changes. verified: the hub recomputed the figures from the coverage, with the repository's
    stored policy; otherwise they are as uploaded. enforced: false when it did not pass and nothing of that was
    enforced."""

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
    enforced: bool


class RunPage(WireModel):
    """Newest first. next: the `after` of the next page, null on the last."""

    items: list[RunLine]
    next: str | None


class RunDetails(WireModel):
    """A whole run but its coverage. previous: id of the run before, null for the first: the chain. verdict: as
    `covgov check --json` prints it."""

    run: RunLine
    previous: str | None
    expected: list[str]
    verdict: PublishedVerdict


class ComponentList(WireModel):
    """The components of the branch's newest clean run, by name. run: null when there is none.

    next: the cursor of the next page, null on the last.
    """

    branch: str
    run: RunLine | None
    components: list[PublishedRow]
    project: PublishedRow | None
    next: str | None


def run(row: RunRow, stored: StoredManifest, verdict: Verdict) -> RunDetails:
    """A run from its row, manifest and verdict."""
    manifest = stored.manifest
    return RunDetails(
        run=listed(row), previous=manifest.previous or None, expected=list(manifest.run.expected), verdict=verdict
    )


def listed(row: RunRow) -> RunLine:
    """The short form of a run."""
    return RunLine.model_validate(row, from_attributes=True)
