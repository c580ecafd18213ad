from __future__ import annotations

import os
from pathlib import Path

from covgov.model.blob import blob_id
from covgov.runner.checkout import look
from covgov_testing.projects import write
from covgov_testing.repos import Repo


def test_in_a_checkout_git_is_asked(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    commit = repo.commit({"a.py": "x = 1\n", ".gitignore": "*.tmp\n"})
    repo.write({"b.py": "y\n", "c.tmp": "ignored"})
    found = look(repo.root, os.environ)
    assert found.origin is not None
    assert (found.origin.commit, found.origin.dirty) == (commit, True)
    assert set(found.blobs) == {"a.py", "b.py", ".gitignore"}


def test_without_git_the_files_are_hashed_as_git_would(tmp_path: Path) -> None:
    files = {"a.py": "x = 1\n", "p/b.py": "", "v/pyvenv.cfg": "", "v/c.py": "", ".h/d.py": "", "__pycache__/e.pyc": ""}
    root = write(tmp_path / "plain", files)
    found = look(root, {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert found.origin is None
    assert set(found.blobs) == {"a.py", "p/b.py"}
    repo = Repo(tmp_path / "repo")
    assert found.blobs["a.py"] == repo.git("hash-object", str(root / "a.py"))


def test_a_directory_inside_a_checkout_is_no_checkout(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({"sub/a.py": "x = 1\n"})
    found = look(repo.root / "sub", os.environ)
    assert (found.origin, set(found.blobs)) == (None, {"a.py"})


def test_the_empty_file_has_gits_well_known_id(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert blob_id((tmp_path / "empty").read_bytes()) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
