"""The reports of the made-up project in every format that covgov reads beside those of `synthetic`, and a row for each.

A row's contenders are covgov, the tool that a user would take where there is one, and the standard library's plain
parser of that syntax, which is the least that a reader in Python does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks import rows, synthetic
from benchmarks.rows import Bar, Row
from benchmarks.synthetic import LINES, Module, Totals
from benchmarks.workshop import Workshop
from covgov.ingest.building import FileBuilder
from covgov.model import snapshot_codec
from covgov.model.snapshot import CountedExits, Identity, Snapshot

Pieces = Iterator[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """suffix: of the file, which says what the plain parser is. write: the text of a report of these modules. peer: a
    tool and its reader. whole: whether all modules are one file. lines: whether it has any."""

    suffix: str
    write: Callable[[Sequence[Module]], Pieces]
    peer: tuple[str, str] = ("", "")
    whole: bool = False
    lines: bool = True


PLAIN = {"json": "json.load", "xml": "ElementTree.iterparse", "txt": "line loop"}
"""The standard library's parser of a suffix; in `readers` it is plain-json, plain-xml or plain-lines."""

BARRED = 100_000
"""Lines from which on the plain parser is a bar."""

DIFF_COVER = ("diff-cover", "diff-cover-xml")


def row(name: str, shop: Workshop, files: int) -> Row:
    """A format to lines per file."""
    kind = KINDS[name]
    report = str(shop.written(f"{name}.{kind.suffix}", files, lambda path: write(kind, path, files)))
    plain = PLAIN[kind.suffix]
    contenders = [rows.reads(shop, rows.OURS, "covgov", report)]
    tool, reader = kind.peer
    if tool:
        root = [str(shop.repository(files))] if kind.peer == DIFF_COVER else []
        contenders.append(rows.reads(shop, tool, reader, report, *root))
    reader = "plain-lines" if kind.suffix == "txt" else f"plain-{kind.suffix}"
    contenders.append(rows.reads(shop, plain, reader, report))
    # of totals alone, and below 100,000 lines, the start of the interpreter decides
    bars = [Bar(plain, 2)] if kind.lines and files * LINES >= BARRED else []
    return Row(f"{name} to model", contenders, bars, rows.agree_on(expected(kind, files)))


