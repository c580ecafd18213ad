"""coverage.py's own analysis of its data files, as JSON. Run by path in the suite's interpreter, never imported there:

    PYTHON analyser.py DATAFILE...

It needs only the standard library and coverage.py 5.0 or later, reads the configuration that coverage.py finds in the
current directory, and writes nothing but its result: it works on copies in a temporary directory, so neither the given
files nor their siblings are combined or deleted. Exits 0 with one JSON object on stdout; 1 with the reason on stderr; 3
when this interpreter has no coverage.py.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import Any, Iterable, Iterator  # noqa: UP035 - the suite's interpreter may be older than ours

FAILED, NO_COVERAGE = 1, 3
MAX_LINE = 1000000
OLD = b"!coverage.py: This is a private format"
"""How the data of coverage.py 4 begins, which is JSON from the second exclamation mark on."""
REPORTS = ("coverage.report_core", "coverage.report")  # get_analysis_to_report moved in 7.3
SYSMON = "measured with the sysmon core, which records no contexts: quality attributes are not known"

REACHABLE = "*"
"""The tag of what tests can reach, as in `covgov.model.snapshot`."""


class AnalysisError(Exception):
    """The data cannot be analysed."""


def main(arguments: list[str], package: str = "coverage") -> int:
    """Analyse the data files; the exit code."""
    try:
        coverage = importlib.import_module(package)
    except ImportError as error:
        sys.stderr.write(f"coverage.py cannot be imported by {sys.executable}: {error}\n")
        return NO_COVERAGE
    try:
        # output of the project's plug-ins must not get into the result
        with redirect_stdout(sys.stderr), tempfile.TemporaryDirectory(prefix="covgov-") as scratch:
            result = analyse([Path(argument) for argument in arguments], Path(scratch))
    except (coverage.CoverageException, AnalysisError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    sys.stdout.write(json.dumps(result, separators=(",", ":"), sort_keys=True) + "\n")
    return 0


# The shapes of coverage.py's objects differ between its versions, so they are `Any` here, and only in this script.
def analyse(files: list[Path], scratch: Path) -> dict[str, Any]:
    """The analysis of the data files taken together (format: `covgov.ingest.formats.coveragepy_data`)."""
    import coverage  # noqa: PLC0415 - `main` has made sure of it

    copies = []
    for number, file in enumerate(files):
        copy = scratch / f"part.{number}"
        with file.open("rb") as opened:
            old = opened.read(len(OLD)) == OLD
        copies.append(_convert(coverage, file, copy) if old else _copy(file, copy))
    cov = _load(coverage, copies, scratch)
    data = cov.get_data()
    contexts = sorted(context for context in data.measured_contexts() if context)
    tagged = {context: tags for context in contexts if (tags := _tags(context))}
    failures = _record_failures(cov)
    analyses = {
        reporter.relative_filename(): _file(reporter, analysis, data, tagged) for reporter, analysis in _reports(cov)
    }
    if failures and not analyses:
        raise next(error for _, error in failures.values())
    unreadable = [_unreadable(*failure, data) for failure in failures.values()]
    return {
        "format": "covgov-analysis",
        "version": coverage.__version__,
        "language": f"{_language()} {sys.version_info[0]}.{sys.version_info[1]}",
        "branch": bool(data.has_arcs()),
        "root": os.getcwd(),  # noqa: PTH109 - as coverage.py resolves relative files
        "contexts": len(contexts),
        "notes": [SYSMON] if not tagged and _sysmon(cov, bool(data.has_arcs())) else [],
        "files": analyses,
        "unreadable": unreadable,
    }


def _copy(file: Path, copy: Path) -> Path:
    """A private copy, checked for content that is dangerous for SQLite or coverage.py."""
    shutil.copyfile(str(file), str(copy))
    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as connection:
        for kind, name, sql in connection.execute("select type, name, sql from sqlite_master"):
            if kind not in ("table", "index") or str(sql).upper().startswith("CREATE VIRTUAL"):
                raise AnalysisError(f"{file}: holds the {kind} {name!r}, which coverage.py never writes")
        if connection.execute("pragma quick_check(1)").fetchone() != ("ok",):
            raise AnalysisError(f"{file}: the database is damaged")
        for test in (
            "select count(*) from line_bits where typeof(numbits) != 'blob' or length(numbits) > ?",
            "select count(*) from arc where typeof(fromno) || typeof(tono) != 'integerinteger'"
            " or max(abs(fromno), abs(tono)) > ? * 8",
        ):
            if connection.execute(test, (MAX_LINE // 8 + 1,)).fetchone()[0]:
                raise AnalysisError(f"{file}: has invalid line numbers, or some beyond {MAX_LINE}")
    return copy


def _convert(coverage: Any, file: Path, copy: Path) -> Path:
    """The data of coverage.py 4 as this coverage.py's: what ran, by file."""
    try:
        old = json.loads(file.read_bytes()[len(OLD) :].partition(b"!")[2])
        lines = {path: sorted(map(_line, found)) for path, found in old.get("lines", {}).items()}
        arcs = {path: sorted((_line(a), _line(b)) for a, b in found) for path, found in old.get("arcs", {}).items()}
        tracers = {path: name for path, name in old.get("file_tracers", {}).items() if isinstance(name, str)}
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise AnalysisError(f"{file}: is not what coverage.py 4 writes: {error}") from None
    if lines and arcs:
        raise AnalysisError(f"{file}: holds lines and arcs, which coverage.py 4 never mixes")
    made = coverage.CoverageData(basename=str(copy))
    if arcs:
        made.add_arcs(arcs)
    else:
        made.add_lines({path: dict.fromkeys(found) for path, found in lines.items()})
    made.add_file_tracers({path: tracers[path] for path in (arcs or lines) if path in tracers})
    made.write()
    return copy


