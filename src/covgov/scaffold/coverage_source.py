"""Sets `source` in the file that coverage.py reads, beside whatever else is in it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from covgov.errors import InputError
from covgov.tamper.coverage_settings import CoverageSettings, load_settings

NEW_FILE = ".coveragerc"


def has_source(settings: CoverageSettings) -> bool:
    """Whether the settings say what is measured."""
    return bool(settings.source or settings.source_pkgs or settings.source_dirs or settings.include)


def with_source(settings: CoverageSettings, text: str, source: Sequence[str], omit: Sequence[str]) -> str:
    """The text of the settings' file (`.coveragerc` where there is none) with `source`, and `omit` unless it has one.

    "" when the file cannot be edited line by line: coverage.py would not read the result as it is meant.
    """
    where = settings.where or NEW_FILE
    wanted = {"source": source} | ({"omit": omit} if omit and not settings.omit else {})
    if where.endswith(".toml"):
        section = (
            "[run]"
            if where == ".coveragerc.toml" and re.search(r"^\[run\]", text, re.MULTILINE)
            else "[tool.coverage.run]"
        )
        lines = [f"{key} = {json.dumps(list(values), ensure_ascii=False)}" for key, values in wanted.items()]
    else:
        section = "[run]" if where not in ("setup.cfg", "tox.ini") else "[coverage:run]"
        if f"[coverage:{section[1:-1]}]" in text:
            section = "[coverage:run]"
        lines = [f"{key} =\n    " + "\n    ".join(values) for key, values in wanted.items()]
    edited = _inserted(text, section, "\n".join(lines))
    return edited if _reads(edited, where, source) else ""


def _inserted(text: str, section: str, lines: str) -> str:
    """The lines below the section's header; the section at the end where there is none."""
    header = re.compile(rf"^{re.escape(section)}[ \t]*(?:[#;].*)?\r?\n", re.MULTILINE)
    ended = text if not text or text.endswith("\n") else f"{text}\n"
    found = header.search(ended)
    if found is None:
        return f"{ended}\n{section}\n{lines}\n" if ended else f"{section}\n{lines}\n"
    return f"{ended[: found.end()]}{lines}\n{ended[found.end() :]}"


def _reads(text: str, where: str, source: Sequence[str]) -> bool:
    try:
        found = load_settings(lambda path: text.encode() if path == where else None)
    except InputError:
        return False
    return found.where == where and found.source == tuple(source)
