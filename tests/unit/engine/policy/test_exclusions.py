from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from coverage.config import CoverageConfig
from hypothesis import given
from hypothesis import strategies as st

import covgov.policy.exclusions as module
from covgov.model import lines
from covgov.policy.coverage_settings import CoverageSettings
from covgov.policy.exclusions import new_pragmas, pragmas, widened

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


def test_a_list_where_there_was_none_confines_the_measurement() -> None:
    (one,) = widened(CoverageSettings(), CoverageSettings(where="tox.ini", include=("a/*",)))
    assert one.message == "include now confines the measurement to a/*"
    assert keys(CoverageSettings(source=("src",)), CoverageSettings()) == ["coverage.py settings: source"]


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
