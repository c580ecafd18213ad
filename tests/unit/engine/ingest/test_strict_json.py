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
    [
        b"",
        b"{",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "x"}',
        b"[1]",
        b'{"a": \xff}',
        b'{"a":' * 100_000,
    ],
)
def test_hostile_and_broken_json_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(InputError, match=r"r\.json: "):
        strict_json.load(data, dict[str, int], "r.json")


def test_the_head_of_a_document_has_all_marks() -> None:
    assert strict_json.begins(b' \n{"a": {"b": 1', b'"a"', b'"b"')
    assert not strict_json.begins(b'{"a": 1', b'"a"', b'"b"')
    assert not strict_json.begins(b'"a" "b"', b'"a"', b'"b"')


def test_members_that_nobody_reads_may_repeat_keys_and_others_beside_them_not() -> None:
    regions = b'{"a": {"x": 1}, "functions": {"f": [{"k": 1, "k": 2}], "g": 1e999}}'
    read = strict_json.load(regions, dict[str, dict[str, int]], "r.json", unread=("functions",))
    assert read["a"] == {"x": 1}
    with pytest.raises(InputError, match="duplicate key 'x'"):
        strict_json.load(
            regions.replace(b'{"x": 1}', b'{"x": 1, "x": 1}'), dict[str, object], "r", unread=("functions",)
        )
