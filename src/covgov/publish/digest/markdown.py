"""A digest as Markdown: for a wiki page, an issue or a mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from covgov.history.digest import ComponentChange, Digest, FileMove, SuiteAccount
from covgov.model.ratio import show_signed
from covgov.model.verdict import ExceptionLine, Finding
from covgov.model.words import NOTHING, bar, message, percent, tests, unenforced
from covgov.publish.render.parts.safe_text import markdown, markdown_code, markdown_row


def digest_markdown(digest: Digest) -> str:
    """The whole page, ending in a newline; the same digest gives the same bytes."""
    span = digest.weeks[0] if len(digest.weeks) == 1 else f"{digest.weeks[0]} to {digest.weeks[-1]}"
    head = [f"# Coverage digest {span}", "", f"{digest.since} to {digest.until} (UTC, both days included)", ""]
    if not digest.runs:
        return "\n".join([*head, "No runs were recorded in this period. That says nothing about coverage.", ""])
    sections = [
        [_summary(digest)],
        _components(digest.components),
        _findings("Open in the last run", digest.failing),
        _findings("Measured differently", digest.measurement),
        _movers(digest.movers),
        _suites(digest.suites),
        _exceptions(digest),
    ]
    body = [line for section in sections if section for line in (*section, "")]
    return "\n".join([*head, *body])


def _summary(digest: Digest) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in (digest.outcomes or {}).items())
    counts += f"; {digest.unenforced} not enforced" if digest.unenforced else ""
    return f"**Runs: {digest.runs}** ({counts}). Last commit: {markdown_code(digest.commit[:12] or 'unknown')}."


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [markdown_row(row) for row in rows]
    return [f"## {title}", "", markdown_row(columns), markdown_row(["---"] * len(columns)), *cells] if cells else []


def _components(components: Sequence[ComponentChange]) -> list[str]:
    rows = [
        (
            markdown(component.name),
            bar(component.bar),
            percent(component.before, component.bar),
            percent(component.first, component.bar),
            percent(component.last, component.bar),
            component.outcome if component.enforced else unenforced(component.outcome),
            _change(component),
        )
        for component in components
    ]
    return _table("Components", ("component", "bar", "before", "first", "last", "last outcome", "change"), rows)


def _change(component: ComponentChange) -> str:
    if component.change is None:
        return "not comparable"
    if not component.change.points and not component.unexplained:
        return f"{show_signed(Fraction(0))} pp"
    return markdown(component.change.words)


def _findings(title: str, findings: Sequence[Finding]) -> list[str]:
    lines = [f"- {finding.effect}: {markdown(message(finding))}" for finding in findings]
    return [f"## {title}", "", *lines] if lines else []


def _movers(movers: Sequence[FileMove]) -> list[str]:
    rows = [
        (
            markdown_code(move.path),
            markdown(move.suite),
            percent(move.before),
            percent(move.now),
            f"{move.uncovered:+d}",
        )
        for move in movers
    ]
    return _table("Files that moved most", ("file", "suite", "before", "now", "uncovered units"), rows)


def _suites(suites: Sequence[SuiteAccount]) -> list[str]:
    rows = [
        (
            markdown(suite.name),
            str(suite.runs),
            str(suite.failed),
            tests(suite.last),
            f"{suite.before.seconds:.1f} s" if suite.before else NOTHING,
            f"{suite.slowest:.1f} s",
        )
        for suite in suites
    ]
    return _table("Suites", ("suite", "runs", "failed runs", "last run", "time before", "slowest"), rows)


def _exceptions(digest: Digest) -> list[str]:
    kinds = (("opened", digest.opened), ("resolved", digest.resolved), ("overdue", digest.overdue))
    rows = [_exception(kind, line) for kind, lines in kinds for line in lines]
    return _table("Exceptions", ("what", "id", "scope", "metric", "floor", "current", "owner", "next review"), rows)


def _exception(kind: str, line: ExceptionLine) -> tuple[str, ...]:
    return (
        kind,
        markdown(line.id),
        markdown(line.scope),
        line.metric,
        bar(line.floor),
        percent(line.current, line.floor),
        markdown(line.owner) or NOTHING,
        line.review.isoformat() if line.review else NOTHING,
    )
