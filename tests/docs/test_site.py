"""The documentation site: built strictly, every link of it leads somewhere, and the generated pages miss nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from covgov.cli.tree import COMMANDS
from covgov.model.change import Category
from covgov_testing.act import CHECKOUT
from covgov_testing.docs_site import build, error_codes, reference, sources

PAGES = reference.pages()
BLOCKS = {"h1", "h2", "h3", "h4", "li", "pre", "table"}


class Page(HTMLParser):
    """What a page of the site has: blocks of its article, ids, links, and files that a browser loads with it."""

    def __init__(self, text: str, *, fragment: bool = False) -> None:
        super().__init__()
        self.blocks: Counter[str] = Counter()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self._within = fragment
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._within |= tag == "article"
        if self._within and tag in BLOCKS:
            self.blocks[tag] += 1
        self.ids |= {given.get("id", ""), given.get("name", "")}
        self.links += [given["href"]] if "href" in given and tag == "a" else []
        self.loaded += [given["href"]] if tag == "link" and "href" in given else []
        self.loaded += [given["src"]] if "src" in given else []

    def handle_endtag(self, tag: str) -> None:
        self._within &= tag != "article"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    sources.write(folder / "build" / "docs")
    done = build.build(folder)
    assert done.returncode == 0, done.stdout
    return folder


def address(root: Path, source: Path) -> Path:
    """The page of the site that a page of Markdown becomes."""
    relative = source.relative_to(root / "build" / "docs")
    folder = relative.parent if relative.stem in ("README", "index") else relative.with_suffix("")
    return root / "build" / "site" / folder / "index.html"


def dead(page: Path, link: str) -> bool:
    """A link within the site without a file, or to an anchor that its page lacks."""
    target, _, fragment = unquote(link).partition("#")
    found = (page.parent / target).resolve() if target else page
    found = found / "index.html" if found.is_dir() else found
    if not found.is_file():
        return True
    return bool(fragment) and fragment not in read(found).ids


@cache
def read(page: Path) -> Page:
    return Page(page.read_text(encoding="utf-8"))


def within(links: list[str]) -> Iterator[str]:
    return (link for link in links if not re.match(r"\w+:|//", link))


@build.NEEDED
def test_every_link_of_the_site_leads_somewhere(root: Path) -> None:
    pages = [page for page in (root / "build" / "site").rglob("*.html") if page.name != "404.html"]
    assert len(pages) > 100
    own = root / "build" / "site" / "docs" / "errors" / "index.html"
    assert not dead(own, "../configuration/#policy")
    assert dead(own, "../configuration/#nothing")
    assert dead(own, "../nothing/")
    links = {(page, link) for page in pages for link in within(read(page).links)}
    assert sorted((str(page), link) for page, link in links if dead(page, link)) == []


@build.NEEDED
def test_a_page_loads_nothing_from_elsewhere(root: Path) -> None:
    for page in (root / "build" / "site").rglob("*.html"):
        loaded = read(page).loaded
        assert loaded
        assert [one for one in loaded if re.match(r"https?:|//", one)] == [], page


@build.NEEDED
def test_a_page_has_the_blocks_that_github_shows(root: Path) -> None:
    """Python-Markdown reads lists and code otherwise than CommonMark in places, silently."""
    markdown = MarkdownIt("commonmark").enable("table")
    differing = {}
    for source in sorted((root / "build" / "docs").rglob("*.md")):
        wanted = Page(markdown.render(source.read_text(encoding="utf-8")), fragment=True).blocks
        shown = read(address(root, source)).blocks
        if wanted != shown:
            differing[source.relative_to(root / "build" / "docs").as_posix()] = (wanted, shown)
    assert differing == {}


@build.NEEDED
def test_links_that_lead_nowhere_fail_the_build(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "build" / "docs", tmp_path / "build" / "docs")
    readme = tmp_path / "build" / "docs" / "README.md"
    broken = "\n[a](absent.md) [b](docs/errors.md#nothing) [c](docs/errors.md#error-codes)\n"
    readme.write_text(readme.read_text(encoding="utf-8") + broken, encoding="utf-8")
    done = build.build(tmp_path)
    assert done.returncode != 0
    assert "2 issues found" in done.stdout


def test_every_page_of_the_navigation_is_written(tmp_path: Path) -> None:
    sources.write(tmp_path)
    listed = re.findall(r'" = "([^"]+\.md)"', (CHECKOUT / "zensical.toml").read_text(encoding="utf-8"))
    assert len(listed) > 30
    assert [page for page in listed if not (tmp_path / page).is_file()] == []


def test_what_a_page_links_to_is_part_of_the_sources() -> None:
    found = sources.files()
    assert {Path("CONTRIBUTING.md"), Path("deploy/covgov-hub.service"), Path("docs/openapi.json")} <= found
    assert Path("docs/explanation/attribution.md") in found
    assert all((CHECKOUT / path).is_file() for path in found)


def test_a_named_code_block_is_spelled_as_the_site_reads_it() -> None:
    assert sources.titled("```toml covgov.toml\nx = 1\n```\n") == '```toml title="covgov.toml"\nx = 1\n```\n'
    assert sources.titled("```console\n$ a b\n```\n") == "```console\n$ a b\n```\n"


def test_the_help_of_every_command_is_there() -> None:
    assert [name for name in COMMANDS if f"\n## covgov {name}\n" not in PAGES["cli.md"]] == []
    assert "\n## covgov hub token create\n" in PAGES["cli.md"]


def test_every_error_code_is_under_its_exit_codes() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| .* \| (.*) \|$", PAGES["exit-codes.md"], re.MULTILINE))
    missing = [
        code for code, exits in error_codes.raised().items() for one in exits if f"`{code}`" not in rows[str(one)]
    ]
    assert missing == []


@pytest.mark.parametrize("key", ["max_drop", "fail_under", "paths", "command", "on_drop", "github_coverage"])
def test_keys_of_the_policy_file_are_listed(key: str) -> None:
    assert f"| `{key}` |" in PAGES["policy-keys.md"]


def test_every_table_of_the_schema_has_a_section() -> None:
    definitions = json.loads(reference.SCHEMAS[0].read_bytes())["$defs"]
    assert PAGES["policy-keys.md"].count("\n## ") == len(definitions) + 2  # the file itself; rules are in two places


def test_every_operation_and_category_is_listed() -> None:
    paths = json.loads((CHECKOUT / "docs" / "openapi.json").read_bytes())["paths"]
    wanted = [f"`{method.upper()} {path}`" for path, operations in paths.items() for method in operations]
    assert [one for one in wanted if one not in PAGES["rest.md"]] == []
    assert [one for one in Category if f"| `{one}` | {one.meaning} |" not in PAGES["categories.md"]] == []
