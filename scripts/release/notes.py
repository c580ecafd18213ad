"""Print what CHANGELOG.md says of a release: `notes.py TAG`. Exit code 2 if tag, version and changelog disagree.

A tag is `v` and the version that `src/covgov/__init__.py` has. Its section begins with `## VERSION - YYYY-MM-DD`.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
SECTION = re.compile(r"^## (?P<version>\S+)(?: - (?P<day>\S+))?\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class ReleaseError(Exception):
    """Why this cannot be released; the text says what to change."""


def version(root: Path = ROOT) -> str:
    """The version of the sources in `root`."""
    found = VERSION.search((root / "src" / "covgov" / "__init__.py").read_text(encoding="utf-8"))
    if not found:
        raise ReleaseError("src/covgov/__init__.py has no __version__")
    return found[1]


def notes(tag: str, current: str, changelog: str) -> str:
    """The changelog's section of the version that `tag` names, in Markdown without its heading."""
    if tag != f"v{current}":
        raise ReleaseError(
            f"tag {tag}, but src/covgov/__init__.py has {current}: tag v{current}, or change the version"
        )
    sections = {found["version"]: found for found in SECTION.finditer(changelog)}
    section = sections.get(current)
    if section is None:
        raise ReleaseError(f"CHANGELOG.md has no section {current}: rename Unreleased to '{current} - YYYY-MM-DD'")
    try:
        date.fromisoformat(section["day"] or "")
    except ValueError:
        raise ReleaseError(f"CHANGELOG.md: write '## {current} - YYYY-MM-DD', with the day of the release") from None
    if not section["text"].strip():
        raise ReleaseError(f"CHANGELOG.md: the section {current} is empty")
    if "Unreleased" in sections and sections["Unreleased"]["text"].strip():
        raise ReleaseError(f"CHANGELOG.md: move what is under Unreleased to {current}, or delete it")
    return section["text"].strip() + "\n"


def main(arguments: list[str]) -> int:
    """Print the notes of the tag."""
    if len(arguments) != 1:
        sys.stderr.write("usage: notes.py TAG, as in notes.py v0.1.0\n")
        return 2
    try:
        sys.stdout.write(notes(arguments[0], version(), (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    except ReleaseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
