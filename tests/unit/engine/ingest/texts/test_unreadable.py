from __future__ import annotations

from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.ingest.interface import ParsedReport, UnreadableFile
from covgov.ingest.texts.unreadable import notes_on_unreadable
from covgov.model.blob import blob_id
from covgov.model.snapshot import Identity
from covgov.runner.checkout import source_tree


def notes(root: Path, *files: UnreadableFile) -> tuple[str, ...]:
    """The notes on files of a repository whose tree was read before `root` changed."""
    identity = Identity("coverage.py", "7", "python 3.11", branch=True)
    report = ParsedReport("coveragepy-data", identity, {}, (), (), roots=(str(root),), unreadable=files)
    blobs = {"app/a.py": blob_id((root / "app/a.py").read_bytes()), "app/gone.py": "blob"}
    return notes_on_unreadable(report, source_tree(root, blobs, None))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/a.py").write_text("{% for x in y %}\n")
    return tmp_path


def test_a_template_is_a_note(root: Path) -> None:
    assert notes(root, UnreadableFile("app/t.html", "invalid syntax", executed=True)) == (
        "not Python, so not counted without a coverage.py plug-in: app/t.html",
    )


def test_a_file_of_another_python_is_a_note(root: Path) -> None:
    assert notes(root, UnreadableFile("app/a.py", "invalid syntax", executed=False)) == (
        "cannot be parsed by the suite's Python, so not counted: app/a.py",
    )


def test_a_module_that_the_tests_made_and_removed_is_a_note(root: Path) -> None:
    made = [UnreadableFile(f"{root}/app/made{number}.py", "No source", executed=True) for number in range(5)]
    (note,) = notes(root, *made)
    assert note.startswith("ran, but has no Python source now, so not counted: ")
    assert note.endswith("made2.py and 2 more")


def test_a_tracked_template_with_a_python_name_is_no_error(root: Path) -> None:
    assert notes(root, UnreadableFile("app/a.py", "invalid syntax", executed=True))


@pytest.mark.security
def test_a_source_that_ran_and_is_gone_is_an_error(root: Path) -> None:
    with pytest.raises(InputError, match=r"^app/gone\.py ran, and its source went") as caught:
        notes(root, UnreadableFile("app/gone.py", "No source for code", executed=True))
    assert caught.value.code == "source-changed"


@pytest.mark.security
def test_a_source_that_ran_and_was_made_unreadable_is_an_error(root: Path) -> None:
    before = blob_id((root / "app/a.py").read_bytes())
    (root / "app/a.py").write_text("(\n")
    identity = Identity("coverage.py", "7", "python 3.11", branch=True)
    broken = UnreadableFile("app/a.py", "invalid syntax", executed=True)
    report = ParsedReport("coveragepy-data", identity, {}, (), (), roots=(str(root),), unreadable=(broken,))
    with pytest.raises(InputError, match=r"^app/a\.py ran, and its source went or changed"):
        notes_on_unreadable(report, source_tree(root, {"app/a.py": before}, None))