def write(kind: Kind, path: Path, files: int) -> None:
    """The report of a project of this size."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(kind.write([synthetic.module(number) for number in range(files)]))


def expected(kind: Kind, files: int) -> Totals:
    """What covgov must find."""
    known = synthetic.totals(files)
    if not kind.lines:
        return Totals(files, 0, 0)
    return Totals(1, known.lines, known.covered) if kind.whole else known


def _entries(head: str, entries: Iterator[str], tail: str) -> Pieces:
    """A JSON list or object, piece by piece."""
    yield head
    for place, entry in enumerate(entries):
        yield (",\n" if place else "") + entry
    yield tail


def _object(entry: Callable[[Module], object], modules: Sequence[Module], head: str = "{", tail: str = "}") -> Pieces:
    """An object with a member per file."""
    return _entries(head, (f"{json.dumps(one.path)}: {json.dumps(entry(one))}" for one in modules), tail)


def _list(entry: Callable[[Module], object], modules: Sequence[Module], head: str, tail: str) -> Pieces:
    return _entries(head, (json.dumps(entry(one)) for one in modules), tail)


def _counts(one: Module) -> list[int | None]:
    """By line, beginning with line 1."""
    found = dict(one.lines)
    return [found.get(line) for line in range(1, one.lines[-1][0] + 1)]


def codecov(modules: Sequence[Module]) -> Pieces:
    """As cargo-llvm-cov writes it."""

    def entry(one: Module) -> object:
        exits = {line: f"{sum(both)}/2" for line, both in one.branches if any(both)}
        return {str(line): exits.get(line, hits) for line, hits in one.lines}

    return _object(entry, modules, '{"coverage": {', "}}")


def coveralls(modules: Sequence[Module]) -> Pieces:
    """As gcovr writes it."""

    def entry(one: Module) -> object:
        exits = [[line, 0, place, int(taken)] for line, both in one.branches for place, taken in enumerate(both)]
        return {
            "branches": list(chain.from_iterable(exits)),
            "coverage": _counts(one),
            "name": one.path,
            "source_digest": "0" * 32,
        }

    return _list(entry, modules, '{"source_files": [', "]}")


def coverlet(modules: Sequence[Module]) -> Pieces:
    """One method per file."""

    def entry(one: Module) -> object:
        branches = [
            {"Line": line, "Offset": line, "EndOffset": line + 1, "Path": place, "Ordinal": place, "Hits": int(taken)}
            for line, both in one.branches
            for place, taken in enumerate(both)
        ]
        method = {"Lines": {str(line): hits for line, hits in one.lines}, "Branches": branches}
        return {"Namespace.Class": {"System.Void Namespace.Class::Method()": method}}

    return _object(entry, modules, '{"pkg.dll": {', "}}")


def covr(modules: Sequence[Module]) -> Pieces:
    """As `to_codecov` sends it."""
    return _list(
        lambda one: {"name": one.path, "coverage": [None, *_counts(one)]}, modules, '{"uploader": "R", "files": [', "]}"
    )


def _gcov_file(one: Module) -> object:
    exits = dict(one.branches)
    lines = [
        {
            "line_number": line,
            "function_name": "step",
            "count": hits,
            "unexecuted_block": False,
            "branches": [
                {"branchno": place, "count": int(taken), "fallthrough": True, "throw": False, "source_block_id": 0}
                for place, taken in enumerate(exits.get(line, ()))
            ],
        }
        for line, hits in one.lines
    ]
    return {"file": one.path, "lines": lines, "functions": []}


def gcov_json(modules: Sequence[Module]) -> Pieces:
    """As gcov 13 writes it."""
    head = '{"format_version": "1", "gcc_version": "13.2.0", "current_working_directory": "", "files": ['
    return _list(_gcov_file, modules, head, "]}")


def gcovr_json(modules: Sequence[Module]) -> Pieces:
    """As gcovr 8 writes it."""
    return _list(_gcov_file, modules, '{"gcovr/format_version": "0.15", "files": [', "]}")


def _exits(one: Module) -> int:
    return 2 * len(one.branches)


def gcovr_summary(modules: Sequence[Module]) -> Pieces:
    """Totals alone."""

    def figures(found: Sequence[Module]) -> dict[str, int]:
        return {
            "line_total": sum(len(one.lines) for one in found),
            "line_covered": sum(one.covered for one in found),
            "branch_total": sum(map(_exits, found)),
            "branch_covered": sum(one.taken for one in found),
        }

    tail = "], " + json.dumps(figures(modules))[1:]
    head = '{"root": ".", "gcovr/summary_format_version": "0.6", "files": ['
    return _list(lambda one: {"filename": one.path, **figures([one])}, modules, head, tail)


def istanbul(modules: Sequence[Module]) -> Pieces:
    """A statement per line."""

    def place(line: int) -> object:
        return {"start": {"line": line, "column": 4}, "end": {"line": line, "column": 40}}

    def entry(one: Module) -> object:
        arms = {str(number): found for number, found in enumerate(one.branches)}
        return {
            "path": one.path,
            "statementMap": {str(number): place(line) for number, (line, _) in enumerate(one.lines)},
            "fnMap": {},
            "branchMap": {
                key: {"loc": place(line), "type": "if", "locations": [place(line)] * 2, "line": line}
                for key, (line, _) in arms.items()
            },
            "s": {str(number): hits for number, (_, hits) in enumerate(one.lines)},
            "f": {},
            "b": {key: [int(taken) for taken in both] for key, (_, both) in arms.items()},
        }

    return _object(entry, modules)


def istanbul_summary(modules: Sequence[Module]) -> Pieces:
    """Totals alone."""

    def figures(found: Sequence[Module]) -> object:
        lines = sum(len(one.lines) for one in found), sum(one.covered for one in found)
        exits = sum(map(_exits, found)), sum(one.taken for one in found)
        names = {"lines": lines, "statements": lines, "functions": (0, 0), "branches": exits}
        return {name: {"total": total, "covered": ran, "skipped": 0, "pct": 80} for name, (total, ran) in names.items()}

    return _object(lambda one: figures([one]), modules, f'{{"total": {json.dumps(figures(modules))},\n')


def llvm_cov(modules: Sequence[Module]) -> Pieces:
    """Two segments per line."""

    def entry(one: Module) -> object:
        return {
            "filename": one.path,
            "segments": [
                segment
                for line, hits in one.lines
                for segment in ([line, 5, hits, True, True, False], [line, 40, 0, False, False, False])
            ],
            "branches": [[line, 8, line, 20, *map(int, both), 0, 0, 4] for line, both in one.branches],
            "expansions": [],
            "summary": {
                "lines": {"count": len(one.lines), "covered": one.covered},
                "branches": {"count": _exits(one), "covered": one.taken},
            },
        }

    tail = ']}], "type": "llvm.coverage.json.export", "version": "2.0.1"}'
    return _list(entry, modules, '{"data": [{"files": [', tail)


def simplecov(modules: Sequence[Module]) -> Pieces:
    """As SimpleCov 0.22 writes coverage.json."""

    def entry(one: Module) -> object:
        arms = [
            {"type": kind, "start_line": line, "end_line": line, "coverage": int(taken), "inline": False}
            for line, both in one.branches
            for kind, taken in zip(("then", "else"), both, strict=True)
        ]
        return {"lines": _counts(one), "branches": arms}

    return _object(entry, modules, '{"meta": {"simplecov_version": "0.22.0"}, "coverage": {', "}}")


def resultset(modules: Sequence[Module]) -> Pieces:
    """As SimpleCov writes .resultset.json."""

    def entry(one: Module) -> object:
        branches = {
            f"[:if, {line}, {line}, 4, {line}, 30]": {
                f"[:{kind}, {line}{place}, {line}, 4, {line}, 30]": int(taken)
                for place, (kind, taken) in enumerate(zip(("then", "else"), both, strict=True))
            }
            for line, both in one.branches
        }
        return {"lines": _counts(one), "branches": branches}

    return _object(entry, modules, '{"RSpec": {"coverage": {', '}, "timestamp": 1795867200}}')


def slipcover(modules: Sequence[Module]) -> Pieces:
    """With branches."""

    def entry(one: Module) -> object:
        exits = [
            ([line, line + place], taken) for line, both in one.branches for place, taken in enumerate(both, start=1)
        ]
        return {
            "executed_lines": [line for line, hits in one.lines if hits],
            "missing_lines": [line for line, hits in one.lines if not hits],
            "executed_branches": [exit_ for exit_, taken in exits if taken],
            "missing_branches": [exit_ for exit_, taken in exits if not taken],
        }

    head = '{"meta": {"software": "slipcover", "version": "1.1.0", "branch_coverage": true}, "files": {'
    return _object(entry, modules, head, "}}")


def xccov(modules: Sequence[Module]) -> Pieces:
    """Every line of the file."""

    def entry(one: Module) -> object:
        return [
            {"line": line, "isExecutable": False}
            if hits is None
            else {"line": line, "isExecutable": True, "executionCount": hits}
            for line, hits in enumerate(_counts(one), start=1)
        ]

    return _object(entry, modules)


def xccov_summary(modules: Sequence[Module]) -> Pieces:
    """Totals alone."""

    def figures(found: Sequence[Module]) -> dict[str, object]:
        ran, total = sum(one.covered for one in found), sum(len(one.lines) for one in found)
        return {"coveredLines": ran, "lineCoverage": ran / total, "executableLines": total}

    def entry(one: Module) -> object:
        return {"name": one.path.rpartition("/")[2], "path": one.path, "functions": [], **figures([one])}

    tail = "]}], " + json.dumps(figures(modules))[1:]
    return _list(entry, modules, '{"targets": [{"name": "App.app", "files": [', tail)


def snapshot(modules: Sequence[Module]) -> Pieces:
    """As `covgov collect` writes it."""
    files = {}
    for one in modules:
        builder = FileBuilder(hits={line: hits > 0 for line, hits in one.lines})
        builder.counted = {line: CountedExits(sum(both), 2) for line, both in one.branches}
        files[one.path] = builder.build()
    yield snapshot_codec.encode(Snapshot("all", files, Identity("lcov", branch=True))).decode()


def gcov_intermediate(modules: Sequence[Module]) -> Pieces:
    """As gcov 8 writes it."""
    for one in modules:
        exits = dict(one.branches)
        yield f"file:{one.path}\n"
        for line, hits in one.lines:
            yield f"lcount:{line},{hits}\n"
            for taken in exits.get(line, ()):
                yield f"branch:{line},{'taken' if taken else 'nottaken'}\n"


def _as_one(modules: Sequence[Module]) -> Iterator[tuple[int, int | None, tuple[bool, ...]]]:
    """Line, hits and exits of all modules, one below the other."""
    before = 0
    for one in modules:
        exits = dict(one.branches)
        counts = _counts(one)
        for line, hits in enumerate(counts, start=1):
            yield before + line, hits, exits.get(line, ())
        before += len(counts)


def gcov_text(modules: Sequence[Module]) -> Pieces:
    """As `gcov -b` writes it, of one file."""
    yield "        -:    0:Source:all.c\n"
    for line, hits, exits in _as_one(modules):
        count = "-" if hits is None else str(hits or "#####")
        yield f"{count:>9}:{line:>5}:    total += value;\n"
        for place, taken in enumerate(exits):
            yield f"branch  {place} taken {50 * taken}%\n"


def go_cover(modules: Sequence[Module]) -> Pieces:
    """A block per line."""
    yield "mode: count\n"
    for one in modules:
        yield from (f"example.org/{one.path}:{line}.2,{line}.40 1 {hits}\n" for line, hits in one.lines)


def dlst(modules: Sequence[Module]) -> Pieces:
    """Of one file."""
    for _, hits, _ in _as_one(modules):
        yield f"{'' if hits is None else hits or '0000000':>7}|    total += value;\n"
    yield f"all.d is {100 * sum(one.covered for one in modules) // (LINES * len(modules))}% covered\n"


def gap(modules: Sequence[Module]) -> Pieces:
    """Each line read, and each that ran."""
    for number, one in enumerate(modules, start=1):
        yield f'{{"Type":"S","File":"{one.path}","FileId":{number}}}\n'
        for line, hits in one.lines:
            yield f'{{"Type":"R","Line":{line},"FileId":{number}}}\n'
            if hits:
                yield f'{{"Type":"E","Line":{line},"FileId":{number}}}\n'


XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def clover(modules: Sequence[Module]) -> Pieces:
    """As OpenClover writes it."""

    def metrics(found: Sequence[Module]) -> str:
        return (
            f'<metrics statements="{sum(len(one.lines) for one in found)}" '
            f'coveredstatements="{sum(one.covered for one in found)}" conditionals="{sum(map(_exits, found))}" '
            f'coveredconditionals="{sum(one.taken for one in found)}"/>\n'
        )

    yield f'{XML}<coverage generated="1" clover="4.5.2"><project timestamp="1">\n{metrics(modules)}'
    for one in modules:
        exits = dict(one.branches)
        yield f'<file name="{one.path}" path="{one.path}">{metrics([one])}'
        for line, hits in one.lines:
            yield f'<line num="{line}" type="stmt" count="{hits}"/>\n'
            if line in exits:
                true, false = map(int, exits[line])
                yield f'<line num="{line}" type="cond" truecount="{true}" falsecount="{false}"/>\n'
        yield "</file>\n"
    yield "</project></coverage>\n"


def dotcover(modules: Sequence[Module]) -> Pieces:
    """A statement per line."""
    ran, total = sum(one.covered for one in modules), LINES * len(modules)
    yield f'{XML}<Root CoveredStatements="{ran}" TotalStatements="{total}" ReportType="DetailedXml"><FileIndices>\n'
    for number, one in enumerate(modules):
        yield f'<File Index="{number}" Name="{one.path}"/>\n'
    yield "</FileIndices><Assembly>\n"
    for number, one in enumerate(modules):
        yield '<Method Name="M">\n'
        for line, hits in one.lines:
            yield (
                f'<Statement FileIndex="{number}" Line="{line}" Column="5" EndLine="{line}" EndColumn="40" '
                f'Covered="{hits > 0}"/>\n'
            )
        yield "</Method>\n"
    yield "</Assembly></Root>\n"


def jacoco(modules: Sequence[Module]) -> Pieces:
    """A package per folder of the project."""
    yield f'{XML}<report name="all"><sessioninfo id="a" start="1" dump="2"/>\n'
    for one in modules:
        folder, _, name = one.path.rpartition("/")
        exits = dict(one.branches)
        yield f'<package name="{folder}"><sourcefile name="{name}">\n'
        for line, hits in one.lines:
            mi, ci = (0, 3) if hits else (3, 0)
            cb = sum(exits.get(line, ()))
            yield f'<line nr="{line}" mi="{mi}" ci="{ci}" mb="{len(exits.get(line, ())) - cb}" cb="{cb}"/>\n'
        yield "</sourcefile></package>\n"
    yield "</report>\n"


def opencover(modules: Sequence[Module]) -> Pieces:
    """A method per file."""
    yield f"{XML}<CoverageSession><Modules><Module><Files>\n"
    for number, one in enumerate(modules):
        yield f'<File uid="{number}" fullPath="{one.path}"/>\n'
    yield "</Files><Classes>\n"
    for number, one in enumerate(modules):
        yield f'<Class><Methods><Method><Name>M</Name><FileRef uid="{number}"/><SequencePoints>\n'
        for line, hits in one.lines:
            yield f'<SequencePoint vc="{hits}" offset="{line}" sl="{line}" sc="5" el="{line}" ec="40"/>\n'
        yield "</SequencePoints><BranchPoints>\n"
        for line, both in one.branches:
            for place, taken in enumerate(both):
                yield f'<BranchPoint vc="{int(taken)}" offset="{line}" path="{place}" sl="{line}"/>\n'
        yield "</BranchPoints></Method></Methods></Class>\n"
    yield "</Classes></Module></Modules></CoverageSession>\n"


def scoverage(modules: Sequence[Module]) -> Pieces:
    """A statement per line, and one per arm."""
    ran = sum(one.covered + one.taken for one in modules)
    total = sum(len(one.lines) + _exits(one) for one in modules)
    yield f'{XML}<scoverage statement-count="{total}" statements-invoked="{ran}"><packages><package><classes>\n'
    for one in modules:
        yield f'<class name="C" filename="{one.path}"><methods><method><statements>\n'
        for line, hits in one.lines:
            yield f'<statement line="{line}" branch="false" invocation-count="{hits}" ignored="false"/>\n'
        for line, both in one.branches:
            for taken in both:
                yield f'<statement line="{line}" branch="true" invocation-count="{int(taken)}" ignored="false"/>\n'
        yield "</statements></method></methods></class>\n"
    yield "</classes></package></packages></scoverage>\n"


def sonar(modules: Sequence[Module]) -> Pieces:
    """As gcovr writes it."""
    yield f'{XML}<coverage version="1">\n'
    for one in modules:
        exits = dict(one.branches)
        yield f'<file path="{one.path}">\n'
        for line, hits in one.lines:
            more = f' branchesToCover="2" coveredBranches="{sum(exits[line])}"' if line in exits else ""
            yield f'<lineToCover lineNumber="{line}" covered="{str(hits > 0).lower()}"{more}/>\n'
        yield "</file>\n"
    yield "</coverage>\n"


def vs_coverage(modules: Sequence[Module]) -> Pieces:
    """A module per file."""
    yield f"{XML}<results><modules>\n"
    for one in modules:
        yield f'<module lines_covered="{one.covered}" lines_not_covered="{LINES - one.covered}"><functions><function>'
        yield "<ranges>\n"
        for line, hits in one.lines:
            ran = "yes" if hits else "no"
            yield f'<range source_id="0" covered="{ran}" start_line="{line}" start_column="1" end_line="{line}"/>\n'
        yield f'</ranges></function></functions><source_files><source_file id="0" path="{one.path}"/>'
        yield "</source_files></module>\n"
    yield "</modules></results>\n"


def cobertura_conditions(modules: Sequence[Module]) -> Pieces:
    """As the JaCoCo and Istanbul converters write it: with an element per condition."""
    yield f'{XML}<coverage line-rate="0.8"><packages><package name="p"><classes>\n'
    for one in modules:
        exits = dict(one.branches)
        yield f'<class name="C" filename="{one.path}" line-rate="0.8"><methods/><lines>\n'
        for line, hits in one.lines:
            if line not in exits:
                yield f'<line number="{line}" hits="{hits}" branch="false"/>\n'
                continue
            taken = sum(exits[line])
            share = f"{50 * taken}%"
            yield f'<line number="{line}" hits="{hits}" branch="true" condition-coverage="{share} ({taken}/2)">'
            yield f'<conditions><condition number="0" type="jump" coverage="{share}"/></conditions></line>\n'
        yield "</lines></class>\n"
    yield "</classes></package></packages></coverage>\n"


KINDS = {
    "clover": Kind("xml", clover, DIFF_COVER),
    "cobertura-conditions": Kind("xml", cobertura_conditions, ("pycobertura", "pycobertura")),
    "codecov-json": Kind("json", codecov),
    "coveralls-json": Kind("json", coveralls),
    "coverlet-json": Kind("json", coverlet),
    "covgov-snapshot": Kind("txt", snapshot),
    "covr-json": Kind("json", covr),
    "dlst": Kind("txt", dlst, whole=True),
    "dotcover-xml": Kind("xml", dotcover),
    "gap": Kind("txt", gap),
    "gcov-intermediate": Kind("txt", gcov_intermediate),
    "gcov-json": Kind("json", gcov_json),
    "gcov-text": Kind("txt", gcov_text, whole=True),
    "gcovr-json": Kind("json", gcovr_json, ("gcovr", "gcovr")),
    "gcovr-summary": Kind("json", gcovr_summary, lines=False),
    "go-cover": Kind("txt", go_cover),
    "istanbul-json": Kind("json", istanbul),
    "istanbul-summary": Kind("json", istanbul_summary, lines=False),
    "jacoco": Kind("xml", jacoco, DIFF_COVER),
    "llvm-cov-json": Kind("json", llvm_cov),
    "opencover": Kind("xml", opencover),
    "scoverage": Kind("xml", scoverage),
    "simplecov-json": Kind("json", simplecov),
    "simplecov-resultset": Kind("json", resultset),
    "slipcover-json": Kind("json", slipcover),
    "sonar-generic": Kind("xml", sonar),
    "vs-coveragexml": Kind("xml", vs_coverage),
    "xccov-json": Kind("json", xccov),
    "xccov-summary": Kind("json", xccov_summary, lines=False),
}
