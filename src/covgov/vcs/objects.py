"""What `git cat-file --batch` prints (git-cat-file(1), "Batch output"): many objects from one process."""

from __future__ import annotations

import os
import subprocess
import weakref
from collections.abc import Collection, Iterator
from contextlib import suppress

from msgspec import Struct

from covgov.vcs.command import Git


class GitObject(Struct, frozen=True):
    """id: full. kind: blob, tree, commit or tag."""

    id: str
    kind: str
    data: bytes


class ObjectReader:
    """Single objects from one process, which is started by the first question and ends with the reader."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None

    def find(self, name: str) -> GitObject | None:
        """The object of an extended name ("main^{commit}", "COMMIT:path"); None when git has none or cannot read it.
        Raises Undetermined (`git-missing`)."""
        if "\n" in name or "\0" in name:  # a name that git is asked for ends there
            return None
        process = self._process = self._process or self._started()
        answer = _answer(process, name)
        if answer is None:  # an object that cannot be read has ended it
            self._process = None
            return None
        words, data = answer
        return GitObject(words[0].decode(), words[1].decode(), data) if len(words) == 3 else None

    def _started(self) -> subprocess.Popen[bytes]:
        process = self._git.started("cat-file", "--batch")
        weakref.finalize(self, _end, process)
        return process


def _answer(process: subprocess.Popen[bytes], name: str) -> tuple[list[bytes], bytes] | None:
    """(id, kind, size) and the content; fewer words where there is no such object. None when the process has ended."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(os.fsencode(name) + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return None
    line = process.stdout.readline()
    words = line.split()
    if len(words) != 3 or not words[2].isdigit():
        return ([], b"") if line else None
    data = process.stdout.read(int(words[2]) + 1)
    return (words, data[:-1]) if len(data) > int(words[2]) else None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # it only reads
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was not written yet has no reader
            if pipe is not None:
                pipe.close()


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
