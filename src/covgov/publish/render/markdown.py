"""The verdict as GitHub-flavoured Markdown: job summary and comment body.

The first line is a hidden marker by which a later run finds its own comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.verdict import ExceptionLine, Finding, Row, SuiteLine, Verdict
from covgov.publish.render.fitting import Section, fit
from covgov.publish.render.reasons import Reason, reasons_of
from covgov.publish.render.safe_text import markdown, markdown_code, markdown_prose, markdown_row, plain
from covgov.publish.render.sections import LINE_LISTS, Limit, LineList, all_rows, clipped, code_of, grouped, line_lists

MARKER = "<!-- covgov:summary -->"
COMMENT_BYTES = 65_536
"""GitHub refuses longer comments (it counts characters; bytes are never fewer)."""
STEP_SUMMARY_BYTES = 1_048_576
"""GitHub drops longer step summaries."""
LEAST_BYTES = 4_096
LIMIT = Limit(files=100, ranges=40)
_HEADER_CHARS = 300


@dataclass(frozen=True, slots=True)
class MarkdownRenderer:
    """limit: most UTF-8 bytes of the text. Lists of uncovered lines are shortened first, findings last."""

    limit: int = COMMENT_BYTES
    name: ClassVar[str] = "markdown"

    def __post_init__(self) -> None:
        if self.limit < LEAST_BYTES:
            raise ValueError(f"a summary needs room for at least {LEAST_BYTES} bytes, not {self.limit}")

    def __call__(self, verdict: Verdict, /) -> str:
        return fit(_head(verdict), tuple(_sections(verdict)), _foot(verdict), self.limit)


def _head(verdict: Verdict) -> str:
    lines = [MARKER, f"## covgov: {words.outcome(verdict)}", "", f"**{words.counts(verdict)}**"]
    if verdict.soft_start:
        lines += ["", f"Soft start: {_short(verdict.soft_start)}"]
    return "\n".join([*lines, "", f"Patch: {markdown(words.patch(verdict.patch, whole=verdict.project is not None))}"])


def _foot(verdict: Verdict) -> str:
    policy = markdown_code(verdict.policy_hash[:12]) or words.NOTHING
    lines = (
        f"Baseline: {_short(words.receipt(verdict.receipt))}",
        f"Judged: {_short(code_of(verdict))}, policy {policy}, today {verdict.today} UTC",
    )
    return "\n".join(["---", *(f"- {line}" for line in lines)])


def _short(text: str) -> str:
    return markdown(plain(text)[:_HEADER_CHARS])


def _sections(verdict: Verdict) -> Iterator[Section]:
    rows = all_rows(verdict)
    if rows:
        yield _components(verdict, rows)
    for rank, (title, findings) in zip((0, 2, 4, 6, 7), _ranked(verdict), strict=True):
        if findings:
            yield Section("findings", rank, f"### {title}\n", tuple(map(_reason, reasons_of(findings))))
    lists = line_lists(verdict)
    for rank, kind in enumerate(LINE_LISTS, start=8):
        items = tuple(item for listed in lists if listed.kind == kind for item in _lines(listed))
        if items:
            opening = f"<details><summary>{kind.capitalize()}</summary>\n"
            yield Section("lines", rank, opening, items, "</details>")
    if verdict.suites:
        yield _table("suites", 3, SUITE_COLUMNS, tuple(map(_suite, verdict.suites)))
    if verdict.exceptions:
        yield _table("exceptions", 5, EXCEPTION_COLUMNS, tuple(map(_exception, verdict.exceptions)))


def _ranked(verdict: Verdict) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    groups = grouped(verdict.findings)
    return (
        ("Fail", groups.failing),
        ("Undetermined", groups.undetermined),
        ("Not enforced", groups.unenforced),
        ("Waived", groups.waived),
        ("Notes", groups.notes),
    )


def _table(name: str, rank: int, columns: Sequence[str], rows: tuple[Sequence[str], ...]) -> Section:
    heading = f"### {name.capitalize()}\n\n" if name != "components" else ""
    opening = heading + markdown_row(columns) + "\n" + markdown_row(["---"] * len(columns))
    return Section(name, rank, opening, tuple(map(markdown_row, rows)))


def _components(verdict: Verdict, rows: Sequence[Row]) -> Section:
    tags = tuple(dict.fromkeys(tag for row in rows for tag in row.attributes))
    columns = ("component", "result", "bar", "now", "baseline", "change", "tests", *map(markdown, tags))
    return _table("components", 1, columns, tuple(_row(verdict, row, tags) for row in rows))


def _row(verdict: Verdict, row: Row, tags: Sequence[str]) -> tuple[str, ...]:
    return (
        markdown_code(row.name),
        words.row_outcome(row),
        words.bar(row.bar),
        markdown(f"{words.row_now(row)} ({row.metric})"),
        _baseline(verdict, row),
        _cell(words.change(row, verdict.guard_judged)),
        _cell(words.suite_of(verdict, row)),
        *(_attribute(row.attributes, tag) for tag in tags),
    )


def _cell(text: str) -> str:
    return text if text == words.NOTHING else markdown(text)


def _baseline(verdict: Verdict, row: Row) -> str:
    other = row.receipt.commit if row.receipt != verdict.receipt else None
    return words.percent(row.baseline) + (f" at {markdown_code(other[:12])}" if other else "")


def _attribute(attributes: Mapping[str, Ratio | None], tag: str) -> str:
    return words.percent(attributes.get(tag))


def _reason(reason: Reason) -> str:
    waived = f" (waived by {markdown_code(reason.waived_by)})" if reason.waived_by else ""
    step = words.next_step(reason.findings[0])
    hint = f" *Next: {markdown_prose(step)}*" if step else ""
    return f"- **{markdown(reason.rule)}**: {markdown_prose(reason.message(LIMIT.files))}{waived}{hint}"


def _lines(listed: LineList) -> Iterator[str]:
    shown, rest = clipped(listed.lines, LIMIT)
    scope = f"{markdown_code(listed.scope)}: " if listed.scope else ""
    yield from (f"- {scope}{markdown_code(path)}: {markdown(spelled)}" for path, spelled in shown)
    if rest:
        yield f"- {scope}{rest}"


SUITE_COLUMNS = ("suite", "result", "tests", "failures", "seconds", "measured by")


def _suite(line: SuiteLine) -> tuple[str, ...]:
    run = line.tests
    figures_ = (str(run.tests), str(run.failures + run.errors), f"{run.seconds:.1f}") if run else (words.NOTHING,) * 3
    measured = markdown(str(line.identity)) if line.identity else words.NOTHING
    return (markdown_code(line.name), _cell(words.suite(line)), *figures_, measured)


EXCEPTION_COLUMNS = ("id", "scope", "metric", "state", "floor", "now", "owner", "review", "opened", "resolved")


def _exception(line: ExceptionLine) -> tuple[str, ...]:
    days = (str(day) if day else words.NOTHING for day in (line.review, line.opened, line.resolved))
    return (
        markdown_code(line.id),
        markdown(line.scope),
        str(line.metric),
        str(line.state),
        words.bar(line.floor),
        words.percent(line.current, line.floor),
        markdown(line.owner) or words.NOTHING,
        *days,
    )
