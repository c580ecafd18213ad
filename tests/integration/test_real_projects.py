"""Released projects, their own test suites, coverage.py with branches: our totals are coverage.py's, file by file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from covgov.ingest.formats.coveragepy_data import CoveragepyData
from covgov.ingest.interface import ParsedReport
from covgov.ingest.read import read_report
from covgov.model import lines
from covgov.model.snapshot import Metric
from covgov.runner.analyse import analyser
from covgov_testing.reports import CONFIG, child_env, coverage, no_analysis

SDISTS = Path(__file__).resolve().parents[2] / ".cache" / "sdists"

pytestmark = pytest.mark.skipif(
    not SDISTS.is_dir(), reason=f"{SDISTS} is absent: run `python scripts/setup/fetch_sdists.py` once"
)


@dataclass(frozen=True, slots=True)
class Project:
    """name: of the sdist. source: the folder measured. tests: what of its own suite needs nothing but pytest."""

    name: str
    source: str
    tests: tuple[str, ...]


PROJECTS = (
    Project("click-8.2.1", "src", ("tests/test_basic.py", "tests/test_arguments.py", "tests/test_parser.py")),
    Project("h11-0.16.0", "h11", ("h11/tests",)),
    Project("itsdangerous-2.2.0", "src", ("tests",)),
    Project("structlog-25.4.0", "src", ("tests/test_base.py", "tests/test_config.py", "tests/test_dev.py")),
)


@pytest.fixture(scope="module", params=PROJECTS, ids=lambda project: project.name)
def measured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = request.param
    assert isinstance(project, Project)
    home = tmp_path_factory.mktemp(project.name)
    for name in (project.name, "pretend-1.0.9"):
        # pinned by hash when it was fetched; Python's own `filter=` is younger than 3.11.2
        subprocess.run(["tar", "-xzf", str(SDISTS / f"{name}.tar.gz"), "-C", str(home)], check=True)
    root = home / project.name
    (root / ".coveragerc").write_text(f"{CONFIG}source = {project.source}\n", encoding="utf-8")
    path = os.pathsep.join([str(root / "src"), str(root), str(home / "pretend-1.0.9")])
    ignored = [f"--ignore=tests/test_itsdangerous/test_{part}.py" for part in ("timed", "url_safe")]
    options = ["-q", "-c", os.devnull, f"--rootdir={root}", "-p", "no:cacheprovider", *ignored]
    done = subprocess.run(
        [sys.executable, "-m", "coverage", "run", "-m", "pytest", *options, *project.tests],
        cwd=root,
        env=child_env() | {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    coverage(root, "json", "-q", "-o", "report.json")
    coverage(root, "xml", "-q", "-o", "report.xml")
    coverage(root, "lcov", "-q", "-o", "report.lcov")
    return root


def said(root: Path) -> dict[str, tuple[int, int, int, int]]:
    """coverage.py's own totals per file: covered and all lines, taken and all exits."""
    files = json.loads((root / "report.json").read_text(encoding="utf-8"))["files"]
    keys = ("covered_lines", "num_statements", "covered_branches", "num_branches")
    return {path: tuple(file["summary"][key] for key in keys) for path, file in files.items()}


def found(parsed: ParsedReport) -> dict[str, tuple[int, int, int, int]]:
    made = {}
    for path, file in parsed.files.items():
        line, branch = file.ratio(Metric.LINE), file.ratio(Metric.BRANCH)
        made[path] = (line.covered, line.total, branch.covered, branch.total)
    return made


def analysed(root: Path) -> ParsedReport:
    return CoveragepyData().parse(analyser(sys.executable, root, child_env())([root / ".coverage"]), ".coverage")


def test_totals_of_the_data_file_are_coverage_pys_on_every_file(measured: Path) -> None:
    parsed = analysed(measured)
    assert len(parsed.files) > 3
    assert parsed.stated(Metric.BRANCH).covered > 10
    assert found(parsed) == said(measured)


@pytest.mark.parametrize("name", ["report.json", "report.xml", "report.lcov"])
def test_totals_of_the_reports_are_coverage_pys(measured: Path, name: str) -> None:
    parsed, data = read_report(measured / name, no_analysis), analysed(measured)
    assert parsed.stated(Metric.LINE) == data.stated(Metric.LINE)
    assert parsed.stated(Metric.COMBINED) == data.stated(Metric.COMBINED)


def test_exactly_the_lines_that_coverage_py_lists_ran(measured: Path) -> None:
    listed = json.loads((measured / "report.json").read_text(encoding="utf-8"))["files"]
    for path, file in analysed(measured).files.items():
        assert list(lines.numbers(file.covered)) == listed[path]["executed_lines"]
        assert list(lines.numbers(file.missing)) == listed[path]["missing_lines"]
