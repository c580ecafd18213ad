"""The verdict as GitHub-flavoured Markdown: job summary and comment body.

The first line is a hidden marker by which a later run finds its own comment.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.verdict import ExceptionLine, Finding, Outcome, Row, Scope, SuiteLine, Verdict
from covgov.publish.render.parts.fitting import Section, fit
from covgov.publish.render.parts.links import LineLink, no_link
from covgov.publish.render.parts.reasons import Reason, headline, reasons_of
from covgov.publish.render.parts.safe_text import (
    markdown,
    markdown_block,
    markdown_code,
    markdown_prose,
    markdown_row,
    plain,
)
from covgov.publish.render.parts.sections import (
    LINE_LISTS,
    OF_CHANGE,
    Limit,
    LineList,
    all_rows,
    clipped,
    code_of,
    grouped,
    line_lists,
    moved,
)

MARKER = "<!-- covgov:summary -->"
COMMENT_BYTES = 65_536
"""GitHub refuses longer comments (it counts characters; bytes are never fewer)."""
STEP_SUMMARY_BYTES = 1_048_576
"""GitHub drops longer step summaries."""
LEAST_BYTES = 4_096
LIMIT = Limit(files=100, ranges=40)
LINKED = Limit(files=30, ranges=10)
"""A link is about 130 bytes."""
ICONS = {Outcome.PASS: "✔", Outcome.FAIL: "✘", Outcome.UNDETERMINED: "⚠"}
"""Always beside the outcome in words."""
UNENFORCED = "○"
_HEADER_CHARS = 300
_HEADLINE_CHARS = 200
_MOST_SUITES = 5


@dataclass(frozen=True, slots=True)
class MarkdownRenderer:
    """limit: most UTF-8 bytes of the text. Lists of uncovered lines are shortened first, failing findings last.

    link: to the changed lines that are not covered.
    """

    limit: int = COMMENT_BYTES
    link: LineLink = no_link
    name: ClassVar[str] = "markdown"

    def __post_init__(self) -> None:
        if self.limit < LEAST_BYTES:
            raise ValueError(f"a summary needs room for at least {LEAST_BYTES} bytes, not {self.limit}")

    def __call__(self, verdict: Verdict, /) -> str:
        return fit(_head(verdict), tuple(_sections(verdict, self.link)), _foot(verdict), self.limit)


def _head(verdict: Verdict) -> str:
    icon = UNENFORCED if verdict.only_evaluated else ICONS[verdict.enforced_outcome]
    lines = [MARKER, f"## {icon} covgov: {markdown(headline(verdict, _HEADLINE_CHARS))}", ""]
    if verdict.soft_start:
        lines += [f"Soft start: {_short(verdict.soft_start)}", ""]
    patch = markdown(words.patch(verdict.patch, whole=verdict.project is not None))
    return "\n".join([*lines, f"**{words.counts(verdict)}**", "", f"Patch: {patch}"])


def _foot(verdict: Verdict) -> str:
    policy = markdown_code(verdict.policy_hash[:12]) or words.NOTHING
    lines = (
        f"Baseline: {_short(words.receipt(verdict.receipt))}",
        f"Judged: {_short(code_of(verdict))}, policy {policy}, today {verdict.today} UTC",
    )
    return "\n".join(["---", *(f"- {line}" for line in lines)])


def _short(text: str) -> str:
    return markdown(plain(text)[:_HEADER_CHARS])


def _sections(verdict: Verdict, link: LineLink) -> Iterator[Section]:
    """What a reader needs to act, then what is folded. The rank is the order in which a section loses items."""
    rows = all_rows(verdict)
    tags = tuple(dict.fromkeys(tag for row in rows for tag in row.attributes))
    shown = tuple(row for row in rows if moved(row) or row.outcome is not Outcome.PASS or row.scope is Scope.PROJECT)
    if shown:
        yield Section("components", 1, _table(_columns(tags)), tuple(_row(verdict, row, tags) for row in shown))
    fail, undetermined, *others = _ranked(verdict)
    lists = line_lists(verdict)
    yield from _reasons(0, *fail)
    yield from _reasons(2, *undetermined)
    yield from _of_kind(lists, OF_CHANGE[0], 3, link)
    if verdict.outcome is not Outcome.PASS:
        yield Section("commands", 4, "### Reproduce it\n", (markdown_block(_command(verdict), "sh"),))
    unenforced, waived, notes = others
    yield from _reasons(6, *unenforced)
    yield from _reasons(8, *waived, folded=True)
    yield from _reasons(10, *notes, folded=True)
    for rank, kind in enumerate(LINE_LISTS[1:], start=11):
        yield from _of_kind(lists, kind, rank, no_link)
    yield from _folded(verdict, tuple(row for row in rows if row not in shown), tags)


def _folded(verdict: Verdict, rest: Sequence[Row], tags: Sequence[str]) -> Iterator[Section]:
    tables = (
        ("components", "without a change", 9, _columns(tags), [_row(verdict, row, tags) for row in rest]),
        ("suites", "", 5, SUITE_COLUMNS, list(map(_suite, verdict.suites))),
        ("exceptions", "", 7, EXCEPTION_COLUMNS, list(map(_exception, verdict.exceptions))),
    )
    for name, what, rank, columns, rows in tables:
        if rows:
            title = f"{words.count(len(rows), name[:-1])} {what}".strip()
            yield Section(name, rank, f"{_details(title)}{_table(columns)}", tuple(rows), "</details>")


def _details(title: str, attribute: str = "") -> str:
    return f"<details{attribute}><summary>{title}</summary>\n\n"


def _command(verdict: Verdict) -> str:
    """What shows the same on the reader's machine."""
    suites = dict.fromkeys(row.suite for row in verdict.rows if row.outcome is not Outcome.PASS)
    return plain(shlex.join(["covgov", "run", *(suites if len(suites) <= _MOST_SUITES else ())]))


