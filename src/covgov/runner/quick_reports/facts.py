"""What coverage.py finds in the text of a source file alone, saved in the user's cache directory for the next run.

Only reports are made of it, never a snapshot: a verdict does not depend on what is in the cache.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
import tempfile
import zlib
from contextlib import suppress

TYPE_CHECKING = False  # `typing` need not be there for this alone
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    Fact = TypeVar("Fact")

HEADER = b"covgov source facts 1\n"
DIGEST = 32
LARGEST, MOST = 64000000, 16
SWITCH, OFF = "COVGOV_CACHE", "off"


def place(environ: Mapping[str, str], root: str, version: str) -> str:
    """The cache file of the project in `root` for a version of coverage.py; empty for none.

    Not below `root`, where a change of the project could bring a cache of its own.
    """
    base = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", ""), ".cache")  # noqa: PTH118
    inside = os.path.join(os.path.realpath(base), "").startswith(os.path.join(os.path.realpath(root), ""))  # noqa: PTH118
    if environ.get(SWITCH) == OFF or not os.path.isabs(base) or inside:  # noqa: PTH117
        return ""
    made_by = (os.path.realpath(root), version, sys.version, sys.flags.optimize)
    return os.path.join(base, "covgov", "facts", hashlib.sha256(repr(made_by).encode()).hexdigest())  # noqa: PTH118


class SourceFacts:
    """The facts of a project's sources. path: the cache file, "" for none; `save` writes what this run used.

    largest: bytes that the file may have. most: files that its directory may have, one for each project.
    """

    def __init__(self, path: str = "", largest: int = LARGEST, most: int = MOST) -> None:
        self.path = path
        self.largest = largest
        self.most = most
        self.saved = read(path, largest) if path else {}
        self.used: dict[bytes, bytes] = {}

    def of(self, text: str, question: str, answer: Callable[[], Fact]) -> Fact:
        """What was the answer to a question about this text, else `answer()`.

        An answer that `marshal` cannot hold is not saved.
        """
        key = key_of(text, question)
        found = self.used.get(key) or self.saved.get(key)
        if found is not None:
            self.used[key] = found
            saved: Fact = marshal.loads(zlib.decompress(found))  # noqa: S302 - it executes nothing
            return saved
        made = answer()
        with suppress(ValueError):
            self.used[key] = zlib.compress(marshal.dumps(made), 1)  # type: ignore[arg-type]  # else a ValueError
        return made

    def save(self) -> None:
        """Replace the cache file, if it can be written. Facts of texts that no longer exist are dropped."""
        if not self.path:
            return
        body = marshal.dumps(self.used)
        with suppress(OSError):
            if self.used.keys() == self.saved.keys():
                os.utime(self.path)
            elif len(HEADER) + DIGEST + len(body) <= self.largest:
                write(self.path, body)
            tidy(os.path.dirname(self.path), self.most)  # noqa: PTH120


def key_of(text: str, question: str) -> bytes:
    """Under which an answer is saved."""
    return hashlib.sha256(repr((question, text)).encode("utf-8")).digest()


def read(path: str, largest: int) -> dict[bytes, bytes]:
    """The saved facts; none where the file is another user's, not exactly what was written, or too large."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read(largest + 1) if own(os.fstat(file.fileno()).st_uid) else b""
    except OSError:
        return {}
    body = data[len(HEADER) + DIGEST :]
    if len(data) > largest or data != HEADER + hashlib.sha256(body).digest() + body:
        return {}
    saved: dict[bytes, bytes] = marshal.loads(body)  # noqa: S302 - it executes nothing
    return saved


def own(owner: int) -> bool:
    """Whether a file of this owner is this user's: in a cache directory that users share, it need not be."""
    user = getattr(os, "geteuid", None)  # Windows has none
    return user is None or owner == user()


def write(path: str, body: bytes) -> None:
    """Write a cache file at once, or not at all. Raises OSError."""
    folder = os.path.dirname(path)  # noqa: PTH120
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    handle, new = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(HEADER + hashlib.sha256(body).digest() + body)
        os.replace(new, path)  # noqa: PTH105
    except OSError:
        os.unlink(new)  # noqa: PTH108
        raise


def tidy(folder: str, most: int) -> None:
    """Keep the files that were used last. Raises OSError."""
    files = [os.path.join(folder, name) for name in os.listdir(folder)]  # noqa: PTH118, PTH208
    for path in sorted(files, key=os.path.getmtime)[:-most]:
        os.unlink(path)  # noqa: PTH108
