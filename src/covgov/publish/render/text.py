"""The verdict as plain text for a terminal or a log: the outcome first, no colours, no line that a CI runner obeys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from covgov.model import words
from covgov.model.verdict import ExceptionLine, Finding, Row, Verdict
from covgov.publish.render.safe_text import log_line
from covgov.publish.render.sections import Limit, all_rows, clipped, code_of, grouped, line_lists

LIMIT = Limit(files=20, ranges=30)


class TextRenderer:
    name: ClassVar[str] = "text"

    def __call__(self, verdict: Verdict, /) -> str:
        sections = (_head, _table, _findings, _uncovered, _suites, _exceptions)
        blocks = [list(section(verdict)) for section in sections]
        return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _head(verdict: Verdict) -> Iterator[str]:
    yield f"covgov: {words.outcome(verdict).upper()} ({words.counts(verdict)})"
    if verdict.soft_start:
        yield f"soft start: {log_line(verdict.soft_start)}"
    policy = log_line(verdict.policy_hash[:12]) or words.NOTHING
    yield f"judged: {log_line(code_of(verdict))}, policy {policy}, today {verdict.today} UTC"
    yield f"baseline: {log_line(words.receipt(verdict.receipt))}"


def _table(verdict: Verdict) -> Iterator[str]:
    rows = all_rows(verdict)
    if rows:
        head = ("scope", "result", "bar", "now", "baseline", "tests", "change")
        yield from _aligned([head, *(_cells(verdict, row) for row in rows)])
    yield f"patch: {words.patch(verdict.patch, whole=verdict.project is not None)}"


def _cells(verdict: Verdict, row: Row) -> tuple[str, ...]:
    return (
        log_line(row.name),
        words.row_outcome(row),
        words.bar(row.bar),
        f"{words.row_now(row)} ({row.metric})",
        words.percent(row.baseline),
        log_line(words.suite_of(verdict, row)),
        log_line(words.change(row, verdict.guard_judged)),
    )


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns parted by two spaces; the last one is not padded."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _findings(verdict: Verdict) -> Iterator[str]:
    for title, findings in grouped(verdict.findings).titled:
        yield f"{title}:"
        for finding in findings:
            yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    waived = f" (waived by {log_line(finding.waived_by)})" if finding.waived_by else ""
    yield f"  [{log_line(finding.rule)}] {log_line(words.message(finding))}{waived}"
    if step := words.next_step(finding):
        yield f"      hint: {log_line(step)}"


def _uncovered(verdict: Verdict) -> Iterator[str]:
    for listed in line_lists(verdict):
        shown, rest = clipped(listed.lines, LIMIT)
        yield f"{listed.kind} in {log_line(listed.scope)}:" if listed.scope else f"{listed.kind}:"
        yield from (f"  - {log_line(path)}:{log_line(spelled)}" for path, spelled in shown)
        if rest:
            yield f"  - {rest}"


def _suites(verdict: Verdict) -> Iterator[str]:
    for line in verdict.suites:
        measured = f" [{line.identity}]" if line.identity else ""
        yield f"suite {log_line(line.name)}: {log_line(words.suite(line) + measured)}"


def _exceptions(verdict: Verdict) -> Iterator[str]:
    if verdict.exceptions:
        yield "exceptions:"
    for line in verdict.exceptions:
        yield f"  {log_line(line.id)}: {log_line(_exception(line))}"


def _exception(line: ExceptionLine) -> str:
    review = f", review by {line.review}" if line.review else ""
    floor = f", floor {words.bar(line.floor)}" if line.floor is not None else ""
    now = words.percent(line.current, line.floor)
    return f"{line.scope} ({line.metric}) {line.state}{floor}, now {now}{review}, owner {line.owner or 'nobody'}"
