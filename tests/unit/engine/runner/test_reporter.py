from __future__ import annotations

import json
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import coverage
import pytest

from covgov.runner import launch, reporter
from covgov_testing import projects


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = projects.calc(tmp_path_factory.mktemp("measured") / "project")
    for argument in (1, -1):
        projects.write(root, {"x.py": f"from app.calc import sign\nsign({argument})\n"})
        command = [sys.executable, "-m", "coverage", "run", "-p", "--data-file=data/.coverage", "x.py"]
        subprocess.run(command, cwd=root, check=True, env=projects.environment(PYTHONPATH=str(root)))
    (root / "out").mkdir()
    return root


@pytest.fixture
def project(measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, two of whose processes were measured into `data`."""
    root = shutil.copytree(measured, tmp_path / "project")
    monkeypatch.chdir(root)
    return root


@pytest.mark.reliability
def test_data_files_are_combined_kept_and_reported_in_every_format(project: Path) -> None:
    before = {path.name: path.read_bytes() for path in (project / "data").iterdir()}
    assert reporter.main("data", "out") == 0
    assert {path.name: path.read_bytes() for path in (project / "data").iterdir()} == before
    made = {path.name for path in (project / "out").iterdir()}
    assert made == {".coverage", "report.xml", "report.json", "report.lcov", "report.txt", "html"}
    assert "app/calc.py" in (project / "out/report.txt").read_text()
    assert (project / "out/html/index.html").is_file()


def test_the_last_report_equals_a_single_report(project: Path) -> None:
    assert reporter.main("data", "out") == 0
    with StringIO() as alone:
        data = coverage.Coverage(data_file="out/.coverage")
        data.load()
        data.report(file=alone, show_missing=True)
        assert (project / "out/report.txt").read_text() == alone.getvalue()
    data.lcov_report(outfile="alone.lcov")
    assert (project / "out/report.lcov").read_bytes() == (project / "alone.lcov").read_bytes()


class OneOnly(reporter.CachingCoverage):
    remembered = 1


def test_a_file_is_parsed_once_unless_there_are_too_many(project: Path) -> None:
    data = OneOnly(data_file="x")
    data.load()
    assert data._get_file_reporter("app/calc.py") is data._get_file_reporter("app/calc.py")
    assert data._get_file_reporter("app/__init__.py") is not data._get_file_reporter("app/__init__.py")


TEMPLATES = """
import jinja2
code = compile("x = 1\\ny = 2\\n", "app/gone.py", "exec")
exec(code)
files = jinja2.FileSystemLoader("app")
assert jinja2.Environment(loader=files).get_template("page.html").render(a=[1]) == "<p>1</p>"
"""
"""Code of a template (not Python), of a file that does not exist; a file of Python 2 lies in `source`."""


def test_files_that_are_not_python_cost_nothing_but_themselves(project: Path) -> None:
    names = {
        "x.py": TEMPLATES,
        "app/page.html": "<p>{% for x in a %}{{ x }}{% endfor %}</p>",
        "app/two.py": "print 1\n",
    }
    projects.write(project, names)
    command = [sys.executable, "-m", "coverage", "run", "-p", "--source=app", "--data-file=data/.coverage", "x.py"]
    subprocess.run(command, cwd=project, check=True, env=projects.environment())
    done = subprocess.run([sys.executable, str(launch.REPORTER), "data", "out"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    alone = coverage.Coverage(data_file="out/.coverage")
    alone.load()
    alone.set_option("run:disable_warnings", ["couldnt-parse"])
    alone.json_report(outfile="alone.json", ignore_errors=True)
    reported = json.loads((project / "out/report.json").read_text())["files"]
    assert reported == json.loads((project / "alone.json").read_text())["files"]
    assert set(reported) == {"app/__init__.py", "app/calc.py"}


def test_a_bar_in_the_projects_configuration_does_not_stop_the_reports(project: Path) -> None:
    (project / ".coveragerc").write_text(projects.COVERAGERC + "[report]\nfail_under = 100\n")
    assert reporter.main("data", "out") == 0


@pytest.mark.reliability
def test_unusable_data_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "empty").mkdir()
    (project / "empty/.coverage-journal").touch()
    assert reporter.main("empty", "out") == 3
    assert "No data to combine" in capsys.readouterr().err


def test_it_runs_by_path(project: Path) -> None:
    done = subprocess.run([sys.executable, str(launch.REPORTER), "data", "out"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
