"""Runs as rows, for listing and querying. Made from manifests and verdicts, which remain the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, String, Table, delete, func, insert, select

from covgov.errors import InputError
from covgov.history import ledger
from covgov.history.format.reader import RunReader
from covgov.history.interface import HistoryView
from covgov.hub.store.blobs import batches
from covgov.hub.store.schema import RUN_COMPONENTS, RUNS
from covgov.hub.store.verify.admission import AdmittedRun
from covgov.hub.store.work import stamp
from covgov.model.verdict import Row

PROJECT = ""
"""The `component` of the row that stands for the whole project."""

LARGEST = 2**31 - 1
"""What fits in an INTEGER of every database."""

Values = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class RunProjection:
    """The row of a run, and those of its components and project."""

    run: Values
    components: Sequence[Values]


def project(admitted: AdmittedRun) -> RunProjection:
    """Raises InputError (`run-unprojectable`) for a figure or name that no covgov writes and no database takes."""
    stored, verdict = admitted.stored, admitted.verdict
    run = stored.manifest.run
    values: Values = {
        "run_id": stored.id,
        "sequence": stored.manifest.sequence,
        "commit_id": run.commit,
        "tree": run.tree,
        "branch": run.branch,
        "attempt": run.attempt,
        "recorded_at": stamp(run.recorded_at),
        "outcome": run.outcome.value,
        "enforced": not verdict.only_evaluated,
        "complete": run.complete,
        "dirty": run.dirty,
        "policy_hash": run.policy_hash,
        "verified": admitted.verified,
    }
    rows = [_row(PROJECT, verdict.project)] if verdict.project else []
    rows += [_row(row.name, row) for row in verdict.rows]
    _check_fit(stored.name, RUNS, values)
    for row in rows:
        _check_fit(stored.name, RUN_COMPONENTS, row)
    if len({row["component"] for row in rows}) != len(rows):
        raise _unfit(stored.name, "two of its rows have one name")
    return RunProjection(values, rows)


def add(connection: Connection, repository_id: int, projected: RunProjection) -> None:
    """Insert the rows of one run."""
    key = connection.execute(insert(RUNS).values(repository_id=repository_id, **projected.run)).inserted_primary_key
    assert key is not None  # noqa: S101 - one row was inserted
    if projected.components:
        connection.execute(insert(RUN_COMPONENTS), [{"run_pk": key.id, **row} for row in projected.components])


def newest(connection: Connection, repository_id: int) -> tuple[int, str] | None:
    """Number and id of the newest run."""
    query = select(RUNS.c.sequence, RUNS.c.run_id).where(RUNS.c.repository_id == repository_id)
    row = connection.execute(query.order_by(RUNS.c.sequence.desc()).limit(1)).one_or_none()
    return None if row is None else (row.sequence, row.run_id)


def of_tree(connection: Connection, repository_id: int, tree: str) -> Sequence[tuple[int, str]]:
    """Number and id of each run at a tree, oldest first."""
    query = select(RUNS.c.sequence, RUNS.c.run_id).where(RUNS.c.repository_id == repository_id, RUNS.c.tree == tree)
    return [(row.sequence, row.run_id) for row in connection.execute(query.order_by(RUNS.c.sequence))]


def attempts(connection: Connection, repository_id: int, trees: Sequence[str]) -> Mapping[str, int]:
    """Tree -> the highest attempt recorded at it; a tree without a run is absent."""
    found: dict[str, int] = {}
    highest = select(RUNS.c.tree, func.max(RUNS.c.attempt).label("attempt")).where(
        RUNS.c.repository_id == repository_id
    )
    for batch in batches(trees):
        rows = connection.execute(highest.where(RUNS.c.tree.in_(batch)).group_by(RUNS.c.tree))
        found |= {row.tree: row.attempt for row in rows}
    return found


def rebuild(connection: Connection, repository_id: int, view: HistoryView) -> int:
    """Make the rows of one repository again from its history; how many runs. What was verified stays so: the policy of
    that day may be gone. Raises InputError (`history-damaged`)."""
    query = select(RUNS.c.run_id).where(RUNS.c.repository_id == repository_id, RUNS.c.verified.is_(True))
    verified = set(connection.execute(query).scalars())
    connection.execute(delete(RUNS).where(RUNS.c.repository_id == repository_id))
    runs, reader = ledger.chain(view), RunReader(view)
    for stored in runs:
        sound = bool(verified & {stored.id, stored.manifest.migrated})
        add(connection, repository_id, project(AdmittedRun(stored, reader.verdict(stored), sound)))
    return len(runs)


def _row(component: str, row: Row) -> Values:
    return {
        "component": component,
        "metric": row.metric.value,
        "covered": row.now.covered if row.now else None,
        "total": row.now.total if row.now else None,
        "bar": None if row.bar is None else str(row.bar),
        "outcome": row.outcome.value,
        "enforced": row.enforced,
    }


def _check_fit(where: str, table: Table, values: Values) -> None:
    """SQLite takes a text of any length; other databases do not."""
    for key, value in values.items():
        kind = table.c[key].type
        if isinstance(kind, String) and isinstance(value, str) and kind.length and len(value) > kind.length:
            raise _unfit(where, f"its {key} is longer than {kind.length} characters")
        if isinstance(value, int) and not 0 <= value <= LARGEST:
            raise _unfit(where, f"its {key} is not in 0..{LARGEST}")


def _unfit(where: str, what: str) -> InputError:
    return InputError("run-unprojectable", f"{where}: {what}", hint="no covgov writes such a run; nothing was kept")
