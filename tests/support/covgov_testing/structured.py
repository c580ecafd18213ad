"""Changes that keep an input well-formed, so that it reaches what lies behind the parser: JSON values, XML elements,
lines and their fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random

from lxml import etree

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
Place = tuple[list[JsonValue] | dict[str, JsonValue], int | str]

_RAW = {
    f"raw-{number}": text
    for number, text in enumerate(
        (b"1e999", b"NaN", b"-Infinity", b"9" * 5000, b"1" + b"0" * 12, b"1e5", b"0.0", b"-0", b'"\\ud800"', b"[" * 900)
    )
}
"""Spellings that `json.dumps` never writes."""

_PARTS: list[JsonValue] = [[], {}, [0], [[]], [None], {"": None}, [1, 2, 3]]
_VALUES: tuple[JsonValue, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 1.5, 999, 10**6 + 1, 10**12, 2**31, 2**53, 2**63, 2**64, 10**30),
    *(
        "",
        " ",
        "0",
        "1",
        "-1",
        "a.py",
        "b.py",
        "../x",
        "/",
        "1/2",
        "1/0",
        "\0",
        "\x1b[2J",
        "\x1e1",
        "²",
        "\u202e",
        "x" * 5000,
    ),
    *_RAW,
    *_PARTS,
)
_TEXTS = (
    *("", " ", "0", "1", "-1", "+1", "2", "1.5", "1e5", "1e999", "nan", "inf", "true", "007", "1_0", "\x1e1", "²", "٣"),
    *("999", "1000001", str(10**12), str(2**31), str(2**63), str(2**64), "a.py", "../x", "/", "50% (1/2)", "1/0"),
    *("0% (0/0)", "100% (9/9)", "50% (1/99999999999)", "\u202e", "&", "<", '"', "x" * 5000, "9" * 5000, "\n"),
)
_XML_TEXTS = tuple(text for text in _TEXTS if "\x1e" not in text)
_ENCODINGS = (*["utf-8"] * 12, "ascii", "iso-8859-1", "utf-16")
_FIELD = re.compile(rb"[^,:; .=|]+")


def changed(data: bytes, random: Random) -> bytes:
    """The input with one to three parts of its own syntax changed; as it is if it has none."""
    change = _json if data[:1] in (b"{", b"[") else _xml if data[:1] == b"<" else _lines
    return change(data, random)


def _json(data: bytes, random: Random) -> bytes:
    head, line_end, rest = data, b"", b""
    try:
        tree: JsonValue = json.loads(head)
    except (ValueError, RecursionError):
        head, line_end, rest = data.partition(b"\n")  # a text that begins with a line of JSON
        return head + line_end + _lines(rest, random)
    for _ in range(random.randint(1, 3)):
        if places := _places(tree):
            _change(random.choice(places), places, random)
    text = json.dumps(tree, ensure_ascii=random.random() < 0.9).encode(errors="surrogatepass")
    for name, raw in _RAW.items():
        text = text.replace(b'"%b"' % name.encode(), raw)
    return text


def _places(tree: JsonValue) -> list[Place]:
    found: list[Place] = []
    rest = [tree]
    while rest:
        match rest.pop():
            case dict() as members:
                found += [(members, key) for key in members]
                rest += members.values()
            case list() as parts:
                found += [(parts, at) for at in range(len(parts))]
                rest += parts
            case _:
                pass
    return found


def _change(place: Place, places: list[Place], random: Random) -> None:
    kind = random.randrange(5)
    other, at = random.choice(places)
    new = _plain(random.choice(_VALUES)) if kind < 3 else _copy(other, at)
    match place:
        case (dict() as members, str() as key):
            if kind == 0:
                members[random.choice((str(at), "", "raw-9", "a.py"))] = members.pop(key)
            elif kind == 1:
                del members[key]
            else:
                members[key] = new
        case (list() as parts, int() as index) if index < len(parts):
            if kind == 0:
                parts.insert(index, _copy(parts, index))
            elif kind == 1:
                del parts[index]
            else:
                parts[index] = new
        case _:
            pass


def _copy(parent: list[JsonValue] | dict[str, JsonValue], at: int | str) -> JsonValue:
    """The value there, if it is still there."""
    match parent, at:
        case (dict() as members, str() as key) if key in members:
            return _plain(members[key])
        case (list() as parts, int() as index) if index < len(parts):
            return _plain(parts[index])
        case _:
            return None


def _plain(value: JsonValue) -> JsonValue:
    copied: JsonValue = json.loads(json.dumps(value))
    return copied


def _xml(data: bytes, random: Random) -> bytes:
    try:
        tree = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return data
    for _ in range(random.randint(1, 3)):
        found = [element for element in tree.iter() if isinstance(element.tag, str)]
        _XML_CHANGES[random.randrange(len(_XML_CHANGES))](random.choice(found), random.choice(found), random)
    return etree.tostring(tree, encoding="unicode").encode(random.choice(_ENCODINGS), "xmlcharrefreplace")


def _set(element: etree._Element, other: etree._Element, random: Random) -> None:
    names = list(element.attrib) or list(other.attrib)
    if names:
        others = [*map(str, other.attrib.values()), *_XML_TEXTS]
        element.set(random.choice(names), random.choice(others))


def _unset(element: etree._Element, _: etree._Element, random: Random) -> None:
    if element.attrib:
        del element.attrib[random.choice(list(element.attrib))]


def _inside(element: etree._Element, other: etree._Element, _: Random) -> None:
    """A copy of one element in another."""
    element.append(etree.fromstring(etree.tostring(other, with_tail=False)))


def _drop(element: etree._Element, _: etree._Element, __: Random) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _rename(element: etree._Element, other: etree._Element, _: Random) -> None:
    element.tag = other.tag


def _say(element: etree._Element, _: etree._Element, random: Random) -> None:
    element.text = random.choice(_XML_TEXTS)


_XML_CHANGES: tuple[Callable[[etree._Element, etree._Element, Random], None], ...] = (
    *(_set, _set, _set, _unset, _inside, _drop, _rename, _say),
)


def _lines(data: bytes, random: Random) -> bytes:
    found = data.split(b"\n")
    for _ in range(random.randint(1, 3)):
        at, other = random.randrange(len(found)), random.choice(found)
        kind = random.randrange(6)
        if kind == 0:
            found.insert(at, other)
        elif kind == 1 and len(found) > 1:
            del found[at]
        elif kind == 2:
            found[at] = other
        else:
            found[at] = _field(found[at], other, random)
    return b"\n".join(found)


def _field(line: bytes, other: bytes, random: Random) -> bytes:
    """The line with one of its fields changed for one of another line, or for any text."""
    fields = list(_FIELD.finditer(line))
    if not fields:
        return line + random.choice(_TEXTS).encode()
    old = random.choice(fields)
    known = [found[0] for found in _FIELD.finditer(other)]
    new = random.choice([*known, *(text.encode() for text in random.sample(_TEXTS, 4))])
    return line[: old.start()] + new + line[old.end() :]
