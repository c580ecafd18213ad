"""A change of one text file as a patch that `git apply` accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def unified(path: str, old: str | None, new: str) -> str:
    """The patch from `old` (None = the file does not exist) to `new`; "" when there is nothing to change
    (a file that does not exist and would be empty stays absent).

    Lines end at LF alone, as git counts them: a carriage return belongs to its line.
    """
    if (old or "") == new:
        return ""
    before, after = _name("a/", path), _name("b/", path)
    head = f"diff --git {before} {after}\n"
    if old is None:
        head += "new file mode 100644\n"
    source = "/dev/null" if old is None else before
    lines = unified_diff(_LINE.findall(old or ""), _LINE.findall(new), _ended(source), _ended(after))
    return head + "".join(_terminated(lines))


def _terminated(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _name(prefix: str, path: str) -> str:
    """Quoted the way git quotes a name with quotes, backslashes or control characters."""
    name = prefix + path
    if not any(char in _ESCAPES or ord(char) < 32 or ord(char) == 127 for char in name):
        return name
    return '"' + "".join(_ESCAPES.get(c, f"\\{ord(c):03o}" if ord(c) < 32 or ord(c) == 127 else c) for c in name) + '"'


def _ended(name: str) -> str:
    """A name with blanks ends with a tab in `---` and `+++` lines, or a reader would look for a time stamp."""
    return name + "\t" if " " in name and not name.startswith('"') else name
