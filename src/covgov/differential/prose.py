"""Files that no measurement depends on, unless tests run the examples in them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from covgov.differential.linemap import LineMap
from covgov.model.diff import Diff, FileDiff

PROSE = (".md", ".rst", ".adoc")

_FENCE = re.compile(r"\s*(?:```|~~~|----)")
_EXAMPLE = re.compile(r"\s*>>>|\s+\S")
"""A doctest, or an indented line: a literal block, or the list that it is taken for here."""


def inert(diff: Diff, read: Callable[[str], bytes | None]) -> bool:
    """Whether the diff is of prose alone and took away nothing that tests may run: doctests, and other code blocks.

    read: a file's content before the diff.
    """
    return all(_prose(file) and not _lost_example(file, read) for file in diff)


def _prose(file: FileDiff) -> bool:
    return all(path is None or path.endswith(PROSE) for path in (file.old_path, file.new_path))


def _lost_example(file: FileDiff, read: Callable[[str], bytes | None]) -> bool:
    if file.old_path is None:
        return False
    whole = file.opaque or file.new_path != file.old_path
    removed = -1 if whole else LineMap.of(file.hunks).removed
    if not removed:
        return False
    text = (read(file.old_path) or b"").decode("utf-8", errors="replace")
    return any(removed >> line & 1 for line in _examples(text))


def _examples(text: str) -> Iterator[int]:
    """Numbers of the lines that are in a code block or look like one."""
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        fence = _FENCE.match(line) is not None
        inside ^= fence
        if inside or fence or _EXAMPLE.match(line):
            yield number
