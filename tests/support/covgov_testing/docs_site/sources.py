"""The folder that the site is built from: the pages, what they link to, and the generated reference.

It has the layout of the repository, so links that lead from a page to a file outside docs/ work on the site as well.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from covgov_testing.act import CHECKOUT
from covgov_testing.docs_site import reference

LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#[\w-]+)?\)")
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^( *```\w+) ([^\s`]+)$", re.MULTILINE)
"""A code block with the name of its file: ```toml covgov.toml"""


def write(target: Path) -> None:
    """Write the folder anew."""
    shutil.rmtree(target, ignore_errors=True)
    for path in files():
        _copy(CHECKOUT / path, target / path)
    for page in target.rglob("*.md"):
        page.write_text(titled(page.read_text(encoding="utf-8")), encoding="utf-8")
    for path in reference.SCHEMAS:
        _copy(path, target / "docs" / "reference" / path.name)
    for name, text in reference.pages().items():
        (target / "docs" / "reference" / name).write_text(text, encoding="utf-8")
    index = target / "docs" / "decisions" / "index.md"
    index.write_text(decisions(), encoding="utf-8")


def files() -> set[Path]:
    """The README, all of docs/, and every file that one of them links to, directly or through another page."""
    found: set[Path] = set()
    waiting = [Path("README.md"), *(path.relative_to(CHECKOUT) for path in sorted((CHECKOUT / "docs").rglob("*.md")))]
    while waiting:
        path = waiting.pop()
        if path not in found and (CHECKOUT / path).is_file():
            found.add(path)
            waiting += links(path) if path.suffix == ".md" else []
    return found


def links(page: Path) -> Iterator[Path]:
    """The files of the repository that a page links to."""
    for target in LINK.findall(FENCED.sub("", (CHECKOUT / page).read_text(encoding="utf-8"))):
        found = (CHECKOUT / page.parent / target).resolve()
        if found.is_relative_to(CHECKOUT):
            yield found.relative_to(CHECKOUT)


def titled(text: str) -> str:
    """The page with the file names of its code blocks as the site's Markdown spells them."""
    return NAMED.sub(r'\1 title="\2"', text)


def decisions() -> str:
    """The list of the decision records."""
    pages = sorted((CHECKOUT / "docs" / "decisions").glob("[0-9]*.md"))
    titles = ((page.name, page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")) for page in pages)
    rows = "".join(f"- [{title.replace('[', '(').replace(']', ')')}]({name})\n" for name, title in titles)
    return f"# Decision records\n\nWhy covgov is as it is, one decision a page.\n\n{rows}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
