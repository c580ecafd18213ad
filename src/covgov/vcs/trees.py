"""The files of a tree, in git and on disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path

from covgov.vcs.command import Git


def blobs_of(git: Git, treeish: str) -> dict[str, str]:
    """Path -> blob id of every file (submodules are not files), sorted by path."""
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", treeish).out
    found: dict[str, str] = {}
    for entry in listed.split(b"\0")[:-1]:
        info, _, path = entry.partition(b"\t")
        _, kind, blob = info.decode("ascii").split()
        if kind == "blob":
            found[os.fsdecode(path)] = blob
    return dict(sorted(found.items()))


def read_on_disk(root: Path, path: str) -> bytes | None:
    """A file below `root` as git stores it (a symbolic link as its target's name); None when it does not exist or
    the path leads outside."""
    return reader(root)(path)


def reader(root: Path) -> Callable[[str], bytes | None]:
    """`read_on_disk` for many files: that a directory is below `root` is found out once."""
    top = os.path.realpath(root)

    @cache
    def is_inside(directory: str) -> bool:
        return Path(os.path.realpath(os.path.join(top, directory))).is_relative_to(top)  # noqa: PTH118

    def read(path: str) -> bytes | None:
        return _read(os.path.join(top, path)) if is_inside(os.path.dirname(path)) else None  # noqa: PTH118, PTH120

    return read


def _read(file: str) -> bytes | None:
    try:
        mode = os.lstat(file).st_mode
        if stat.S_ISLNK(mode):
            return os.fsencode(os.readlink(file))  # noqa: PTH115
        if not stat.S_ISREG(mode):
            return None
        with open(file, "rb", buffering=0) as opened:  # noqa: PTH123
            return opened.readall()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
