"""The verdict as plain text for a terminal or a log: the outcome first, no line that a CI runner obeys.

A pass fits a screen of 100 columns and 24 rows. What does not pass gives each reason once, and every line of code once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import ExceptionLine, Finding, Outcome, Row, Scope, Verdict
from covgov.publish.render.parts.layout import aligned, coloured, wrapped
from covgov.publish.render.parts.reasons import Reason, reasons_of, same_causes
from covgov.publish.render.parts.safe_text import log_line
from covgov.publish.render.parts.sections import OF_CHANGE, Limit, all_rows, clipped, code_of, grouped, line_lists

LIMIT = Limit(files=20, ranges=30)
PASS_LIMIT = Limit(files=2, ranges=8)
PASS_ROWS = 6
PASS_NOTES = 3
SCREEN = 23
"""Rows of a pass: one of 24 is left for the prompt."""
MORE = "`covgov check --format markdown`"
NAMES = 10
"""Subjects that one reason names at most."""
UNITS = {Metric.COMBINED: "lines + branches", Metric.LINE: "lines", Metric.BRANCH: "branches"}


@dataclass(frozen=True, slots=True)
class TextRenderer:
    """colour: for a terminal."""

    colour: bool = False
    name: ClassVar[str] = "text"

    def __call__(self, verdict: Verdict, /) -> str:
        sections = (_head, _table, _findings, _lists, _suites, _exceptions)
        blocks = [list(section(verdict)) for section in sections]
        lines = "\n\n".join("\n".join(block) for block in blocks if block).split("\n")
        if _passed(verdict) and len(lines) > SCREEN:
            lines[SCREEN - 1 :] = [f"and {words.count(len(lines) - SCREEN + 1, 'more line')}, see {MORE}"]
        return "\n".join(map(coloured, lines) if self.colour else lines) + "\n"


def _passed(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.PASS


def _head(verdict: Verdict) -> Iterator[str]:
    yield f"covgov: {words.outcome(verdict).upper()} ({words.counts(verdict)})"
    if verdict.soft_start:
        yield from wrapped(f"soft start: {log_line(verdict.soft_start)}", 2)
    policy = log_line(verdict.policy_hash[:12]) or words.NOTHING
    yield f"judged: {log_line(code_of(verdict))}, policy {policy}, today {verdict.today} UTC"
    explained = verdict.receipt.commit is None and any(f.rule == "baseline" for f in verdict.findings)
    receipt = "none" if explained else log_line(words.receipt(verdict.receipt))
    yield from wrapped(f"baseline: {receipt}", 2)


def _table(verdict: Verdict) -> Iterator[str]:
    rows, hidden = _shown_rows(verdict)
    metrics = {row.metric for row in rows}
    if rows:
        now = UNITS[rows[0].metric] if len(metrics) == 1 else "now"
        head = ("scope", "result", "bar", now, "baseline", "change")
        yield from aligned([head, *(_cells(row, named=len(metrics) > 1) for row in rows)])
    if hidden:
        yield f"and {words.count(hidden, 'more component')}: pass"
    if not any(finding.scope is Scope.PATCH and finding.subject == "patch" for finding in verdict.findings):
        yield f"patch: {words.patch(verdict.patch, whole=verdict.project is not None)}"
    yield from _causes(verdict, rows)


def _shown_rows(verdict: Verdict) -> tuple[tuple[Row, ...], int]:
    """All rows, of a pass with many the changed ones first; and how many are left out."""
    rows = all_rows(verdict)
    if not _passed(verdict) or len(rows) <= PASS_ROWS:
        return rows, 0
    changed = sorted(verdict.rows, key=lambda row: not (row.delta and row.delta.points))[: PASS_ROWS - 1]
    shown = tuple(row for row in rows if row in changed or row is verdict.project)
    return shown, len(rows) - len(shown)


def _cells(row: Row, *, named: bool) -> tuple[str, ...]:
    now = _figure(row.now, row) + (f" ({row.metric})" if named else "")
    return (
        log_line(row.name),
        words.row_outcome(row),
        words.bar(row.bar),
        f"{now} (partial)" if row.partial else now,
        words.percent(row.baseline),
        words.short_change(row),
    )


def _figure(now: Ratio | None, row: Row) -> str:
    return words.figure(now, row.bar) if now is not None and now.measurable else words.now(now, None)


def _causes(verdict: Verdict, rows: tuple[Row, ...]) -> Iterator[str]:
    """Why the figures changed, of rows that no finding explains; equal explanations once."""
    causes: dict[str, list[str]] = {}
    same = same_causes(verdict)
    for row in (one for one in rows if not same or one.scope is not Scope.PROJECT):
        text = words.change(row, verdict.guard_judged)
        explained = any(text in finding.message for finding in verdict.findings)
        if row.delta is not None and row.delta.points != 0 and not explained:
            causes.setdefault(text, []).append(row.name)
    for text, names in causes.items():
        yield from wrapped(f"{log_line(', '.join(names))}: {log_line(text)}", 2)


def _findings(verdict: Verdict) -> Iterator[str]:
    partial, brief = _partial(verdict), _brief(verdict)
    rules: dict[str, None] = {}
    for title, findings in grouped(verdict.findings).titled:
        proven = (one for one in findings if one.counts or one.now is None or one.subject not in partial)
        reasons = sorted(reasons_of(map(brief, proven)), key=lambda one: _passed(verdict) and one.rule != "suite")
        shown = reasons[:PASS_NOTES] if _passed(verdict) else reasons
        yield f"{title}:"
        for number, reason in enumerate(shown):
            rules |= {reason.rule: None} if reason.findings[0].counts else {}
            yield from wrapped(f"  [{log_line(reason.rule)}] {log_line(_reason(reason))}", 6)
            if number + 1 == len(shown) or shown[number + 1].rule != reason.rule:
                yield from _hints([one for one in shown if one.rule == reason.rule])
        if hidden := len(findings) - sum(len(reason.findings) for reason in shown):
            yield f"  and {hidden} more, see {MORE}"
    if rules:
        yield from wrapped(f"Explained by `covgov policy rule RULE`: {log_line(', '.join(rules))}", 2)


def _brief(verdict: Verdict) -> Callable[[Finding], Finding]:
    """Takes the causes out of what is found of the project, where the components' causes are all there are."""
    delta = verdict.project.delta if verdict.project and same_causes(verdict) else None
    if delta is None or delta.points is None:
        return lambda finding: finding
    causes, figure = delta.words, words.points(delta.points)
    return lambda finding: (
        replace(finding, message=finding.message.replace(causes, figure)) if finding.scope is Scope.PROJECT else finding
    )


