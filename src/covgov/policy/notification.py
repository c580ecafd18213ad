"""Who is told what and when, as the policy says it. None of it judges, so none of it is part of the policy hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo


class Occasion(StrEnum):
    """What a target can be told of; the keys of [notify] that hold targets."""

    DROP = "on_drop"
    UNDER_BAR = "on_under_bar"
    OVERDUE = "on_overdue"
    UNDETERMINED = "on_undetermined"
    FAIL = "on_fail"
    RECOVERY = "on_recovery"
    DIGEST = "on_digest"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` (included) to `end` (excluded) by the clocks of `zone`, every day; over midnight if start > end."""

    start: time
    end: time
    zone: str = "UTC"

    def holds(self, moment: datetime) -> bool:
        """Whether an aware moment lies within."""
        clock = moment.astimezone(zone_of(self.zone)).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def zone_of(name: str) -> tzinfo:
    """UTC needs no time zone database. Raises ZoneInfoNotFoundError (a KeyError), ValueError or OSError."""
    return UTC if name == "UTC" else ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class NotifyPolicy:
    """targets: as written, with `${NAME}` where a secret belongs. branches: globs, () = the default branch.

    required: targets whose loss `covgov publish` exits with.
    """

    targets: Mapping[Occasion, tuple[str, ...]] = field(default_factory=dict)
    branches: tuple[str, ...] = ()
    quiet: QuietHours | None = None
    required: frozenset[str] = frozenset()
