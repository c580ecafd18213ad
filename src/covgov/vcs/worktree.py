"""What is on disk, as a git tree, without touching the real index, the object store, the work tree or a ref."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from covgov.vcs.command import Git


def places(git: Git) -> tuple[Path, Path]:
    """Where the index and the objects of a checkout are."""
    index = git.root / git.run("rev-parse", "--git-path", "index").text
    return index, (git.root / git.run("rev-parse", "--git-path", "objects").text).resolve()


@contextmanager
def worktree_tree(git: Git, index: Path, store: Path) -> Iterator[tuple[Git, str]]:
    """A git that knows the tree of what is on disk (untracked files included, ignored ones not), and the tree's id.

    The index is a copy (so only files that changed are hashed) and new objects go to a temporary directory; both are
    gone when the context ends, and with them the tree's objects.
    """
    with tempfile.TemporaryDirectory(prefix="covgov-index-") as name:
        scratch = Path(name)
        (scratch / "objects").mkdir()
        if index.is_file():
            shutil.copy2(index, scratch / "index")  # with its time: git's racy-file check compares with it
        apart = replace(
            git,
            extra={
                **git.extra,
                "GIT_INDEX_FILE": str(scratch / "index"),
                "GIT_OBJECT_DIRECTORY": str(scratch / "objects"),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(store),
            },
        )
        apart.run("add", "--all")
        yield apart, apart.run("write-tree").text


def _quoted(path: Path) -> str:
    """As git reads a list of directories: a path that holds the separator stands in double quotes, C style."""
    text = str(path)
    if os.pathsep not in text and not text.startswith('"'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
