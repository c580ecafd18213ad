"""Reports to read: small ones by hand, real ones from a real run of coverage.py, arbitrary coverage for laws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.ingest.interface import Analyse
from covgov.model.snapshot import REACHABLE, CountedExits, FileCoverage, Identity, Snapshot, TestRun, by_exits

SHAPES = '''"""Shapes, with every kind of branch."""
import sys


class Shape:
    """A shape."""

    def area(self, kind):
        """Its area."""
        if kind:
            return 1
        for step in range(3):
            if step == 7:  # pragma: no branch
                print("never")
        return 2

    def edges(self, kind):
        if kind: return [edge for edge in range(3)]
        while True:
            if kind is None:
                raise ValueError  # pragma: no cover
            break


def name(kind):
    match kind:
        case 1:
            return "one"
        case _:
            pass
    with open(__file__) as file:
        if kind > 3:
            return file.readline(1)


if __name__ == "__main__":
    Shape().area(0)
    Shape().edges(1)
    name(5)
'''
"""A program whose run leaves exits taken and not taken, a no-branch pragma, excluded code and exits of functions."""

CONFIG = "[run]\nbranch = True\nrelative_files = True\n"


def child_env() -> dict[str, str]:
    """An environment for child processes that are not to be measured themselves."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def coverage(root: Path, *arguments: str) -> str:
    """Run coverage.py's command line in a project; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "coverage", *arguments],
        cwd=root,
        env=child_env(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"coverage {arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def measured_project(root: Path) -> Path:
    """A project with one real run in `.coverage`."""
    _unmeasured(root)
    (root / ".coverage").write_bytes(_measurement())
    return root


def _unmeasured(root: Path) -> None:
    (root / "src").mkdir(parents=True)
    (root / "src" / "shapes.py").write_text(SHAPES, encoding="utf-8")
    (root / ".coveragerc").write_text(CONFIG, encoding="utf-8")


@cache
def _measurement() -> bytes:
    """What the run left, which names files relative to the project and so is the same wherever the project lies."""
    with TemporaryDirectory() as folder:
        _unmeasured(Path(folder) / "project")
        coverage(Path(folder) / "project", "run", "src/shapes.py")
        return (Path(folder) / "project" / ".coverage").read_bytes()


def no_analysis(paths: Sequence[Path]) -> bytes:
    """An Analyse for tests in which no data file occurs."""
    raise InputError("analyser-failed", f"{paths}: nothing was to be analysed here")


def analysis_of(document: Mapping[str, object]) -> Analyse:
    """An Analyse that answers with a document, whatever the files are."""
    return lambda paths: json.dumps(document).encode()


def analysis(files: Mapping[str, Mapping[str, object]], **head: object) -> dict[str, object]:
    """The analyser's document of files given by what is not empty in them."""
    full = {}
    for path, given in files.items():
        file: dict[str, object] = {name: [] for name in _LISTS}
        file["attributes"] = {}
        full[path] = {**file, **given} | {"summary": {**_NO_COUNTS, **_mapping(given.get("summary", {}))}}
    return {"format": "covgov-analysis", "version": "7.17.3", "language": "python 3.11", "branch": True} | {
        "root": "/repo",
        "files": full,
        **head,
    }


_LISTS = ("statements", "executed", "excluded", "exits", "taken", "counted")
_NO_COUNTS = {"n_statements": 0, "n_missing": 0, "n_branches": 0, "n_missing_branches": 0}


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping was expected, not {value!r}")
    return value


def json_report(files: Mapping[str, object], **meta: object) -> bytes:
    """A `coverage json` document."""
    head = {"format": 3, "version": "7.17.3", "branch_coverage": True, "show_contexts": False}
    return json.dumps({"meta": {**head, **meta}, "files": files, "totals": {}}).encode()


