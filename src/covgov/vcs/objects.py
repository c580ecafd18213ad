"""What `git cat-file --batch` prints (git-cat-file(1), "Batch output"): many objects from one process."""

from __future__ import annotations

from collections.abc import Iterator


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