def _partial(verdict: Verdict) -> frozenset[str]:
    """Components whose tests failed: what is found of their figures proves nothing."""
    return frozenset(row.name for row in all_rows(verdict) if row.partial)


def _reason(reason: Reason) -> str:
    return reason.message(NAMES) + words.waiver(reason.waived_by)


def _hints(reasons: list[Reason]) -> Iterator[str]:
    """What to do about the findings of one rule, each hint once."""
    for hint in dict.fromkeys(reason.hint for reason in reasons if reason.hint):
        yield from wrapped(f"      hint: {log_line(hint)}", 12)


def _lists(verdict: Verdict) -> Iterator[str]:
    for listed in line_lists(verdict, _wanted(verdict)):
        shown, rest = clipped(listed.lines, PASS_LIMIT if _passed(verdict) else LIMIT)
        yield f"{listed.kind} in {log_line(listed.scope)}:" if listed.scope else f"{listed.kind}:"
        for path, spelled in shown:
            yield from wrapped(f"  - {log_line(path)}:{log_line(spelled)}", 6)
        if rest:
            yield f"  - {rest}"


def _wanted(verdict: Verdict) -> Callable[[str, str], bool]:
    """Lines of the change and lost ones; all others only of components that do not pass, or of all if only the whole
    does not."""
    partial = _partial(verdict)
    failing = {row.name for row in verdict.rows if row.outcome is not Outcome.PASS}
    whole = verdict.project is not None and verdict.project.outcome is not Outcome.PASS

    def wanted(kind: str, scope: str) -> bool:
        proven = scope not in partial and not (partial and not scope)
        return proven and (kind in OF_CHANGE or scope in failing or (whole and not failing))

    return wanted


def _suites(verdict: Verdict) -> Iterator[str]:
    """Those that arrived; of the others a finding says why they did not."""
    for line in (one for one in verdict.suites if one.arrived):
        measured = f" [{line.identity}]" if line.identity else ""
        yield from wrapped(f"suite {log_line(line.name)}: {log_line(words.suite(line) + measured)}", 2)


def _exceptions(verdict: Verdict) -> Iterator[str]:
    if verdict.exceptions:
        yield "exceptions:"
    for line in verdict.exceptions:
        yield from wrapped(f"  {log_line(line.id)}: {log_line(_exception(line))}", 6)


def _exception(line: ExceptionLine) -> str:
    review = f", review by {line.review}" if line.review else ""
    floor = f", floor {words.bar(line.floor)}" if line.floor is not None else ""
    now = words.percent(line.current, line.floor)
    return f"{line.scope} ({line.metric}) {line.state}{floor}, now {now}{review}, owner {line.owner or 'nobody'}"
