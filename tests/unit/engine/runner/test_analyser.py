"""The script run inside this process; `test_analyse` runs it as it is used."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import coverage
import coverage.files
import pytest

from covgov.runner import analyser
from covgov_testing import reports


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A measured project as the current directory; coverage.py's notion of it is put back afterwards."""
    root = reports.measured_project(tmp_path / "project")
    monkeypatch.setattr(coverage.files, "RELATIVE_DIR", coverage.files.RELATIVE_DIR)
    monkeypatch.chdir(root)
    return root


def analysed(capsys: pytest.CaptureFixture[str], *names: str) -> dict[str, object]:
    assert analyser.main(list(names)) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def _files(document: dict[str, object]) -> dict[str, object]:
    files = document["files"]
    assert isinstance(files, dict)
    return files


def only_file(document: dict[str, object]) -> dict[str, object]:
    (file,) = _files(document).values()
    assert isinstance(file, dict)
    return file


def test_the_analysis_has_coverages_own_totals(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = only_file(analysed(capsys, ".coverage"))
    reports.coverage(project, "json", "-q")
    said = json.loads((project / "coverage.json").read_text(encoding="utf-8"))["files"]["src/shapes.py"]
    assert file["executed"] == said["executed_lines"]
    assert file["missing"] == said["missing_lines"]
    assert file["excluded"] == said["excluded_lines"]
    assert file["summary"] == {
        "n_statements": said["summary"]["num_statements"],
        "n_missing": said["summary"]["missing_lines"],
        "n_branches": said["summary"]["num_branches"],
        "n_missing_branches": said["summary"]["missing_branches"],
    }


def test_several_files_are_combined(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports.coverage(project, "run", "--data-file=.coverage.2", "src/shapes.py")
    assert only_file(analysed(capsys, ".coverage", ".coverage.2"))["exits"]


def test_a_line_only_measurement_has_no_exits(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ".coveragerc").write_text("[run]\nrelative_files = True\n", encoding="utf-8")
    reports.coverage(project, "run", "src/shapes.py")
    document = analysed(capsys, ".coverage")
    assert document["branch"] is False
    assert only_file(document)["exits"] == []


def test_tagged_contexts_give_attributes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports.coverage(project, "run", "--context=static|covgov:reliability,security", "src/shapes.py")
    document = analysed(capsys, ".coverage")
    file = only_file(document)
    assert document["contexts"] == 1
    assert file["attributes"] == dict.fromkeys(("*", "reliability", "security"), file["executed"])


def test_files_that_cannot_be_read_are_listed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "src" / "two.py").write_text("print 1\n", encoding="utf-8")
    made = 'exec(compile("x = 1", "src/gone.py", "exec"))\nexec(compile("x = 1", "src/page.html", "exec"))\n'
    (project / "make.py").write_text(made, encoding="utf-8")
    (project / "src" / "page.html").write_text("<p>", encoding="utf-8")
    reports.coverage(project, "run", "--branch", "--append", "--source=src", "make.py")
    document = analysed(capsys, ".coverage")
    assert list(_files(document)) == ["src/shapes.py"]
    unreadable = document["unreadable"]
    assert isinstance(unreadable, list)
    assert {file["path"]: file["executed"] for file in unreadable} == {
        "src/gone.py": True,
        "src/page.html": True,
        "src/two.py": False,
    }
    assert all(file["reason"] for file in unreadable)


IMPORTED = """
LIMIT = 3
def once():
    return 1
class Box:
    size = 2
    def hold(self): return 4
once()
"""


@pytest.mark.security
def test_import_time_lines_are_separated_from_functions_run_outside_tests(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "src" / "shapes.py").write_text(IMPORTED, encoding="utf-8")
    (project / ".coverage").unlink(missing_ok=True)
    reports.coverage(project, "run", "src/shapes.py")
    assert only_file(analysed(capsys, ".coverage"))["attributes"] == {}, "no test was ever told apart"
    (project / "src" / "by_test.py").write_text("import shapes\nshapes.Box().hold()\n", encoding="utf-8")
    reports.coverage(project, "run", "--append", "--context=covgov:security", "src/by_test.py")
    found = analysed(capsys, ".coverage")["files"]
    assert isinstance(found, dict)
    (shapes,) = (told for path, told in found.items() if path.endswith("shapes.py"))
    assert shapes["attributes"]["*"] == shapes["executed"], "a test reached all that it imported"


@pytest.mark.security
def test_a_function_run_outside_of_tests_counts_as_reachable(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "src" / "shapes.py").write_text(IMPORTED, encoding="utf-8")
    (project / "src" / "other.py").write_text("x = 1\n", encoding="utf-8")
    (project / ".coverage").unlink(missing_ok=True)
    reports.coverage(project, "run", "src/shapes.py")
    reports.coverage(project, "run", "--append", "--context=covgov:security", "src/other.py")
    found = analysed(capsys, ".coverage")["files"]
    assert isinstance(found, dict)
    told = {Path(path).name: file["attributes"] for path, file in found.items()}
    assert told == {"shapes.py": {"*": [4]}, "other.py": {"*": [1], "security": [1]}}, "only once() has a body that ran"


def test_function_bodies_are_found_in_python_and_all_lines_in_anything_else() -> None:
    class Source:
        def __init__(self, text: str) -> None:
            self.text = text

        def source(self) -> str:
            return self.text

    assert analyser._in_functions(Source(IMPORTED)) == {4}
    assert analyser._in_functions(Source("async def f(a=1):\n    x = 1\n\n    return x\n")) == {2, 3, 4}
    assert analyser._in_functions(Source("{% if %}\nx\n")) == {1, 2, 3}


@pytest.mark.security
@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("create view v as select 1", "view 'v'"),
        ("create trigger t after insert on file begin select 1; end", "trigger 't'"),
        ("insert into line_bits values (1, 99, 'text')", "line numbers"),
        ("insert into line_bits values (1, 99, zeroblob(200000))", "line numbers"),
        ("insert into arc values (1, 99, 1, 99999999999)", "line numbers"),
        ("insert into arc values (1, 99, 'a', 1)", "line numbers"),
        ("drop table line_bits", "line_bits"),
    ],
)
def test_data_that_coverage_never_writes_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], sql: str, why: str
) -> None:
    with closing(sqlite3.connect(project / ".coverage")) as connection, connection:
        connection.execute(sql)
    assert analyser.main([".coverage"]) == analyser.FAILED
    said = capsys.readouterr()
    assert why in said.err
    assert said.out == ""


