"""The files on disk as a git tree, and a commit as files on disk, without changing index, work tree or refs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from covgov.vcs.command import Git
from covgov.vcs.own_output import FOLDER, own_output


def places(git: Git) -> tuple[Path, Path]:
    """Paths of the index and the object store of a checkout."""
    found = git.run("rev-parse", "--git-path", "index", "--git-path", "objects").text.split("\n")
    middle = len(found) // 2  # a directory's name may hold line ends
    index, store = "\n".join(found[:middle]), "\n".join(found[middle:])
    return git.root / index, (git.root / store).resolve()


@contextmanager
def worktree_tree(git: Git, index: Path, store: Path) -> Iterator[tuple[Git, str]]:
    """A git with the tree of the files on disk (untracked files included, ignored ones and covgov's own
    output not), and the tree's id.

    Untracked files that git itself cannot add (unreadable ones, repositories without a commit) are in `git status` and
    not in the tree.

    The index is a copy (so only changed files are hashed) and new objects go to a temporary directory; both are
    removed when the context ends, with the tree's objects.
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
        _add_all(apart)
        _leave_out_own(git, apart)
        yield apart, apart.run("write-tree").text


def _leave_out_own(git: Git, apart: Git) -> None:
    """Take what covgov left there, and git neither tracks nor ignores, out of the copied index again."""
    if (git.root / FOLDER).is_dir():
        listed = _listed(apart)
        tracked = _listed(git) if listed else set()
        own = "".join(f"{path}\0" for path in own_output(listed - tracked, tracked))
        if own:
            apart.run("update-index", "--force-remove", "-z", "--stdin", stdin=os.fsencode(own))


def _listed(git: Git) -> set[str]:
    return {os.fsdecode(path) for path in git.run("ls-files", "-z", "--", FOLDER).out.split(b"\0")} - {""}


def left_out(git: Git, apart: Git) -> bool:
    """Whether `git status` shows anything that is not in the copied index, but for covgov's own output."""
    status = apart.run("status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal").out
    entries = {os.fsdecode(entry) for entry in status.split(b"\0")} - {""}
    untracked = {entry.removeprefix("?? ") for entry in entries if entry.startswith("?? ")}
    if not untracked:
        return bool(entries)
    return len(entries) > len(set(own_output(untracked, _listed(git))))


def _add_all(git: Git) -> None:
    """Whatever can be added. Raises Undetermined (`git-failed`) for a tracked file that cannot."""
    if git.ask("add", "--all").code == 0:
        return
    git.run("add", "--update")
    if git.ask("add", "--all", "--ignore-errors").code in (0, 1):
        return
    for path in git.run("ls-files", "--others", "--exclude-standard", "-z").out.split(b"\0")[:-1]:
        git.ask("add", "--", os.fsdecode(path))  # one that ends git, as a missing filter does, must not hide the others


@contextmanager
def checked_out(git: Git, commit: str) -> Iterator[Path]:
    """A commit's files in a temporary directory, a checkout of its own; it is removed when the context ends."""
    with tempfile.TemporaryDirectory(prefix="covgov-base-") as name:
        place = Path(name).resolve() / "base"
        git.run("worktree", "add", "--quiet", "--detach", "--force", str(place), commit)
        try:
            yield place
        finally:
            git.ask("worktree", "remove", "--force", "--force", str(place))


def _quoted(path: Path) -> str:
    """As an entry of git's directory lists: a path with the separator is in double quotes, C style."""
    text = str(path)
    if os.pathsep not in text and not text.startswith('"'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
