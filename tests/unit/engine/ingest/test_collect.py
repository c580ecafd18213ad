from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.ingest.collect import CollectionResult, collect
from covgov.ingest.interface import Analyse
from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric, Origin
from covgov_testing.builders.coverage import PASSED
from covgov_testing.reports import analysis, analysis_of, cobertura, json_report, klass, no_analysis

BLOBS = {"src/a.py": "blob-a", "src/b.py": "blob-b"}


def gathered(
    root: Path, reports: Mapping[str, bytes], analyse: Analyse = no_analysis, blobs: Mapping[str, str] = BLOBS
) -> CollectionResult:
    for name, data in reports.items():
        (root / name).write_bytes(data)
    paths = [root / name for name in reports]
    return collect("api", paths, root=root, blobs=blobs, origin=Origin("c", "t"), tests=PASSED, analyse=analyse)


def test_a_report_becomes_a_snapshot_with_sources_origin_and_tests(tmp_path: Path) -> None:
    xml = cobertura(klass("a.py", 'number="1" hits="1"') + klass("x.py", 'number="1" hits="1"'), sources=["src"])
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


@pytest.mark.parametrize("text", [None, b"x = 1\ny = 2\n", b"\xff"])
def test_unsettled_surplus_lines_are_noted(tmp_path: Path, text: bytes | None) -> None:
    if text is not None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "a.py").write_bytes(text)
    found = gathered(tmp_path, {"c.json": old_json("src/a.py")})
    assert found.snapshot.ratio(Metric.LINE) == Ratio(2, 2)
    assert "1 lines are counted as executed" in found.snapshot.notes[0]


def test_surplus_lines_of_unmatched_files_are_ignored(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"a.xml": cobertura(klass("src/a.py", 'number="1" hits="1"'))})
    assert found.unmatched == ()
    with pytest.raises(InputError, match="none of the 1 files"):
        gathered(tmp_path, {"c.json": old_json("elsewhere/z.py")})


def test_unplaced_branch_totals_need_no_settling(tmp_path: Path) -> None:
    xml = cobertura(klass("src/a.py", 'number="1" hits="1"'), root='branches-valid="2" branches-covered="1"')
    found = gathered(tmp_path, {"c.xml": xml})
    assert found.snapshot.ratio(Metric.BRANCH) == Ratio(0, 0)
    assert "2 branch exits" in found.snapshot.notes[0]


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