def _line(number: Any) -> int:
    if not isinstance(number, int) or abs(number) > MAX_LINE:
        raise ValueError(f"{str(number)[:20]} is no number of a line")
    return number


def _load(coverage: Any, copies: list[Path], scratch: Path) -> Any:
    for copy in copies:
        coverage.CoverageData(basename=str(copy)).read()  # `combine` only warns of a file that it cannot read
    data_file = scratch / "all"
    cov = coverage.Coverage(data_file=str(data_file))
    if len(copies) == 1 and not getattr(cov.config, "paths", None):
        copies[0].rename(data_file)
        cov.load()
    else:
        cov.combine([str(copy) for copy in copies], strict=True)
    return cov


def _reports(cov: Any, places: tuple[str, ...] = REPORTS) -> Iterator[tuple[Any, Any]]:
    """(file reporter, analysis) of every file that coverage.py would report, under its include and omit settings."""
    for name in places:
        try:
            found = getattr(importlib.import_module(name), "get_analysis_to_report", None)
        except ImportError:
            continue
        if found is not None:
            yield from found(cov, None)
            return
    raise AnalysisError("this version of coverage.py has no get_analysis_to_report")


def _record_failures(cov: Any) -> dict[str, tuple[Any, Exception]]:
    """Have coverage.py skip the files that it cannot analyse (pytest-cov does so too) and put them here, by path."""
    failures: dict[str, tuple[Any, Exception]] = {}
    analyze = cov._analyze

    def recording(morf: Any, *rest: Any, **named: Any) -> Any:
        try:
            return analyze(morf, *rest, **named)
        except Exception as error:
            reporter = morf if hasattr(morf, "filename") else cov._get_file_reporter(morf)
            failures[reporter.filename] = (reporter, error)
            raise

    cov._analyze = recording
    cov.set_option("report:ignore_errors", True)
    cov.set_option("run:disable_warnings", ["couldnt-parse"])
    return failures


def _unreadable(reporter: Any, error: Exception, data: Any) -> dict[str, Any]:
    """A failure as JSON. Nothing of it is in coverage.py's reports."""
    # what the data has with `relative_files`; coverage.py 6 makes `filename` absolute
    path = reporter.relative_filename()
    return {
        "path": path,
        "reason": (str(error) or type(error).__name__).splitlines()[0],
        "executed": any(data.lines(name) for name in (reporter.filename, path)),
    }


