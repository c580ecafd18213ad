"""Makes coverage.py's reporters quick, and leaves every byte of their reports as it is.

What is replaced is private to coverage.py or how it calls the standard library: what a version does not have is left
alone, and its reporters are as slow as ever.
"""

from __future__ import annotations

import importlib
import json
import re
from contextlib import ExitStack, contextmanager, suppress
from xml.dom import minidom

TYPE_CHECKING = False  # `typing` need not be there for this alone
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO, TextIO

    from coverage.parser import PythonParser
    from coverage.phystokens import TokenInfos
    from coverage.plugin import CodeRegion
    from coverage.types import TSourceTokenLines

    from covgov.runner.quick_reports.facts import SourceFacts

    Replacement = tuple[str, str, Callable[..., object]]

AROUND_LINES = (r"(\A\s+)|(\s+$)", "", re.MULTILINE)
"""How coverage.py takes white space and empty lines out of a page of HTML, in half of the time that pages take."""


@contextmanager
def quick(facts: SourceFacts, *, branch: bool) -> Iterator[None]:
    """Inside the block, sources are looked up in `facts` and reports are written at once.

    branch: whether the data has branches.
    """
    with ExitStack() as undo:
        for place, name, make in (*of_sources(facts, branch=branch), *of_writers()):
            owner = find(place)
            original = getattr(owner, name, None)
            if original is not None:
                setattr(owner, name, make(original))
                undo.callback(setattr, owner, name, original)
        yield


def find(place: str) -> object:
    """The module `a.b`, or the class `a.b:C`; None where there is none."""
    module, _, name = place.partition(":")
    try:
        found = importlib.import_module(module)
    except ImportError:
        return None
    return getattr(found, name, None) if name else found


def of_sources(facts: SourceFacts, *, branch: bool) -> Iterable[Replacement]:
    """Each fact of a source is found once, and a text that is parsed is made into tokens only once."""
    tokens: dict[str, TokenInfos] = {}

    def generate(original: Callable[[str], TokenInfos]) -> Callable[[str], TokenInfos]:
        def generate_tokens(text: str) -> TokenInfos:
            if text not in tokens:
                tokens.clear()
                tokens[text] = list(original(text))
            return tokens[text]

        return generate_tokens

    def look_up(original: Callable[[str], TSourceTokenLines]) -> Callable[[str], TSourceTokenLines]:
        return lambda text: facts.of(text, "tokens", lambda: list(original(text)))

    def parse(original: Callable[[PythonParser], None]) -> Callable[[PythonParser], None]:
        def parse_source(parser: PythonParser) -> None:
            question = f"parser {branch} {parser.exclude}"
            vars(parser).update(facts.of(parser.text, question, lambda: parsed(parser, original, branch=branch)))

        return parse_source

    yield "coverage.parser", "generate_tokens", generate
    yield "coverage.phystokens", "generate_tokens", generate
    yield "coverage.python", "source_token_lines", look_up
    yield "coverage.python", "code_regions", lambda original: regions(facts, original)
    yield "coverage.parser:PythonParser", "parse_source", parse


NOT_FOUND = ("text", "filename", "exclude", "lines", "_ast_root")
"""What a parser has before it parses, and what it needs no longer."""


def parsed(parser: PythonParser, parse: Callable[[PythonParser], None], *, branch: bool) -> dict[str, object]:
    """What a parser finds. The HTML report's tokens are made here as well, while the parser's are still known."""
    parse(parser)
    if branch:
        parser.arcs()
    with suppress(Exception):  # a report that needs them will say so
        importlib.import_module("coverage.python").source_token_lines(parser.text)
    found = {name: value for name, value in vars(parser).items() if name not in NOT_FOUND}
    return {name: dict(value) if isinstance(value, dict) else value for name, value in found.items()}


def regions(
    facts: SourceFacts, original: Callable[[str], Iterable[CodeRegion]]
) -> Callable[[str], Iterable[CodeRegion]]:
    """`code_regions` of coverage.py 7.6 and later."""
    from coverage.plugin import CodeRegion  # noqa: PLC0415 - in these versions

    def code_regions(text: str) -> list[CodeRegion]:
        found = facts.of(text, "regions", lambda: [(it.kind, it.name, it.start, it.lines) for it in original(text)])
        return [CodeRegion(*region) for region in found]

    return code_regions


def of_writers() -> Iterable[Replacement]:
    """A report is put together in C where it can be."""
    yield "json", "dump", lambda _: dump
    yield "coverage.html", "re", lambda _: QuickExpressions()
    yield "xml.dom.minidom:Document", "createElement", create


def dump(value: object, file: IO[str], **named: object) -> None:
    """`json.dump`, which is written in Python where `json.dumps` is not."""
    file.write(json.dumps(value, **named))  # type: ignore[arg-type]  # the same options


class QuickExpressions:
    """The module `re`, with a shorter way for one expression."""

    def __getattr__(self, name: str) -> object:
        return getattr(re, name)

    def sub(self, pattern: str, new: str, text: str, count: int = 0, flags: int = 0) -> str:
        if (pattern, new, flags) == AROUND_LINES and not count:
            return "\n".join(filter(None, map(str.rstrip, text.lstrip().split("\n"))))
        return re.sub(pattern, new, text, count=count, flags=flags)


class Line(minidom.Node):
    """An XML element `line` without children, whose attributes are numbers and words of coverage.py's own."""

    nodeType = minidom.Node.ELEMENT_NODE  # noqa: N815 - as in every node
    text = "<line"

    def setAttribute(self, name: str, value: str) -> None:  # noqa: N802 - as in every element
        self.text += f' {name}="{value}"'

    def writexml(self, writer: TextIO, indent: str = "", addindent: str = "", newl: str = "") -> None:
        writer.write(f"{indent}{self.text}/>{newl}")


def create(original: Callable[[minidom.Document, str], minidom.Node]) -> Callable[[minidom.Document, str], object]:
    """`Document.createElement`: nine of ten elements of an XML report are lines."""
    return lambda document, name: Line() if name == "line" else original(document, name)
