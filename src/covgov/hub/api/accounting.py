"""The digest of one branch from the hub's history: which runs it needs, and how little of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, timedelta

from covgov.history.digest import Digest, digest
from covgov.history.interface import View
from covgov.history.layout import Stored
from covgov.history.reader import Reader
from covgov.hub.api import history_reading
from covgov.hub.api.http.problems import Problem
from covgov.hub.store.runs import RunRow

MOST_RUNS = 2000
"""Runs that one digest accounts for at most: each costs a read."""


def first_day(until: date, weeks: int) -> date:
    """Monday of the first of `weeks` ISO weeks, the last of which contains `until`.

    Raises Problem (`digest-too-early`).
    """
    try:
        return until - timedelta(days=until.weekday(), weeks=weeks - 1)
    except OverflowError:
        raise Problem(400, "digest-too-early", f"{weeks} weeks before {until} the calendar has not begun") from None


def wanted(rows: Iterable[RunRow], since: date, until: date) -> Sequence[RunRow]:
    """Of a branch's runs, newest first, those that the digest needs, oldest first: all of clean trees in the window,
    and the newest complete one before it, with which the search ends. Raises Problem (`digest-too-large`)."""
    found: list[RunRow] = []
    for row in rows:
        day = row.recorded_at.astimezone(UTC).date()
        if row.dirty or day > until or (day < since and not row.complete):
            continue
        if len(found) > MOST_RUNS:
            raise Problem(
                422,
                "digest-too-large",
                f"more than {MOST_RUNS} runs were recorded in this time",
                hint="ask for fewer weeks",
            )
        found.append(row)
        if day < since:
            break
    return found[::-1]


def account(view: View, runs: Sequence[Stored], since: date, until: date) -> Digest:
    """The digest of `since` to `until`. runs: of clean trees, oldest first, the one before the window (if any) and all
    inside.

    Files are compared between the first and the last run only (`history.digest`), so coverage is read of these two.
    Raises InputError (`history-damaged`).
    """
    ends, reader = (0, len(runs) - 1), Reader(view)
    records = [
        reader.record(stored) if place in ends else history_reading.bare(reader, stored)
        for place, stored in enumerate(runs)
    ]
    return digest(records, since=since, until=until)
