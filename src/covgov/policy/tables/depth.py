"""How deep a TOML text goes, checked before and after it is parsed.

`tomllib` takes time that grows with the square of a dotted key's parts, and what reads its result follows each of them:
a text of 40 KB would take minutes. No policy goes deeper than a handful of tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

MOST_PARTS = 32
"""Parts of one dotted key."""

DEEPEST = 100
"""Tables and lists in one another."""

# No two alternatives begin alike and a bare part begins only where a word does, so that no text is looked at for long.
# (Possessive quantifiers would express it, but those of Python 3.11.2 give wrong matches.)
_SPACE = r"[ \t]*"
_STRING = r'"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'"
_PART = rf"(?:(?<![A-Za-z0-9_-])[A-Za-z0-9_-]+|{_STRING})"
_KEY = rf"{_PART}(?:{_SPACE}\.{_SPACE}{_PART}){{{MOST_PARTS}}}"
_TEXTS = (
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:"""|\Z)',
    r"'''[\s\S]*?(?:'''|\Z)",
    r'"(?:[^"\\\n]|\\.)*"?',
    r"'[^'\n]*'?",
    r"#[^\n]*",
)
_TOKEN = re.compile(rf"{_TEXTS[0]}|{_TEXTS[1]}|(?P<key>{_KEY})|{'|'.join(_TEXTS[2:])}")


def long_key(text: str) -> int | None:
    """The line of the first dotted key of more than MOST_PARTS parts, None when there is none. Strings and comments may
    hold as many dots as they like."""
    found = next((token for token in _TOKEN.finditer(text) if token["key"] is not None), None)
    return None if found is None else text.count("\n", 0, found.start()) + 1


def too_deep(value: object) -> bool:
    """Whether more than DEEPEST tables and lists stand in one another."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inner(one)]
        if not level:
            return False
    return True


def _inner(value: object) -> Sequence[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else ()
