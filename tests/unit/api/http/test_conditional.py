from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from covgov.hub.api.http.conditional import FIXED, answer, matches, unchanged
from covgov.hub.api.http.problems import ApiProblem


class Thing(BaseModel):
    size: int


def asked(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw})


def again(first: Response, **headers: str) -> Response:
    return answer(asked(if_none_match=first.headers["etag"], **headers), b"x")


def test_answers_carry_a_strong_etag_and_cache_control() -> None:
    found = answer(asked(), Thing(size=3), caching=FIXED)
    assert (found.status_code, found.body, found.media_type) == (200, b'{"size":3}', "application/json")
    assert found.headers["etag"].startswith('"')
    assert found.headers["cache-control"] == FIXED
    assert found.headers["vary"] == "Authorization"


def test_the_same_answer_again_is_not_sent_again() -> None:
    first = answer(asked(), b"x", headers={"Link": "<y>"})
    second = again(first)
    assert (second.status_code, second.body) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["cache-control"] == first.headers["cache-control"]


def test_a_changed_answer_is_sent() -> None:
    first = answer(asked(), b"y")
    assert again(first).status_code == 200


def test_a_compressible_answer_has_its_own_etag() -> None:
    plain, packed = answer(asked(), b"x"), answer(asked(accept_encoding="br, gzip"), b"x")
    assert plain.headers["etag"] != packed.headers["etag"]
    assert again(plain, accept_encoding="gzip").status_code == 200
    assert again(packed, accept_encoding="gzip").status_code == 304


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_etags_are_equal_exactly_when_the_bytes_are(one: bytes, other: bytes) -> None:
    tags = {answer(asked(), body).headers["etag"] for body in (one, other)}
    assert (len(tags) == 1) == (one == other)


def test_if_none_match_takes_lists_weak_tags_and_the_star() -> None:
    assert matches(['"a", W/"b"'], '"b"')
    assert matches(['"a"', '"c"'], '"c"')
    assert matches(["*"], '"z"')
    assert not matches([], '"z"')
    assert not matches(['"zz"', "z"], '"z"')


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "gzip"}])
def test_the_current_etag_is_accepted(headers: dict[str, str]) -> None:
    etag = answer(asked(**headers), Thing(size=3)).headers["etag"]
    unchanged(etag, Thing(size=3))
    unchanged(f'"other", {etag}', Thing(size=3))
    unchanged("*", Thing(size=3))
    unchanged("", None)
    unchanged("", Thing(size=3))


@pytest.mark.parametrize("weak", [False, True])
def test_a_stale_etag_is_refused(weak: bool) -> None:
    etag = answer(asked(), Thing(size=3)).headers["etag"]
    now = Thing(size=3 if weak else 4)
    for named, body in [(f"W/{etag}" if weak else etag, now), (etag, None), ("*", None)]:
        with pytest.raises(ApiProblem) as caught:
            unchanged(named, body)
        assert (caught.value.status_code, caught.value.code) == (412, "document-changed")
