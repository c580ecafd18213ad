"""What the change itself did, where its target branch moved on since the baseline (docs/decisions/0035).

baseline --target branch--> start --change--> head. Only baseline and head are measured; the two diffs say who wrote and
who deleted a line. At the start, code that the target branch wrote counts as it does at head, all other code as it did
at the baseline. So tests that lose an old line are the change's, unless all that it touches is prose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from covgov.differential.exits import touches
from covgov.differential.linemap import LineMap
from covgov.model.change import Category, FileDelta
from covgov.model.diff import Diff, FileDiff
from covgov.model.snapshot import Exit

ALL = -1
"""Every line, as a line set."""

BECOMES = {Category.GNC: Category.CBC, Category.UNC: Category.UBC}
"""New code of the target branch is, for the change, code that was there."""

GONE = (Category.DCB, Category.DUB)


@dataclass(frozen=True, slots=True)
class UpstreamDiffs:
    """before: from the baseline to where the change starts. change: from there to the head; inert if no measurement can
    depend on what it touches (covgov.differential.prose)."""

    before: Diff
    change: Diff
    inert: bool = False


def own(files: Sequence[FileDelta], diffs: UpstreamDiffs) -> tuple[FileDelta, ...]:
    """The change's own part of `classify(baseline, head, ...)`: base paths are those where the change starts."""
    if diffs.inert and not _measured(files, diffs.change):
        return ()
    left: dict[str | None, FileDiff] = {file.old_path: file for file in diffs.before if file.old_path is not None}
    came: dict[str | None, FileDiff] = {file.new_path: file for file in diffs.change if file.new_path is not None}
    return tuple(_own(file, left.get(file.base_path), came.get(file.head_path)) for file in files)


def uncharged(files: Sequence[FileDelta], own_files: Sequence[FileDelta]) -> int:
    """Lines without coverage at head that are new or were covered at the baseline and that `own` leaves out: the target
    branch may have written or lost them, or the change may have lost their tests."""
    return sum(_uncovered(file) for file in files) - sum(_uncovered(file) for file in own_files)


def _uncovered(file: FileDelta) -> int:
    return (file.lines.get(Category.UNC, 0) | file.lines.get(Category.LBC, 0)).bit_count()


def _measured(files: Sequence[FileDelta], change: Diff) -> bool:
    """Whether the change touches a file that is measured."""
    measured = {path for file in files for path in (file.base_path, file.head_path)}
    return any(path in measured for file in change for path in (file.old_path, file.new_path) if path is not None)


def _own(file: FileDelta, left: FileDiff | None, came: FileDiff | None) -> FileDelta:
    """left: what the target branch did to the base file. came: what the change did to the head file."""
    if file.head_path is not None:
        start = came.old_path if came else file.head_path
    else:
        start = left.new_path if left else file.base_path
    written, deleted = _written(came), _deleted(left)
    return FileDelta(
        start,
        file.head_path,
        _lines(file.lines, written, deleted),
        _exits(file.exits, written, deleted),
        _counted(file.counted, written, deleted),
        file.masked & ~deleted,
        file.excluded,
    )


def _written(change: FileDiff | None) -> int:
    if change is None:
        return 0
    return ALL if change.opaque or change.old_path is None else LineMap.of(change.hunks).added


def _deleted(change: FileDiff | None) -> int:
    if change is None:
        return 0
    return ALL if change.opaque or change.new_path is None else LineMap.of(change.hunks).removed


def _lines(lines: Mapping[Category, int], written: int, deleted: int) -> dict[Category, int]:
    found = dict(lines)
    for new, there in BECOMES.items():
        found[there] = found.get(there, 0) | lines.get(new, 0) & ~written
        found[new] = lines.get(new, 0) & written
    for gone in GONE:
        found[gone] = lines.get(gone, 0) & ~deleted
    return {category: bits for category, bits in found.items() if bits}


def _exits(exits: Mapping[Category, tuple[Exit, ...]], written: int, deleted: int) -> dict[Category, tuple[Exit, ...]]:
    found = dict(exits)
    for new, there in BECOMES.items():
        found[there] = (*found.get(there, ()), *(one for one in exits.get(new, ()) if not touches(one, written)))
        found[new] = tuple(one for one in exits.get(new, ()) if touches(one, written))
    for gone in GONE:
        found[gone] = tuple(one for one in exits.get(gone, ()) if not touches(one, deleted))
    return {category: some for category, some in found.items() if some}


def _counted(
    counted: Mapping[Category, Mapping[int, int]], written: int, deleted: int
) -> dict[Category, Mapping[int, int]]:
    found = dict(counted)
    for new, there in BECOMES.items():
        here, before = counted.get(new, {}), counted.get(there, {})
        numbers = here.keys() | before.keys()
        found[there] = {number: before.get(number, 0) | here.get(number, 0) & ~written for number in numbers}
        found[new] = {number: bits & written for number, bits in here.items()}
    for gone in GONE:
        found[gone] = {number: bits & ~deleted for number, bits in counted.get(gone, {}).items()}
    kept = {category: {number: bits for number, bits in some.items() if bits} for category, some in found.items()}
    return {category: some for category, some in kept.items() if some}
