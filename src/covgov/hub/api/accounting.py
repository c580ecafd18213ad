"""The digest of one branch from the hub's history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, timedelta

from covgov.history.digest import Digest, digest
from covgov.history.format.layout import StoredManifest
from covgov.history.format.reader import RunReader
from covgov.history.interface import HistoryView
from covgov.hub.api import history_reading
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.store.runs import RunRow

MOST_RUNS = 2000
"""Most runs in one digest: each costs a read."""


def first_day(until: date, weeks: int) -> date:
    """Monday of the first of `weeks` ISO weeks, the last of which contains `until`.

    Raises ApiProblem (`digest-too-early`).
    """
    try:
        return until - timedelta(days=until.weekday(), weeks=weeks - 1)
    except OverflowError:
        raise ApiProblem(400, "digest-too-early", f"{weeks} weeks before {until} is before year 1") from None


def wanted(rows: Iterable[RunRow], since: date, until: date) -> Sequence[RunRow]:
    """The runs that the digest needs, oldest first: clean runs in the window, and the newest complete one before it.
    rows: a branch's runs, newest first. Raises ApiProblem (`digest-too-large`)."""
    found: list[RunRow] = []
    for row in rows:
        day = row.recorded_at.astimezone(UTC).date()
        if row.dirty or day > until or (day < since and not row.complete):
            continue
        if len(found) > MOST_RUNS:
            raise ApiProblem(
                422,
                "digest-too-large",
                f"more than {MOST_RUNS} runs were recorded in this period",
                hint="ask for fewer weeks",
            )
        found.append(row)
        if day < since:
            break
    return found[::-1]


def account(view: HistoryView, runs: Sequence[StoredManifest], since: date, until: date) -> Digest:
    """The digest of `since` to `until`. runs: clean runs, oldest first: the one before the window (if any) and all
    inside it.

    Coverage is read for the first and the last run only: `history.digest` compares the files of these two.
    Raises InputError (`history-damaged`).
    """
    ends, reader = (0, len(runs) - 1), RunReader(view)
    records = [
        reader.record(stored) if place in ends else history_reading.bare(reader, stored)
        for place, stored in enumerate(runs)
    ]
    return digest(records, since=since, until=until)
