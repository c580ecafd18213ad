"""The comment of one suite, with its own rows and findings only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covgov.model import words
from covgov.model.verdict import Effect, Finding, Outcome, Row, SuiteLine, Verdict
from covgov.publish.render.parts.reasons import reasons_of
from covgov.publish.render.parts.safe_text import markdown, markdown_code, markdown_prose, markdown_row

MOST_FINDINGS = 50


def suite_text(verdict: Verdict, suite: SuiteLine) -> str:
    """Markdown without a marker: outcome, tests, figures, findings of one suite."""
    rows = [row for row in verdict.rows if row.suite == suite.name]
    found = findings_of(verdict, suite.name, rows)
    parts = [
        f"## covgov: suite {markdown_code(suite.name)}: {_outcome_words(rows, found)}",
        _tests(suite),
        "\n".join(_table(rows)) if rows else "",
        "\n".join(_list(found)),
    ]
    return "\n\n".join(part for part in parts if part)


def findings_of(verdict: Verdict, suite: str, rows: Sequence[Row]) -> list[Finding]:
    """Findings about the suite, its components and their files with uncovered lines."""
    subjects = {suite, *(row.name for row in rows)}
    files = {path for row in rows for path in (*row.uncovered, *row.partial_lines)}
    return [one for one in verdict.findings if one.subject in subjects | files]


def _outcome_words(rows: Sequence[Row], findings: Sequence[Finding]) -> str:
    follows = outcome_of([row for row in rows if row.enforced], [one for one in findings if one.enforced])
    outcome = outcome_of(rows, findings)
    return words.unenforced(outcome) if follows is Outcome.PASS is not outcome else follows.value


def outcome_of(rows: Sequence[Row], findings: Sequence[Finding]) -> Outcome:
    """The worst outcome of the suite's rows and findings."""
    outcomes = {row.outcome for row in rows}
    live = {finding.effect for finding in findings if not finding.waived_by}
    if Outcome.FAIL in outcomes or Effect.FAIL in live:
        return Outcome.FAIL
    return Outcome.UNDETERMINED if Outcome.UNDETERMINED in outcomes or Effect.UNDETERMINED in live else Outcome.PASS


def _tests(suite: SuiteLine) -> str:
    if suite.arrived and suite.tests is None:
        return "Only a coverage report was collected; its tests are unknown."
    return f"Tests: {markdown(words.suite(suite))}"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield markdown_row(("component", "result", "bar", "now", "change"))
    yield markdown_row(["---"] * 5)
    for row in rows:
        change = markdown(row.delta.words) if row.delta is not None else "-"
        now = words.percent(row.now, row.bar)
        yield markdown_row((markdown_code(row.name), words.row_outcome(row), words.bar(row.bar), now, change))


def _list(findings: Sequence[Finding]) -> Iterator[str]:
    reasons = reasons_of(findings)
    for reason in reasons[:MOST_FINDINGS]:
        waived = words.waiver(markdown_code(reason.waived_by or ""))
        text = markdown_prose(reason.message(MOST_FINDINGS))
        yield f"- **{markdown(reason.rule)}** ({reason.findings[0].effect}): {text}{waived}"
    if len(reasons) > MOST_FINDINGS:
        yield f"- and {len(reasons) - MOST_FINDINGS} more"
