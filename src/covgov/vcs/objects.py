"""What `git cat-file --batch` prints (git-cat-file(1), "Batch output"): many objects from one process."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from covgov.vcs.command import Git


def files_at(git: Git, revision: str, paths: Collection[str]) -> dict[str, bytes]:
    """Those of the paths that are files of a commit or tree, and their content."""
    plain = [path for path in paths if "\n" not in path]  # a name that git is asked for ends there
    asked = os.fsencode("".join(f"{revision}:{path}\n" for path in plain))
    out = git.run("cat-file", "--batch", stdin=asked).out if plain else b""
    found = {
        path: data
        for path, (kind, data) in zip(plain, answers(out), strict=False)
        if kind == "blob" and data is not None
    }
    for path in paths:
        if "\n" in path and (done := git.ask("cat-file", "blob", f"{revision}:{path}")).code == 0:
            found[path] = done.out
    return found


def answers(out: bytes) -> Iterator[tuple[str, bytes | None]]:
    """(type, content) of each object that was asked for; ("missing", None) where there is none. Ends early where git
    did."""
    position = 0
    while position < len(out):
        end = out.find(b"\n", position)
        words = out[position:end].split(b" ") if end >= 0 else []
        if len(words) == 3 and words[2].isdigit():
            start, size = end + 1, int(words[2])
            if start + size + 1 > len(out):
                return
            yield words[1].decode(), out[start : start + size]
            position = start + size + 1
        elif end >= 0:
            yield "missing", None
            position = end + 1
        else:
            return
