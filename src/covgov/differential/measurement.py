"""What another tool, or another version of it, may have counted differently: units on lines that did not change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from msgspec import Struct, field

from covgov.model.change import Category, FileDelta

UNCHANGED_LINES = frozenset({Category.GBC, Category.LBC, Category.GIC, Category.UIC, Category.ECB, Category.EUB})
"""Differences that another version of the tool could make on its own: they stand on lines that did not change."""

COUNTED = UNCHANGED_LINES - {Category.ECB, Category.EUB}
"""The same where the change itself takes lines out of the count."""


class MeasurementDifference(Struct, frozen=True):
    """What another measurement does to one scope in one metric. units: by category. loss: percentage points that
    unchanged code lost, not netted against its gains. lost: head lines that are no longer covered, excluded: base lines
    that counted and that the head excludes; both as `path -> "40,52-58"`."""

    units: Mapping[Category, int] = field(default_factory=dict)
    loss: Fraction = Fraction(0)
    lost: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)


def split(
    files: Iterable[FileDelta], excludes: Callable[[str], bool] = lambda path: False
) -> tuple[tuple[FileDelta, ...], tuple[FileDelta, ...]]:
    """(what the change did, what may be the measurement's); together they are the files.

    excludes: whether the change itself may take lines of a head path out of the count (settings, pragmas).
    """
    pairs = [_parts(file, COUNTED if excludes(file.head_path or "") else UNCHANGED_LINES) for file in files]
    return tuple(own for own, _ in pairs), tuple(measured for _, measured in pairs if measured.categories)


def _parts(file: FileDelta, wanted: Collection[Category]) -> tuple[FileDelta, FileDelta]:
    if not file.categories & set(wanted):
        return file, FileDelta(file.base_path, file.head_path)
    measured = replace(_among(file, wanted), masked=0)
    return _among(file, set(Category) - set(wanted)), measured


def _among(file: FileDelta, wanted: Collection[Category]) -> FileDelta:
    return replace(
        file,
        lines={category: bits for category, bits in file.lines.items() if category in wanted},
        exits={category: exits for category, exits in file.exits.items() if category in wanted},
        counted={category: counts for category, counts in file.counted.items() if category in wanted},
    )
