"""A component over time on the wire."""

from __future__ import annotations

from datetime import datetime

from covgov.hub.api.wire.figures import Figure, Wire, bar
from covgov.hub.store.runs import Point
from covgov.model.snapshot import Metric
from covgov.model.verdict import Outcome


class TrendPoint(Wire):
    """The component in one run. now: null when nothing was measured. complete, dirty: of the run."""

    run: str
    sequence: int
    commit: str
    recorded_at: datetime
    metric: Metric
    now: Figure | None
    bar: str | None
    outcome: Outcome
    complete: bool
    dirty: bool


class TrendPage(Wire):
    """Newest first. next: what `after` wants for the next page, null on the last."""

    component: str
    branch: str
    items: list[TrendPoint]
    next: str | None


def point(found: Point) -> TrendPoint:
    """One run's row."""
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
        complete=run.complete,
        dirty=run.dirty,
    )
