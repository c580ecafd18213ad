from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from covgov.runner.artifacts import SuiteArtifacts, deliver, pack
from covgov.runner.passthrough import ReportOutputs


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    (made / "html/sub").mkdir(parents=True)
    for kind in ("xml", "json", "lcov"):
        (made / f"report.{kind}").write_text(kind)
    (made / "html/index.html").write_text("<p>")
    (made / "html/sub/a.js").write_text("1")
    (made / "html/.gitignore").write_text("*")
    return made


def listing(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.reliability
def test_artifacts_of_an_earlier_run_are_removed(tmp_path: Path) -> None:
    artifacts = SuiteArtifacts(tmp_path / "out", "a")
    artifacts.prepare()
    for path in artifacts.all:
        path.touch()
    (tmp_path / "out/b.snapshot").touch()
    artifacts.prepare()
    assert listing(tmp_path / "out") == [".gitignore", "b.snapshot"]


def test_the_output_directory_is_ignored_by_git(tmp_path: Path) -> None:
    SuiteArtifacts(tmp_path, "a").prepare()
    assert (tmp_path / ".gitignore").read_text().splitlines()[-1] == "*"


def test_an_existing_gitignore_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine")
    SuiteArtifacts(tmp_path, "a").prepare()
    assert (tmp_path / ".gitignore").read_text() == "mine"


def test_reports_and_junit_are_published_under_the_suites_name(tmp_path: Path, reports: Path) -> None:
    junit = tmp_path / "junit.xml"
    junit.write_text("<testsuites/>")
    written = SuiteArtifacts(tmp_path / "out", "a").publish(reports, junit)
    assert [path.name for path in written] == ["a.xml", "a.json", "a.lcov", "a-html.zip", "a-junit.xml"]
    assert (tmp_path / "out/a.lcov").read_text() == "lcov"


def test_without_junit_no_file_is_written(tmp_path: Path, reports: Path) -> None:
    SuiteArtifacts(tmp_path / "out", "a").publish(reports, tmp_path / "junit.xml")
    assert not (tmp_path / "out/a-junit.xml").exists()


def test_requested_outputs_are_delivered(tmp_path: Path, reports: Path) -> None:
    wanted = ReportOutputs(xml=("x/a.xml", "b.xml"), json=("j.json",), html=("site",))
    written = deliver(wanted, reports, tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == ["x/a.xml", "b.xml", "j.json", "site"]
    assert (tmp_path / "x/a.xml").read_text() == "xml"
    assert (tmp_path / "site/sub/a.js").read_text() == "1"


def test_the_archive_holds_the_site_in_order_without_git_files(tmp_path: Path, reports: Path) -> None:
    with zipfile.ZipFile(pack(reports / "html", tmp_path / "a.zip")) as archive:
        assert archive.namelist() == ["index.html", "sub/a.js"]


def test_the_same_site_gives_the_same_archive(tmp_path: Path, reports: Path) -> None:
    first = pack(reports / "html", tmp_path / "a.zip").read_bytes()
    for path in (reports / "html").rglob("*.*"):
        os.utime(path, (1, 1_000_000_000))
        path.chmod(0o600)
    assert pack(reports / "html", tmp_path / "b.zip").read_bytes() == first
