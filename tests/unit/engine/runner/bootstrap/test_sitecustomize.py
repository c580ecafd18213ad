from __future__ import annotations

import atexit
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import coverage
from covgov.runner import launch
from covgov_testing import projects

SCRIPT = launch.BOOTSTRAP / "sitecustomize.py"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module under another name: loading it starts nothing. What it hands on is taken back."""
    module = load("bootstrap_under_test")
    for name in (module.PROCESS_CONFIG, module.HANDED):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return module


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python(code: str, root: Path, *options: str, cwd: Path | None = None, **more: str) -> str:
    """Run code in a bootstrapped interpreter; what it prints."""
    env = projects.environment(PYTHONPATH=str(launch.BOOTSTRAP), _COVGOV_DATA=str(root / "data"), **more)
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=cwd or root,
        env={**env, "_COVGOV_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = projects.calc(tmp_path / "project")
    (root / "data").mkdir()
    return root


def idle() -> bool:
    return False


def never(data: str, root: str) -> None:
    raise AssertionError(f"started for {data} and {root}")


def measured(root: Path) -> list[str]:
    """Relative paths of the files in all data files of the project."""
    found = set()
    for path in (root / "data").glob(".coverage.*"):
        data = coverage.CoverageData(basename=str(path))
        data.read()
        found |= data.measured_files()
    return sorted(found)


CALL = "import sys; sys.path.insert(0, {root!r}); from app.calc import sign; sign(1)"


def test_outside_of_a_run_nothing_is_measured(bootstrap: ModuleType, tmp_path: Path) -> None:
    nobody = {"_COVGOV_DATA": str(tmp_path), "_COVGOV_ROOT": str(tmp_path / "gone")}
    for environ in ({}, nobody):
        assert not bootstrap.measure(environ, ["python"], idle, never)


def test_coverages_own_process_is_only_noted(bootstrap: ModuleType, tmp_path: Path) -> None:
    environ = {"_COVGOV_DATA": str(tmp_path), "_COVGOV_ROOT": str(tmp_path)}
    assert not bootstrap.measure(environ, ["python", "-m", "coverage", "run", "x.py"], idle, never)
    assert (tmp_path / f"interpreter.{os.getpid()}").read_text() == sys.executable


def test_every_other_process_is_started_for_the_directories_of_the_run(bootstrap: ModuleType, tmp_path: Path) -> None:
    environ = {"_COVGOV_DATA": str(tmp_path), "_COVGOV_ROOT": str(tmp_path.parent)}
    started: list[tuple[str, str]] = []
    assert bootstrap.measure(environ, ["python"], idle, lambda data, root: started.append((data, root)))
    assert started == [(str(tmp_path), str(tmp_path.parent))]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["python", "-m", "coverage", "run"], True),
        (["python", "-u", "/v/bin/coverage", "run"], True),
        (["python", "/v/bin/coverage-3.11", "run"], True),
        (["python", "-m", "pytest", "coverage"], False),
        (["python", "script.py", "-m", "coverage"], False),
        (["python", "-m"], False),
        (["python", "-u"], False),
        (["python"], False),
    ],
)
def test_coverages_own_command_lines(bootstrap: ModuleType, argv: list[str], expected: bool) -> None:
    assert bootstrap.is_coverage(argv) is expected


def test_a_measurement_writes_one_data_file(bootstrap: ModuleType, project: Path) -> None:
    here = Path.cwd()
    registered: list[object] = []
    began = bootstrap.begin(str(project / "data"), str(project), lambda call, *given: registered.append((call, given)))
    bootstrap.finish(began)
    assert Path.cwd() == here
    assert registered == [(bootstrap.finish, (began,))]
    assert len(list((project / "data").glob(".coverage.*"))) == 1


class Recorder:
    """A Coverage that measures nothing and remembers what was asked of it."""

    def __init__(self, **options: object) -> None:
        self.calls: list[tuple[str, object]] = [("new", options)]

    def set_option(self, name: str, value: object) -> None:
        self.calls.append((name, value))

    def start(self) -> None:
        self.calls.append(("start", Path.cwd()))

    def stop(self) -> None:
        self.calls.append(("stop", Path.cwd()))

    def save(self) -> None:
        self.calls.append(("save", Path.cwd()))


def test_measurement_starts_in_the_root_directory(bootstrap: ModuleType, tmp_path: Path) -> None:
    here = Path.cwd()
    recorder = bootstrap.begin("/data", str(tmp_path), lambda call, *given: call(*given), Recorder)
    assert recorder.calls == [
        ("new", {"data_file": "/data/.coverage", "data_suffix": True}),
        ("run:disable_warnings", bootstrap.QUIET),
        ("start", tmp_path),
        ("stop", here),
        ("save", here),
    ]


@pytest.mark.reliability
def test_an_inaccessible_root_leaves_the_working_directory(bootstrap: ModuleType, tmp_path: Path) -> None:
    here = Path.cwd()
    with pytest.raises(FileNotFoundError):
        bootstrap.begin("/data", str(tmp_path / "gone"), atexit.register, Recorder)
    assert Path.cwd() == here


def test_the_process_knows_whether_coverage_is_at_work(bootstrap: ModuleType) -> None:
    assert bootstrap.measured() is (coverage.Coverage.current() is not None)


def test_without_coverage_nothing_is_noted(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "coverage", None)
    environ = {"_COVGOV_DATA": str(tmp_path), "_COVGOV_ROOT": str(tmp_path)}
    assert not bootstrap.measure(environ, ["python"], idle, never)
    assert not list(tmp_path.iterdir())


def test_a_process_already_measured_is_left_alone(bootstrap: ModuleType, project: Path) -> None:
    already = coverage.Coverage(data_file=None, config_file=False)
    already.start()
    try:
        environ = {"_COVGOV_DATA": str(project / "data"), "_COVGOV_ROOT": str(project)}
        assert not bootstrap.measure(environ, ["python"], bootstrap.measured, never)
    finally:
        already.stop()


def test_any_python_process_is_measured_from_its_start_in_any_directory(project: Path, tmp_path: Path) -> None:
    python(CALL.format(root=str(project)), project, cwd=tmp_path)
    assert measured(project) == ["app/__init__.py", "app/calc.py"]


def test_a_project_that_asks_for_subprocess_measurement_is_not_measured_twice(project: Path) -> None:
    (project / ".coveragerc").write_text("[run]\nsource = app\nrelative_files = true\npatch = subprocess\n")
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CALL.format(root=str(project))!r}])"
    python(child, project)
    assert len(list((project / "data").glob(".coverage.*"))) == 2
    assert "app/calc.py" in measured(project)


OTHER_PATH = """
import os, subprocess, sys
env = {{**os.environ, "PYTHONPATH": {root!r}}}
subprocess.run([sys.executable, "-c", "from app.calc import sign; sign(1)"], env=env, cwd={elsewhere!r}, check=True)
"""


def test_a_child_with_a_pythonpath_of_its_own_is_measured(project: Path, tmp_path: Path) -> None:
    python(OTHER_PATH.format(root=str(project), elsewhere=str(tmp_path)), project)
    assert str(project / "app/calc.py") in measured(project), "coverage.py does not know the root there"
    done = subprocess.run(
        [sys.executable, str(launch.REPORTER), "data", "."], cwd=project, env=projects.environment(), check=False
    )
    assert done.returncode == 0
    reported = json.loads((project / "report.json").read_text(encoding="utf-8"))["files"]
    assert reported["app/calc.py"]["executed_lines"] == [1, 2, 4, 7], "under its relative name, and once"


def test_a_child_with_our_pythonpath_is_measured_once(project: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CALL.format(root=str(project))!r}])"
    python(child, project)
    assert len(list((project / "data").glob(".coverage.*"))) == 2


def test_tests_that_start_coverage_py_themselves_start_no_second_measurement(project: Path) -> None:
    assert python("import coverage; print(coverage.process_startup())", project) == "None\n"
    assert len(list((project / "data").glob(".coverage.*"))) == 1


def test_the_shadowed_sitecustomize_still_runs(project: Path, tmp_path: Path) -> None:
    theirs = projects.write(tmp_path / "theirs", {"sitecustomize.py": "ORIGIN = 'theirs'\n"})
    env = {"PYTHONPATH": os.pathsep.join([str(launch.BOOTSTRAP), str(theirs)])}
    done = subprocess.run(
        [sys.executable, "-c", "import sitecustomize; print(sitecustomize.ORIGIN)"],
        env=projects.environment(**env),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "theirs\n"


def test_sitecustomize_outside_of_a_run_only_chains(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    projects.write(tmp_path, {"sitecustomize.py": "MARK = 1\n"})
    monkeypatch.delenv("_COVGOV_DATA", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sitecustomize", raising=False)
    load("sitecustomize")
    assert sys.modules["sitecustomize"].__file__ == str(tmp_path / "sitecustomize.py")


def test_chaining_runs_the_next_sitecustomize_if_any(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sitecustomize", bootstrap)
    bootstrap.run_shadowed([str(launch.BOOTSTRAP)])
    assert sys.modules["sitecustomize"] is bootstrap
    projects.write(tmp_path, {"sitecustomize.py": "MARK = 1\n"})
    bootstrap.run_shadowed([str(launch.BOOTSTRAP), str(tmp_path)])
    assert sys.modules["sitecustomize"].__file__ == str(tmp_path / "sitecustomize.py")


def test_an_interpreter_without_coverage_is_left_alone(project: Path, tmp_path: Path) -> None:
    said = python("print('fine')", project, "-S", cwd=tmp_path)  # without site-packages (and without sitecustomize)
    bare = "import sys; sys.path.insert(0, {0!r}); import sitecustomize; print('fine')"
    said += python(bare.format(str(launch.BOOTSTRAP)), project, "-S", cwd=tmp_path)
    assert said == "fine\nfine\n"
    assert not list((project / "data").iterdir())
