"""A run's coverage and verdict as lines of text, each of which changes only when its content does.

A suite's text has two lines for each file: first of every file what there is to run, then of every file what ran (near
to the verdict, which names the same lines). A verdict's text is its JSON, one value a line. The shapes are history's
own: a name in the model may change, one in here may not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import accumulate, groupby, islice, pairwise
from operator import lt
from typing import Annotated, TypeVar

import msgspec

from covgov.history.format.edits import Text, join
from covgov.model import codec, lines, snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import CountedExits, Exit, FileCoverage, Metric, Snapshot
from covgov.model.verdict import Verdict

VERDICT = "verdict"

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Line = Annotated[int, msgspec.Meta(ge=0, le=lines.MAX_LINE)]
_Offset = Annotated[int, msgspec.Meta(ge=-2 * lines.MAX_LINE, le=2 * lines.MAX_LINE)]


class _Shape(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the lines' shapes."""


class _FileLines(_Shape, frozen=True):
    """What ran of a file. missed: executable lines that did not, as the verdict spells them (`40,52-58`). untaken:
    bitmap over its exits. counted: taken exits of each line whose exits are known only by number, named: bitmap of
    each over the names of its exits."""

    path: str
    missed: str = ""
    untaken: bytes = b""
    counted: tuple[_Count, ...] = ()
    named: tuple[bytes, ...] = ()
    attributes: tuple[tuple[str, bytes], ...] = ()


