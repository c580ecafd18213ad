"""JSON of unknown origin: of the expected shape, or refused with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


class Entry(msgspec.Struct):
    name: str
    lines: list[Annotated[float, msgspec.Meta(ge=0)] | None] = []
    exits: dict[str, int | str | bool] = {}


SHAPES = (object, dict[str, object], list[Entry], dict[str, list[float]], Entry)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)
_ENTRIES = st.fixed_dictionaries(
    {"name": st.text(max_size=3)},
    optional={
        "lines": st.lists(st.none() | st.integers(-1, 3) | st.floats(), max_size=4),
        "exits": st.dictionaries(st.text(max_size=2), st.integers() | st.text(max_size=2) | st.booleans(), max_size=3),
        "x": _VALUES,
    },
)
_CUTS = st.lists(st.tuples(st.integers(0, 200), st.sampled_from([b"", b'"', b"1e999", b"\xff", b'"a":1,', b"\\ud800"])))


@given(value=_VALUES | _ENTRIES | st.lists(_ENTRIES, max_size=3), cuts=_CUTS, ascii_only=st.booleans())
def test_the_fast_reader_gives_what_the_strict_one_gives(
    value: object, cuts: list[tuple[int, bytes]], ascii_only: bool
) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    for place, text in cuts:
        data = data[:place] + text + data[place:]
    for shape in SHAPES:
        assert outcome(strict_json.load, data, shape) == outcome(strict_json.load_strictly, data, shape)


def outcome(load: Callable[..., object], data: bytes, shape: object) -> tuple[str, str]:
    """repr: 1 and 1.0 are not the same."""
    try:
        return "read", repr(load(data, shape, "r"))
    except InputError as error:
        return "refused", error.message
