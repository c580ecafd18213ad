"""A bar, the one form of every threshold: scope x on x metric x min / max / max_uncovered.

Rules, comparison and tamper detection know nothing else; `covgov.policy.policy` compiles the file's thresholds to bars.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from covgov.model.snapshot import Metric


class BarScope(StrEnum):
    PROJECT = "project"
    COMPONENT = "component"
    FILE = "file"
    OWNER = "owner"


class On(StrEnum):
    """Which units a bar looks at."""

    TOTAL = "total"
    PATCH = "patch"
    NEW = "new"
    LOST = "lost"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Bar:
    """One threshold. At least one of min (per cent), max (per cent) and max_uncovered (units) is set.

    key: where the file sets it (`components.auth.fail_under`, `components.auth.rules[0]`).
    component: "" for a project-wide bar. paths: globs, for scope file; () = every file of the component.
    attribute: "" or the tag that tests must carry for their lines to count.
    origin: "base" for a file bar that is kept from the base's policy beside the head's; each side picks its own winner.
    """

    key: str
    scope: BarScope
    on: On
    metric: Metric
    min: Decimal | None = None
    max: Decimal | None = None
    max_uncovered: int | None = None
    component: str = ""
    paths: tuple[str, ...] = ()
    attribute: str = ""
    origin: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes two bars of two policies the same bar."""
        return (self.scope, self.on, self.metric, self.component, self.attribute, *sorted(self.paths))


def total_bar(name: str, metric: Metric, least: Decimal) -> Bar:
    """The total bar of a component."""
    return Bar(total_key(name), BarScope.COMPONENT, On.TOTAL, metric, min=least, component=name)


def total_key(name: str) -> str:
    """Where the file sets a component's total bar."""
    return f"components.{name}.fail_under"
