"""The files of a history branch at one commit, and the soundness of every git object below it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from covgov.history.format import layout
from covgov.history.interface import HistoryFault
from covgov.history.stores.git.plumbing import Plumbing


class GitView:
    """A view of `commit`'s tree; without a commit it is empty. Listed once, read in batches.

    contents: blobs of manifests and heads that were read before, by id.
    """

    def __init__(self, git: Plumbing, commit: str | None, contents: dict[str, bytes] | None = None) -> None:
        self._git = git
        self._commit = commit
        self._contents = {} if contents is None else contents

    @cached_property
    def blobs(self) -> dict[str, str]:
        """Name -> blob id. Raises InputError (`history-damaged`) when the tree cannot be read."""
        if self._commit is None:
            return {}
        done = self._git.run("ls-tree", "-r", "-z", "--full-tree", self._commit)
        if done.code:
            raise layout.damaged(f"commit {self._commit}", done.err)
        entries = (entry.split("\t", 1) for entry in done.out.decode(errors="surrogateescape").split("\0") if entry)
        return {name: attributes.split(" ")[2] for attributes, name in entries}

    def names(self, folder: str = "") -> Sequence[str]:
        prefix = f"{folder}/" if folder else ""
        return sorted(name for name in self.blobs if name.startswith(prefix))

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        known = [name for name in names if name in self.blobs]
        missing = [name for name in known if self.blobs[name] not in self._contents]
        found = self._git.objects([self.blobs[name] for name in missing])
        read = {
            name: content
            for name, (_, kind, content) in zip(missing, found, strict=True)
            if content is not None and kind == "blob"
        }
        kept = {name: data for name, data in read.items() if not name.startswith(f"{layout.OBJECTS}/")}
        self._contents |= {self.blobs[name]: data for name, data in kept.items()}
        ids = {name: self.blobs[name] for name in known if name not in read}
        return {**{name: self._contents[blob] for name, blob in ids.items() if blob in self._contents}, **read}


def object_faults(git: Plumbing, tip: str) -> Iterator[HistoryFault]:
    """Every commit, tree and blob that `tip` reaches, hashed again, and every file's mode."""
    reached = git.run("rev-list", "--objects", "--no-object-names", tip)
    if reached.code:
        yield HistoryFault(f"commit {tip}", reached.err)
    for object_id, kind, content in git.objects(reached.out.decode().split()):
        if content is None:
            yield HistoryFault(f"git object {object_id}", kind)
        elif _hash(object_id, kind, content) != object_id:
            yield HistoryFault(f"git object {object_id}", "its content does not match its id")
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", tip)
    for entry in listed.out.decode(errors="surrogateescape").split("\0"):
        if entry and not entry.startswith("100644 blob "):
            yield HistoryFault(entry.partition("\t")[2], f"it is no plain file ({entry[:6]})")


def _hash(object_id: str, kind: str, content: bytes) -> str:
    algorithm = "sha1" if len(object_id) == 40 else "sha256"
    body = f"{kind} {len(content)}".encode() + b"\0" + content
    return hashlib.new(algorithm, body, usedforsecurity=False).hexdigest()
