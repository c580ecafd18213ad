from __future__ import annotations

import sys
from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.coveragepy_data import CoveragepyData
from covgov.ingest.interface import ParsedReport
from covgov.ingest.read import read_report
from covgov.model.snapshot import Metric
from covgov.runner.analyse import SCRIPT, analyser
from covgov_testing.reports import CONFIG, SHAPES, child_env, coverage, measured_project


def read(root: Path, *names: str) -> ParsedReport:
    analyse = analyser(sys.executable, root, child_env())
    return CoveragepyData().parse(analyse([root / name for name in names]), "x")


def program(root: Path, code: str, name: str = "python") -> str:
    """An executable that stands for an interpreter."""
    path = root / name
    path.write_text(f"#!/bin/sh\n{code}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.architecture
def test_the_script_imports_nothing_of_covgov() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert "import covgov" not in text
    assert "from covgov" not in text


def test_a_data_file_is_analysed_in_the_given_interpreter(tmp_path: Path) -> None:
    parsed = read(measured_project(tmp_path), ".coverage")
    assert list(parsed.files) == ["src/shapes.py"]
    assert parsed.identity.language == f"python {sys.version_info[0]}.{sys.version_info[1]}"
    assert parsed.stated(Metric.BRANCH).total > parsed.stated(Metric.BRANCH).covered > 0


@pytest.mark.reliability
def test_siblings_of_the_data_file_change_nothing_and_survive(tmp_path: Path) -> None:
    root = measured_project(tmp_path)
    clean = read(root, ".coverage")
    (root / ".coverage.stale.1.x").write_bytes((root / ".coverage").read_bytes())
    (root / ".coverage.junk").write_bytes(b"junk")
    before = {path.name: path.read_bytes() for path in root.glob(".coverage*")}
    assert read(root, ".coverage") == clean
    assert {path.name: path.read_bytes() for path in root.glob(".coverage*")} == before


def test_several_data_files_are_combined_on_copies(tmp_path: Path) -> None:
    root = measured_project(tmp_path)
    (root / "src" / "other.py").write_text("import shapes\nshapes.Shape().area(1)\n", encoding="utf-8")
    coverage(root, "run", "--data-file=.coverage.other", "src/other.py")
    before = sorted(path.name for path in root.glob(".coverage*"))
    one, both = read(root, ".coverage"), read(root, ".coverage", ".coverage.other")
    assert both.stated(Metric.LINE).covered > one.stated(Metric.LINE).covered
    assert sorted(path.name for path in root.glob(".coverage*")) == before


def test_the_projects_configuration_is_honoured(tmp_path: Path) -> None:
    root = measured_project(tmp_path)
    (root / ".coveragerc").write_text(CONFIG + "[report]\nomit = *other*\nexclude_also = def name\n", encoding="utf-8")
    file = read(root, ".coverage").files["src/shapes.py"]
    assert file.excluded >> SHAPES.splitlines().index("def name(kind):") + 1 & 1


def test_installed_paths_are_mapped_by_the_paths_setting(tmp_path: Path) -> None:
    root = measured_project(tmp_path)
    config = CONFIG.replace("relative_files = True\n", "") + "[paths]\nsource =\n    src\n    */elsewhere\n"
    (root / ".coveragerc").write_text(config, encoding="utf-8")
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "shapes.py").write_text(SHAPES, encoding="utf-8")
    coverage(root, "run", "--data-file=.coverage", "elsewhere/shapes.py")
    assert list(read(root, ".coverage").files) == ["src/shapes.py"]


def refused(python: str, root: Path, name: str = ".coverage", seconds: float = 60) -> InputError:
    with pytest.raises(InputError) as caught:
        read_report(root / name, analyser(python, root, child_env(), seconds=seconds))
    assert name in caught.value.message
    return caught.value


@pytest.mark.reliability
def test_an_interpreter_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / ".coverage").write_bytes(b"SQLite format 3\0")
    error = refused(str(tmp_path / "no-python"), tmp_path)
    assert error.code == "analyser-failed"
    assert "no-python" in error.message


def test_a_missing_coverage_py_has_its_own_error(tmp_path: Path) -> None:
    (tmp_path / ".coverage").write_bytes(b"SQLite format 3\0")
    error = refused(program(tmp_path, f'exec {sys.executable} -S -I "$@"'), tmp_path)
    assert error.code == "coverage-missing-in-suite"
    assert "--python" in error.hint


@pytest.mark.reliability
def test_an_endless_analysis_is_stopped(tmp_path: Path) -> None:
    (tmp_path / ".coverage").write_bytes(b"SQLite format 3\0")
    error = refused(program(tmp_path, "exec sleep 30"), tmp_path, seconds=0.2)
    assert error.code == "analyser-failed"
    assert "0.2 s" in error.message


def test_a_silent_interpreter_failure_is_reported_by_exit_code(tmp_path: Path) -> None:
    (tmp_path / ".coverage").write_bytes(b"SQLite format 3\0")
    assert "exited with 9" in refused(program(tmp_path, "exit 9"), tmp_path).message


@pytest.mark.reliability
def test_a_data_file_without_its_source_repeats_coverage_pys_error(tmp_path: Path) -> None:
    root = measured_project(tmp_path)
    (root / "src" / "shapes.py").unlink()
    error = refused(sys.executable, root)
    assert error.code == "analyser-failed"
    assert "No source for code" in error.message


@pytest.mark.reliability
def test_a_truncated_data_file_is_refused(tmp_path: Path) -> None:
    root = measured_project(tmp_path)
    data = (root / ".coverage").read_bytes()
    (root / ".coverage").write_bytes(data[: len(data) // 2])
    assert refused(sys.executable, root).code == "analyser-failed"
