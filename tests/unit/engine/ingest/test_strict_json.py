"""JSON of unknown origin: of the expected shape, or refused with its place."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest import strict_json


def test_members_that_nobody_asked_for_are_skipped() -> None:
    assert strict_json.load(b'\xef\xbb\xbf{"a": 1}', dict[str, int], "r") == {"a": 1}


@pytest.mark.security
@pytest.mark.parametrize(
    "data",
    [b"", b"{", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": "x"}', b"[1]", b'{"a": \xff}', b'{"a":' * 100_000],
)
def test_hostile_and_broken_json_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(InputError, match=r"r\.json: "):
        strict_json.load(data, dict[str, int], "r.json")


def test_the_head_of_a_document_has_all_marks() -> None:
    assert strict_json.begins(b' \n{"a": {"b": 1', b'"a"', b'"b"')
    assert not strict_json.begins(b'{"a": 1', b'"a"', b'"b"')
    assert not strict_json.begins(b'"a" "b"', b'"a"', b'"b"')
