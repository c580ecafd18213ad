"""A verdict -> the conditions that can be alerted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Finding, Row, Scope, Verdict
from covgov.policy.delivery import Occasion

Owners = Callable[[str], str]
"""path -> its owners, "" when it has none."""

Identity = tuple[Occasion, Scope, str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One alertable condition. message: a complete line; figure: `7/11 = 63.63 %`; each is "" if there is none.

    rule and metric distinguish conditions of one subject. change: the attribution as text.
    """

    occasion: Occasion
    scope: Scope
    subject: str
    rule: str
    metric: str
    message: str
    figure: str = ""
    bar: str = ""
    change: str = ""
    receipt: str = ""
    owner: str = ""
    enforced: bool = True

    @property
    def identity(self) -> Identity:
        """Identifies the condition across runs, independent of its figures."""
        return (self.occasion, self.scope, self.subject, self.rule, self.metric, self.enforced)


def conditions(verdict: Verdict, owner_of: Owners) -> tuple[Condition, ...]:
    """In the order of occasions, then as in the verdict. Waived findings and notes are left out."""
    late = [_overdue(verdict, line) for line in _overdue_lines(verdict)]
    found = [*_of_findings(verdict, owner_of), *late]
    order = list(Occasion)
    return tuple(sorted(found, key=lambda one: order.index(one.occasion)))


def _of_findings(verdict: Verdict, owner_of: Owners) -> Iterator[Condition]:
    overdue = {line.id or line.scope for line in _overdue_lines(verdict)}
    for finding in verdict.findings:
        if finding.effect is Effect.NOTE or finding.waived_by:
            continue
        if finding.scope is Scope.REGISTER and finding.subject in overdue:
            continue  # listed below as overdue
        row = _row(verdict, finding)
        occasion = _occasion(finding)
        # a drop has a limit, which is in its message
        own = None if occasion is Occasion.DROP else finding.bar
        yield Condition(
            occasion=occasion,
            scope=finding.scope,
            subject=finding.subject,
            rule=finding.rule,
            metric=finding.metric or "",
            message=words.message(finding),
            figure=_figure(finding.now or (row.now if row else None)),
            bar=_bar(own or (row.bar if row else None)),
            change=row.delta.words if row and row.delta else "",
            receipt=words.receipt(row.receipt if row else verdict.receipt),
            owner=_owner(finding, row, owner_of),
            enforced=finding.enforced,
        )


def _occasion(finding: Finding) -> Occasion:
    if finding.effect is Effect.UNDETERMINED:
        return Occasion.UNDETERMINED
    return {"max-drop": Occasion.DROP, "bar": Occasion.UNDER_BAR}.get(finding.rule, Occasion.FAIL)


def _overdue_lines(verdict: Verdict) -> list[ExceptionLine]:
    return [line for line in verdict.exceptions if line.state is ExceptionState.OVERDUE]


def _overdue(verdict: Verdict, line: ExceptionLine) -> Condition:
    subject = line.id or line.scope
    messages = (one.message for one in verdict.findings if (one.scope, one.subject) == (Scope.REGISTER, subject))
    return Condition(
        occasion=Occasion.OVERDUE,
        scope=Scope.REGISTER,
        subject=subject,
        rule="exception-overdue",
        metric=line.metric,
        message=next(messages, ""),
        figure=_figure(line.current),
        bar="",
        owner=line.owner,
    )


def _row(verdict: Verdict, finding: Finding) -> Row | None:
    rows = chain(verdict.rows, [verdict.project] if verdict.project else [])
    return next((row for row in rows if (row.scope, row.name) == (finding.scope, finding.subject)), None)


def _owner(finding: Finding, row: Row | None, owner_of: Owners) -> str:
    """A file's owner; a component's most frequent owner of files with uncovered lines."""
    if finding.scope is Scope.FILE:
        return owner_of(finding.subject)
    if row is None or finding.scope is not Scope.COMPONENT:
        return ""
    votes = Counter(filter(None, map(owner_of, sorted({*row.uncovered, *row.partial_lines}))))
    return min(votes, key=lambda name: (-votes[name], name), default="")


def _figure(ratio: Ratio | None) -> str:
    return words.figure(ratio) if ratio is not None and ratio.measurable else ""


def _bar(value: Decimal | None) -> str:
    return words.bar(value) if value is not None else ""
