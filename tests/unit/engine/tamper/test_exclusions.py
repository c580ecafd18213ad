from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from coverage.config import CoverageConfig
from hypothesis import given
from hypothesis import strategies as st

import covgov.tamper.exclusions as module
from covgov.model import lines
from covgov.model.loosening import excluded_by
from covgov.tamper.coverage_settings import DEFAULT_EXCLUDE, DEFAULT_PARTIAL, CoverageSettings
from covgov.tamper.exclusions import KNOWN_PRAGMAS, MARKS, decoded, disguised, new_pragmas, pragmas, widened

pytestmark = pytest.mark.security

BASE = CoverageSettings(where=".coveragerc", branch=True, source=("src",), include=("a/*",), omit=("x/*",))


def keys(head: CoverageSettings, base: CoverageSettings = BASE) -> list[str]:
    return [one.key for one in widened(base, head)]


def test_equal_settings_are_silent() -> None:
    assert keys(BASE) == []


def test_whatever_leaves_out_more_is_told() -> None:
    assert keys(replace(BASE, omit=("x/*", "y/*"))) == [".coveragerc: omit"]
    assert keys(replace(BASE, exclude=(*BASE.exclude, "def __repr__"))) == [".coveragerc: exclude_lines"]
    assert keys(replace(BASE, partial=(*BASE.partial, "if debug"))) == [".coveragerc: partial_branches"]
    assert keys(replace(BASE, source=())) == [".coveragerc: source"]
    assert keys(replace(BASE, include=("b/*",))) == [".coveragerc: include"]
    assert keys(replace(BASE, branch=False)) == [".coveragerc: branch"]


def test_loosenings_name_the_files_that_they_take_lines_out_of() -> None:
    """Branches that are switched off are another measurement, and take no line out of the count."""
    wider = replace(BASE, exclude=(*BASE.exclude, "def __repr__"), branch=False)
    branch, exclude = widened(BASE, wider)
    pragma = new_pragmas("a.py", "x = 1  # pragma: no cover\n", 0b10)
    assert pragma is not None
    for loosenings, excluded in (([branch], ""), ([exclude], "ab"), ([pragma, branch], "a")):
        assert [name for name in "ab" if excluded_by(loosenings)(f"{name}.py")] == list(excluded)


def test_a_list_where_there_was_none_confines_the_measurement() -> None:
    (one,) = widened(CoverageSettings(), CoverageSettings(where="tox.ini", include=("a/*",)))
    assert one.message == "include now confines the measurement to a/*"
    assert keys(CoverageSettings(source=("src",)), CoverageSettings()) == ["coverage.py settings: source"]


@pytest.mark.parametrize(
    "option", ["run:plugins", "run:patch", "run:core", "run:concurrency", "run:dynamic_context", "paths:src", "mine:x"]
)
def test_another_option_that_decides_what_is_counted_is_told(option: str) -> None:
    changed = replace(BASE, others=((option, "x"),))
    (one,) = widened(BASE, changed)
    assert one.message == f"{option} changed from its default to x: something else is counted"
    assert len(keys(BASE, changed)) == 1


def test_ignored_errors_are_told_and_no_longer_ignoring_them_is_silent() -> None:
    lax = replace(BASE, others=(("report:ignore_errors", "true"),))
    namespaces = replace(BASE, others=(("report:include_namespace_packages", "true"),))
    assert keys(lax) == [".coveragerc: ignore_errors"]
    assert keys(BASE, lax) == []
    assert keys(namespaces) == []
    assert keys(BASE, namespaces) == [".coveragerc: include_namespace_packages"]


def test_a_list_that_moves_to_another_option_confines_differently() -> None:
    reports = CoverageSettings(report_include=("a/*", "b/*"))
    assert keys(replace(reports, include=("a/*",)), reports) == ["coverage.py settings: include"]
    assert keys(replace(BASE, source=(), source_pkgs=("src",))) == [".coveragerc: source"]
    assert keys(replace(BASE, source_dirs=("lib",))) == []


def test_what_an_older_coverage_would_read_is_compared_too() -> None:
    narrow = CoverageSettings(where=".coveragerc.toml", older=CoverageSettings(where="setup.cfg", omit=("a/*",)))
    assert keys(narrow, CoverageSettings()) == ["setup.cfg: omit"]
    assert keys(narrow, narrow) == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("# pragma: é".encode(), "# pragma: é"),
        (b"\xef\xbb\xbfx = 1\r\ny = 2\rz", "x = 1\ny = 2\nz"),
        ("# -*- coding: latin-1 -*-\n# é".encode("latin-1"), "# -*- coding: latin-1 -*-\n# é"),
        ("#!x\n# vim: fileencoding=CP1252\n# €".encode("cp1252"), "#!x\n# vim: fileencoding=CP1252\n# €"),
        (b"# coding: utf_8_unix\n\xff", "# coding: utf_8_unix\n\ufffd"),
        (b"x = 1\n# coding: rot13\n", "x = 1\n# coding: rot13\n"),
    ],
)
def test_source_is_decoded_as_it_declares(data: bytes, text: str) -> None:
    assert decoded(data) == text
    assert disguised("a.py", data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"# coding: utf-7\nx = 1  +ACM- pragma: no cover\n",
        b"\n# coding=unicode_escape\n",
        b"# a\r# coding: utf-7\n",
        b"# a\r# b\r# coding: utf-7\n",
        b"\xef\xbb\xbf# coding: utf-16\n",
        b"# coding: my-own-codec\n",
    ],
)
def test_an_encoding_that_could_hide_a_pragma_is_told(data: bytes) -> None:
    found = disguised("src/a.py", data)
    assert found is not None
    assert found.key == "src/a.py"
    assert "exclusion pragmas cannot be looked for" in found.message
    assert decoded(data)


