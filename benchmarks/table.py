"""Results as text: one block per row, ours against each bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.race import Result
from benchmarks.rows import OURS, Bar, Row

MEGABYTE = 1_000_000
HEAD = ("work", "size", "who", "CPU s", "peak MB", "covgov / this", "bar", "")


@dataclass(frozen=True, slots=True)
class Measured:
    """size: the number of lines, or "" where the row has a size of its own."""

    row: Row
    size: str
    results: Mapping[str, Result]


def lines(measured: Sequence[Measured]) -> list[tuple[str, ...]]:
    """The cells, HEAD first."""
    return [HEAD, *(cells for one in measured for cells in _cells(one))]


def text(measured: Sequence[Measured]) -> str:
    """Columns."""
    cells = lines(measured)
    widths = [max(len(row[place]) for row in cells) for place in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def markdown(measured: Sequence[Measured]) -> str:
    """A table for README.md."""
    first, *rest = ("| " + " | ".join(row) + " |" for row in lines(measured))
    return "\n".join([first, "|" + " --- |" * len(HEAD), *rest])


def missed(bar: Bar, results: Mapping[str, Result]) -> bool:
    """Whether covgov needs more than the bar allows."""
    ours = results[OURS].cost
    allowed = bar.factor * (results[bar.against].cost.cpu if bar.against else 1)
    return ours.cpu > allowed or (bool(bar.peak) and ours.peak > bar.peak)


def _cells(one: Measured) -> list[tuple[str, ...]]:
    cells: list[tuple[str, ...]] = []
    for name, result in one.results.items():
        ours = one.results[OURS].cost.cpu
        bars = [bar for bar in one.row.bars if bar.against == ("" if name == OURS else name)]
        cells.append(
            (
                one.row.name if name == OURS else "",
                one.size if name == OURS else "",
                name,
                f"{result.cost.cpu:.2f}",
                f"{result.cost.peak / MEGABYTE:.0f}",
                "" if name == OURS else f"{ours / result.cost.cpu:.2f}",
                ", ".join(_bar(bar) for bar in bars),
                "" if not bars else "MISS" if any(missed(bar, one.results) for bar in bars) else "ok",
            )
        )
    return cells


def _bar(bar: Bar) -> str:
    peak = f", {bar.peak / MEGABYTE:.0f} MB" if bar.peak else ""
    return (f"{bar.factor:.2f}" if bar.against else f"{bar.factor:g} s") + peak
