"""Parts that the renderers share: groups of findings, limited lists of lines, the checked commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from covgov.model.lines import spell, unspell
from covgov.model.verdict import Effect, Finding, Outcome, Row, Verdict
from covgov.model.words import count


@dataclass(frozen=True, slots=True)
class FindingGroups:
    """The findings by what they do, each in the verdict's order. Every finding is in exactly one."""

    failing: tuple[Finding, ...]
    undetermined: tuple[Finding, ...]
    unenforced: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    @property
    def titled(self) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
        """The groups that are not empty, with their headings, worst first."""
        named = (
            ("FAIL", self.failing),
            ("UNDETERMINED", self.undetermined),
            ("Not enforced", self.unenforced),
            ("Waived", self.waived),
            ("Notes", self.notes),
        )
        return tuple((title, findings) for title, findings in named if findings)


def grouped(findings: tuple[Finding, ...]) -> FindingGroups:
    """Findings by what they do to the outcome; a waived finding is nothing but waived."""

    def live(effect: Effect) -> tuple[Finding, ...]:
        return tuple(f for f in findings if f.effect is effect and not f.waived_by and f.enforced)

    return FindingGroups(
        failing=live(Effect.FAIL),
        undetermined=live(Effect.UNDETERMINED),
        unenforced=tuple(f for f in findings if f.counts and not f.enforced),
        waived=tuple(f for f in findings if f.waived_by),
        notes=tuple(f for f in findings if f.effect is Effect.NOTE and not f.waived_by),
    )


def all_rows(verdict: Verdict) -> tuple[Row, ...]:
    """Components first, the project last."""
    return verdict.rows if verdict.project is None else (*verdict.rows, verdict.project)


def changed(verdict: Verdict) -> bool:
    """Whether the verdict is not a plain pass: another outcome, a waiver, or a changed or new figure."""
    rows = [*verdict.rows, *([verdict.project] if verdict.project else [])]
    waived = any(one.waived_by for one in verdict.findings)
    new = bool(verdict.patch and verdict.patch.uncovered)
    return verdict.outcome is not Outcome.PASS or waived or new or any(map(moved, rows))


def moved(row: Row) -> bool:
    """Whether its figure changed, or cannot be compared."""
    return row.delta is None or row.delta.points is None or row.delta.points != 0


LINE_LISTS = ("uncovered in this change", "no longer reached", "uncovered", "exits never taken")
"""Kinds of line lists, the most useful first."""

OF_CHANGE = LINE_LISTS[:2]
"""Lines that the change left or made uncovered."""


@dataclass(frozen=True, slots=True)
class LineList:
    """Lines by path, of one kind, in one scope ("" = the change itself)."""

    kind: str
    scope: str
    lines: Mapping[str, str]


def line_lists(verdict: Verdict, wanted: Callable[[str, str], bool] = lambda kind, scope: True) -> tuple[LineList, ...]:
    """Every list of lines that is not empty, by kind, then by component. A line of the change or a lost one is in no
    later list. wanted: whether a list of this kind and scope is asked for; of a large project they are long."""
    change, lost, uncovered, exits = LINE_LISTS
    first = [LineList(change, "", verdict.patch.uncovered)] if verdict.patch else []
    first += [LineList(lost, row.name, row.delta.lost) for row in verdict.rows if row.delta]
    listed: dict[str, int] = {}
    for one in first:
        for path, spelled in one.lines.items():
            listed[path] = listed.get(path, 0) | unspell(spelled)
    later = [(uncovered, row.name, row.uncovered) for row in verdict.rows]
    later += [(exits, row.name, row.partial_lines) for row in verdict.rows]
    rest = [LineList(kind, scope, _without(lines, listed)) for kind, scope, lines in later if wanted(kind, scope)]
    return tuple(one for one in (*first, *rest) if one.lines and wanted(one.kind, one.scope))


def _without(lines: Mapping[str, str], listed: Mapping[str, int]) -> Mapping[str, str]:
    left = {
        path: spell(unspell(spelled) & ~listed[path]) if path in listed else spelled for path, spelled in lines.items()
    }
    return {path: spelled for path, spelled in left.items() if spelled}


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a list of lines is shown: files per scope, ranges per file."""

    files: int
    ranges: int


def clipped(lines: Mapping[str, str], limit: Limit) -> tuple[list[tuple[str, str]], str]:
    """The files with the most lines, by path, with their first ranges, and a note of what was left out ("" when nothing
    was)."""
    paths = sorted(lines)
    if len(paths) > limit.files:
        paths = sorted(sorted(paths, key=lambda path: -unspell(lines[path]).bit_count())[: limit.files])
    shown = [(path, clip_ranges(lines[path], limit.ranges)) for path in paths]
    hidden = len(lines) - len(shown)
    return shown, f"and {count(hidden, 'more file')}" if hidden else ""


def clip_ranges(spelled: str, limit: int) -> str:
    """`40,52-58 and 3 more ranges`."""
    ranges = spelled.split(",")
    hidden = len(ranges) - limit
    if hidden <= 0:
        return spelled
    return f"{','.join(ranges[:limit])} and {count(hidden, 'more range')}"


def code_of(verdict: Verdict) -> str:
    """The commit that was checked, and whether the work tree differs from it."""
    commit = verdict.commit[:12] if verdict.commit else "no commit"
    return f"{commit} with uncommitted changes" if verdict.dirty else commit
