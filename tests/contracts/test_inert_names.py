"""A name from outside changes the words of an output, never its structure: whatever it holds, its consumer finds as many
rows, entries and links as with a plain name."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable

import pytest
from lxml import etree
from markdown_it import MarkdownIt
from msgspec import structs
from tests.unit.engine.publish.digest.test_markdown import component, full

from covgov.model.verdict import Scope, Verdict
from covgov.publish.digest.markdown import digest_markdown
from covgov.publish.registry import RENDERERS
from covgov_testing.builders import verdict as build

pytestmark = pytest.mark.security

NAMES = (
    *build.HOSTILE,
    "a.py\n::set-output name=x::y",
    "</script><img src=x onerror=alert(1)>",
    "\u2067a\u2069.py",
    "=1+1",
)


def named(name: str) -> Verdict:
    """A verdict with this name in the place of a component, a file, a rule's subject and its message."""
    found = build.finding(f"{name}: too low", subject=name)
    file = structs.replace(build.finding(f"{name} is unmeasured", scope=Scope.FILE, subject=name), rule="unmeasured")
    return build.verdict(found, file, rows=(build.row(name), build.row("other")))


def of_json(text: str) -> object:
    return _shape(json.loads(text))


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return sorted((key, _shape(part)) for key, part in value.items())
    return [_shape(part) for part in value] if isinstance(value, list) else type(value).__name__


def of_xml(text: str) -> object:
    return [(element.tag, sorted(element.attrib)) for element in etree.fromstring(text.encode()).iter()]


def of_markdown(text: str) -> object:
    """The blocks, and the links, images and HTML in them. Code and plain words may take each other's place."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    inline = Counter(
        child.type for token in tokens for child in token.children or () if not re.match("text|code", child.type)
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    return [token.type for token in tokens], inline


def of_text(text: str) -> object:
    """The first word of each line that begins one: long names wrap."""
    assert all(line.isprintable() for line in text.split("\n"))
    return [line for line in text.split("\n") if line.startswith("covgov: ")]


def of_commands(text: str) -> object:
    lines = text.rstrip("\n").split("\n")
    return [re.sub(r"=[^,:]*", "", line.split("::")[1]) for line in lines]


READERS: dict[str, Callable[[str], object]] = {
    "text": of_text,
    "json": of_json,
    "markdown": of_markdown,
    "github": of_commands,
    "gitlab": of_json,
    "junit": of_xml,
    "sarif": of_json,
}


def test_every_renderer_is_read_here() -> None:
    assert READERS.keys() == RENDERERS.keys()


@pytest.mark.parametrize("output", sorted(READERS))
@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:30])
def test_a_name_is_inert_in_every_output(output: str, name: str) -> None:
    render, read = RENDERERS[output], READERS[output]
    assert read(render(named(name))) == read(render(named("plain")))


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:30])
def test_a_name_is_inert_in_the_digest(name: str) -> None:
    assert of_markdown(digest_markdown(full(component(name=name)))) == of_markdown(digest_markdown(full(component())))


def test_a_name_that_is_not_inert_is_noticed() -> None:
    raw = "# covgov\n\n| a |\n| - |\n| {} |\n"
    assert of_markdown(raw.format("x")) != of_markdown(raw.format("x |\n\n# forged"))
    assert of_markdown(raw.format("x")) != of_markdown(raw.format("<img src=x>"))
    assert of_commands("::error title=a::x\n") != of_commands("::error title=a::x\n::error title=b::y\n")
