from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from covgov.evidence.arrivals import receive
from covgov.model import snapshot_codec
from covgov.model.snapshot import Origin, Snapshot
from covgov_testing.builders import PASSED, cov, snap

HERE = Origin("c" * 40, "t" * 40)
THERE = Origin("d" * 40, "u" * 40)


def reader(snapshot: Snapshot | bytes | None) -> Callable[[str], bytes | None]:
    data = snapshot_codec.encode(snapshot) if isinstance(snapshot, Snapshot) else snapshot
    return lambda path: data if path == "coverage/api.snapshot" else None


def test_a_snapshot_of_this_tree_arrives() -> None:
    snapshot = snap({"a.py": "++-"}, origin=HERE)
    arrival = receive("api", "coverage", reader(snapshot), origin=HERE, blobs={})
    assert arrival.snapshot == snapshot
    line = arrival.line()
    assert (line.arrived, line.tests, line.identity) == (True, PASSED, snapshot.identity)


def test_a_missing_snapshot_says_what_to_run() -> None:
    arrival = receive("api", "coverage", reader(None), origin=HERE, blobs={})
    assert arrival.snapshot is None
    assert "covgov run api" in arrival.reason
    assert not arrival.line().arrived


@pytest.mark.reliability
def test_a_damaged_snapshot_does_not_arrive() -> None:
    data = snapshot_codec.encode(snap({"a.py": "++-"}))
    arrival = receive("api", "coverage", reader(data[:-20]), origin=HERE, blobs={})
    assert arrival.snapshot is None
    assert "coverage/api.snapshot" in arrival.reason


@pytest.mark.security
def test_another_suites_snapshot_does_not_arrive_under_this_name() -> None:
    arrival = receive("api", "coverage", reader(snap({"a.py": "+"}, suite="auth")), origin=HERE, blobs={})
    assert arrival.snapshot is None
    assert "auth" in arrival.reason


def test_a_snapshot_of_no_file_does_not_arrive() -> None:
    arrival = receive("api", "coverage", reader(snap({})), origin=HERE, blobs={})
    assert "measured no file" in arrival.reason


@pytest.mark.security
def test_an_edited_source_file_makes_a_snapshot_stale() -> None:
    snapshot = snap({"a.py": cov("++", source="1" * 40), "b.py": cov("+", source="2" * 40)}, origin=THERE)
    blobs = {"a.py": "9" * 40, "b.py": "8" * 40}
    arrival = receive("api", "coverage", reader(snapshot), origin=HERE, blobs=blobs)
    assert arrival.snapshot is None
    assert "a.py and 1 more changed since" in arrival.reason


def test_another_tree_with_the_same_sources_is_not_stale() -> None:
    snapshot = snap({"a.py": cov("++", source="1" * 40)}, origin=THERE)
    arrival = receive("api", "coverage", reader(snapshot), origin=HERE, blobs={"a.py": "1" * 40})
    assert arrival.snapshot == replace(snapshot, origin=HERE)


def test_a_snapshot_that_knows_no_sources_must_be_of_this_tree() -> None:
    arrival = receive("api", "coverage", reader(snap({"a.py": "+"}, origin=THERE)), origin=HERE, blobs={})
    assert "was measured at commit dddddddddddd" in arrival.reason


def test_a_bare_report_without_origin_or_sources_is_taken_at_its_word() -> None:
    assert receive("api", "coverage", reader(snap({"a.py": "+"})), origin=HERE, blobs={}).snapshot is not None


def test_outside_git_nothing_can_be_stale() -> None:
    assert receive("api", "coverage", reader(snap({"a.py": "+"}, origin=THERE)), origin=None, blobs=None).snapshot
