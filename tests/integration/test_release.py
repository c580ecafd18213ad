"""A release: the tag fits version and changelog, two builds are the same bytes, and they hold what git tracks."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from covgov import __version__

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts" / "release"
SECTION = "## 1.2.0 - 2026-11-29\n\n- A change.\n"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"release_{name}", SCRIPTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NOTES = script("notes")


def test_the_notes_are_the_section_of_the_tags_version() -> None:
    changelog = f"# Changelog\n\n## Unreleased\n\n{SECTION}\n## 1.1.0 - 2026-01-01\n\n- An older change.\n"
    assert NOTES.notes("v1.2.0", "1.2.0", changelog) == "- A change.\n"


@pytest.mark.parametrize(
    ("tag", "changelog", "reason"),
    [
        ("v1.3.0", SECTION, "tag v1.3.0, but src/covgov/__init__.py has 1.2.0"),
        ("1.2.0", SECTION, "tag v1.2.0, or change the version"),
        ("v1.2.0", "## Unreleased\n\n- A change.\n", "no section 1.2.0"),
        ("v1.2.0", SECTION.replace("2026-11-29", "soon"), "with the day of the release"),
        ("v1.2.0", SECTION.replace(" - 2026-11-29", ""), "with the day of the release"),
        ("v1.2.0", SECTION.replace("- A change.", ""), "is empty"),
        ("v1.2.0", f"## Unreleased\n\n- Another.\n\n{SECTION}", "move what is under Unreleased to 1.2.0"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(tag: str, changelog: str, reason: str) -> None:
    with pytest.raises(NOTES.ReleaseError, match=reason):
        NOTES.notes(tag, "1.2.0", changelog)


def test_the_version_stands_in_one_place() -> None:
    assert NOTES.version() == __version__


def build(target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPTS / "build.py"), str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_two_builds_of_one_commit_are_the_same_bytes_and_hold_what_git_tracks(tmp_path: Path) -> None:
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    wheel, sdist = tmp_path / f"covgov-{__version__}-py3-none-any.whl", tmp_path / f"covgov-{__version__}.tar.gz"
    assert (tmp_path / "SHA256SUMS").read_text().splitlines() == done.stdout.splitlines()
    tracked = subprocess.run(
        ["git", "-C", str(SCRIPTS.parents[1]), "ls-tree", "-r", "--name-only", "HEAD", "src/covgov"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    with zipfile.ZipFile(wheel) as archive:
        assert {f"src/{name}" for name in archive.namelist() if ".dist-info" not in name} == set(tracked)
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {*tracked, "LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"} <= names


def test_builds_that_differ_are_refused(tmp_path: Path) -> None:
    module = script("build")
    code = module.write_if_equal([{"a.whl": b"one"}, {"a.whl": b"two"}], tmp_path / "dist")
    assert code == 1
    assert not (tmp_path / "dist").exists()
