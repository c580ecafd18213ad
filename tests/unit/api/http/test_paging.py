from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from covgov.errors import UsageError
from covgov.hub.api.http import paging

LISTING = ("acme", "shop", "runs", "main")
texts = st.text(st.characters(codec="utf-8"), max_size=40)


def request(query: str) -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/x",
        "query_string": query.encode(),
        "headers": [(b"host", b"h")],
    }
    return Request(scope)


def refused(listing: tuple[str, ...], cursor: str) -> str:
    with pytest.raises(UsageError) as caught:
        paging.decode(listing, cursor, int)
    return caught.value.code


@given(st.tuples(texts, texts), st.lists(texts, max_size=3).map(tuple))
def test_a_cursor_decodes_to_its_key(key: tuple[str, str], listing: tuple[str, ...]) -> None:
    assert paging.decode(listing, paging.encode(listing, key), tuple[str, str]) == key


@given(st.tuples(texts, texts))
def test_a_cursor_matches_the_parameters_pattern(key: tuple[str, str]) -> None:
    cursor = paging.encode(LISTING, key)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


def test_no_cursor_is_the_beginning() -> None:
    assert paging.decode(LISTING, "", int) is None


def test_a_cursor_of_another_listing_is_refused() -> None:
    assert refused(("acme", "shop", "runs", "dev"), paging.encode(LISTING, 7)) == "cursor-invalid"


def test_a_cursor_of_another_kind_is_refused() -> None:
    assert refused(LISTING, paging.encode(LISTING, ["a", "b"])) == "cursor-invalid"


@pytest.mark.security
@pytest.mark.parametrize("number", [-1, 2**63, 2**80])
def test_a_number_that_no_database_has_is_refused(number: int) -> None:
    assert refused(LISTING, paging.encode(LISTING, number)) == "cursor-invalid"


@pytest.mark.security
def test_a_cursor_of_a_thousand_lists_is_refused() -> None:
    body = b'[["x"],' + b"[" * 5000 + b"]" * 5000 + b"]"
    forged = sha256(b"covgov-cursor:" + body).digest()[: paging.CHECKSUM] + body
    assert refused(LISTING, urlsafe_b64encode(forged).decode().rstrip("=")) == "cursor-invalid"


@pytest.mark.security
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, change: int) -> None:
    cursor = paging.encode(LISTING, 7)
    data = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    data[place % len(data)] ^= change
    assert refused(LISTING, urlsafe_b64encode(bytes(data)).decode().rstrip("=")) == "cursor-invalid"


@pytest.mark.security
@given(st.text("ABab01-_", min_size=1, max_size=60))
def test_a_foreign_comment_is_never_ours(cursor: str) -> None:
    assert refused(LISTING, cursor) == "cursor-invalid"


def test_the_link_keeps_the_other_parameters() -> None:
    told = paging.link(request("branch=a%26b&after=old&limit=2"), "NEW")
    assert told == {"Link": '</v1/x?branch=a%26b&limit=2&after=NEW>; rel="next"'}


def test_the_last_page_has_no_link() -> None:
    assert paging.link(request("limit=2"), None) == {}
