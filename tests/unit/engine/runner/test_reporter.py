from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import chdir, suppress
from io import StringIO
from pathlib import Path

import coverage
import pytest
from coverage.parser import PythonParser
from hypothesis import given, settings
from hypothesis import strategies as st

from covgov.runner import analyser, launch, reporter
from covgov.runner.quick_reports.facts import SourceFacts, key_of
from covgov.runner.quick_reports.quick import parsed, quick
from covgov_testing import projects
from covgov_testing.laws import examples


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


SNIPPETS = (
    "import os\n",
    '"""Doc."""\n',
    "x = [\n    1,\n    2,\n]\n",
    "if x:\n    y = 1\nelse:\n    y = 2\n",
    "for i in range(3):  # pragma: no branch\n    print(i)\n",
    "def f(a):  # pragma: no cover\n    return a\n",
    "class C:\n    def m(self, é='é'):\n        if self:\n            return 1\n        return lambda: 2\n",
    "def g():\n\tif x:\n\t\treturn '\\t\t<&>'\n\treturn 2\n",
    "with open(x) as a:\n    try:\n        pass\n    finally:\n        print(a)\n",
    "match x:\n    case 1:\n        y = 1\n    case _:\n        y = 2\n",
    "x = 1 + \\\n    2\n\x0c\ny = f'{x}'\n",
    "while True:\r\n    break\r\n",
    "async def h():\n    async for i in x:\n        yield i\n",
    "def f(a):\n    return a\n",
    "# -*- coding: latin-1 -*-\n",
    "print 1\n",
    "(\n",
    "if x:\n\ty = 1\n        z = 2\n",
)
"""Parts of a source file; the last ones are not Python."""

KINDS = ("xml", "json", "lcov", "txt")


def loaded(make: type[coverage.Coverage]) -> coverage.Coverage:
    data = make()
    data.load()
    data.set_option("report:ignore_errors", True)
    data.set_option("run:disable_warnings", ["couldnt-parse"])
    return data


class Separately(coverage.Coverage):
    """Each report from a data file that is loaded for it, as by coverage.py's commands."""

    def __getattribute__(self, name: str) -> object:
        return getattr(loaded(coverage.Coverage), name) if name.endswith("report") else super().__getattribute__(name)


def write_reports(make: type[coverage.Coverage], out: Path) -> dict[str, bytes]:
    """The five reports of a run without what tells the time: name -> bytes."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    with suppress(coverage.exceptions.NoDataError):
        reporter.write_every(loaded(make), str(out))
    return {path.relative_to(out).as_posix(): timeless(path.read_bytes()) for path in out.rglob("*") if path.is_file()}


def timeless(report: bytes) -> bytes:
    return re.sub(rb'timestamp(": |=)"[^"]*"|created at [-0-9: +]+', b"", report)


@st.composite
def measured_sources(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, list[tuple[int, int]]]]:
    """Sources, and arcs or lines that may have run in them."""
    texts = st.lists(st.sampled_from(SNIPPETS), max_size=5).map("".join)
    sources = {name: draw(texts) for name in ("a.py", "b.py")}
    arcs = st.lists(st.tuples(st.integers(-3, 20), st.integers(-3, 20)).filter(all), max_size=12)
    return sources, {name: draw(arcs) for name in sources}


@given(measured=measured_sources(), branch=st.booleans(), contexts=st.booleans())
@settings(max_examples=examples(40))
def test_reports_of_any_source_are_those_of_coverage_py(
    tmp_path_factory: pytest.TempPathFactory,
    measured: tuple[dict[str, str], dict[str, list[tuple[int, int]]]],
    branch: bool,
    contexts: bool,
) -> None:
    sources, arcs = measured
    root = tmp_path_factory.mktemp("any")
    for name, text in sources.items():
        (root / name).write_bytes(text.encode())
    settings = f"[run]\nbranch = {branch}\nrelative_files = true\n"
    (root / ".coveragerc").write_text(settings + ("[report]\ncontexts = first\n" if contexts else ""))
    with chdir(root):
        coverage.files.set_relative_directory()
        data = coverage.CoverageData(basename=".coverage")
        for context, half in (("first", 0), ("second", 1)):
            data.set_context(context)
            if branch:
                data.add_arcs({name: arcs[name][half::2] for name in sources})
            else:
                data.add_lines({name: [abs(line) for line, _ in arcs[name][half::2]] for name in sources})
        data.write()
        alone = write_reports(Separately, root / "out")
        for _ in range(2):
            facts = SourceFacts(str(root / "cache" / "facts"))
            with quick(facts, branch=branch):
                assert write_reports(reporter.CachingCoverage, root / "out") == alone
            facts.save()
    coverage.files.set_relative_directory()


@pytest.fixture
def cache(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache directory of the project's user, which is used."""
    monkeypatch.delenv("COVGOV_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.parent / "caches"))
    return project.parent / "caches/covgov/facts"


def reported(project: Path) -> dict[str, bytes]:
    shutil.rmtree(project / "out")
    (project / "out").mkdir()
    assert reporter.main("data", "out") == 0
    return {name: timeless((project / f"out/report.{name}").read_bytes()) for name in KINDS}


@pytest.mark.reliability
def test_reports_are_the_same_with_a_new_a_used_and_a_damaged_cache(project: Path, cache: Path) -> None:
    new = reported(project)
    (saved,) = cache.iterdir()
    made = saved.read_bytes()
    saved.write_bytes(made[:-9])
    assert reported(project) == new
    assert saved.read_bytes() == made
    assert reported(project) == new


def test_the_cache_can_be_switched_off(project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COVGOV_CACHE", "off")
    reported(project)
    assert not cache.exists()


def analysis(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert analyser.main(["out/.coverage"]) == 0
    return capsys.readouterr().out


@pytest.mark.security
def test_a_forged_cache_changes_reports_but_no_analysis(
    project: Path, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one whose checksum is right: a verdict is on the analyser's result."""
    monkeypatch.setattr(coverage.files, "RELATIVE_DIR", coverage.files.RELATIVE_DIR)
    honest, result = reported(project), analysis(capsys)
    (saved,) = cache.iterdir()
    parser = PythonParser(text="x = 1\n", exclude=coverage.Coverage()._exclude_regex("exclude"))
    forged = SourceFacts(str(saved))
    text = (project / "app/calc.py").read_text()
    del forged.saved[key_of(text, question := f"parser True {parser.exclude}")]
    forged.used.update(forged.saved)
    forged.of(text, question, lambda: parsed(parser, PythonParser.parse_source, branch=True))
    forged.save()
    assert reported(project) != honest
    assert analysis(capsys) == result


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
