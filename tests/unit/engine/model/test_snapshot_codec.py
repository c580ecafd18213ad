from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.model.snapshot import REACHABLE, CountedExits, FileCoverage, Identity, Origin, Snapshot, TestRun, by_exits
from covgov.model.snapshot_codec import decode, decode_file, encode, encode_file
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.reports import SNAPSHOTS, file_coverages

SAMPLE = snap({"b.py": cov("++-x", [(1, 2), (1, -1)], [(1, 2)]), "a.py": "+-"}, origin=Origin("c0", "t0", dirty=True))


def resealed(change: Mapping[str, object], *, kind: str = "covgov-file", version: int = 2) -> bytes:
    """A document with a right checksum around a wrong body."""
    body = json.dumps(change).encode()
    head = {"format": kind, "version": version, "sha256": hashlib.sha256(body).hexdigest()}
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
    data = encode(SAMPLE).replace(b'"version":2', b'"version":3', 1)
    with pytest.raises(InputError, match="covgov-snapshot version 3") as caught:
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
        ({"statements": b64(1), "covered": b64(1), "counted": [[3, 2, [1], [], ""]]}, "more exits"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[-1, 2, [1], [], ""]]}, ">= 0"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, 2, [], [], ""]]}, "and exist"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, 2, [4, 3], [], ""]]}, "must be sorted"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, 2, [3, 3], [], ""]]}, "twice"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[0, 2, [3], [], ""], [1, 2, [3], [], ""]]}, "twice"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, 2, [3], [], ""], [1, 2, [4], [], ""]]}, "unique"),
        (
            {"statements": b64(1), "covered": b64(1), "counted": [[1, 2, [4], [], ""], [0, 2, [3], [], ""]]},
            "first lines",
        ),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, 1, [1], ["a"], b64(1)]]}, "does not exist"),
        ({"statements": b64(1), "covered": b64(1), "counted": [[1, 1, [1], ["a"], b64(0), 1]]}, "length"),
        ({"statements": b64(1), "covered": b64(1), "excluded": b64(1)}, "excluded"),
        ({"statements": b64(1, 2), "covered": b64(1), "attributes": [["security", b64(2)]]}, "attribute"),
        (
            {"statements": b64(1), "covered": b64(1), "exits": [[1, 2]], "counted": [[0, 2, [1], [], ""]]},
            "by name and by number",
        ),
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
        {"statements": b64(1), "covered": "", "counted": [[0, 1, [10**15], [], ""]]},
        {"statements": b64(1), "covered": "", "counted": [[0, 1, [0], [], ""]]},
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
    named = CountedExits(1, 3, ("0,0", "0,1"), ("0,1",))
    for counted in ({1: CountedExits(1, 2)}, {1: CountedExits(1, 2), 2: named, 3: named}):
        coverage = FileCoverage(0b10, 0b10, counted=by_exits(counted))
        assert decode_file(encode_file(coverage), "x") == coverage


@pytest.mark.parametrize(
    "entry",
    [
        CountedExits(1, 2, ("b", "a")),
        CountedExits(1, 1, ("a", "b")),
        CountedExits(0, 2, ("a", "b"), ("a",)),
    ],
)
def test_ids_that_contradict_the_number_of_exits_are_refused(entry: CountedExits) -> None:
    with pytest.raises(InputError, match="names of a line's exits"):
        decode_file(encode_file(FileCoverage(0b10, 0b10, counted=by_exits({1: entry}))), "x")


def of_version_1(coverage: FileCoverage) -> dict[str, object]:
    """The body as version 1 had it: counted exits and their names line by line."""
    body: dict[str, object] = json.loads(encode_file(coverage))["body"]
    found = coverage.by_number
    if found:
        body["counted"] = [[line, exits.covered, exits.total] for line, exits in found.items()]
    if any(exits.ids for exits in found.values()):
        body["ids"] = [exits.ids for exits in found.values()]
        body["ids_taken"] = [b64(*map(exits.ids.index, exits.taken)) for exits in found.values()]
    return body


