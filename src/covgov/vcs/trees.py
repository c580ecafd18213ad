"""The files of a tree, in git and on disk."""

from __future__ import annotations

import os
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
    file = root / path
    if not file.parent.resolve().is_relative_to(root.resolve()):
        return None
    if file.is_symlink():
        return os.fsencode(file.readlink())
    return file.read_bytes() if file.is_file() else None
