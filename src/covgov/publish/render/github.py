"""The verdict as GitHub workflow commands: an annotation per finding and per uncovered piece of the change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from covgov.model import words
from covgov.model.verdict import Effect, Finding, Outcome, Verdict
from covgov.publish.render.parts.places import UNCOVERED, FindingPlaces, LineRange, uncovered
from covgov.publish.render.parts.safe_text import command_data, command_property
from covgov.publish.render.parts.sections import grouped

MOST = 10
"""GitHub shows at most ten annotations of a level and step; those beyond are counted in the first."""

LEVELS = {Effect.FAIL: "error", Effect.UNDETERMINED: "warning", Effect.NOTE: "notice"}
OUTCOMES = {Outcome.FAIL: "error", Outcome.UNDETERMINED: "warning", Outcome.PASS: "notice"}


class WorkflowCommand(Struct, frozen=True):
    level: str
    title: str
    message: str
    place: LineRange | None = None


class GithubRenderer:
    name: ClassVar[str] = "github"

    def __call__(self, verdict: Verdict, /) -> str:
        return "\n".join(map(_command, _shown(verdict))) + "\n"


def _shown(verdict: Verdict) -> Iterator[WorkflowCommand]:
    """The outcome, and of each level as many of the most important as GitHub shows."""
    first = OUTCOMES[verdict.enforced_outcome]
    shown, hidden, seen = list[WorkflowCommand](), 0, Counter([first])
    for annotation in (*_findings(verdict), *map(_uncovered, uncovered(verdict))):
        seen[annotation.level] += 1
        if seen[annotation.level] <= MOST:
            shown.append(annotation)
        else:
            hidden += 1
    soft_start = f"; soft start: {verdict.soft_start}" if verdict.soft_start else ""
    more = f"; {words.count(hidden, 'more annotation')} in the job summary" if hidden else ""
    title = f"covgov: {words.outcome(verdict)} ({words.counts(verdict)}){soft_start}{more}"
    yield WorkflowCommand(first, "covgov", title)
    yield from shown


def _findings(verdict: Verdict) -> Iterator[WorkflowCommand]:
    """Worst first."""
    groups, places = grouped(verdict.findings), FindingPlaces(verdict)
    for group in (groups.failing, groups.undetermined, groups.unenforced, groups.waived, groups.notes):
        yield from (_finding(finding, places.of(finding)) for finding in group)


def _finding(finding: Finding, place: LineRange | None) -> WorkflowCommand:
    step = words.next_step(finding)
    message = words.message(finding) + words.waiver(finding.waived_by) + (f" ({step})" if step else "")
    level = LEVELS[finding.effect] if finding.blocks else "notice"
    return WorkflowCommand(level, f"covgov {finding.rule}", message, place)


def _uncovered(place: LineRange) -> WorkflowCommand:
    return WorkflowCommand("warning", f"covgov {UNCOVERED}", place.unreached, place)


def _command(one: WorkflowCommand) -> str:
    where = ""
    if one.place is not None:
        where = f"file={command_property(one.place.path)},line={one.place.start},endLine={one.place.end},"
    return f"::{one.level} {where}title={command_property(one.title)}::{command_data(one.message)}"
