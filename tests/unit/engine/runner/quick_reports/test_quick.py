from __future__ import annotations

import io
import json
import re
from contextlib import suppress
from xml.dom import minidom

import coverage.parser
import coverage.python
from hypothesis import given
from hypothesis import strategies as st

from covgov.runner.quick_reports.facts import SourceFacts
from covgov.runner.quick_reports.quick import AROUND_LINES, QuickExpressions, dump, find, quick

PATTERN, NEW, FLAGS = AROUND_LINES
pages = st.text(st.sampled_from("a<\n\n \t\r\x0b\x0c\x1c\x85\u2028\u3000"), max_size=40) | st.text()


@given(page=pages)
def test_white_space_around_lines_is_removed_as_by_the_expression(page: str) -> None:
    expressions = QuickExpressions()
    assert expressions.sub(PATTERN, NEW, page, flags=FLAGS) == re.sub(PATTERN, NEW, page, flags=FLAGS)
    assert expressions.sub(PATTERN, NEW, page) == re.sub(PATTERN, NEW, page)
    assert expressions.sub(PATTERN, NEW, page, 1, FLAGS) == re.sub(PATTERN, NEW, page, count=1, flags=FLAGS)


def test_other_expressions_are_those_of_re() -> None:
    expressions = QuickExpressions()
    assert expressions.sub("a", "b", "aa", 1) == "ba"
    assert expressions.escape is re.escape


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=values, indent=st.sampled_from([None, 4]))
def test_json_is_the_same_text(value: object, indent: int | None) -> None:
    with io.StringIO() as ours, io.StringIO() as theirs:
        dump(value, ours, indent=indent)
        json.dump(value, theirs, indent=indent)
        assert ours.getvalue() == theirs.getvalue()


attributes = st.dictionaries(st.sampled_from(["number", "hits", "branch"]), st.text("0123456789%(/),exit true"))


def written(lines: list[dict[str, str]]) -> str:
    document = minidom.Document()
    root = document.appendChild(document.createElement("lines"))
    for line in lines:
        element = document.createElement("line")
        for name, value in line.items():
            element.setAttribute(name, value)
        root.appendChild(element)
    return document.toprettyxml()


@given(lines=st.lists(attributes))
def test_lines_are_the_same_xml(lines: list[dict[str, str]]) -> None:
    with quick(SourceFacts(), branch=True):
        ours = written(lines)
    assert ours == written(lines)


def replaced() -> list[object]:
    names = [("coverage.html", "re"), ("json", "dump"), ("coverage.python", "source_token_lines")]
    names += [("coverage.python", "code_regions"), ("coverage.parser:PythonParser", "parse_source")]
    return [getattr(find(place), name) for place, name in names]


def test_outside_of_the_block_everything_is_as_before() -> None:
    before = replaced()
    with suppress(RuntimeError), quick(SourceFacts(), branch=True):
        assert not set(map(id, replaced())) & set(map(id, before))
        raise RuntimeError
    assert replaced() == before


def test_what_a_version_does_not_have_is_left_alone() -> None:
    assert find("coverage.python") is coverage.python
    assert find("coverage.parser:PythonParser") is coverage.parser.PythonParser
    assert find("coverage.parser:NoSuchClass") is None
    assert find("coverage.no_such_module") is None
