"""XML reports, element by element: no entities, nothing outside the file, bounded depth, nothing skipped in silence."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from covgov.ingest.building import damaged

if TYPE_CHECKING:
    from lxml.etree import _Element

_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?\S+\s+(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_MAX_ENTITIES, _MAX_ENTITY = 16, 256
_DIGITS = 18
_COUNT = re.compile(rf"\s*\+?(\d{{1,{_DIGITS}}})\s*", re.ASCII)
_PROLOGUE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>\s*)*", re.DOTALL
)
_NAME = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)((?:\s[^<]*?)?)/?>", re.DOTALL)


def elements(data: bytes, where: str, tags: Iterable[str]) -> Iterator[_Element]:
    """Each element of these local names, in any namespace, when it ends, with all that is below it.

    An element inside another one comes before it. What is below an element is gone after its turn, so that memory does
    not grow with the file. Raises InputError (`report-damaged`) for what is not well-formed.
    """
    from lxml import etree  # noqa: PLC0415 - 30 ms that other formats need not pay

    refuse_entities(data, where)
    options = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    events = etree.iterparse(io.BytesIO(data), events=("end",), tag=[f"{{*}}{tag}" for tag in tags], **options)
    try:
        for _, element in events:
            yield element
            element.clear()
    except etree.XMLSyntaxError as error:
        raise damaged(where, f"not well-formed XML: {error}") from None
    except UnicodeError as error:
        raise damaged(where, f"its text is not in its declared encoding: {error}") from None


def local(element: _Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def text(element: _Element, name: str) -> str:
    """An attribute, "" when it is absent."""
    # with entities left unresolved, libxml2 hands `&amp;` in attributes on as `&#38;`
    return (element.get(name) or "").replace("&#38;", "&")


def count(element: _Element, name: str, where: str) -> int:
    """An attribute that counts something. Raises InputError when it is absent or is no count."""
    value = element.get(name) or ""
    if value.isdigit() and value.isascii() and len(value) <= _DIGITS:
        return int(value)
    found = _COUNT.fullmatch(value)
    if found is None:
        raise damaged(where, f"<{local(element)}> without a count in {name}: {(element.get(name) or '')[:40]!r}")
    return int(found[1])


def counts(found: Sequence[_Element], name: str, where: str, *, absent: str = "") -> list[int]:
    """`count` of each element; absent: what counts for an attribute that is not there, or empty."""
    values = [element.get(name) or absent for element in found]
    joined = "".join(values)
    if joined.isdigit() and joined.isascii() and "" not in values and max(map(len, values)) <= _DIGITS:
        return list(map(int, values))
    return [int(absent) if absent and not element.get(name) else count(element, name, where) for element in found]


def root(head: bytes) -> tuple[str, bytes]:
    """(local name, attributes as written) of the root element at the head of a file; empty when it is no XML."""
    prologue = _PROLOGUE.match(head)
    found = _NAME.match(head, prologue.end() if prologue else 0)
    return (found[1].decode("ascii", "replace"), found[2]) if found else ("", b"")


def declarations(data: bytes) -> bytes:
    """The beginning of the document with the names of all its declarations (`<!ENTITY`)."""
    return data[: data.rfind(b"!") + len("!ATTLIST")]  # one byte is found ten times faster than a name


def refuse_entities(data: bytes, where: str) -> None:
    """Reports need no entities. A few short and flat internal ones are accepted; others are an attack or a mistake."""
    declared = declarations(data).count(b"<!ENTITY")
    found = list(_ENTITY.finditer(data)) if 0 < declared <= _MAX_ENTITIES else []
    values = [next((v for v in (entity[2], entity[3]) if v is not None), b"") for entity in found]
    parameters = any(entity[1] or entity[4] for entity in found)
    if declared != len(found) or parameters or any(len(v) > _MAX_ENTITY or _nests(v) for v in values):
        raise damaged(where, "it declares external, nested, many or long XML entities, which are not accepted")


def _nests(value: bytes) -> bool:
    return re.search(rb"&(?!#)|%", value) is not None