class _Exits(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    lines: _Count
    inside: tuple[_Offset, ...]
    outside: tuple[_Offset, ...]


class _Code(_Shape, frozen=True):
    """What there is to run in a file. gaps: each line with branch exits, as distance from the one before, so that an
    edit changes only the next. exits: how many such lines follow one another with the same targets, and these: as
    distance from the line, and below 1 as line + target. counted: line and number of its exits, where only that is
    known; names: what the report calls them."""

    source: str = ""
    statements: bytes = b""
    gaps: tuple[_Line, ...] = ()
    exits: tuple[_Exits, ...] = ()
    excluded: bytes = b""
    counted: tuple[tuple[_Line, _Count], ...] = ()
    names: tuple[tuple[str, ...], ...] = ()


S = TypeVar("S", bound=msgspec.Struct)
_Group = tuple[Sequence[int], tuple[int, ...], tuple[int, ...]]
"""Lines, then offsets of their targets outside and inside the file as `_Code` has them."""
Pair = tuple[bytes, bytes]
"""The two lines of a file."""
Decoded = Mapping[Pair, tuple[str, FileCoverage]]
"""The two lines of each file -> its path and coverage."""


def name_of(suite: str) -> str:
    """What a suite's text is called among those of a run."""
    return f"coverage/{suite}"


def of_record(record: RunRecord) -> dict[str, list[bytes]]:
    """Every text of a run by its name."""
    suites = {name_of(name): of_snapshot(snapshot) for name, snapshot in record.snapshots.items()}
    return {VERDICT: of_verdict(record.verdict), **suites}


def digest(text: Text) -> str:
    """SHA-256 of a text."""
    return sha256(join(text)).hexdigest()


def of_verdict(verdict: Verdict) -> list[bytes]:
    """The verdict's JSON, one value a line."""
    return msgspec.json.format(codec.encode(verdict), indent=1).split(b"\n")


def to_verdict(text: Text) -> Verdict:
    """Inverse of `of_verdict`. Raises ValueError."""
    return codec.decode(join(text), Verdict)


def compact(text: Text) -> bytes:
    """A verdict's JSON in one line. Raises ValueError."""
    return msgspec.json.format(join(text), indent=-1)


def of_snapshot(snapshot: Snapshot) -> list[bytes]:
    """Two lines for each file, each sort by path."""
    spelled = sorted([(_spelled(path), path) for path in snapshot.files])
    halves = [_lines(name, snapshot.files[path]) for name, path in spelled]
    return [code for code, _ in halves] + [ran for _, ran in halves]


def paths(text: Text) -> list[str]:
    """The files that a suite's text is about. Raises ValueError."""
    found = [_decoded(ran, _FileLines).path for _, ran in _halves(text)]
    if any(left >= right for left, right in pairwise(found)):
        raise ValueError("its files are not sorted, or one is there twice")
    return found


def files(text: Text, wanted: Collection[str] | None = None) -> Iterator[tuple[str, FileCoverage]]:
    """Path and coverage of each file, or of those that are wanted. Raises ValueError."""
    for code, line in _halves(text):
        ran = _decoded(line, _FileLines)
        if wanted is None or ran.path in wanted:
            yield ran.path, _coverage(ran, _decoded(code, _Code))


def decode(text: Text, known: Decoded) -> Decoded:
    """Every file of a text; of those known only what differs is decoded. Raises ValueError."""
    return {pair: known.get(pair) or next(files(pair)) for pair in _halves(text)}


def same(before: Mapping[str, Text], after: Mapping[str, Text], paths: Collection[str]) -> set[Pair]:
    """The two lines of each file that has the same ones in both; not of those at `paths`, nor of a file that several
    suites measured. before, after: texts by suite. Raises ValueError."""
    old, new = ({(suite, pair) for suite, text in side.items() for pair in _halves(text)} for side in (before, after))
    named = {file: _decoded(file[1][1], _FileLines).path for file in old | new}
    versions = Counter(named.values())
    return {file[1] for file in old & new if versions[named[file]] == 1 and named[file] not in paths}


def without(text: Text, known: Collection[Pair]) -> Iterator[tuple[str, FileCoverage]]:
    """Path and coverage of each file but those known. Raises ValueError."""
    return (file for pair in _halves(text) if pair not in known for file in files(pair))


def fold(pairs: Iterable[Pair]) -> FileCoverage:
    """One coverage with as many lines and exits, covered and not, as these files, at least one, have together.

    Raises ValueError.
    """
    counts = [_counts(_decoded(ran, _FileLines), _decoded(code, _Code)) for code, ran in pairs]
    total, covered, exits, taken = map(sum, zip(*counts, strict=True))
    return FileCoverage(
        statements=lines.span(1, total),
        covered=lines.span(1, covered),
        counted=((CountedExits(taken, exits), (1,)),) if exits else (),
    )


def pairs(text: Text) -> Iterator[bytes]:
    """The two lines of each file together: the text of this file alone."""
    return map(b"\n".join, _halves(text))


def check(text: Text, known: set[bytes]) -> None:
    """Whether the coverage of each file can be read. known: pairs that can, to which the others are added.

    Raises ValueError.
    """
    for pair in pairs(text):
        if pair not in known:
            dict(files(pair.split(b"\n")))
            known.add(pair)


def _spelled(path: str) -> str:
    """A name that is no UTF-8 has its bytes spelled out, as `codec.encode` does."""
    return path.encode(errors="backslashreplace").decode()


def _halves(text: Text) -> Iterator[tuple[bytes, bytes]]:
    half = len(text) // 2
    return zip(text[:half], text[half:], strict=True)


def _lines(path: str, coverage: FileCoverage) -> Pair:
    counted = coverage.by_number
    return codec.encode(_code(coverage, counted)), codec.encode(_ran(path, coverage, list(counted.values())))


def _ran(path: str, coverage: FileCoverage, counted: Sequence[CountedExits]) -> _FileLines:
    return _FileLines(
        path=path,
        missed=lines.spell(coverage.missing),
        untaken=lines.to_bytes(_untaken(coverage)),
        counted=tuple([exits.covered for exits in counted]),
        named=tuple([snapshot_codec.pack(exits.ids, exits.taken) for exits in counted]) if _named(coverage) else (),
        attributes=tuple([(tag, lines.to_bytes(reached)) for tag, reached in coverage.attributes]),
    )


def _untaken(coverage: FileCoverage) -> int:
    if len(coverage.taken) == len(coverage.exits):
        return 0
    taken = set(coverage.taken)
    return sum([1 << index for index, exit_ in enumerate(coverage.exits) if exit_ not in taken])


def _code(coverage: FileCoverage, counted: Mapping[int, CountedExits]) -> _Code:
    branches: dict[int, list[int]] = {}
    for line, target in coverage.exits:
        branches.setdefault(line, []).append(target)
    relative = [_relative(line, targets) for line, targets in branches.items()]
    return _Code(
        source=coverage.source,
        statements=lines.to_bytes(coverage.statements),
        gaps=tuple([line - before for before, line in pairwise([0, *branches])]),
        exits=tuple([_Exits(len(list(group)), *targets) for targets, group in groupby(relative)]),
        excluded=lines.to_bytes(coverage.excluded),
        counted=tuple([(line, exits.total) for line, exits in counted.items()]),
        names=tuple([exits.ids for exits in counted.values()]) if _named(coverage) else (),
    )


def _named(coverage: FileCoverage) -> bool:
    return any(exits.ids for exits, _ in coverage.counted)


def _relative(line: int, targets: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Targets in the file as distance from the line, those outside as the sum with it."""
    if targets[0] > 0:  # they are sorted
        return tuple([target - line for target in targets]), ()
    return (
        tuple([target - line for target in targets if target > 0]),
        tuple([line + target for target in targets if target < 1]),
    )


def _counts(ran: _FileLines, code: _Code) -> tuple[int, int, int, int]:
    """Lines, covered lines, exits and taken exits of a file; its exits are counted without making them."""
    groups = _groups(code)
    exits = sum([len(where) * (len(outside) + len(inside)) for where, outside, inside in groups])
    statements, missed = lines.from_bytes(code.statements), lines.unspell(ran.missed)
    excluded, untaken = lines.from_bytes(code.excluded), lines.from_bytes(ran.untaken)
    wrong = missed & ~statements or untaken >> exits or statements & 1 or excluded & (statements | 1)
    wrong = wrong or max(statements, excluded).bit_length() > lines.MAX_LINE + 1
    rare = code.counted or ran.counted or code.names or ran.named or ran.attributes
    if wrong or rare or not _in_order(code, groups):
        coverage = _coverage(ran, code)
        executable, branches = coverage.ratio(Metric.LINE), coverage.ratio(Metric.BRANCH)
        return executable.total, executable.covered, branches.total, branches.covered
    total = statements.bit_count()
    return total, total - missed.bit_count(), exits, exits - untaken.bit_count()


def _in_order(code: _Code, groups: Sequence[_Group]) -> bool:
    """Whether the exits are sorted and unique. What is in order at the first line of a group is so at the others:
    targets outside move one way with the line, those inside the other."""
    ordered = all(code.gaps)
    for where, outside, inside in groups:
        at = where[0]
        targets = [*[offset - at for offset in outside], *[at + offset for offset in inside]]
        ordered = ordered and all(map(lt, targets, islice(targets, 1, None)))
    return ordered


def _exits(code: _Code) -> tuple[Exit, ...]:
    exits: list[Exit] = []
    for where, outside, inside in _groups(code):
        if outside:
            for line in where:
                exits += [(line, offset - line) for offset in outside]
                exits += [(line, line + offset) for offset in inside]
        else:
            exits += [(line, line + offset) for line in where for offset in inside]
    return tuple(exits)


def _groups(code: _Code) -> list[_Group]:
    """Lines that follow one another, and what the targets of each are made of. All are within bounds."""
    if sum(group.lines for group in code.exits) != len(code.gaps):
        raise ValueError("branch exits of no line")
    branches = list(accumulate(code.gaps))
    if branches and not 0 < branches[0] <= branches[-1] <= lines.MAX_LINE:  # gaps are not negative
        raise ValueError("a branch exit of no line")
    found: list[_Group] = []
    start = 0
    for group in code.exits:
        where = branches[start : start + group.lines]
        start += group.lines
        if where:
            found.append((where, group.outside, group.inside))
            ends = (where[0], where[-1])
            reached = [offset - at for offset in group.outside for at in ends]
            reached += [at + offset for offset in group.inside for at in ends]
            if reached and max(map(abs, reached)) > lines.MAX_LINE:
                raise ValueError("a branch exit of no line")
    return found


def _taken(exits: tuple[Exit, ...], untaken: int) -> tuple[Exit, ...]:
    if not untaken:
        return exits
    marks = f"{untaken:0{len(exits)}b}"[::-1]
    return tuple(exit_ for exit_, mark in zip(exits, marks, strict=True) if mark == "0")


def _coverage(ran: _FileLines, code: _Code) -> FileCoverage:
    exits = _exits(code)
    statements, missed = lines.from_bytes(code.statements), lines.unspell(ran.missed)
    untaken = lines.from_bytes(ran.untaken)
    if missed & ~statements or untaken >> len(exits):
        raise ValueError(f"{ran.path}: a line or exit that does not exist is missed")
    where, totals = zip(*code.counted, strict=True) if code.counted else ((), ())
    coverage = FileCoverage(
        statements=statements,
        covered=statements & ~missed,
        exits=exits,
        taken=_taken(exits, untaken),
        counted=snapshot_codec.join_columns(where, ran.counted, totals, code.names, ran.named),
        excluded=lines.from_bytes(code.excluded),
        attributes=tuple((tag, lines.from_bytes(bits)) for tag, bits in ran.attributes),
        source=code.source,
    )
    fault = snapshot_codec.fault(coverage)
    if fault:
        raise ValueError(f"{ran.path}: {fault}")
    return coverage


def _decoded(line: bytes, shape: type[S]) -> S:
    return msgspec.json.decode(line, type=shape)
