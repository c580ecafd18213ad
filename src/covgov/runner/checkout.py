"""The code to be measured: from git, or plain file hashes without git."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from covgov.model.blob import blob_id
from covgov.model.snapshot import Origin
from covgov.vcs.git import GitRepository, toplevel
from covgov.vcs.interface import WORKTREE


@dataclass(frozen=True, slots=True)
class Checkout:
    """origin: None without git. blobs: path relative to the root -> git blob id of what is on disk."""

    origin: Origin | None
    blobs: Mapping[str, str]


def look(root: Path, env: Mapping[str, str]) -> Checkout:
    """The code under `root`: with git if it is the top of a checkout."""
    top = toplevel(root, env)
    if top is None or top.resolve() != root.resolve():
        return Checkout(None, {path.relative_to(root).as_posix(): blob_id(path.read_bytes()) for path in files(root)})
    repository = GitRepository(root, env=env)
    return Checkout(repository.origin(), repository.blobs(WORKTREE))


def files(root: Path) -> Iterator[Path]:
    """Regular files below `root`, without hidden directories, byte code and virtual environments."""
    for directory, below, names in os.walk(root):
        here = Path(directory)
        below[:] = sorted(
            name
            for name in below
            if not name.startswith(".") and name != "__pycache__" and not (here / name / "pyvenv.cfg").is_file()
        )
        yield from (path for path in (here / name for name in sorted(names)) if path.is_file())
