"""CODEOWNERS: who owns a path, as the hosts document it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.vcs.codeowners import LOCATIONS, Codeowners, find, parse

EXAMPLE = """
# the last match wins
*                 @everyone   # inline words
*.py              @python @more
/src/auth/        @security
docs/*            docs@example.invalid
apps/             @apps
/src/auth/open.py
**/logs           @logs
src/with\\ blank/  @blank
\\#odd             @odd
"""


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("README.md", "@everyone"),
        ("src/x.py", "@python @more"),
        ("src/auth/deep/y.py", "@security"),
        ("other/src/auth/y.txt", "@everyone"),
        ("docs/a.md", "docs@example.invalid"),
        ("docs/deep/a.md", "@everyone"),
        ("x/apps/y/z.txt", "@apps"),
        ("src/auth/open.py", ""),
        ("build/logs/a.txt", "@logs"),
        ("src/with blank/a.txt", "@blank"),
        ("#odd", "@odd"),
    ],
)
def test_the_last_matching_pattern_names_the_owners(path: str, owner: str) -> None:
    assert parse(EXAMPLE).owner_of(path) == owner


def test_sections_have_defaults_and_all_apply() -> None:
    owners = parse(
        "* @all\n[Docs][2] @writers @editors\n*.md\nREADME.md @lead\n^[Optional]\n*.md @style\n[docs]\nlast.md @all\n"
    )

    assert owners.owner_of("x.py") == "@all"
    assert owners.owner_of("x.md") == "@all @writers @editors @style"
    assert owners.owner_of("README.md") == "@all @lead @style"
    assert owners.owner_of("last.md") == "@all @style"


def test_a_pattern_with_stars_in_the_middle_reaches_any_depth() -> None:
    assert parse("**/docs/* @d").owner_of("a/b/docs/c.md") == "@d"


@pytest.mark.reliability
def test_meaningless_lines_are_skipped() -> None:
    assert parse("!src @x\n   \n# words\n/ @y\n").owner_of("src") == ""


def test_a_file_without_lines_owns_nothing() -> None:
    assert parse("") == Codeowners()
    assert Codeowners().owner_of("a.py") == ""


@pytest.mark.security
@pytest.mark.parametrize("pattern", ["[z-a]", "docs/[z-a]*", "/a[{-:]"])
def test_a_pattern_that_no_regular_expression_can_be_is_skipped(pattern: str) -> None:
    assert len(parse(f"{pattern} @one\n* @two\n").rules) == 1


@pytest.mark.parametrize("place", LOCATIONS)
def test_the_file_is_found_in_each_location(place: str) -> None:
    assert find({place: b"* @x\n"}.get).owner_of("a") == "@x"


def test_only_the_first_existing_file_is_read() -> None:
    assert find({".github/CODEOWNERS": b"*.py @x\n", "CODEOWNERS": b"* @y\n"}.get).owner_of("a.md") == ""


def test_a_project_without_the_file_has_no_owners() -> None:
    assert find(lambda _: None) == Codeowners()


@pytest.mark.security
def test_undecodable_bytes_do_not_stop_the_reader() -> None:
    assert find({"CODEOWNERS": b"\xef\xbb\xbf* @x\n\xff\xfe @y\n"}.get).owner_of("a.py") == "@x"


def test_a_bracket_inside_brackets_is_a_character() -> None:
    rules = parse("x[[ab] @x")
    assert [rules.owner_of(path) for path in ("x[", "xa", "xc")] == ["@x", "@x", ""]


@pytest.mark.security
@given(st.text(alphabet=" \t\n[]^!*/\\#@ab", max_size=60), st.text(alphabet="ab/", min_size=1, max_size=8))
def test_any_text_can_be_asked_for_any_path(text: str, path: str) -> None:
    assert set(parse(text).owner_of(path).split()) <= set(text.replace("\\", " ").split()) | set(text.split())
