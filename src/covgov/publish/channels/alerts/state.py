"""Alerts follow changes of state: what is so now and was not so before, and a pass after anything else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from covgov.model.verdict import Outcome, Verdict
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts.conditions import Condition, Owners, conditions


@dataclass(frozen=True, slots=True)
class News:
    """fresh: not so before. standing: so before and still. gone: so before and no longer. recovered: passes again."""

    fresh: tuple[Condition, ...]
    standing: tuple[Condition, ...]
    gone: tuple[Condition, ...]
    recovered: bool

    def concerns(self, occasions: Collection[Occasion]) -> bool:
        """Whether something new happened that one who wants to hear of `occasions` has to be told."""
        recovered = self.recovered and Occasion.RECOVERY in occasions
        return recovered or any(one.occasion in occasions for one in self.fresh)


def news(now: Verdict, before: Verdict | None, owner_of: Owners) -> News:
    """The difference between two runs of one branch; without a run before, all that is so is news."""
    here = conditions(now, owner_of)
    there = conditions(before, owner_of) if before is not None else ()
    known, current = {one.identity for one in there}, {one.identity for one in here}
    return News(
        fresh=tuple(one for one in here if one.identity not in known),
        standing=tuple(one for one in here if one.identity in known),
        gone=tuple(one for one in there if one.identity not in current),
        recovered=now.outcome is Outcome.PASS and before is not None and before.outcome is not Outcome.PASS,
    )
