"""Every page that a file of the repository links to or cites exists, and so does the heading that it names."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([\w-]+))?\)")
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
CITED = re.compile(r"(?<![\w/.])(docs/[\w./-]+\.(?:md|json))|(?<![\w/.])(docs/decisions/\d{4})\b")
SECTION = re.compile(r'(docs/[\w./-]+\.md),\s+"([^"]+)"')
CITING = (".importlinter", ".md", ".py", ".sh", ".toml", ".yml", "Makefile")
EXAMPLES = {"docs/exceptions.md", "docs/coverage-exceptions.md"}
"""Pages of other projects: where a register may be."""


def files() -> Mapping[Path, str]:
    """Every text file of the repository that can link to a page or cite one."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=CHECKOUT, capture_output=True, check=True
    )
    paths = [Path(name.decode()) for name in listed.stdout.split(b"\0") if name]
    return {
        path: (CHECKOUT / path).read_text(encoding="utf-8")
        for path in paths
        if path.name.endswith(CITING) and (CHECKOUT / path).is_file()
    }


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)


def anchor(heading: str) -> str:
    """As GitHub makes it: lower case, blanks as dashes, without punctuation."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def dead_links(path: Path, text: str) -> Iterator[str]:
    """Relative links of a Markdown page that lead nowhere."""
    for target, fragment in LINK.findall(FENCED.sub("", text)):
        page = (CHECKOUT / path.parent / target) if target else CHECKOUT / path
        if not page.exists():
            yield f"{path}: {target} does not exist"
        elif fragment and fragment not in map(anchor, headings(page.read_text(encoding="utf-8"))):
            yield f"{path}: {target} has no #{fragment}"


def dead_citations(path: Path, text: str) -> Iterator[str]:
    """Pages and sections that a file names and that do not exist."""
    for page, decision in CITED.findall(text):
        if not (page in EXAMPLES or (CHECKOUT / page).exists() if page else any(CHECKOUT.glob(f"{decision}-*.md"))):
            yield f"{path}: {page or decision} does not exist"
    for page, section in SECTION.findall(text):
        if section not in headings((CHECKOUT / page).read_text(encoding="utf-8")):
            yield f"{path}: {page} has no section {section!r}"


def test_every_link_leads_to_a_page_of_the_repository() -> None:
    pages = {path: text for path, text in files().items() if path.suffix == ".md"}
    assert Path("docs/architecture.md") in pages
    assert [fault for path, text in pages.items() for fault in dead_links(path, text)] == []


def test_every_page_that_a_file_cites_exists() -> None:
    made_up = {"tests", "zensical.toml"}  # tests invent paths; the site has generated pages (test_site.py)
    citing = {path: text for path, text in files().items() if path.parts[0] not in made_up}
    assert [fault for path, text in citing.items() for fault in dead_citations(path, text)] == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    page = "[a](absent.md) [b](errors.md#nothing) [c](errors.md#error-codes) [d](https://example.org/x)\n"
    assert list(dead_links(Path("docs/page.md"), page)) == [
        "docs/page.md: absent.md does not exist",
        "docs/page.md: errors.md has no #nothing",
    ]


def test_a_citation_of_a_page_that_does_not_exist_is_found() -> None:
    text = 'docs/absent.md, docs/decisions/9999, docs/decisions/0005, docs/architecture.md, "Nowhere"\n'
    assert list(dead_citations(Path("src/x.py"), text)) == [
        "src/x.py: docs/absent.md does not exist",
        "src/x.py: docs/decisions/9999 does not exist",
        "src/x.py: docs/architecture.md has no section 'Nowhere'",
    ]
