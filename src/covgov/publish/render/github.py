"""The verdict as GitHub workflow commands: one annotation per finding, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from covgov.model import words
from covgov.model.verdict import Effect, Finding, Outcome, Scope, Verdict
from covgov.publish.render.safe_text import command_data, command_property
from covgov.publish.render.sections import grouped

MOST = 50
"""GitHub keeps at most fifty annotations of a run; what is beyond is counted in the last line."""

LEVELS = {Effect.FAIL: "error", Effect.UNDETERMINED: "warning", Effect.NOTE: "notice"}
OUTCOMES = {Outcome.FAIL: "error", Outcome.UNDETERMINED: "warning", Outcome.PASS: "notice"}


class GithubRenderer:
    name: ClassVar[str] = "github"

    def __call__(self, verdict: Verdict, /) -> str:
        return "\n".join(_lines(verdict)) + "\n"


def _lines(verdict: Verdict) -> Iterator[str]:
    groups = grouped(verdict.findings)
    ordered = (*groups.failing, *groups.undetermined, *groups.unenforced, *groups.waived, *groups.notes)
    soft_start = f"; soft start: {verdict.soft_start}" if verdict.soft_start else ""
    hidden = len(ordered) - MOST
    more = f"; {hidden} of {len(ordered)} findings are not annotated here" if hidden > 0 else ""
    title = f"covgov: {words.outcome(verdict)} ({words.counts(verdict)}){soft_start}{more}"
    yield f"::{OUTCOMES[verdict.enforced_outcome]} title=covgov::{command_data(title)}"
    yield from map(_annotation, ordered[:MOST])


def _annotation(finding: Finding) -> str:
    level = LEVELS[finding.effect] if finding.blocks else "notice"
    file = f"file={command_property(finding.subject)}," if finding.scope is Scope.FILE else ""
    waived = f" (waived by {finding.waived_by})" if finding.waived_by else ""
    step = words.next_step(finding)
    hint = f" ({step})" if step else ""
    title = f"covgov {finding.rule}"
    return f"::{level} {file}title={command_property(title)}::{command_data(words.message(finding) + waived + hint)}"
