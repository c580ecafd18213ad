"""One real run, read from coverage.py's data file and its three reports: one snapshot, up to what each carries."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from covgov.ingest.collect import collect
from covgov.model.snapshot import REACHABLE, CountedExits, FileCoverage, Metric, Snapshot, by_exits
from covgov.runner.analyse import analyser
from covgov.runner.checkout import source_tree
from covgov_testing.reports import child_env, coverage, measured_project

PATH = "src/shapes.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = measured_project(tmp_path_factory.mktemp("one") / "project")
    coverage(root, "run", "--context=unit|covgov:security", "src/shapes.py")
    coverage(root, "json", "--show-contexts", "-q", "-o", "report.json")
    coverage(root, "xml", "-q", "-o", "report.xml")
    coverage(root, "lcov", "-q", "-o", "report.lcov")
    return root


def snapshot(root: Path, *names: str) -> Snapshot:
    analyse = analyser(sys.executable, root, child_env())
    paths = [root / name for name in names]
    return collect(
        "api", paths, tree=source_tree(root, {PATH: "b"}, None), origin=None, tests=None, analyse=analyse
    ).snapshot


def by_number(coverage: FileCoverage) -> FileCoverage:
    """The coverage with every exit known only by number, as a format without target lines has it."""
    total, taken = Counter(line for line, _ in coverage.exits), Counter(line for line, _ in coverage.taken)
    made = {line: CountedExits(taken[line], total[line]) for line in total}
    bare = {line: CountedExits(entry.covered, entry.total) for line, entry in coverage.by_number.items()}
    counted = by_exits(bare | made)
    return replace(coverage, exits=(), taken=(), counted=counted)


def test_json_gives_the_same_lines_exits_exclusions_and_attributes(project: Path) -> None:
    data, found = (snapshot(project, name).files[PATH] for name in (".coverage", "report.json"))
    told = tuple((tag, lines) for tag, lines in data.attributes if tag != REACHABLE)  # which takes the source to know
    assert len(told) == len(data.attributes) - 1
    assert replace(by_number(found), counted=()) == replace(by_number(data), counted=(), attributes=told)
    assert by_number(found) == by_number(replace(data, attributes=told))
    assert set(found.exits) < set(data.exits)  # the report does not name both exits of a no-branch line
    assert data.attribute("security") == data.covered


def test_xml_gives_the_same_lines_and_numbers_of_exits(project: Path) -> None:
    data, found = (snapshot(project, name).files[PATH] for name in (".coverage", "report.xml"))
    assert by_number(found) == replace(by_number(data), excluded=0, attributes=())


def test_lcov_gives_the_same_lines_and_exits_where_it_names_them(project: Path) -> None:
    data, found = (snapshot(project, name).files[PATH] for name in (".coverage", "report.lcov"))
    assert by_number(found) == replace(by_number(data), excluded=0, attributes=())
    assert found.exits
    assert set(found.exits) <= set(data.exits)
    assert set(found.taken) <= set(data.taken)


def test_all_four_together_give_what_the_data_file_gives(project: Path) -> None:
    data = snapshot(project, ".coverage")
    merged = snapshot(project, ".coverage", "report.json", "report.xml", "report.lcov")
    assert merged.files == data.files


@pytest.mark.reliability
def test_a_stale_data_file_beside_it_changes_nothing_and_survives(project: Path) -> None:
    before = snapshot(project, ".coverage")
    stale = project / ".coverage.stale.123.abc"
    coverage(project, "run", "--data-file=.coverage.stale.123.abc", "-m", "this")
    content = stale.read_bytes()
    assert snapshot(project, ".coverage") == before
    assert stale.read_bytes() == content
    stale.unlink()


def test_the_totals_are_those_that_coverage_py_prints(project: Path) -> None:
    printed = coverage(project, "report", "--format=total", "--precision=4").strip()
    ratio = snapshot(project, ".coverage").ratio(Metric.COMBINED)
    assert f"{100 * ratio.covered / ratio.total:.4f}" == printed
