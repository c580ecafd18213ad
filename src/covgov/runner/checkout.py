"""The code to be measured: from git, or plain file hashes without git."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from covgov.ingest.places.source_tree import SourceTree
from covgov.model.blob import blob_id
from covgov.model.snapshot import Origin
from covgov.vcs.git import GitRepository, toplevel
from covgov.vcs.interface import WORKTREE
from covgov.vcs.trees import reader


@dataclass(frozen=True, slots=True)
class Checkout:
    """origin: None without git. committed: path -> blob id of what git has; None without git."""

    origin: Origin | None
    tree: SourceTree
    committed: Callable[[], Mapping[str, str] | None] = lambda: None

    @property
    def blobs(self) -> Mapping[str, str]:
        """Path relative to the root -> git blob id of what is on disk."""
        return self.tree.blobs


def source_tree(root: Path, blobs: Mapping[str, str], repository: GitRepository | None) -> SourceTree:
    """The files below `root` for reports of what is on disk now. repository: None without git."""
    return SourceTree(
        root=str(root),
        blobs=blobs,
        read=reader(root),
        on_disk=lambda path: os.path.isfile(root / path),  # noqa: PTH113 - Path.is_file raises for names that are too long
        ignored=(lambda paths: ()) if repository is None else repository.ignored,
    )


def look(root: Path, env: Mapping[str, str]) -> Checkout:
    """The code under `root`: with git if it is the top of a checkout."""
    top = toplevel(root, env)
    if top is None or top.resolve() != root.resolve():
        blobs = {path.relative_to(root).as_posix(): blob_id(path.read_bytes()) for path in files(root)}
        return Checkout(None, source_tree(root, blobs, None))
    repository = GitRepository(root, env=env)
    with repository.steady():
        origin = repository.origin()
        tree = source_tree(root, repository.blobs(WORKTREE), repository)
    return Checkout(origin, tree, partial(repository.blobs, origin.commit))


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