@pytest.mark.reliability
@pytest.mark.parametrize("name", ["none", "junk"])
def test_an_invalid_data_file_is_refused(project: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (project / "junk").write_bytes(b"SQLite format 3\0" + b"\1" * 5000)
    assert analyser.main([name]) == analyser.FAILED
    assert capsys.readouterr().err


VERSION_4 = "!coverage.py: This is a private format, don't read it directly!"


def of_version_4(project: Path, *, branch: bool) -> None:
    """The project's data as coverage.py 4 writes it."""
    data = coverage.CoverageData(basename=str(project / ".coverage"))
    data.read()
    found = {path: list((data.arcs if branch else data.lines)(path) or ()) for path in data.measured_files()}
    text = VERSION_4 + json.dumps({"arcs" if branch else "lines": found})
    (project / "old").write_text(text, encoding="utf-8")


def test_data_of_version_4_is_analysed_as_what_ran(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_version_4(project, branch=True)
    assert only_file(analysed(capsys, "old")) == only_file(analysed(capsys, ".coverage"))
    of_version_4(project, branch=False)
    of_lines = analysed(capsys, "old")
    assert of_lines["branch"] is False
    assert only_file(of_lines)["executed"] == only_file(analysed(capsys, ".coverage"))["executed"]


def test_data_of_version_4_is_combined(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_version_4(project, branch=True)
    assert only_file(analysed(capsys, "old", ".coverage")) == only_file(analysed(capsys, ".coverage"))


@pytest.mark.reliability
@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"lines": 3}',
        '{"lines": {"a.py": ["x"]}}',
        '{"lines": {"a.py": [1e9]}}',
        '{"lines": {"a.py": [1000000000]}}',
        '{"arcs": {"a.py": [[1, 2, 3]]}}',
        '{"lines": {"a.py": [1]}, "arcs": {"a.py": [[1, 2]]}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_broken_data_of_version_4_is_refused(project: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (project / "old").write_bytes((VERSION_4 + text).encode(errors="surrogateescape"))
    assert analyser.main(["old"]) == analyser.FAILED
    said = capsys.readouterr()
    assert (said.out, "old: " in said.err) == ("", True)


def lines_of(exits: dict[int, tuple[int, int]], arcs: list[tuple[int, int]], missing: dict[int, list[int]]) -> object:
    return SimpleNamespace(
        numbers=SimpleNamespace(n_branches=1),
        arc_possibilities=lambda: arcs,
        excluded={9},
        missing_branch_arcs=lambda: missing,
        branch_stats=lambda: exits,
    )


def test_exits_are_named_where_the_possible_arcs_are_as_many_as_the_exits() -> None:
    analysis = lines_of({1: (2, 1)}, [(1, 2), (1, 3), (1, 9)], {1: [3]})
    assert analyser._exits(analysis) == ([(1, 2), (1, 3)], [(1, 2)], [])


def test_exits_are_counted_where_the_possible_arcs_are_more_or_fewer() -> None:
    analysis = lines_of({1: (3, 2)}, [(1, 2), (1, 3)], {1: [3]})
    assert analyser._exits(analysis) == ([], [], [(1, 2, 3)])


@pytest.mark.parametrize(
    ("chosen", "default", "branch", "python", "noted"),
    [
        ("sysmon", False, True, (3, 14), True),
        ("sysmon", False, True, (3, 13), False),
        ("sysmon", False, False, (3, 12), True),
        (None, True, True, (3, 14), True),
        (None, False, True, (3, 14), False),
        ("ctrace", True, True, (3, 14), False),
    ],
)
def test_the_sysmon_core_is_noted_where_it_is_used(
    chosen: str | None, default: bool, branch: bool, python: tuple[int, ...], noted: bool
) -> None:
    assert analyser.sysmon(chosen, default, branch, python) is noted


def test_a_missing_coverage_py_has_its_own_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert analyser.main([], package="no_such_package") == analyser.NO_COVERAGE
    assert "cannot be imported" in capsys.readouterr().err


def test_a_coverage_py_without_the_report_function_is_refused() -> None:
    with pytest.raises(analyser.AnalysisError, match="get_analysis_to_report"):
        list(analyser._reports(None, ("no.such.module", "coverage.files")))


@pytest.mark.reliability
def test_a_database_that_contradicts_itself_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray((project / ".coverage").read_bytes())
    data[36:40] = (7).to_bytes(4, "big")  # the header's number of free pages
    (project / ".coverage").write_bytes(data)
    assert analyser.main([".coverage"]) == analyser.FAILED
    assert "damaged" in capsys.readouterr().err


def test_the_implementation_is_named() -> None:
    assert analyser._language() in ("python", "pypy")
