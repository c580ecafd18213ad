"""A rule of the policy: one threshold of the general grammar."""

from __future__ import annotations

from typing import Annotated

from covgov.model.snapshot import Metric
from covgov.policy.bars import Bar, BarScope, BarUnits, Enforcement
from covgov.policy.tables.fields import Percent, SomeGlobs, Text, Units, one_of
from covgov.policy.tables.keys import Consequence, StrictDirection
from covgov.policy.tables.table import Table

MetricWord = Annotated[Metric, one_of(Metric)]
EnforcementWord = Annotated[
    Enforcement,
    one_of(Enforcement),
    StrictDirection.DEFAULT,
    Consequence("what breaks is only reported"),
]


class BarRule(Table, frozen=True):
    """One threshold of the general grammar: scope x on x metric x min / max / max_uncovered."""

    scope: Annotated[BarScope, one_of(BarScope)] | None = None
    """What is judged: project, component, file or owner. Inside a component: component (default) or file."""
    on: Annotated[BarUnits, one_of(BarUnits)] = BarUnits.TOTAL
    """Which units count: total, patch, new, lost or excluded."""
    metric: MetricWord | None = None
    """combined, line or branch; without it the component's or the policy's. An attribute counts lines only."""
    attribute: Text | None = None
    """A test tag: only lines reached by tests that carry it count as covered."""
    paths: SomeGlobs | None = None
    """Globs that narrow a rule of scope file."""
    min: Percent | None = None
    """Least percentage."""
    max: Percent | None = None
    """Greatest percentage."""
    max_uncovered: Units | None = None
    """Greatest number of uncovered (on lost: lost; on excluded: excluded) units."""
    enforcement: EnforcementWord | None = None
    """enforce or evaluate (report, but do not fail); without it the component's or the policy's."""

    def misfit(self) -> str:
        return _misfit(self)

    def bar(self, key: str, metric: Metric, enforcement: Enforcement, component: str = "") -> Bar:
        """metric, enforcement: those of rules without one of their own."""
        return Bar(
            key=key,
            scope=self.scope or BarScope.COMPONENT,
            on=self.on,
            metric=Metric.LINE if self.attribute else self.metric or metric,
            min=self.min,
            max=self.max,
            max_uncovered=self.max_uncovered,
            component=component,
            paths=self.paths or (),
            attribute=self.attribute or "",
            enforced=(self.enforcement or enforcement) is Enforcement.ENFORCE,
        )


def _misfit(rule: BarRule) -> str:
    """Why the keys of a rule do not fit together; "" when they do."""
    if rule.min is None and rule.max is None and rule.max_uncovered is None:
        return "sets no bar: give min, max or max_uncovered"
    if rule.paths is not None and rule.scope is not BarScope.FILE:
        return 'paths need scope = "file"'
    if rule.attribute is not None and rule.metric not in (None, Metric.LINE):
        return "an attribute counts lines: leave metric out"
    if rule.attribute is not None and rule.on is not BarUnits.TOTAL:
        return 'an attribute needs on = "total"'
    if rule.on in (BarUnits.LOST, BarUnits.EXCLUDED) and rule.min is not None:
        return f'on = "{rule.on}" takes max or max_uncovered, not min'
    if rule.on is not BarUnits.TOTAL and rule.scope is BarScope.OWNER:
        return 'scope = "owner" needs on = "total"'
    if rule.on in (BarUnits.NEW, BarUnits.LOST, BarUnits.EXCLUDED) and rule.scope is BarScope.FILE:
        return f'on = "{rule.on}" is judged per component or project, not per file'
    if rule.min is not None and rule.max is not None and rule.min > rule.max:
        return f"min {rule.min} is above max {rule.max}: nothing could pass"
    return ""
