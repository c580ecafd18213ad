"""Fitting a text of several sections into a limit: the least important lists are shortened first, and say so."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

_NOTICE_ROOM = 90


class Section(Struct, frozen=True):
    """A list with its opening and closing. rank: 0 is shortened last. name: how the notice calls its items."""

    name: str
    rank: int
    opening: str
    items: tuple[str, ...]
    closing: str = ""


def fit(head: str, sections: Sequence[Section], foot: str, limit: int) -> str:
    """The sections in the order given between head and foot, at most `limit` UTF-8 bytes.

    Items are kept from the front, rank by rank; a shortened section ends with the number of items left out. Head and
    foot are the caller's to bound: they are never cut.
    """
    notices = (_NOTICE_ROOM + _size(section.name) for section in sections)
    budget = limit - _size(head) - _size(foot) - sum(notices) - 4
    texts: dict[int, str] = {}
    for index in sorted(range(len(sections)), key=lambda i: (sections[i].rank, i)):
        texts[index], spent = _text(sections[index], budget)
        budget -= spent
    return "\n\n".join([head, *(texts[index] for index in sorted(texts)), foot]) + "\n"


def _text(section: Section, budget: int) -> tuple[str, int]:
    frame = _size(section.opening) + _size(section.closing) + 8
    shown = _prefix(section.items, budget - frame)
    left_out = len(section.items) - len(shown)
    notice = f"({left_out} more {section.name} left out: the text would be too long)" if left_out else ""
    if not shown and left_out:
        return notice, 0
    body = "\n".join([section.opening, *shown]) if section.opening else "\n".join(shown)
    text = "\n\n".join(part for part in (body, notice, section.closing) if part)
    return text, frame + sum(_size(item) + 1 for item in shown)


def _prefix(items: Sequence[str], budget: int) -> Sequence[str]:
    for index, item in enumerate(items):
        budget -= _size(item) + 1
        if budget < 0:
            return items[:index]
    return items


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
