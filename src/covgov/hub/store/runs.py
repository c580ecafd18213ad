"""Queries of runs from the projections: newest first, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Row, Select, select

from covgov.errors import InputError
from covgov.hub.store.projection import PROJECT
from covgov.hub.store.schema import RUN_COMPONENTS, RUNS
from covgov.hub.store.work import moment
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Outcome


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in short. id: of its manifest. sequence: also the cursor of the next page. recorded_at: aware, UTC.

    verified: the hub recomputed its figures on arrival. enforced: False = it did not pass, and nothing of that was
    enforced.
    """

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
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """A component (or "", the project) in a run. now: None when nothing was measured. enforced: as for runs."""

    component: str
    metric: Metric
    now: Ratio | None
    bar: Decimal | None
    outcome: Outcome
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class ComponentRun:
    """A component in one run, for a trend."""

    run: RunRow
    figure: ComponentRow


def list_runs(
    connection: Connection,
    repository_id: int,
    *,
    branch: str | None = None,
    commit: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> Sequence[RunRow]:
    """Newest first. after: last sequence of the previous page."""
    query = _runs(repository_id, branch, after).limit(limit)
    if commit is not None:
        query = query.where(RUNS.c.commit_id == commit)
    return [_run(row) for row in connection.execute(query)]


def get(connection: Connection, repository_id: int, run_id: str) -> RunRow | None:
    """The run with this id, None when the repository has none."""
    mine = (RUNS.c.repository_id == repository_id) & (RUNS.c.run_id == run_id)
    row = connection.execute(select(RUNS).where(mine)).one_or_none()
    return None if row is None else _run(row)


def find(connection: Connection, repository_id: int, run_id: str) -> RunRow:
    """Raises InputError (`run-unknown`)."""
    found = get(connection, repository_id, run_id)
    if found is None:
        raise InputError("run-unknown", f"history has no run {run_id}", hint="list the runs to see their ids")
    return found


def trend(
    connection: Connection,
    repository_id: int,
    component: str = PROJECT,
    *,
    branch: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> Sequence[ComponentRun]:
    """The figures of a component (or "", the project), newest run first."""
    query = (
        _runs(repository_id, branch, after)
        .add_columns(*(RUN_COMPONENTS.c[name].label(f"component_{name}") for name in _FIGURES))
        .join(RUN_COMPONENTS, RUN_COMPONENTS.c.run_pk == RUNS.c.id)
        .where(RUN_COMPONENTS.c.component == component)
        .limit(limit)
    )
    return [ComponentRun(_run(row), _component(row, "component_")) for row in connection.execute(query)]


_FIGURES = ("component", "metric", "covered", "total", "bar", "outcome", "enforced")


def _runs(repository_id: int, branch: str | None, after: int | None) -> Select[tuple[object, ...]]:
    query = select(*RUNS.c).where(RUNS.c.repository_id == repository_id).order_by(RUNS.c.sequence.desc())
    if branch is not None:
        query = query.where(RUNS.c.branch == branch)
    return query if after is None else query.where(RUNS.c.sequence < after)


def _run(row: Row[tuple[object, ...]]) -> RunRow:
    return RunRow(
        id=row.run_id,
        sequence=row.sequence,
        commit=row.commit_id,
        tree=row.tree,
        branch=row.branch,
        attempt=row.attempt,
        recorded_at=moment(row.recorded_at),
        outcome=Outcome(row.outcome),
        complete=row.complete,
        dirty=row.dirty,
        policy_hash=row.policy_hash,
        verified=row.verified,
        enforced=row.enforced,
    )


def _component(row: Row[tuple[object, ...]], prefix: str = "") -> ComponentRow:
    name, metric, covered, total, bar, outcome, enforced = (getattr(row, f"{prefix}{key}") for key in _FIGURES)
    return ComponentRow(
        component=name,
        metric=Metric(metric),
        now=None if covered is None else Ratio(covered, total),
        bar=None if bar is None else Decimal(bar),
        outcome=Outcome(outcome),
        enforced=enforced,
    )