def _reasons(rank: int, title: str, findings: tuple[Finding, ...], *, folded: bool = False) -> Iterator[Section]:
    if findings:
        opening = _details(title).removesuffix("\n") if folded else f"### {title}\n"
        closing = "</details>" if folded else ""
        yield Section("findings", rank, opening, tuple(map(_reason, reasons_of(findings))), closing)


def _of_kind(lists: Sequence[LineList], kind: str, rank: int, link: LineLink) -> Iterator[Section]:
    """All lists of a kind; that of the change is open."""
    items = tuple(item for listed in lists if listed.kind == kind for item in _lines(listed, link))
    if items:
        opening = _details(kind.capitalize(), " open" if kind == OF_CHANGE[0] else "")
        yield Section("lines", rank, opening.removesuffix("\n"), items, "</details>")


def _ranked(verdict: Verdict) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    groups = grouped(verdict.findings)
    return (
        ("Fail", groups.failing),
        ("Undetermined", groups.undetermined),
        ("Not enforced", groups.unenforced),
        ("Waived", groups.waived),
        ("Notes", groups.notes),
    )


def _table(columns: Sequence[str]) -> str:
    return markdown_row(columns) + "\n" + markdown_row(["---"] * len(columns))


def _columns(tags: Sequence[str]) -> Sequence[str]:
    return ("component", "result", "bar", "now", "baseline", "change", "tests", *map(markdown, tags))


def _row(verdict: Verdict, row: Row, tags: Sequence[str]) -> str:
    icon = ICONS[row.outcome] if row.enforced else UNENFORCED
    cells = (
        markdown_code(row.name),
        f"{icon} {words.row_outcome(row)}",
        words.bar(row.bar),
        markdown(f"{words.row_now(row)} ({row.metric})"),
        _baseline(verdict, row),
        _cell(words.change(row, verdict.guard_judged)),
        _cell(words.suite_of(verdict, row)),
        *(_attribute(row.attributes, tag) for tag in tags),
    )
    return markdown_row(cells)


def _cell(text: str) -> str:
    return text if text == words.NOTHING else markdown(text)


def _baseline(verdict: Verdict, row: Row) -> str:
    other = row.receipt.commit if row.receipt != verdict.receipt else None
    return words.percent(row.baseline) + (f" at {markdown_code(other[:12])}" if other else "")


def _attribute(attributes: Mapping[str, Ratio | None], tag: str) -> str:
    return words.percent(attributes.get(tag))


def _reason(reason: Reason) -> str:
    waived = words.waiver(markdown_code(reason.waived_by or ""))
    step = words.next_step(reason.findings[0])
    hint = f" *Next: {markdown_prose(step)}*" if step else ""
    return f"- **{markdown(reason.rule)}**: {markdown_prose(reason.message(LIMIT.files))}{waived}{hint}"


def _lines(listed: LineList, link: LineLink) -> Iterator[str]:
    linked = link is not no_link
    shown, rest = clipped(listed.lines, LINKED if linked else LIMIT)
    scope = f"{markdown_code(listed.scope)}: " if listed.scope else ""
    for path, spelled in shown:
        where = _linked(path, listed.lines[path], link) if linked else markdown(spelled)
        yield f"- {scope}{markdown_code(path)}: {where}"
    if rest:
        yield f"- {scope}{rest}"


def _linked(path: str, spelled: str, link: LineLink) -> str:
    pieces = spelled.split(",")
    more = len(pieces) - LINKED.ranges
    links = ", ".join(f"[{markdown(piece)}]({link(path, piece)})" for piece in pieces[: LINKED.ranges])
    return links + (f" and {words.count(more, 'more range')}" if more > 0 else "")


SUITE_COLUMNS = ("suite", "result", "tests", "failures", "seconds", "measured by")


def _suite(line: SuiteLine) -> str:
    run = line.tests
    figures_ = (str(run.tests), str(run.failures + run.errors), f"{run.seconds:.1f}") if run else (words.NOTHING,) * 3
    measured = markdown(str(line.identity)) if line.identity else words.NOTHING
    return markdown_row((markdown_code(line.name), _cell(words.suite(line)), *figures_, measured))


EXCEPTION_COLUMNS = ("id", "scope", "metric", "state", "floor", "now", "owner", "review", "opened", "resolved")


def _exception(line: ExceptionLine) -> str:
    days = (str(day) if day else words.NOTHING for day in (line.review, line.opened, line.resolved))
    cells = (
        markdown_code(line.id),
        markdown(line.scope),
        str(line.metric),
        str(line.state),
        words.bar(line.floor),
        words.percent(line.current, line.floor),
        markdown(line.owner) or words.NOTHING,
        *days,
    )
    return markdown_row(cells)
