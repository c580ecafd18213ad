"""Two tools, or two versions of one, do not count alike: what that changes is no loss, up to a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model import words
from covgov.model.change import Cause, Part
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy.bars import spelled

HINT = (
    "measure the base with today's tools: `covgov run --measure-base`; or accept the difference once with "
    "--accept-identity"
)


@dataclass(frozen=True, slots=True)
class _Subject:
    scope: Scope
    name: str
    metric: Metric
    measured: ScopeFacts

    @property
    def part(self) -> Part | None:
        """What the other measurement did to unchanged code, None when nothing."""
        delta = self.measured.deltas.get(self.metric)
        return next((part for part in delta.parts if part.cause is Cause.MEASUREMENT), None) if delta else None

    @property
    def loss(self) -> Fraction:
        return self.measured.measurement_loss.get(self.metric, Fraction(0))


def check(view: PolicyView) -> Iterator[Finding]:
    """Each scope in which unchanged code counts differently; one note where none does. Of failed tests nothing."""
    changed = [one for one in _subjects(view) if one.measured.measurement_changed and not one.measured.partial]
    different = [one for one in changed if one.part is not None or one.loss]
    for one in different:
        yield _difference(view, one)
    for how in dict.fromkeys(one.measured.measurement_changed for one in changed if not different):
        text = f"measured differently from the baseline, and no unchanged line counts differently: {how}"
        yield Finding("measurement", Effect.NOTE, Scope.PROJECT, "project", text)


def _subjects(view: PolicyView) -> Iterator[_Subject]:
    for one in view.components:
        yield _Subject(Scope.COMPONENT, one.component.name, one.component.metric, one.measured)
    if view.project is not None:
        yield _Subject(Scope.PROJECT, "project", view.policy.gate.metric, view.project)


def _difference(view: PolicyView, one: _Subject) -> Finding:
    limit, how = view.policy.gate.max_drop, one.measured.measurement_changed
    points = words.points(one.part.points if one.part else Fraction(0))
    text = f"{one.name}: measured differently from its baseline ({how}): unchanged code changes by {points}"
    if one.loss <= Fraction(limit):
        return Finding("measurement", Effect.NOTE, one.scope, one.name, text)
    lost = f"{text}, with losses of {words.points(one.loss).removeprefix('+')}, more than {spelled(limit)} pp"
    if view.facts.branch:
        return Finding("measurement", Effect.NOTE, one.scope, one.name, f"{lost}; this run is the new baseline")
    return Finding("measurement", Effect.UNDETERMINED, one.scope, one.name, f"{lost} (bar policy.max_drop)", HINT)


PAGES = (
    RulePage(
        id="measurement",
        title="The baseline was measured by another tool or version",
        why=(
            "Two versions of a tool count the same code differently. A difference that the tool made is "
            "neither a loss nor a gain. One that is greater than `max_drop` could hide a real loss: a change is "
            "undetermined then, and on the default branch the run is the new baseline."
        ),
        example=(
            "[measurement] api: measured differently from its baseline (coverage.py 7.6.1, CPython 3.12.1, branches at "
            "the baseline, coverage.py 7.17.3, CPython 3.12.1, branches now): unchanged code changes by -3.10 pp, with "
            "losses of 3.40 pp, more than 2 pp (bar policy.max_drop)"
        ),
        fix=(
            "Measure the base with today's tools: `covgov run --measure-base`. Or accept the difference once with "
            "`--accept-identity`, or merge the new tool in a change of its own."
        ),
    ),
)

RULE = Rule(check, PAGES)
