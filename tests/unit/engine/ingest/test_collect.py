from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.ingest.collect import CollectionResult, collect
from covgov.ingest.interface import Analyse
from covgov.model import lines, snapshot_codec
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric, Origin
from covgov.runner.checkout import source_tree
from covgov_testing.builders.coverage import PASSED, snap
from covgov_testing.reports import analysis, analysis_of, cobertura, json_report, klass, no_analysis

ONE = klass("src/a.py", 'number="1" hits="1"')
_ALL = b'"line_total": 1, "line_covered": 1, "branch_total": 0, "branch_covered": 0'
SUMMARY = b'{"gcovr/summary_format_version": "0.6", "files": [{"filename": "src/a.py", %b}], %b}' % (_ALL, _ALL)
BLOBS = {"src/a.py": "blob-a", "src/b.py": "blob-b"}


def gathered(
    root: Path,
    reports: Mapping[str, bytes],
    analyse: Analyse = no_analysis,
    blobs: Mapping[str, str] = BLOBS,
    *,
    start: str = "",
    current: bool = True,
) -> CollectionResult:
    for name, data in reports.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    tree = replace(source_tree(root, blobs, None), current=current)
    paths = [root / name for name in reports]
    origin = Origin("c", "t")
    return collect("api", paths, tree=tree, origin=origin, tests=PASSED, analyse=analyse, start=start)


def test_a_report_becomes_a_snapshot_with_sources_origin_and_tests(tmp_path: Path) -> None:
    xml = cobertura(klass("a.py", 'number="1" hits="1"') + klass("x.py"), sources=["src"])
    found = gathered(tmp_path, {"c.xml": xml})
    assert found.snapshot.suite == "api"
    assert found.snapshot.origin == Origin("c", "t")
    assert found.snapshot.tests == PASSED
    assert {path: file.source for path, file in found.snapshot.files.items()} == {"src/a.py": "blob-a"}
    assert found.unmatched == ("x.py",)


def test_several_reports_are_merged(tmp_path: Path) -> None:
    one = cobertura(klass("src/a.py", 'number="1" hits="1"', 'number="2" hits="0"'))
    two = cobertura(klass("src/a.py", 'number="1" hits="0"', 'number="2" hits="1"'))
    found = gathered(tmp_path, {"1.xml": one, "2.xml": two})
    assert found.snapshot.ratio(Metric.LINE) == Ratio(2, 2)
    assert len(found.parsed) == 2


def test_data_files_go_through_the_analyser(tmp_path: Path) -> None:
    summary = {"n_statements": 1, "n_missing": 0}
    document = analysis({"src/a.py": {"statements": [1], "executed": [1], "summary": summary}})
    found = gathered(tmp_path, {".coverage": b"SQLite format 3\0"}, analysis_of(document))
    assert found.snapshot.identity.language == "python 3.11"


def test_rewritten_paths_are_noted(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"c.xml": cobertura(klass("/ci/src/a.py", 'number="1" hits="1"'))})
    assert found.snapshot.notes == ("report paths were rewritten: /ci/ -> ",)


def old_json(path: str) -> bytes:
    summary = {"covered_lines": 1, "num_statements": 1, "missing_lines": 0}
    return json_report({path: {"executed_lines": [1, 2], "missing_lines": [], "summary": summary}}, version="7.2.7")