def test_what_leaves_out_less_is_silent() -> None:
    assert keys(replace(BASE, omit=())) == []
    assert keys(replace(BASE, exclude=BASE.exclude[:1])) == []
    assert keys(replace(BASE, source=("src", "lib"))) == []
    assert keys(replace(BASE, include=())) == []
    assert keys(BASE, replace(BASE, branch=False)) == []


TEXT = """\
import a
if TYPE_CHECKING:
    import b
def f(): # pragma: no cover
    return 1
while True:
    x = '''
'''  # pragma: no branch
"""


def test_lines_on_which_exclusions_take_effect() -> None:
    assert lines.spell(pragmas(TEXT, CoverageSettings())) == "2,4,6,8"


def test_only_comments_on_changed_lines_are_new_pragmas() -> None:
    found = new_pragmas("src/a.py", TEXT, lines.span(1, 5))
    assert found is not None
    assert (found.key, found.message) == ("src/a.py", "new exclusion pragma on line 4")
    assert new_pragmas("src/a.py", TEXT, lines.of([1, 2, 3])) is None


@given(st.from_regex(KNOWN_PRAGMAS, fullmatch=True))
def test_every_known_pragma_has_a_mark(comment: str) -> None:
    assert any(mark in comment.lower() for mark in MARKS)


@given(st.one_of(*(st.from_regex(one) for one in DEFAULT_EXCLUDE + DEFAULT_PARTIAL if one.startswith("#"))))
def test_the_pragmas_of_coverages_defaults_are_known(text: str) -> None:
    found = new_pragmas("a.py", text, lines.span(1, 100))
    assert found is not None
    assert found.message.endswith(lines.spell(pragmas(text, CoverageSettings(partial=()))))


WORDS = (
    "# ",
    "#",
    "pragma",
    ": ",
    "no ",
    "cover",
    "istanbul ",
    "ignore",
    "\n",
    "\n\n",
    " \n",
    "x = 1",
    "LCOV_EXCL_LINE",
)


@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join), st.integers(0, 2**20))
def test_a_pragma_that_spans_lines_is_found_from_each_of_them(text: str, changed: int) -> None:
    whole = pragmas(text, CoverageSettings(exclude=(), partial=()))
    found = new_pragmas("a.py", text, changed << 1)
    assert (found.message if found else "") == (
        f"new exclusion pragma on line {lines.spell(whole & changed << 1)}" if whole & changed << 1 else ""
    )


def test_a_marker_of_the_settings_own_is_a_pragma() -> None:
    own = CoverageSettings(exclude=(r"#\s*notest", "def __repr__", "(unclosed"))
    text = "a = 1  # notest\ndef __repr__(): ...\n"
    found = new_pragmas("a.py", text, lines.span(1, 2), own)
    assert found is not None
    assert found.message.endswith("line 1")
    assert lines.spell(pragmas(text, own)) == "1-2"


def test_an_expression_that_spans_lines_excludes_them_all() -> None:
    assert lines.spell(pragmas("a\nbegin\nx\nend\n", CoverageSettings(exclude=(r"begin(?s:.)*end",)))) == "2-4"


@pytest.mark.parametrize(
    "comment",
    [
        "/* istanbul ignore next */",
        "/* c8 ignore start */",
        "// LCOV_EXCL_LINE",
        "// GCOVR_EXCL_START",
        "// @codeCoverageIgnore",
        "# :nocov:",
        "[ExcludeFromCodeCoverage]",
        "#[coverage(off)]",
        "// coverage:ignore-line",
        "#PRAGMA:NO COVER",
    ],
)
def test_the_usual_tools_comments_are_known(comment: str) -> None:
    assert new_pragmas("a", f"x\n{comment}\n", 0b100) is not None


def test_the_list_of_pragmas_is_none_itself() -> None:
    text = Path(module.__file__).read_text(encoding="utf-8")
    assert new_pragmas("exclusions.py", text, lines.span(1, 1000)) is None


def test_the_defaults_are_those_of_coverage_itself() -> None:
    theirs = CoverageConfig()
    assert CoverageSettings().exclude == tuple(theirs.exclude_list)
    assert CoverageSettings().partial == (*theirs.partial_list, *theirs.partial_always_list)


NAMES = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3).map(tuple)


@given(NAMES, NAMES)
def test_omit_is_told_exactly_when_something_was_added(base: tuple[str, ...], head: tuple[str, ...]) -> None:
    assert bool(widened(CoverageSettings(omit=base), CoverageSettings(omit=head))) is bool(set(head) - set(base))