def cobertura(classes: str, *, sources: Sequence[str] = (), root: str = "", prolog: str = "") -> bytes:
    """A Cobertura document around its `<class>` elements."""
    named = "".join(f"<source>{source}</source>" for source in sources)
    return (
        f'<?xml version="1.0"?>{prolog}<coverage line-rate="1" {root}><sources>{named}</sources>'
        f"<packages><package><classes>{classes}</classes></package></packages></coverage>"
    ).encode()


def klass(filename: str, *entries: str) -> str:
    """A `<class>` from its lines, given as the attributes of each."""
    inner = "".join(f"<line {entry}/>" for entry in entries)
    return f'<class filename="{filename}"><methods/><lines>{inner}</lines></class>'


TAGS = [REACHABLE, "architecture", "reliability", "security"]
COUNTED = [CountedExits(taken, total) for total in range(5) for taken in range(total + 1)] + [
    CountedExits(len(taken), len(ids), ids, tuple(taken))
    for ids in (("0,0", "0,1"), ("0,1", "1,é"))
    for taken in (ids[:0], ids[:1], ids[1:], ids)
]
"""Exits of one line by number, and by their ids."""


def file_coverages(highest: int = 80, source: str = "s") -> st.SearchStrategy[FileCoverage]:
    """Any coverage of a file that its contract allows. Sets are drawn as bitmaps: one draw each, not one per member."""
    some = st.integers(0, (1 << highest) - 1).map(lambda bits: bits << 1)
    span = 2 * highest + 1
    exits = st.frozensets(st.integers(0, highest * span - 1), max_size=8).map(
        lambda drawn: tuple(sorted((number // span + 1, number % span - highest) for number in drawn))
    )
    return st.builds(
        _file_coverage,
        statements=some,
        covered=some,
        excluded=some,
        exits=exits,
        which=st.integers(0, 255),
        counted=st.dictionaries(st.integers(1, highest), st.sampled_from(COUNTED), max_size=4),
        tags=st.dictionaries(st.sampled_from(TAGS), some, max_size=2),
        source=st.just(source),
    )


def _file_coverage(
    statements: int,
    covered: int,
    excluded: int,
    exits: tuple[tuple[int, int], ...],
    which: int,
    counted: Mapping[int, CountedExits],
    tags: Mapping[str, int],
    source: str,
) -> FileCoverage:
    """which: the exits that were taken, as a bitmap of their places. Each argument is cut to what the others allow."""
    exact = {line for line, _ in exits}
    return FileCoverage(
        statements=statements,
        covered=covered & statements,
        exits=exits,
        taken=tuple(pair for bit, pair in enumerate(exits) if which >> bit & 1),
        counted=by_exits({line: entry for line, entry in counted.items() if line not in exact}),
        excluded=excluded & ~statements,
        attributes=tuple((tag, tags[tag] & covered & statements) for tag in sorted(tags)),
        source=source,
    )


PATHS = st.sampled_from(["src/a.py", "src/b.py", "src/sub/ä.py", "lib/c d.py"])
IDENTITIES = st.builds(
    Identity,
    tool=st.sampled_from(["coverage.py", "lcov"]),
    version=st.sampled_from(["", "7.6.12", "7.17.3"]),
    language=st.sampled_from(["", "python 3.11", "python 3.12"]),
    branch=st.booleans(),
)
COUNTS = st.integers(0, 1000)
TEST_RUNS = st.builds(
    TestRun,
    exit_code=st.integers(-15, 5),
    tests=COUNTS,
    failures=COUNTS,
    errors=COUNTS,
    skipped=COUNTS,
    seconds=COUNTS.map(lambda n: n / 4),
)
SNAPSHOTS = st.builds(
    Snapshot,
    suite=st.just("api"),
    files=st.dictionaries(PATHS, file_coverages(), max_size=3),
    identity=IDENTITIES,
    tests=st.none() | TEST_RUNS,
    notes=st.lists(st.sampled_from(["one", "two"]), unique=True, max_size=2).map(tuple),
)