def test_docstrings_of_an_old_json_are_settled_from_the_source(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text('"""Doc."""\nx = 1\n', encoding="utf-8")
    found = gathered(tmp_path, {"c.json": old_json("src/a.py")})
    assert lines.spell(found.snapshot.files["src/a.py"].statements) == "2"
    assert found.snapshot.notes == ()


@pytest.mark.parametrize("text", [None, b"x = 1\ny = 2\n", b"\xff\n\xff"])
def test_unsettled_surplus_lines_are_noted(tmp_path: Path, text: bytes | None) -> None:
    if text is not None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a.py").write_bytes(text)
    found = gathered(tmp_path, {"c.json": old_json("src/a.py")})
    assert found.snapshot.ratio(Metric.LINE) == Ratio(2, 2)
    assert "1 lines are counted as executed" in found.snapshot.notes[0]


def test_a_statement_of_several_lines_is_no_surplus(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n", encoding="utf-8")
    profile = b"mode: set\nexample.com/m/a.go:1.1,3.2 1 1\n"
    found = gathered(tmp_path, {"c.out": profile}, blobs={"go.mod": "blob-m", "a.go": "blob-a"})
    assert found.snapshot.ratio(Metric.LINE) == Ratio(3, 3)
    assert [note for note in found.snapshot.notes if "coverage.py" in note] == []


def test_surplus_lines_of_unmatched_files_are_ignored(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"a.xml": cobertura(klass("src/a.py", 'number="1" hits="1"'))})
    assert found.unmatched == ()
    with pytest.raises(InputError, match="none of the 1 files"):
        gathered(tmp_path, {"c.json": old_json("elsewhere/z.py")})


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("c.xml", cobertura(ONE, root='branches-valid="2" branches-covered="1"'), "1/2 branch exits"),
        ("c.xml", cobertura(ONE, root='lines-valid="9" lines-covered="1"'), "1/9 lines"),
        ("c.info", b"SF:src/a.py\nLF:100\nLH:0\nend_of_record\n", "0/100 lines, but no records"),
        ("s.json", SUMMARY, "totals without lines, which no gate can judge; write `gcovr --json`"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        gathered(tmp_path, {name: data})
    assert caught.value.code == "report-contradicts"


@pytest.mark.reliability
@pytest.mark.parametrize(
    "entries",
    [
        ['number="3" hits="1"'],
        ['number="1" hits="1"', 'number="9" hits="0"'],
        ['number="2" hits="1"', 'number="3" hits="1" branch="true" condition-coverage="50% (1/2)"'],
    ],
)
@pytest.mark.parametrize("text", ["x = 1\ny = 2\n", "x = 1\ny = 2", "x = 1\r\ny = 2\r\n"])
def test_a_line_beyond_the_end_of_the_file_is_refused(tmp_path: Path, entries: list[str], text: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_bytes(text.encode())
    with pytest.raises(InputError, match=r"of src/a\.py, which ends at line 2") as caught:
        gathered(tmp_path, {"c.xml": cobertura(klass("src/a.py", *entries))})
    assert caught.value.code == "report-other-text"


@pytest.mark.parametrize("text", ["x = 1\ny = 2", "x = 1\ny = 2\n\n", "x = 1\x0cy = 2", "x = 1\ry = 2"])
def test_the_last_line_is_none_beyond_the_end_whatever_ends_lines(tmp_path: Path, text: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_bytes(text.encode())
    found = gathered(tmp_path, {"c.xml": cobertura(klass("src/a.py", 'number="2" hits="1"'))})
    assert found.snapshot.ratio(Metric.LINE) == Ratio(1, 1)


@pytest.mark.security
@pytest.mark.parametrize("silent", ["", "  \t", "# words", "    # words", "\x0c", "\r"])
def test_a_counted_line_without_code_is_refused_in_python(tmp_path: Path, silent: str) -> None:
    text = f"x = 1\n{silent}\ny = 2\n".encode()
    (tmp_path / "src").mkdir()
    for name in ("a.py", "a.js"):
        (tmp_path / "src" / name).write_bytes(text)
    entries = ('number="1" hits="1"', 'number="2" hits="1"')
    with pytest.raises(InputError, match=r"it counts line 2 of src/a\.py, which holds no code") as caught:
        gathered(tmp_path, {"c.xml": cobertura(klass("src/a.py", *entries))})
    assert caught.value.code == "report-other-text"
    ranges = gathered(tmp_path, {"c.xml": cobertura(klass("src/a.js", *entries))}, blobs={"src/a.js": "blob"})
    assert ranges.snapshot.ratio(Metric.LINE) == Ratio(2, 2)


def test_a_report_of_another_text_is_not_held_against_this_one(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("x = 1\n", encoding="utf-8")
    xml = cobertura(klass("src/a.py", 'number="9" hits="1"') + klass("src/gone.py", 'number="1" hits="1"'))
    found = gathered(tmp_path, {"c.xml": xml}, current=False)
    assert found.snapshot.ratio(Metric.LINE) == Ratio(1, 1)
    assert found.unmatched == ("src/gone.py",)


@pytest.mark.reliability
def test_a_file_that_cannot_be_placed_is_refused_beside_others(tmp_path: Path) -> None:
    gone = klass("src/gone.py", 'number="1" hits="0"')
    with pytest.raises(InputError, match=r"src/gone\.py is in the report, but not in the repository") as caught:
        gathered(tmp_path, {"c.xml": cobertura(ONE + gone + gone.replace("gone", "lost"))})
    assert caught.value.code == "report-unplaced"
    assert "(and 1 more file like it)" in caught.value.message
    assert "`root` in [suites.api]" in caught.value.hint


def test_files_outside_of_the_repository_are_noted(tmp_path: Path) -> None:
    xml = cobertura(ONE + "".join(klass(f"/usr/lib/{name}.py", 'number="1" hits="1"') for name in "abcd"))
    found = gathered(tmp_path, {"c.xml": xml})
    assert found.snapshot.notes == (
        "not counted, as outside of the repository or ignored by git: 4 files (/usr/lib/a.py, /usr/lib/b.py, "
        "/usr/lib/c.py, ...)",
    )


@pytest.mark.reliability
def test_the_reports_own_place_and_the_suites_root_decide(tmp_path: Path) -> None:
    blobs = {f"packages/{name}/src/a.py": name for name in "ab"}
    xml = cobertura(ONE)
    near = gathered(tmp_path, {"packages/a/cov/c.xml": xml}, blobs=blobs)
    assert list(near.snapshot.files) == ["packages/a/src/a.py"]
    assert list(gathered(tmp_path, {"c.xml": xml}, blobs=blobs, start="packages/b").snapshot.files) == [
        "packages/b/src/a.py"
    ]
    with pytest.raises(InputError, match=r"src/a\.py fits packages/a/src/a\.py and packages/b/src/a\.py") as caught:
        gathered(tmp_path, {"c.xml": xml}, blobs=blobs)
    assert '`root = "packages/a"` in [suites.api]' in caught.value.hint


def test_a_snapshot_of_our_own_starts_from_the_top_wherever_it_lies(tmp_path: Path) -> None:
    blobs = {"src/a.py": "top", "packages/a/src/a.py": "other"}
    data = snapshot_codec.encode(snap({"src/a.py": "+"}))
    found = gathered(tmp_path, {"packages/a/x.snapshot": data}, blobs=blobs, start="packages/a")
    assert list(found.snapshot.files) == ["src/a.py"]


@pytest.mark.reliability
def test_a_report_without_matching_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the 1 files .*elsewhere/z\.py") as caught:
        gathered(tmp_path, {"c.xml": cobertura(klass("elsewhere/z.py", 'number="1" hits="1"'))})
    assert caught.value.code == "report-matches-nothing"


@pytest.mark.reliability
@pytest.mark.parametrize("others", ["", klass("only.py", 'number="1" hits="1"')], ids=["alone", "beside another"])
def test_an_ambiguous_path_is_refused_with_two_candidates(tmp_path: Path, others: str) -> None:
    blobs = {"src/one/a.py": "1", "src/two/a.py": "2", "src/one/only.py": "3"}
    xml = cobertura(klass("a.py", 'number="1" hits="1"') + others, sources=["src/one", "src/two"])
    with pytest.raises(InputError, match=r"a\.py fits src/one/a\.py and src/two/a\.py") as caught:
        gathered(tmp_path, {"c.xml": xml}, blobs=blobs)
    assert caught.value.code == "report-ambiguous"
    assert "relative_files" in caught.value.hint


@pytest.mark.reliability
def test_a_report_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no file") as caught:
        gathered(tmp_path, {"c.xml": cobertura("")})
    assert caught.value.code == "report-matches-nothing"


def test_no_report_at_all_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="suite api") as caught:
        gathered(tmp_path, {})
    assert caught.value.code == "report-missing"
