"""Alerts follow changes of state: new conditions, and a pass after anything else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from covgov.model.verdict import Outcome, Verdict
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts.conditions import Condition, Owners, conditions


@dataclass(frozen=True, slots=True)
class News:
    """fresh: new conditions. standing: unchanged ones. gone: resolved ones. recovered: passes again."""

    fresh: tuple[Condition, ...]
    standing: tuple[Condition, ...]
    gone: tuple[Condition, ...]
    recovered: bool

    def concerns(self, occasions: Collection[Occasion]) -> bool:
        """Whether a target with these occasions gets an alert."""
        recovered = self.recovered and Occasion.RECOVERY in occasions
        return recovered or any(one.occasion in occasions for one in self.fresh)


def news(now: Verdict, before: Verdict | None, owner_of: Owners) -> News:
    """The difference between two runs of one branch; without a previous run, every condition is new."""
    here = conditions(now, owner_of)
    there = conditions(before, owner_of) if before is not None else ()
    known, current = {one.identity for one in there}, {one.identity for one in here}
    return News(
        fresh=tuple(one for one in here if one.identity not in known),
        standing=tuple(one for one in here if one.identity in known),
        gone=tuple(one for one in there if one.identity not in current),
        recovered=now.outcome is Outcome.PASS and before is not None and before.outcome is not Outcome.PASS,
    )
