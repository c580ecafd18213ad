"""Reports that covgov writes, read by others: covgov's own readers, diff-cover, and coverage.py's own reports."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from diff_cover.git_path import GitPathTool
from diff_cover.violationsreporters.violations_reporter import (
    LcovCoverageReporter,
    XmlCoverageReporter,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from covgov.ingest.interface import ParsedReport
from covgov.ingest.registry import FORMATS, detect
from covgov.model import lines
from covgov.model.snapshot import CountedExits, FileCoverage, Metric, Snapshot, by_exits
from covgov.publish.reports.registry import PUBLISHED, WRITERS
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.repos import Repo

every_writer = pytest.mark.parametrize("suffix", sorted(PUBLISHED))


@st.composite
def files(draw: st.DrawFn) -> FileCoverage:
    """Any file as coverage.py could measure it: exits leave statements, none leads into excluded code, and a line
    that never ran took none."""
    picture = draw(st.text("+-x.", min_size=1, max_size=12))
    sources = [n for n, mark in enumerate(picture, start=1) if mark in "+-"]
    counted = [n for n in range(-3, 13) if n < 1 or picture[n - 1 : n] != "x"]
    leads = st.tuples(st.sampled_from(sources or [1]), st.sampled_from(counted))
    exits = draw(st.sets(leads, max_size=6)) if sources else set()
    ran = sorted(exit_ for exit_ in exits if picture[exit_[0] - 1] == "+")
    taken = draw(st.sets(st.sampled_from(ran), max_size=6)) if ran else set()
    made = cov(picture, exits, taken)
    tags = draw(st.sets(st.sampled_from(("reliability", "security"))))
    reached = {tag: lines.of(n for n in lines.numbers(made.covered) if draw(st.booleans())) for tag in sorted(tags)}
    return replace(made, attributes=tuple((tag, bits) for tag, bits in reached.items() if bits))


paths = st.sampled_from(("a.py", "src/p/b.py", "src/p/c d.py", "src/ü.py", "src/p,q/e f.py"))
snapshots = st.dictionaries(paths, files(), min_size=1, max_size=3).map(snap)


def read(suffix: str, snapshot: Snapshot) -> ParsedReport:
    data = WRITERS[PUBLISHED[suffix]].write(snapshot)
    found = detect(data[:4096])
    assert found is not None
    assert found.name == PUBLISHED[suffix]
    return found.parse(data, f"merged.{suffix}")


@given(snapshot=snapshots)
@settings(deadline=None, max_examples=40)
def test_coverage_json_gives_back_everything_but_the_source(snapshot: Snapshot) -> None:
    parsed = read("json", snapshot)
    assert parsed.files == dict(snapshot.files)
    assert not parsed.beyond
    assert (parsed.identity.version, parsed.identity.branch) == (snapshot.identity.version, True)


@every_writer
@given(snapshot=snapshots)
@settings(deadline=None, max_examples=40)
def test_lines_and_numbers_of_exits_come_back_from_every_format(suffix: str, snapshot: Snapshot) -> None:
    files = read(suffix, snapshot).files
    assert sorted(files) == list(snapshot.paths)
    for path, coverage in snapshot.files.items():
        assert (files[path].statements, files[path].covered) == (coverage.statements, coverage.covered)
        assert files[path].ratio(Metric.BRANCH) == coverage.ratio(Metric.BRANCH)


@given(snapshot=snapshots)
@settings(deadline=None, max_examples=40)
def test_lcov_gives_back_exits_exactly_where_all_of_a_line_lead_to_lines(snapshot: Snapshot) -> None:
    parsed = read("lcov", snapshot)
    for path, coverage in snapshot.files.items():
        leaving = {source for source, destination in coverage.exits if destination < 1}
        assert parsed.files[path].exits == tuple(e for e in coverage.exits if e[0] not in leaving)
        assert parsed.files[path].taken == tuple(e for e in coverage.taken if e[0] not in leaving)


@every_writer
def test_exits_known_by_number_come_back(suffix: str) -> None:
    counted = by_exits({1: CountedExits(2, 2), 2: CountedExits(1, 2)})
    snapshot = snap({"a.py": replace(cov("++-"), counted=counted)})
    parsed = read(suffix, snapshot)
    stated = parsed.stated(Metric.BRANCH)
    assert (stated.covered, stated.total) == (3, 4)


@every_writer
def test_the_same_snapshot_gives_the_same_bytes_whatever_the_order_of_its_files(suffix: str) -> None:
    one, other = snap({"a.py": "+-", "b/c.py": "+"}), snap({"b/c.py": "+", "a.py": "+-"})
    assert WRITERS[PUBLISHED[suffix]].write(one) == WRITERS[PUBLISHED[suffix]].write(other)


@every_writer
def test_a_snapshot_without_files_is_written_and_read_as_such(suffix: str) -> None:
    data = WRITERS[PUBLISHED[suffix]].write(snap({}))
    if suffix != "lcov":
        assert FORMATS[PUBLISHED[suffix]].parse(data, "merged").files == {}
    else:
        assert data == b""


@pytest.mark.parametrize(
    "suffix",
    [
        "json",
        "lcov",
        "xml",
    ],
)
def test_a_path_with_characters_that_markup_escapes_comes_back(suffix: str) -> None:
    path = "src/e&f<g>'h\".py"
    assert list(read(suffix, snap({path: "+"})).files) == [path]


@every_writer
@pytest.mark.security
def test_a_path_cannot_smuggle_records_into_a_report(suffix: str) -> None:
    hostile = 'a.py\nend_of_record\nSF:b.py\nDA:1,1"/><class filename="b.py">\x1b\udc80\ufffe'
    files = read(suffix, snap({hostile: "-"})).files
    assert len(files) == 1
    assert next(iter(files.values())).ratio(Metric.LINE).covered == 0


def test_diff_cover_sees_the_same_measured_and_uncovered_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Repo(tmp_path / "repo")
    monkeypatch.chdir(tmp_path / "repo")
    GitPathTool.set_cwd(None)
    snapshot = snap({"src/a.py": "++-. x-", "src/p/b.py": cov("+-+", [(1, 2), (1, 3)], [(1, 3)])})
    (tmp_path / "merged.lcov").write_bytes(WRITERS["lcov"].write(snapshot))
    xml = XmlCoverageReporter([ElementTree.fromstring(WRITERS["cobertura"].write(snapshot))])
    lcov = LcovCoverageReporter([LcovCoverageReporter.parse(str(tmp_path / "merged.lcov"))])
    for path, coverage in snapshot.files.items():
        for reporter in (xml, lcov):
            assert set(reporter.measured_lines(path)) == set(lines.numbers(coverage.statements))
            assert {v.line for v in reporter.violations(path)} >= set(lines.numbers(coverage.missing))
        assert {v.line for v in xml.violations(path)} == set(lines.numbers(coverage.missing))


def test_totals_are_those_of_coverages_own_reports_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "import sys\ndef f(x):\n    if x:\n        return 1\n    for y in range(x):\n        print(y)\n\nf(1)\n",
        encoding="utf-8",
    )

    def tool(*args: str) -> None:
        subprocess.run([sys.executable, "-m", "coverage", *args], cwd=tmp_path, check=True, capture_output=True)

    tool("run", "--branch", "--source=.", "m.py")
    tool("json", "-o", "own.json")
    tool("xml", "-o", "own.xml")
    tool("lcov", "-o", "own.lcov")
    parsed = FORMATS["coveragepy-json"].parse((tmp_path / "own.json").read_bytes(), "own.json")
    snapshot = Snapshot("all", parsed.files, parsed.identity)

    ours, theirs = (
        json.loads(WRITERS["coveragepy-json"].write(snapshot)),
        json.loads((tmp_path / "own.json").read_bytes()),
    )
    shared = {key for key in ours["totals"].keys() & theirs["totals"].keys() if not key.endswith("_display")}
    assert {key: ours["totals"][key] for key in shared} == pytest.approx({k: theirs["totals"][k] for k in shared})
    assert {"covered_lines", "num_branches", "num_partial_branches", "percent_covered"} <= shared
    assert ours["files"]["m.py"].keys() - theirs["files"]["m.py"].keys() == set()
    for suffix in ("xml", "lcov"):
        own = FORMATS[PUBLISHED[suffix]].parse((tmp_path / f"own.{suffix}").read_bytes(), suffix).files["m.py"]
        made = read(suffix, snapshot).files["m.py"]
        assert (made.statements, made.covered) == (own.statements, own.covered)
        assert made.ratio(Metric.BRANCH) == own.ratio(Metric.BRANCH)
