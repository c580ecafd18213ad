"""Where the files of a report are in the repository: readings of its paths, and which of them holds.

A reading is a list of directories that relative paths may start from. It holds if every path is then a file of the
repository, a file on disk, or ignored by git (docs/decisions/0034).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from covgov.ingest.places.source_tree import SourceTree

Names = Mapping[str, str]
"""Report path -> its clean spelling."""

PACKAGES = re.compile(r"/(site-packages|dist-packages|node_modules)/")


MOST_PREFIXES = 16
"""So many directories are tried; two that have all paths are too many already."""


@dataclass(frozen=True, slots=True)
class PathMatches:
    """paths: report path -> repository path. rewrites: common prefixes that were stripped (`/ci/build/ -> `) or added
    (` -> src/`), as text. ambiguous: report paths that fit several files equally well, with these files, sorted.
    unplaced: report paths of files that are neither in the repository, nor outside of it, nor ignored by git."""

    paths: dict[str, str] = field(default_factory=dict)
    rewrites: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unplaced: frozenset[str] = frozenset()

    @property
    def holds(self) -> bool:
        return bool(self.paths) and not self.unplaced

    @property
    def known(self) -> frozenset[str]:
        """Report paths that are decided, whatever for."""
        return frozenset((*self.paths, *self.ambiguous, *self.unplaced))

    def __add__(self, other: PathMatches) -> PathMatches:
        return PathMatches(
            {**self.paths, **other.paths},
            (*self.rewrites, *other.rewrites),
            {**self.ambiguous, **other.ambiguous},
            self.unplaced | other.unplaced,
        )


def below(bases: Sequence[str], names: Names, tree: SourceTree) -> PathMatches:
    """Paths read from these directories. What is below two of them is ambiguous, also where git ignores one."""
    spots = {path: {posixpath.normpath(posixpath.join(base, name)) for base in bases} for path, name in names.items()}
    known = {path: tuple(sorted(spot for spot in found if _is_there(spot, tree))) for path, found in spots.items()}
    absent = {path: min(spots[path]) for path, found in known.items() if not found and _is_inside(spots[path])}
    ignored = tree.ignored([spot for spot in absent.values() if spot != "."]) if any(known.values()) else ()
    return PathMatches(
        {path: found[0] for path, found in known.items() if len(found) == 1 and found[0] in tree.blobs},
        ambiguous={path: found for path, found in known.items() if len(found) > 1},
        unplaced=frozenset(path for path, spot in absent.items() if spot not in ignored),
    )


def relative(
    names: Names, starts: Sequence[str], steps: Sequence[str], foreign: Sequence[str], tree: SourceTree
) -> PathMatches:
    """Relative paths. starts: directories that they may start from, the likeliest first, and the only ones if the last
    is not the top; steps: relative source roots of the report; foreign: its source roots on another machine."""
    if not names:
        return PathMatches()
    likely = [_through(start, steps, names, tree) for start in starts]
    others = [below(tails, names, tree) for tails in _tails(foreign)]
    holding = [*[one for one in likely if one.holds][:1], *(one for one in others if one.holds)]
    if holding or starts[-1]:
        return _agreed(holding or likely)
    added = [_rewritten(prefix, names, tree) for prefix in _prefixes(names, tree)]
    some = [one for one in likely if one.paths][:1]  # what lies near the report is never outvoted, only contradicted
    return _agreed([*some, *(one for one in added if one.holds)] or _best([*others, *added]) or likely)


def absolute(names: Names, tree: SourceTree, taken: Iterable[str]) -> PathMatches:
    """Paths of another machine, without the one prefix that leaves the most files. taken: files that the report has
    under another name: what looks like them is another copy."""
    votes = {path: dict(_strips(name, tree.blobs)) for path, name in names.items()}
    counts = Counter(prefix for found in votes.values() for prefix in found)
    best = counts.most_common(2)
    seen = set(taken)
    if not best or seen:
        return PathMatches(unplaced=frozenset(p for p, found in votes.items() if _is_meant(names[p], found, seen)))
    if len(best) == 2 and best[0][1] == best[1][1]:
        several = {path: tuple(sorted(found.values())) for path, found in votes.items() if len(found) > 1}
        return PathMatches(ambiguous=several, unplaced=frozenset(p for p, f in votes.items() if len(f) == 1))
    winner = best[0][0]
    stripped = {path: name.removeprefix(winner) for path, name in names.items() if name.startswith(winner)}
    found = below([""], stripped, tree)
    others = absolute({path: name for path, name in names.items() if path not in stripped}, tree, found.paths.values())
    return PathMatches(found.paths, (f"{winner} -> ",), unplaced=found.unplaced) + others


def _is_there(spot: str, tree: SourceTree) -> bool:
    return spot in tree.blobs or tree.on_disk(spot)


def _is_inside(spots: Iterable[str]) -> bool:
    return not any(spot.startswith("../") or spot == ".." for spot in spots)


def _is_meant(name: str, found: Mapping[str, str], seen: set[str]) -> bool:
    """Whether a path of another machine is likely one of the repository's: more than a file name says so."""
    return not PACKAGES.search(name) and any("/" in target and target not in seen for target in found.values())


