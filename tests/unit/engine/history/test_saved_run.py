from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.history import saved_run
from covgov.model import snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Outcome
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.run import NOON, run

RECORD = run(snapshots={"api": snap({"a.py": "+-"}), "auth": snap({"b.py": "++"}, suite="auth")})


def folder(snapshots: Mapping[str, Snapshot]) -> Callable[[str], bytes | None]:
    return {f"coverage/{suite}.snapshot": snapshot_codec.encode(one) for suite, one in snapshots.items()}.get


def encode(record: RunRecord, refusal: saved_run.Refusal | None = None) -> bytes:
    return saved_run.encode(saved_run.SavedRun(record, refusal, "hash"))


def decode(data: bytes, read: Callable[[str], bytes | None]) -> saved_run.SavedRun:
    return saved_run.decode(data, "coverage/verdict.record", read, "coverage")


def refused(data: bytes, read: Callable[[str], bytes | None]) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        decode(data, read)
    return caught.value.code, caught.value.message


@given(
    st.builds(
        run,
        outcome=st.sampled_from(Outcome),
        branch=st.sampled_from(["", "main", "f/ü"]),
        at=st.integers(0, 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds)),
        snapshots=st.dictionaries(
            st.sampled_from(["api", "auth"]), st.text("+-.", min_size=1).map(lambda picture: {"a.py": picture})
        ).map(lambda pictures: {suite: snap(files, suite=suite) for suite, files in pictures.items()}),
    )
)
def test_what_was_judged_is_read_back_equal_from_its_file_and_its_snapshots(record: RunRecord) -> None:
    data = encode(record)
    assert decode(data, folder(record.snapshots)).run == record
    assert saved_run.encode(decode(data, folder(record.snapshots))) == data


def test_where_a_snapshot_was_judged_is_told_by_the_run_not_by_the_snapshot() -> None:
    bare = {suite: replace(one, origin=None) for suite, one in RECORD.snapshots.items()}
    assert decode(encode(RECORD), folder(bare)).run == RECORD


@pytest.mark.security
@pytest.mark.parametrize("refusal", [None, saved_run.Refusal("not here"), saved_run.Refusal("not here", unnamed=True)])
def test_why_a_run_is_not_recorded_where_it_was_judged_goes_with_it(refusal: saved_run.Refusal | None) -> None:
    assert decode(encode(RECORD, refusal), folder(RECORD.snapshots)) == saved_run.SavedRun(RECORD, refusal, "hash")


@pytest.mark.security
@pytest.mark.parametrize(
    "other",
    [
        snap({"a.py": "++"}),
        snap({"a.py": "+-", "c.py": "+"}),
        snap({"a.py": "+-"}, tests=FAILED),
        snap({"a.py": "+-"}, suite="auth"),
    ],
)
def test_another_snapshot_than_the_one_that_was_judged_is_refused(other: Snapshot) -> None:
    code, message = refused(encode(RECORD), folder({**RECORD.snapshots, "api": other}))
    assert (code, message.split()[0]) == ("verdict-outdated", "coverage/api.snapshot")


def test_a_snapshot_that_is_gone_is_named() -> None:
    code, message = refused(encode(RECORD), folder({"api": RECORD.snapshots["api"]}))
    assert (code, message) == ("verdict-outdated", "coverage/auth.snapshot is missing")


def changed(*path: str, to: object) -> bytes:
    document: dict[str, Any] = json.loads(encode(RECORD))
    part = document
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = to
    return json.dumps(document).encode()


@pytest.mark.security
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        changed("format", to="covgov-snapshot"),
        changed("version", to=1),
        changed("more", to=1),
        changed("refusal", to=""),
        changed("verdict", "outcome", to="fail"),
        changed("run", "outcome", to="fail"),
        changed("run", "complete", to=False),
        changed("run", "recorded_at", to="2026-11-18T12:00:00"),
    ],
)
def test_a_file_that_covgov_did_not_write_so_is_refused(data: bytes) -> None:
    code, message = refused(data, folder(RECORD.snapshots))
    assert code == "verdict-damaged"
    assert message.startswith("coverage/verdict.record is not a saved run that this version of covgov can read: ")
