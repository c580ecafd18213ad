"""Branch exits of one file by category: exact ones by (source, destination), counted ones by numbers per line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, reduce
from operator import or_

from covgov.differential.linemap import LineMap
from covgov.model.change import HEAD_CATEGORIES, Category
from covgov.model.snapshot import Exit, FileCoverage

MODULE = -1
"""coverage.py spells "leaves the module" as -1 whatever the first statement's line is (Python 3.11 and newer), so this
destination is on both sides even when line 1 moved or changed."""

_COUNTS = 1 << 10
"""Pairs of counts that are remembered: nearly all lines with branches have the same few."""


def classify_exits(before: FileCoverage, after: FileCoverage, lines: LineMap) -> dict[Category, tuple[Exit, ...]]:
    """Exact exits. It is the same exit only if source and destination both map; numbering as in FileDelta."""
    if not before.exits and not after.exits:
        return {}
    taken_before, taken_after = set(before.taken), set(after.taken)
    same = _same_exits(before.exits, after.exits, lines)
    hit = set(same.values())
    found: dict[Category, list[Exit]] = {}
    for old in before.exits:
        new = same.get(old)
        if new is not None:
            category = _kept(old in taken_before, new in taken_after)
            found.setdefault(category, []).append(new)
        else:
            gone = touches(old, lines.removed)
            found.setdefault(_left(old in taken_before, gone), []).append(old)
    for new in after.exits:
        if new not in hit:
            found.setdefault(_came(new in taken_after, touches(new, lines.added)), []).append(new)
    return {category: tuple(sorted(exits)) for category, exits in found.items()}


def _same_exits(before: Iterable[Exit], after: Iterable[Exit], lines: LineMap) -> dict[Exit, Exit]:
    """Base exit -> head exit, one to one. Exits that leave the module are paired last, with what is still free."""
    there = set(after)
    same: dict[Exit, Exit] = {}
    modules: list[Exit] = []
    for exit_ in before:
        source, target = lines.line(exit_[0]), _destination(exit_[1], lines)
        if source is not None and target is not None and (source, target) in there:
            same[exit_] = (source, target)
        elif source is not None and exit_[1] == MODULE:
            modules.append(exit_)
    free = there - set(same.values())
    for exit_ in modules:
        source = lines.line(exit_[0])
        if source is not None and (source, MODULE) in free:
            same[exit_] = (source, MODULE)
    return same


def _destination(target: int, lines: LineMap) -> int | None:
    """A destination below 0 is the negated first line of the code object that is left; 0 names no line."""
    if target >= 0:
        return lines.line(target) if target else 0
    first = lines.line(-target)
    return None if first is None else -first


def touches(exit_: Exit, changed: int) -> bool:
    """Whether one of its ends is among the lines."""
    source, target = exit_
    return bool(changed >> source & 1) or (target not in (0, MODULE) and bool(changed >> abs(target) & 1))


def _kept(was: bool, now: bool) -> Category:
    if was:
        return Category.CBC if now else Category.LBC
    return Category.GBC if now else Category.UBC


def _left(was: bool, deleted: bool) -> Category:
    if deleted:
        return Category.DCB if was else Category.DUB
    return Category.ECB if was else Category.EUB


def _came(now: bool, new: bool) -> Category:
    if new:
        return Category.GNC if now else Category.UNC
    return Category.GIC if now else Category.UIC


def classify_counted(
    was: Mapping[tuple[int, int], int], now: Mapping[tuple[int, int], int], forward: LineMap, backward: LineMap
) -> Mapping[Category, Mapping[int, int]]:
    """Inexact exits, as in FileDelta. was, now: (taken, all exits) -> the lines with so many.

    On an unchanged line the counts are paired so that as little as possible changed: covered with covered, uncovered
    with uncovered, then what is left across; only a surplus counts as included or no longer counted.
    """
    found: dict[Category, dict[int, int]] = {}

    def book(category: Category, number: int, bits: int) -> None:
        if number and bits:
            lines = found.setdefault(category, {})
            lines[number] = lines.get(number, 0) | bits

    missing, met = ~_union(now.values()), 0
    for (covered, total), bits in was.items():
        gone, there = bits & forward.removed, forward.forward(bits)
        met |= there
        book(Category.DCB, covered, gone)
        book(Category.DUB, total - covered, gone)
        for counts, here in (*now.items(), ((0, 0), missing)):
            if both := there & here:
                for category, number in _paired(covered, total, *counts):
                    book(category, number, both if category in HEAD_CATEGORIES else backward.forward(both))
    for (covered, total), bits in now.items():
        alone = bits & ~met
        for is_new, lines in ((True, alone & forward.added), (False, alone & ~forward.added)):
            book(_came(True, is_new), covered, lines)
            book(_came(False, is_new), total - covered, lines)
    return found


def _union(sets: Iterable[int]) -> int:
    return reduce(or_, sets, 0)


@lru_cache(_COUNTS)
def _paired(was_covered: int, was_total: int, is_covered: int, is_total: int) -> tuple[tuple[Category, int], ...]:
    """How many exits of a line fall in which category."""
    was_missing, is_missing = was_total - was_covered, is_total - is_covered
    both, neither = min(was_covered, is_covered), min(was_missing, is_missing)
    lost = min(was_covered - both, is_missing - neither)
    gained = min(was_missing - neither, is_covered - both)
    found = (
        (Category.CBC, both),
        (Category.UBC, neither),
        (Category.LBC, lost),
        (Category.GBC, gained),
        (Category.ECB, was_covered - both - lost),
        (Category.EUB, was_missing - neither - gained),
        (Category.GIC, is_covered - both - gained),
        (Category.UIC, is_missing - neither - lost),
    )
    return tuple([(category, number) for category, number in found if number])