def _file(reporter: Any, analysis: Any, data: Any, tagged: dict[str, list[str]]) -> dict[str, Any]:
    statements = set(analysis.statements)
    executed = statements - set(analysis.missing)
    exits, taken, counted = _exits(analysis)
    numbers = analysis.numbers
    return {
        "statements": sorted(statements),
        "executed": sorted(executed),
        "missing": sorted(analysis.missing),
        "excluded": sorted(set(analysis.excluded) - statements),
        "exits": exits,
        "taken": taken,
        "counted": counted,
        "attributes": _attributes(reporter, analysis.filename, data, tagged, executed),
        "summary": {
            name: getattr(numbers, name) for name in ("n_statements", "n_missing", "n_branches", "n_missing_branches")
        },
    }


def _exits(analysis: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Branch exits as coverage.py counts them: per line, `branch_stats` says how many, its arcs say which.

    Arcs into excluded code are not counted, and all exits of a `# pragma: no branch` line count as taken. Where the
    possible arcs are not as many as the exits (generated code, old versions), the line is counted only.
    """
    if not analysis.numbers.n_branches:
        return [], [], []
    possible: dict[int, set[int]] = {}
    arcs = analysis.arc_possibilities  # a method before 7.4
    for source, target in arcs() if callable(arcs) else arcs:
        if target not in analysis.excluded:
            possible.setdefault(source, set()).add(target)
    missing = analysis.missing_branch_arcs()
    exits, taken, counted = [], [], []
    for line, (total, reached) in sorted(analysis.branch_stats().items()):
        targets, untaken = possible.get(line, set()), set(missing.get(line, ()))
        if len(targets) == total and untaken <= targets:
            exits += [(line, target) for target in sorted(targets)]
            taken += [(line, target) for target in sorted(targets - untaken)]
        else:
            counted.append((line, reached, total))
    return exits, taken, counted


def _attributes(
    reporter: Any, filename: str, data: Any, tagged: dict[str, list[str]], executed: set[int]
) -> dict[str, list[int]]:
    """Tag -> executed statement lines reached under a context that carries it."""
    if not executed:
        return {}  # without a look at the data of every context
    lines: dict[str, set[int]] = {}
    for context, tags in tagged.items():
        data.set_query_context(context)
        reached = set(reporter.translate_lines(data.lines(filename) or ())) & executed
        for tag in tags:
            lines.setdefault(tag, set()).update(reached)
    data.set_query_contexts(None)
    if tagged:
        # Neither: lines of modules and classes that ran at import, before any test.
        reached = set().union(*lines.values())
        lines[REACHABLE] = reached | executed & _in_functions(reporter)
    return {tag: sorted(found) for tag, found in lines.items() if found}


def _in_functions(reporter: Any) -> set[int]:
    """Lines in function bodies; all lines of a source that is not Python."""
    source = reporter.source()
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return set(range(1, source.count("\n") + 2))
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return {
        line
        for function in functions
        for line in range(function.body[0].lineno, (function.end_lineno or 0) + 1)
        if line != function.lineno
    }


def _tags(context: str) -> list[str]:
    """`static|covgov:a,b` -> ["a", "b"], as `covgov.ingest.building.tags_of` does."""
    marked: Iterable[str] = (part[len("covgov:") :] for part in context.split("|") if part.startswith("covgov:"))
    return [tag for part in marked for tag in part.split(",") if tag]


def _language() -> str:
    name = platform.python_implementation()
    return "python" if name == "CPython" else name.lower()


def _sysmon(cov: Any, branch: bool) -> bool:
    from coverage import env  # noqa: PLC0415 - `main` has made sure of it

    chosen = os.environ.get("COVERAGE_CORE") or getattr(cov.config, "core", None)
    return sysmon(chosen, bool(getattr(env, "SYSMON_DEFAULT", False)), branch, sys.version_info[:2])


def sysmon(chosen: str | None, default: bool, branch: bool, python: tuple[int, ...]) -> bool:
    """Whether coverage.py measures with sys.monitoring: asked for or its default, and possible in this Python."""
    wanted = chosen == "sysmon" or (not chosen and default)
    return wanted and python >= ((3, 14) if branch else (3, 12))


if __name__ == "__main__":
    gc.disable()  # it would search the syntax trees over and over, which takes a tenth of the time
    sys.exit(main(sys.argv[1:]))
