"""The digest on the wire: the fields of `covgov digest --format json`, typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from covgov.history.digest import Digest
from covgov.hub.api.wire.figures import CauseShare, Figure, Points, WireModel
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, ExceptionState, Outcome, Scope
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
    causes: list[CauseShare]
    unexplained: Points


class DigestTests(WireModel):
    """A suite's test run."""

    passed: bool
    tests: int
    failures: int
    errors: int
    skipped: int
    seconds: float


class DigestSuite(WireModel):
    """A suite's test runs in the window."""

    name: str
    runs: int
    failed: int
    before: DigestTests | None
    last: DigestTests
    slowest_seconds: float


class DigestException(WireModel):
    """An entry of the register, as of the last run."""

    id: str
    scope: str
    metric: Metric
    state: ExceptionState
    floor: Decimal | None
    current: Figure | None
    owner: str | None
    opened: date | None
    resolved: date | None
    review: date | None


class DigestExceptions(WireModel):
    opened: list[DigestException]
    resolved: list[DigestException]
    overdue: list[DigestException]


class DigestMover(WireModel):
    """A file that changed. uncovered: change in uncovered units, positive is worse."""

    suite: str
    path: str
    before: Figure | None
    now: Figure | None
    uncovered: int


class DigestFinding(WireModel):
    """A failing or undetermined finding of the last run."""

    rule: str
    effect: Effect
    scope: Scope
    subject: str
    message: str


class DigestDocument(WireModel):
    """since, until: both days included (UTC). runs: 0 when nothing was recorded."""

    format: Literal["covgov-digest"]
    version: Literal[1]
    branch: str
    since: date
    until: date
    weeks: list[str]
    runs: int
    outcomes: dict[Outcome, int]
    commit: str | None
    components: list[DigestComponent]
    suites: list[DigestSuite]
    exceptions: DigestExceptions
    movers: list[DigestMover]
    failing: list[DigestFinding]


def document(found: Digest, branch: str) -> DigestDocument:
    """The digest of one branch."""
    told = {"format": "covgov-digest", "version": 1, "branch": branch, **digest_payload(found)}
    return DigestDocument.model_validate(told)
