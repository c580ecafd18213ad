"""Two snapshots compared, as `covgov compare` shows it: text lines and a JSON payload from one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from covgov.differential.attribute import ScopeSides, explain
from covgov.differential.classify import classify
from covgov.differential.measurement import split
from covgov.model.change import Category, Delta, FileDelta, Part
from covgov.model.diff import Diff
from covgov.model.lines import spell
from covgov.model.ratio import Ratio, show_signed
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.words import count

REMEDY = " (`covgov run --measure-base` compares with the merge base measured by today's tools)"
UNCHANGED = frozenset({Category.CBC, Category.UBC})
"""Units that did not change; a file that has no others is not listed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """files: every file, sorted. notes: what a reader should know of how the two were compared. unlisted: unchanged
    files that are not among `files`."""

    files: tuple[FileDelta, ...]
    delta: Delta
    notes: tuple[str, ...] = ()
    unlisted: int = 0

    @property
    def changed(self) -> tuple[FileDelta, ...]:
        """Files with at least one unit that is not simply unchanged."""
        return tuple(f for f in self.files if f.categories - UNCHANGED)

    @property
    def total(self) -> int:
        """How many files were compared."""
        return len(self.files) + self.unlisted


def compare(base: Snapshot, head: Snapshot, diff: Diff, metric: Metric, notes: Sequence[str] = ()) -> Comparison:
    """Whole snapshots, all files. Identities that differ are noted and put down as their own cause."""
    files = classify(base, head, diff)
    differs = base.identity != head.identity
    differences = [f"measured differently: base by {base.identity}; head by {head.identity}{REMEDY}"] if differs else []
    own, remeasured = split(files) if differs else (files, ())
    delta = explain(
        own,
        base=base,
        head=head,
        sides=ScopeSides(_everything, _everything),
        metric=metric,
        remeasured=remeasured,
    )
    return Comparison(files, delta, (*notes, *differences))


def as_text(comparison: Comparison) -> Iterator[str]:
    """Lines for people: both ratios, the delta with its causes, a row per changed file, totals, notes."""
    delta = comparison.delta
    yield f"base  {delta.base}"
    yield f"head  {delta.head}"
    yield delta.words
    if comparison.changed:
        yield ""
    for file in comparison.changed:
        yield f"{_title(file)}:"
        yield from _units(file)
    yield ""
    yield f"total: {_totals(delta)}"
    quiet = comparison.total - len(comparison.changed)
    yield f"{len(comparison.changed)} of {count(comparison.total, 'file')} changed, {quiet} unchanged"
    for note in comparison.notes:
        yield f"note: {note}"


def as_payload(comparison: Comparison) -> dict[str, object]:
    """For `--json`: line sets as text (`40,52-58`), exact figures as `n/d`. All twelve categories are in `totals`."""
    delta = comparison.delta
    return {
        "metric": delta.metric,
        "base": _ratio(delta.base),
        "head": _ratio(delta.head),
        "points": None if delta.points is None else show_signed(delta.points),
        "exact_points": None if delta.points is None else str(delta.points),
        "words": delta.words,
        "parts": [_part(part) for part in delta.parts],
        "totals": {
            "lines": {c: delta.tally.lines.get(c, 0) for c in Category},
            "exits": {c: delta.tally.exits.get(c, 0) for c in Category},
        },
        "lost": dict(delta.lost),
        "files": [_file(file) for file in comparison.changed],
        "unchanged_files": comparison.total - len(comparison.changed),
        "notes": list(comparison.notes),
    }


def _everything(_: str) -> bool:
    return True


def _title(file: FileDelta) -> str:
    if file.base_path and file.head_path and file.base_path != file.head_path:
        return f"{file.base_path} -> {file.head_path}"
    return file.head_path or f"{file.base_path} (no longer measured)"


def _units(file: FileDelta) -> Iterator[str]:
    tally = file.tally()
    for category in (c for c in Category if c in file.categories - UNCHANGED):
        lines, exits = file.lines.get(category, 0), tally.exits.get(category, 0)
        words = [f"{'line' if lines.bit_count() == 1 else 'lines'} {spell(lines)}"] if lines else []
        words += [count(exits, "branch exit")] if exits else []
        yield f"  {category.meaning} ({category}): {', '.join(words)}"


def _totals(delta: Delta) -> str:
    named = [(c, delta.tally.count(c, delta.metric)) for c in Category]
    return "; ".join(f"{units} {category.meaning} ({category})" for category, units in named if units) or "no units"


def _ratio(ratio: Ratio) -> dict[str, object]:
    return {
        "covered": ratio.covered,
        "total": ratio.total,
        "percent": ratio.percent() if ratio.measurable else None,
    }


def _part(part: Part) -> dict[str, object]:
    return {"cause": part.cause, "covered": part.covered, "total": part.total, "exact_points": str(part.points)}


def _file(file: FileDelta) -> dict[str, object]:
    exits: Mapping[Category, int] = file.tally().exits
    return {
        "base": file.base_path,
        "head": file.head_path,
        "lines": {c: spell(file.lines[c]) for c in Category if file.lines.get(c)},
        "exits": {c: exits[c] for c in Category if exits.get(c)},
    }