def _tails(roots: Sequence[str]) -> Iterator[list[str]]:
    """What the roots are in this repository if it is one of the directories above them there."""
    parts = roots[0].split("/") if roots else []
    for end in range(1, len(parts) + 1):
        top = "/".join(parts[:end])
        yield [posixpath.relpath(root, top) for root in roots if f"{root}/".startswith(f"{top}/")]


def _prefixes(names: Names, tree: SourceTree) -> list[str]:
    """The directories that have the most of the paths."""
    wanted = Counter(names.values())
    votes: Counter[str] = Counter()
    for _, prefix, tail in tails_of(tree.blobs, wanted):
        votes[prefix] += wanted[tail]
    return sorted(votes, key=lambda prefix: (-votes[prefix], prefix))[:MOST_PREFIXES]


def tails_of(paths: Iterable[str], names: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """(path, prefix, name) of every name below a directory that a path ends in."""
    last = {posixpath.basename(name) for name in names}
    for path in paths:
        if posixpath.basename(path) in last:
            yield from ((path, prefix, name) for prefix, name in _strips(path, names))


def _strips(path: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """(prefix, name) of every one of the names that is a tail of the path."""
    parts = path.split("/")
    for start in range(1, len(parts)):
        tail = "/".join(parts[start:])
        if tail in names:
            yield path[: -len(tail)], tail


def _through(start: str, steps: Sequence[str], names: Names, tree: SourceTree) -> PathMatches:
    """Paths below the report's roots in a directory, else in the directory itself."""
    if not steps:
        return below([start], names, tree)
    found = below([posixpath.join(start, step) for step in steps], names, tree)
    rest = {path: name for path, name in names.items() if path not in found.paths and path not in found.ambiguous}
    return PathMatches(found.paths, ambiguous=found.ambiguous) + below([start], rest, tree)


def _rewritten(prefix: str, names: Names, tree: SourceTree) -> PathMatches:
    return below([prefix], names, tree) + PathMatches(rewrites=(f" -> {prefix}",))


def _agreed(readings: Sequence[PathMatches]) -> PathMatches:
    """The first reading, without what another one places elsewhere."""
    first = readings[0]
    several = {path: tuple(sorted({one.paths[path] for one in readings if path in one.paths})) for path in first.paths}
    split = {path: spots for path, spots in several.items() if len(spots) > 1}
    kept = {path: spot for path, spot in first.paths.items() if path not in split}
    return PathMatches(kept, first.rewrites, {**first.ambiguous, **split}, first.unplaced)


def _best(readings: Sequence[PathMatches]) -> list[PathMatches]:
    """Those that place the most, though not all."""
    most = max((len(one.paths) for one in readings), default=0)
    return [one for one in readings if most and len(one.paths) == most]
