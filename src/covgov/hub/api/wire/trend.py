"""A component over time on the wire."""

from __future__ import annotations

from datetime import datetime

from covgov.hub.api.wire.figures import Figure, WireModel, bar
from covgov.hub.store.runs import ComponentRun
from covgov.model.snapshot import Metric
from covgov.model.verdict import Outcome


class TrendPoint(WireModel):
    """The component in one run. now: null when nothing was measured. complete, dirty: of the run.
    enforced: false when it did not pass and nothing of that was enforced."""

    run: str
    sequence: int
    commit: str
    recorded_at: datetime
    metric: Metric
    now: Figure | None
    bar: str | None
    outcome: Outcome
    enforced: bool
    complete: bool
    dirty: bool


class TrendPage(WireModel):
    """Newest first. next: the `after` of the next page, null on the last."""

    component: str
    branch: str
    items: list[TrendPoint]
    next: str | None


def point(found: ComponentRun) -> TrendPoint:
    """The component's figure in one run."""
    run, row = found.run, found.figure
    return TrendPoint(
        run=run.id,
        sequence=run.sequence,
        commit=run.commit,
        recorded_at=run.recorded_at,
        metric=row.metric,
        now=row.now,
        bar=bar(row.bar),
        outcome=row.outcome,
        enforced=row.enforced,
        complete=run.complete,
        dirty=run.dirty,
    )
