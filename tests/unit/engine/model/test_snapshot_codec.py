from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.model.snapshot import CountedExits, FileCoverage, Identity, Origin, Snapshot, TestRun
from covgov.model.snapshot_codec import decode, decode_file, encode, encode_file
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.reports import SNAPSHOTS, file_coverages

SAMPLE = snap({"b.py": cov("++-x", [(1, 2), (1, -1)], [(1, 2)]), "a.py": "+-"}, origin=Origin("c0", "t0", dirty=True))


def resealed(change: Mapping[str, object], *, kind: str = "covgov-file") -> bytes:
    """A document with a right checksum around a wrong body."""
    body = json.dumps(change).encode()
    head = {"format": kind, "version": 1, "sha256": hashlib.sha256(body).hexdigest()}
    return (json.dumps(head)[:-1] + ', "body": ').encode() + body + b"}"


def b64(*numbers: int) -> str:
    value = sum(1 << number for number in numbers)
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8, "little")).decode()


@given(SNAPSHOTS)
def test_decoding_gives_back_what_was_encoded(snapshot: Snapshot) -> None:
    assert decode(encode(snapshot), "x") == snapshot


@given(file_coverages())
def test_a_single_file_survives_the_round_trip(coverage: FileCoverage) -> None:
    assert decode_file(encode_file(coverage), "x") == coverage


def test_origin_tests_and_notes_survive_the_round_trip() -> None:
    full = Snapshot("s", SAMPLE.files, Identity("t"), Origin("c", "t"), TestRun(1, 2, 3, 4, 5, 6.25), ("a note",))
    assert decode(encode(full), "x") == full


def test_the_order_of_the_files_does_not_change_the_bytes() -> None:
    turned = Snapshot(SAMPLE.suite, dict(sorted(SAMPLE.files.items())), SAMPLE.identity, SAMPLE.origin, SAMPLE.tests)
    assert list(turned.files) != list(SAMPLE.files)
    assert encode(turned) == encode(SAMPLE)


@pytest.mark.security
@given(position=st.integers(0, len(encode(SAMPLE)) - 2), value=st.integers(0, 255))
def test_a_changed_byte_is_refused(position: int, value: int) -> None:
    data = bytearray(encode(SAMPLE))
    if data[position] == value:
        value ^= 1
    data[position] = value
    with pytest.raises(InputError) as caught:
        decode(bytes(data), "api.snapshot")
    assert caught.value.code in ("snapshot-damaged", "snapshot-newer")
    assert "api.snapshot" in caught.value.message


@pytest.mark.reliability
@given(end=st.integers(0, len(encode(SAMPLE)) - 2))
def test_a_cut_document_is_refused(end: int) -> None:
    with pytest.raises(InputError, match=r"api\.snapshot") as caught:
        decode(encode(SAMPLE)[:end], "api.snapshot")
    assert caught.value.code == "snapshot-damaged"


def test_a_newer_version_is_refused_by_name() -> None:
    data = encode(SAMPLE).replace(b'"version":1', b'"version":2', 1)
    with pytest.raises(InputError, match="covgov-snapshot version 2") as caught:
        decode(data, "x")
    assert caught.value.code == "snapshot-newer"
    assert "upgrade" in caught.value.hint


def test_one_kind_of_document_is_not_read_as_the_other() -> None:
    with pytest.raises(InputError, match="not a covgov-snapshot"):
        decode(encode_file(cov("+")), "x")


def test_a_changed_body_does_not_match_its_checksum() -> None:
    with pytest.raises(InputError, match="checksum"):
        decode(encode(SAMPLE).replace(b'"suite":"api"', b'"suite":"apj"'), "x")


@pytest.mark.security
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"statements": b64(1), "covered": b64(2)}, "covered lines"),
        ({"statements": b64(0, 1), "covered": ""}, "line 0"),
        ({"statements": b64(1), "covered": b64(1), "exits": [[1, 3], [1, 2]]}, "sorted"),
        ({"statements": b64(1), "covered": b64(1), "exits": [[1, 2]], "taken": b64(4)}, "index"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, 3, 2]]}, "more exits"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, -1, 2]]}, ">= 0"),
        ({"statements": b64(1), "covered": b64(1), "excluded": b64(1)}, "excluded"),
        ({"statements": b64(1, 2), "covered": b64(1), "attributes": [["security", b64(2)]]}, "attribute"),
        ({"statements": b64(1), "covered": b64(1), "exits": [[1, 2]], "counted": [[1, 0, 2]]}, "by name and by number"),
        ({"statements": b64(1), "covered": b64(1), "surprise": 1}, "surprise"),
        ({"statements": "!", "covered": ""}, "base64"),
    ],
)
def test_a_body_that_breaks_the_contract_is_refused_though_its_checksum_is_right(
    body: Mapping[str, object], why: str
) -> None:
    with pytest.raises(InputError, match=why) as caught:
        decode_file(resealed(body), "x")
    assert caught.value.code == "snapshot-damaged"


@pytest.mark.security
@pytest.mark.parametrize(
    "body",
    [
        {"statements": b64(1), "covered": "", "exits": [[2_000_000_000, 1]]},
        {"statements": b64(1), "covered": "", "exits": [[1, 10**15]]},
        {"statements": b64(1), "covered": "", "counted": [[10**15, 0, 1]]},
        {"statements": b64(1_000_001), "covered": ""},
        {"statements": b64(1), "covered": "", "excluded": b64(1_000_001)},
    ],
)
def test_lines_that_no_file_has_are_refused_before_they_take_memory(body: Mapping[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        decode_file(resealed(body), "here")
    assert caught.value.code == "snapshot-damaged"
    assert "here" in caught.value.message


@pytest.mark.security
def test_a_document_that_is_nested_too_deeply_is_refused() -> None:
    deep = b"[" * 100_000
    for data in (deep, resealed({})[:-3] + deep):
        with pytest.raises(InputError) as caught:
            decode_file(data, "here")
        assert caught.value.code == "snapshot-damaged"


def test_a_time_without_end_is_not_written() -> None:
    with pytest.raises(ValueError, match="finite"):
        encode(snap({}, tests=TestRun(0, seconds=float("nan"))))


def test_counted_exits_survive_the_round_trip() -> None:
    named = CountedExits(2, 1, 3, ("0,0", "0,1"), ("0,1",))
    for counted in ((CountedExits(1, 1, 2),), (CountedExits(1, 1, 2), named)):
        coverage = FileCoverage(0b10, 0b10, counted=counted)
        assert decode_file(encode_file(coverage), "x") == coverage


@pytest.mark.parametrize(
    "entry",
    [
        CountedExits(1, 1, 2, ("b", "a")),
        CountedExits(1, 1, 1, ("a", "b")),
        CountedExits(1, 0, 2, ("a", "b"), ("a",)),
    ],
)
def test_ids_that_contradict_the_number_of_exits_are_refused(entry: CountedExits) -> None:
    with pytest.raises(InputError, match="names of a line's exits"):
        decode_file(encode_file(FileCoverage(0b10, 0b10, counted=(entry,))), "x")


@pytest.mark.parametrize("ids_taken", [[""], ["Aw=="], []])
def test_a_bitmap_of_other_ids_is_refused(ids_taken: list[str]) -> None:
    body = {"statements": "Ag==", "covered": "Ag==", "counted": [[1, 1, 1], [2, 0, 0]], "ids": [["a"]]}
    with pytest.raises(InputError, match="here"):
        decode_file(resealed({**body, "ids_taken": ids_taken}), "here")
