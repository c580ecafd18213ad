"""Findings that say the same of several subjects, as one reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from covgov.model import words
from covgov.model.change import Cause, Delta
from covgov.model.verdict import Finding, Outcome, Scope, Verdict
from covgov.publish.render.parts.safe_text import plain


class Reason(Struct, frozen=True):
    """subjects: of whom it is true, the project last; () when the text names its subject itself."""

    rule: str
    subjects: tuple[str, ...]
    text: str
    findings: tuple[Finding, ...]

    def message(self, most: int) -> str:
        """Its subjects, of many the first `most`, and the text."""
        names = ", ".join(self.subjects[:most])
        more = len(self.subjects) - most
        named = f"{names} and {more} more: " if more > 0 else f"{names}: " if names else ""
        return words.marked(self.findings[0], f"{named}{self.text}")

    @property
    def hint(self) -> str:
        return self.findings[0].hint.strip()

    @property
    def waived_by(self) -> str | None:
        return self.findings[0].waived_by


def reasons_of(findings: Iterable[Finding]) -> list[Reason]:
    """In the order of the findings, the project's after the others of its rule.

    Messages that are equal after `SUBJECT: ` are one reason, with the hint of its first subject.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        subject, text = _parts(finding)
        key = (finding.rule, finding.effect, finding.waived_by, bool(subject), text)
        groups.setdefault(key, []).append(finding)
    reasons = [_reason(group) for group in groups.values()]
    rules = list(dict.fromkeys(reason.rule for reason in reasons))
    return sorted(reasons, key=lambda reason: (rules.index(reason.rule), reason.findings[0].scope is Scope.PROJECT))


def _reason(group: list[Finding]) -> Reason:
    ordered = sorted(group, key=lambda finding: finding.scope is Scope.PROJECT)
    first = ordered[0]
    names = tuple(dict.fromkeys(name for name, _ in map(_parts, ordered) if name))
    return Reason(first.rule, names, _parts(first)[1], tuple(ordered))


def _parts(finding: Finding) -> tuple[str, str]:
    """The subject that the message begins with ("" for none), and the rest."""
    opening = f"{finding.subject}: "
    named = finding.message.startswith(opening)
    return (finding.subject, finding.message.removeprefix(opening)) if named else ("", finding.message)


def headline(verdict: Verdict, most: int) -> str:
    """The outcome and its first reason in at most so many characters, and how many more there are; of a pass the
    project's figure."""
    outcome, found = words.outcome(verdict), list(_decisive(verdict))
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    text = f"{outcome}: {plain(found[0])}" if found else outcome
    room = most - len(more)
    return (text if len(text) <= room else f"{text[: room - 1]}…") + more


def _decisive(verdict: Verdict) -> Iterator[str]:
    """Why the outcome is what it is; of a verdict that is only evaluated, why it would fail."""
    enforced = verdict.enforced_outcome is not Outcome.PASS
    outcome = verdict.enforced_outcome if enforced else verdict.outcome
    if outcome is not Outcome.PASS:
        live = (one for one in verdict.findings if one.effect.value == outcome.value and not one.waived_by)
        yield from (one.message for one in live if one.enforced or not enforced)
    elif (row := verdict.project) is not None and row.now is not None and row.now.measurable:
        yield f"project {words.percent(row.now, row.bar)}"


def same_causes(verdict: Verdict) -> bool:
    """Whether the project changed by what the components changed by, unit for unit, and by nothing else."""
    project = verdict.project.delta if verdict.project is not None else None
    deltas = [row.delta for row in verdict.rows if row.delta is not None]
    if project is None or not deltas or any(delta.metric is not project.metric for delta in deltas):
        return False
    return _units([project]) == _units(deltas)


def _units(deltas: Iterable[Delta]) -> dict[Cause, tuple[int, int]]:
    """Covered and total units by cause."""
    found: dict[Cause, tuple[int, int]] = {}
    for part in (part for delta in deltas for part in delta.parts):
        covered, total = found.get(part.cause, (0, 0))
        found[part.cause] = covered + part.covered, total + part.total
    return found