@given(SNAPSHOTS)
def test_version_1_is_read_to_the_same_snapshot(snapshot: Snapshot) -> None:
    body = json.loads(encode(snapshot))["body"]
    body["files"] = {path: of_version_1(coverage) for path, coverage in snapshot.files.items()}
    assert decode(resealed(body, kind="covgov-snapshot", version=1), "x") == snapshot


@given(file_coverages())
def test_a_file_of_version_1_is_read_to_the_same_coverage(coverage: FileCoverage) -> None:
    assert decode_file(resealed(of_version_1(coverage), version=1), "x") == coverage


@pytest.mark.security
@pytest.mark.parametrize(
    ("counted", "why"),
    [
        ({"counted": [[1, 3, 2]]}, "more exits"),
        ({"counted": [[1, -1, 2]]}, ">= 0"),
        ({"counted": [[10**15, 0, 1]]}, "<= 1000000"),
        ({"counted": [[0, 0, 1]]}, ">= 1"),
        ({"counted": [[2, 0, 1], [1, 0, 1]]}, "sorted and unique"),
        ({"counted": [[1, 0, 1], [1, 1, 1]]}, "sorted and unique"),
        ({"counted": [[1, 0, 1]], "exits": [[1, 2]]}, "by name and by number"),
        ({"counted": [[1, 1, 1, [], ""]]}, "length"),
        ({"counted": [[1, 1, 1], [2, 0, 0]], "ids": [["a"]], "ids_taken": [""]}, "shorter"),
        ({"counted": [[1, 1, 1], [2, 0, 0]], "ids": [["a"]], "ids_taken": ["Aw=="]}, "shorter"),
        ({"counted": [[1, 1, 1], [2, 0, 0]], "ids": [["a"]], "ids_taken": []}, "shorter"),
        ({"counted": [[1, 1, 2]], "ids": [["b", "a"]], "ids_taken": [""]}, "names of a line"),
        ({"counted": [[1, 1, 1]], "ids": [["a"]], "ids_taken": ["Ag=="]}, "does not exist"),
    ],
)
def test_a_body_of_version_1_that_breaks_the_contract_is_refused(counted: Mapping[str, object], why: str) -> None:
    body = {"statements": b64(1, 2), "covered": b64(1), **counted}
    with pytest.raises(InputError, match=why) as caught:
        decode_file(resealed(body, version=1), "here")
    assert caught.value.code == "snapshot-damaged"


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_that_never_was_is_refused(version: int) -> None:
    with pytest.raises(InputError, match="not a covgov-file of version 1 to 2"):
        decode_file(resealed({"statements": "", "covered": ""}, version=version), "here")


FOLDER = Path(__file__).parents[3] / "golden"
GOLDEN = Snapshot(
    "api",
    {
        "src/a.py": replace(
            cov("++-x.+", [(1, 2), (1, -1)], [(1, 2)], source="d" * 40),
            counted=by_exits({2: CountedExits(1, 2), 3: CountedExits(0, 2), 6: CountedExits(1, 2)}),
            attributes=((REACHABLE, 0b10),),
        ),
        "src/b.c": replace(
            cov("+++"),
            counted=by_exits({line: CountedExits(1, 3, ("0,0", "0,1"), ("0,1",)) for line in (1, 3)}),
        ),
    },
    Identity("coverage.py", "7.6", "python 3.11", branch=True),
    Origin("c" * 40, "t" * 40, dirty=True),
    TestRun(0, 5, skipped=1, seconds=1.5),
    ("a note",),
)


@pytest.mark.parametrize("version", [1, 2])
def test_snapshots_that_were_written_then_are_read_today(version: int) -> None:
    assert decode((FOLDER / f"snapshot-{version}.json").read_bytes(), "x") == GOLDEN


def test_snapshots_are_written_as_ever() -> None:
    assert encode(GOLDEN) == (FOLDER / "snapshot-2.json").read_bytes()
