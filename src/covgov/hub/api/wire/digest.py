"""The digest on the wire: the fields of `covgov digest --format json`, typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from covgov.history.digest import Digest
from covgov.hub.api.wire.figures import (
    Figure,
    Points,
    PublishedException,
    PublishedFinding,
    PublishedTests,
    Share,
    WireModel,
)
from covgov.model.snapshot import Metric
from covgov.model.verdict import Outcome
from covgov.publish.digest.wire import digest_payload


class DigestComponent(WireModel):
    """A component in the window. before: its last figure before the window; unexplained: the part of `change` that no
    recorded comparison explains."""

    name: str
    suite: str
    metric: Metric
    bar: Decimal | None
    outcome: Outcome
    before: Figure | None
    first: Figure | None
    last: Figure | None
    change: Points | None
    causes: list[Share]
    unexplained: Points
    enforced: bool


class DigestSuite(WireModel):
    """A suite's test runs in the window."""

    name: str
    runs: int
    failed: int
    before: PublishedTests | None
    last: PublishedTests
    slowest_seconds: float


class DigestExceptions(WireModel):
    opened: list[PublishedException]
    resolved: list[PublishedException]
    overdue: list[PublishedException]


class DigestMover(WireModel):
    """A file that changed. uncovered: change in uncovered units, positive is worse."""

    suite: str
    path: str
    before: Figure | None
    now: Figure | None
    uncovered: int


class DigestDocument(WireModel):
    """since, until: both days included (UTC). runs: 0 when nothing was recorded. unenforced: runs that did not pass
    and of which nothing was enforced."""

    format: Literal["covgov-digest"]
    version: Literal[1]
    branch: str
    since: date
    until: date
    weeks: list[str]
    runs: int
    outcomes: dict[Outcome, int]
    unenforced: int
    commit: str | None
    components: list[DigestComponent]
    suites: list[DigestSuite]
    exceptions: DigestExceptions
    movers: list[DigestMover]
    failing: list[PublishedFinding]
    measurement: list[PublishedFinding]


def document(found: Digest, branch: str) -> DigestDocument:
    """The digest of one branch."""
    return DigestDocument.model_validate({"branch": branch, **digest_payload(found)})
