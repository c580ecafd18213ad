"""The union of snapshots: commutative, associative, and idempotent in coverage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from math import fsum

from covgov.errors import InputError
from covgov.model.snapshot import (
    MERGED,
    REACHABLE,
    CountedExits,
    CountedLines,
    FileCoverage,
    Identity,
    Origin,
    Snapshot,
    TestRun,
    by_exits,
)

_JOINS = 1 << 10
"""Unions of exits that are remembered: most lines have the same few."""


def merge(snapshots: Sequence[Snapshot], suite: str = MERGED) -> Snapshot:
    """Union per line and exit. Counted in one and excluded in another is counted.

    Exits known only by number merge by their ids, and without ids to the lower bound, the larger number per line; exact
    ones replace them on the same line. When only some have import data, the others' covered lines count as reachable
    (decision 0026). Identities that differ are joined, tests are summed. Raises InputError `merge-mismatch` when two
    snapshots measured different source texts or commits, and ValueError when there is nothing to merge.
    """
    if not snapshots:
        raise ValueError("nothing to merge")
    known = any(snapshot.tells_reachable for snapshot in snapshots)
    snapshots = [_all_reachable(one) if known and not one.tells_reachable else one for one in snapshots]
    paths = sorted({path for snapshot in snapshots for path in snapshot.files})
    return Snapshot(
        suite=suite,
        files={path: merge_files([s.files[path] for s in snapshots if path in s.files], path) for path in paths},
        identity=_join([s.identity for s in snapshots]),
        origin=_origin([s.origin for s in snapshots if s.origin is not None]),
        tests=add_tests([s.tests for s in snapshots if s.tests is not None]),
        notes=tuple(sorted({note for s in snapshots for note in s.notes})),
    )


def _all_reachable(snapshot: Snapshot) -> Snapshot:
    """Without import data, every covered line counts as covered by a test."""
    return replace(snapshot, files={path: _marked(coverage) for path, coverage in snapshot.files.items()})


def _marked(coverage: FileCoverage) -> FileCoverage:
    attributes = {**dict(coverage.attributes), REACHABLE: coverage.covered}
    return replace(coverage, attributes=tuple(sorted(attributes.items()))) if coverage.covered else coverage


def merge_files(files: Sequence[FileCoverage], path: str) -> FileCoverage:
    """The union of one file's coverages; `path` is named in errors."""
    if len(files) == 1:
        return files[0]
    sources = {file.source for file in files} - {""}
    if len(sources) > 1:
        raise _mismatch(f"{path} was measured in {len(sources)} different versions of its text")
    statements = _union(file.statements for file in files)
    exits = {exit_ for file in files for exit_ in file.exits}
    exact = {line for line, _ in exits}
    return FileCoverage(
        statements=statements,
        covered=_union(file.covered for file in files),
        exits=tuple(sorted(exits)),
        taken=tuple(sorted({exit_ for file in files for exit_ in file.taken})),
        counted=_counted([pair for file in files for pair in file.counted], exact),
        excluded=_union(file.excluded for file in files) & ~statements,
        attributes=_attributes([pair for file in files for pair in file.attributes]),
        source=next(iter(sources), ""),
    )


def _union(sets: Iterable[int]) -> int:
    bits = 0
    for one in sets:
        bits |= one
    return bits


def _counted(groups: Iterable[tuple[CountedExits, tuple[int, ...]]], exact: Collection[int]) -> CountedLines:
    found: dict[int, tuple[CountedExits, ...]] = {}
    for exits, where in groups:
        for line in where:
            found[line] = (*found.get(line, ()), exits)
    return by_exits({line: _joined(entries) for line, entries in found.items() if line not in exact})


@lru_cache(_JOINS)
def _joined(entries: tuple[CountedExits, ...]) -> CountedExits:
    """The union of one line's exits by id. Where every report says which exits it missed (coverage.py's
    `missing-branches`), what one of them did not miss was taken."""
    ids = {name for entry in entries for name in entry.ids}
    taken = {name for entry in entries for name in entry.taken}
    total = max(len(ids), *(entry.total for entry in entries))
    alike = len({entry.total for entry in entries}) == 1
    taken |= {name for entry in entries if alike and _names_the_missed(entry) for name in ids.difference(entry.ids)}
    missed = len(ids) - len(taken)
    least = total - missed if alike and all(_all_missed_known(entry) for entry in entries) else 0
    covered = max(len(taken), least, *(entry.covered for entry in entries))
    return CountedExits(covered, total, tuple(sorted(ids)), tuple(sorted(taken)))


def _all_missed_known(entry: CountedExits) -> bool:
    return entry.covered + len(entry.ids) - len(entry.taken) == entry.total


def _names_the_missed(entry: CountedExits) -> bool:
    return bool(entry.ids) and entry.covered > len(entry.taken) and _all_missed_known(entry)


def _attributes(pairs: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((tag, _union(bits for name, bits in pairs if name == tag)) for tag in sorted({t for t, _ in pairs}))


def _join(identities: list[Identity]) -> Identity:
    return Identity(
        tool=_words(i.tool for i in identities),
        version=_words(i.version for i in identities),
        language=_words(i.language for i in identities),
        branch=any(i.branch for i in identities),
    )


def _words(values: Iterable[str]) -> str:
    """Distinct values, sorted, so that joining is idempotent."""
    return " + ".join(sorted({part for value in values for part in value.split(" + ")} - {""}))


def _origin(origins: list[Origin]) -> Origin | None:
    if not origins:
        return None
    if len({(origin.commit, origin.tree) for origin in origins}) > 1:
        raise _mismatch("the snapshots were measured at different commits or trees")
    return Origin(origins[0].commit, origins[0].tree, any(origin.dirty for origin in origins))


def add_tests(runs: Sequence[TestRun]) -> TestRun | None:
    """The sums; None of none. The exit code is the worst."""
    if not runs:
        return None
    return TestRun(
        exit_code=max((run.exit_code for run in runs), key=lambda code: (code != 0, code)),
        tests=sum(run.tests for run in runs),
        failures=sum(run.failures for run in runs),
        errors=sum(run.errors for run in runs),
        skipped=sum(run.skipped for run in runs),
        seconds=fsum(run.seconds for run in runs),
        arguments=" ".join(sorted({run.arguments for run in runs if run.arguments})),
    )


def _mismatch(what: str) -> InputError:
    return InputError("merge-mismatch", what, hint="measure every suite at the same commit, then merge")
