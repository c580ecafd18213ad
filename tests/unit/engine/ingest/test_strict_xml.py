"""XML of unknown origin: read element by element, or refused with its place."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest import strict_xml


def names(data: bytes, *tags: str) -> list[str]:
    return [strict_xml.text(element, "n") for element in strict_xml.elements(data, "r.xml", tags)]


def test_the_inner_element_comes_first_whatever_the_namespace() -> None:
    data = b'<r xmlns="urn:x"><a n="1"><b n="2"/></a><a n="3"/></r>'
    assert names(data, "a", "b") == ["2", "1", "3"]


def test_an_ampersand_stays_one() -> None:
    assert names(b'<r><a n="x&amp;y&lt;"/></r>', "a") == ["x&y<"]


@pytest.mark.security
@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><a n="&x;"/></r>',
        b'<!DOCTYPE r [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><r/>',
        b"<r>" + b"<a>" * 100_000,
        b"<r><a></r>",
        b"<r",
        b"",
        b"<?xml version='1.0' encoding='utf-8'?><r><a n='\xff'/></r>",
    ],
)
def test_hostile_and_broken_xml_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(InputError, match=r"r\.xml: "):
        names(data, "a")


def test_an_attribute_that_is_no_count_is_refused() -> None:
    (element,) = (strict_xml.count(a, "n", "r") for a in strict_xml.elements(b'<r><a n=" 7 "/></r>', "r", ["a"]))
    assert element == 7
    for data in (b"<r><a/></r>", b'<r><a n="1.5"/></r>', b'<r><a n="-1"/></r>'):
        with pytest.raises(InputError, match="without a count in n"):
            [strict_xml.count(a, "n", "r") for a in strict_xml.elements(data, "r", ["a"])]
