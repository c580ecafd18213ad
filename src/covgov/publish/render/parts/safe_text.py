"""Text from outside (paths, names, messages) made harmless for the place where it is shown.

A path may hold a newline, an escape sequence, a right-to-left override, a pipe or `##[`; shown raw it could forge a
row, an annotation or a CI command. Each function here answers for one kind of place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_MARKDOWN = re.compile(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])")
_COMMAND = re.compile(r"`([\w./=-]+(?: [\w./=-]+)*)`")
_BLOCK_START = re.compile(r"\A([#+=-](?![\w.])|\d+(?=[.)](\s|\Z)))")
_ENTITY = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_REFERENCE = re.compile(r"@|#(?=\d)|(?<=:)/(?=/)|(?<=[wW]{3})\.")
_BREAK = "&#8203;"
_TICKS = re.compile(r"`+")
_IN_XML = str.maketrans(_ENTITY)
_IN_ATTRIBUTE = str.maketrans({**_ENTITY, '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def plain(text: str) -> str:
    """One line of printable characters: others are escaped visibly (`\\n`, `\\x1b`, `\\u202e`), never dropped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    return " " if char == "\u00a0" else char.encode("unicode_escape").decode("ascii")


def log_line(text: str) -> str:
    """Like `plain`, and no CI runner takes it for a command: GitHub's `::error`, and `##[`, `##vso[`, `##teamcity[`.

    GitHub reads `::` only at the start of a (trimmed) line, the others are read anywhere.
    """
    visible = re.sub(r"#(?=#)", "# ", plain(text))
    return re.sub(r"^(\s*):(?=:)", r"\1: ", visible)


def markdown(text: str) -> str:
    """Inline Markdown (also inside a table cell) that shows exactly this text.

    No emphasis, link, image, HTML or code; mentions, issue numbers and addresses are parted by a zero-width space,
    because forges link them after Markdown is done.
    """
    escaped = _MARKDOWN.sub(lambda found: "\\" + found[0], plain(text))
    escaped = _REFERENCE.sub(lambda found: _parted(found[0]), _entities(escaped))
    return _BLOCK_START.sub(_inline, escaped.strip(), count=1)


def _inline(start: re.Match[str]) -> str:
    """The mark of a heading, list or rule, escaped as text; an ordered list's number is parted from its dot."""
    return start[0] + _BREAK if start[0].isdigit() else "\\" + start[0]


def _entities(text: str) -> str:
    return "".join(_ENTITY.get(char, char) for char in text)


def _parted(mark: str) -> str:
    return _BREAK + mark if mark in "/." else mark + _BREAK


def markdown_prose(text: str) -> str:
    """Like `markdown`, but commands and names that the text itself sets in backticks become code spans.

    Only spans of letters, digits, spaces and `._/=-`: nothing in them can mean anything else.
    """
    pieces = _COMMAND.split(plain(text))
    escaped = (f"`{piece}`" if index % 2 else _within(piece) for index, piece in enumerate(pieces))
    return "".join(escaped).strip()


def _within(piece: str) -> str:
    """`markdown` of a piece of a line, keeping the spaces at its ends."""
    head = piece[: len(piece) - len(piece.lstrip())]
    tail = piece[len(piece.rstrip()) :] if piece.strip() else ""
    return head + markdown(piece) + tail


def markdown_code(text: str) -> str:
    """A code span, or escaped text where a code span could be left (backticks, pipes) or would be empty."""
    visible = plain(text)
    if not visible.strip() or visible != visible.strip() or set(visible) & set("`|\\"):
        return markdown(text)
    return f"`{visible}`"


def markdown_row(cells: Iterable[str]) -> str:
    """A table row of cells that are already Markdown."""
    return "| " + " | ".join(cells) + " |"


def markdown_block(text: str, language: str) -> str:
    """A code block with exactly this text: its fence is longer than any in the text."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}"


def command_data(text: str) -> str:
    """The message of a GitHub workflow command."""
    return plain(text).replace("%", "%25")


def command_property(text: str) -> str:
    """A property of a GitHub workflow command: commas and colons would end it."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")


def xml_text(text: str) -> str:
    """The text of an XML element. What XML cannot hold is not handled here: see `plain` and `file_name`."""
    return text.translate(_IN_XML)


def xml_attributes(values: Mapping[str, object]) -> str:
    """Attributes of an XML element, each after a blank."""
    return "".join(f' {name}="{str(value).translate(_IN_ATTRIBUTE)}"' for name, value in values.items())


def file_name(path: str) -> str:
    """A path for a report file: characters that no text format can hold in one field are escaped visibly.

    That is control characters, lone surrogates and line separators; everything else stays, so that the path matches.
    """
    if path.isprintable():
        return path
    return "".join(char.encode("unicode_escape").decode("ascii") if _unwritable(char) else char for char in path)


def _unwritable(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in "\ufffe\uffff"
