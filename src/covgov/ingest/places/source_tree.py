"""The repository that a report is held against."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceTree:
    """Paths are relative to `root`, an absolute directory, and POSIX.

    blobs: path -> git blob id of every file on disk that git does not ignore. read: a file's bytes, None when there is
    none. on_disk: whether there is such a file, ignored or not. ignored: which of these paths git ignores, also where
    there is no such file. current: whether reports are of this very text: then what is not in it is a fault.
    """

    root: str
    blobs: Mapping[str, str]
    read: Callable[[str], bytes | None] = lambda path: None
    on_disk: Callable[[str], bool] = lambda path: False
    ignored: Callable[[Collection[str]], Collection[str]] = lambda paths: ()
    current: bool = True
