"""Whether a report's lines can be of the text that is here. Pure."""

from __future__ import annotations

from covgov.ingest.texts.unreadable import PYTHON
from covgov.model import lines
from covgov.model.snapshot import FileCoverage


def misfit(file: FileCoverage, path: str, text: bytes) -> str:
    """What shows that the report was written for another text; "" when nothing does.

    No tool counts a blank line or a comment of Python. Others count whatever is between two braces (LLVM, V8, Go).
    """
    counted = max((where[-1] for _, where in file.counted), default=0)
    exits = file.exits[-1][0] if file.exits else 0
    # coverage.py itself may list an excluded line after the last one; what is excluded proves nothing
    last = max(file.statements.bit_length() - 1, counted, exits)
    if last > text.count(b"\n") and last > (there := _length(text)):
        return f"it has line {last} of {path}, which ends at line {there}"
    silent = _without_code(file.statements, text) if path.endswith(PYTHON) else 0
    if silent:
        return f"it counts line {next(lines.numbers(silent))} of {path}, which holds no code"
    return ""


def _length(text: bytes) -> int:
    """Form feeds and other ends of lines count as well: some tool may take them for one."""
    return len(text.decode("utf-8", errors="replace").splitlines())


def _without_code(counted: int, text: bytes) -> int:
    """Those of the counted lines that are blank or a comment of Python."""
    ends = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
    texts = ends.translate(None, _BLANK).split(b"\n")
    chosen = b"\n%b\n" % b"\n".join(lines.pick(counted, texts))
    if b"\n\n" not in chosen and b"\n#" not in chosen:
        return 0
    return counted & lines.of(number for number, line in enumerate(texts, 1) if not line or line.startswith(b"#"))


_BLANK = b" \t\v\f"
