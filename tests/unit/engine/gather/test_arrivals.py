from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from covgov.gather.arrivals import CurrentCode, committed, receive
from covgov.judge.facts import suite_line
from covgov.model import snapshot_codec
from covgov.model.snapshot import Origin, Snapshot
from covgov.model.verdict import SuiteLine
from covgov_testing.builders.coverage import PASSED, cov, snap

HERE = Origin("c" * 40, "t" * 40)
THERE = Origin("d" * 40, "u" * 40)


def here(
    *, blobs: Mapping[str, str] | None = None, differing: frozenset[str] | None = None, origin: Origin = HERE
) -> CurrentCode:
    return CurrentCode(origin, blobs or {}, differs=lambda tree: differing, harmless=frozenset({"exceptions.md"}))


def reader(snapshot: Snapshot | bytes | None) -> Callable[[str], bytes | None]:
    data = snapshot_codec.encode(snapshot) if isinstance(snapshot, Snapshot) else snapshot
    return lambda path: data if path == "coverage/api.snapshot" else None


def test_a_snapshot_of_this_tree_arrives() -> None:
    snapshot = snap({"a.py": "++-"}, origin=HERE)
    arrival = receive("api", "coverage", reader(snapshot), here())
    assert arrival.snapshot == snapshot
    line = suite_line(arrival.suite, arrival.snapshot, arrival.reason)
    assert line == SuiteLine("api", arrived=True, tests=PASSED, identity=snapshot.identity)


def test_a_missing_snapshot_is_named() -> None:
    arrival = receive("api", "coverage", reader(None), here())
    assert arrival.snapshot is None
    assert arrival.reason == "coverage/api.snapshot does not exist"
    line = suite_line(arrival.suite, arrival.snapshot, arrival.reason)
    assert line == SuiteLine("api", arrived=False, reason=arrival.reason)


def test_a_missing_snapshot_whose_run_left_a_reason_gives_that_reason() -> None:
    files = {"coverage/api.why": b"no tests were collected\n (pytest exit code 5)\n", "coverage/web.why": b"x"}
    arrival = receive("api", "coverage", files.get, here())
    assert (arrival.snapshot, arrival.reason) == (None, "no tests were collected (pytest exit code 5)")


def test_a_reason_beside_a_snapshot_is_out_of_date() -> None:
    files = {
        "coverage/api.why": b"old",
        "coverage/api.snapshot": snapshot_codec.encode(snap({"a.py": "+"}, origin=HERE)),
    }
    assert receive("api", "coverage", files.get, here()).snapshot is not None


@pytest.mark.security
@pytest.mark.parametrize(("data", "size"), [(b"\xff" * 10_000, 600), (b" \n", None), (b"", None)])
def test_a_reason_is_short_text_whatever_the_file_holds(data: bytes, size: int | None) -> None:
    reason = receive("api", "coverage", {"coverage/api.why": data}.get, here()).reason
    assert "does not exist" in reason if size is None else len(reason) == size


@pytest.mark.reliability
def test_a_damaged_snapshot_does_not_arrive() -> None:
    data = snapshot_codec.encode(snap({"a.py": "++-"}))
    arrival = receive("api", "coverage", reader(data[:-20]), here())
    assert arrival.snapshot is None
    assert "coverage/api.snapshot" in arrival.reason


@pytest.mark.security
def test_another_suites_snapshot_does_not_arrive_under_this_name() -> None:
    arrival = receive("api", "coverage", reader(snap({"a.py": "+"}, suite="auth")), here())
    assert arrival.snapshot is None
    assert "auth" in arrival.reason


def test_a_snapshot_of_no_file_does_not_arrive() -> None:
    arrival = receive("api", "coverage", reader(snap({})), here())
    assert "measured no file" in arrival.reason


@pytest.mark.security
def test_an_edited_source_file_makes_a_snapshot_stale() -> None:
    snapshot = snap({"a.py": cov("++", source="1" * 40), "b.py": cov("+", source="2" * 40)}, origin=THERE)
    blobs = {"a.py": "9" * 40, "b.py": "8" * 40}
    arrival = receive("api", "coverage", reader(snapshot), here(blobs=blobs))
    assert arrival.snapshot is None
    assert "a.py and 1 more changed since" in arrival.reason


MEASURED = snap({"a.py": cov("++", source="1" * 40)}, origin=THERE)
SAME = {"a.py": "1" * 40}


def test_a_register_that_was_synced_since_leaves_a_measurement_valid() -> None:
    arrival = receive("api", "coverage", reader(MEASURED), here(blobs=SAME, differing=frozenset({"exceptions.md"})))
    assert arrival.snapshot == replace(MEASURED, origin=HERE)


@pytest.mark.security
@pytest.mark.parametrize("differing", [frozenset({"exceptions.md", "tests/test_a.py"}), None])
def test_a_measurement_of_other_tests_is_not_one_of_this_commit(differing: frozenset[str] | None) -> None:
    arrival = receive("api", "coverage", reader(MEASURED), here(blobs=SAME, differing=differing))
    assert arrival.snapshot is None
    assert "was measured at commit dddddddddddd" in arrival.reason


def test_what_a_job_left_lying_about_makes_the_measurement_one_of_a_dirty_tree() -> None:
    littered = replace(MEASURED, origin=Origin(HERE.commit, "u" * 40, dirty=True))
    arrival = receive("api", "coverage", reader(littered), here(blobs=SAME))
    assert arrival.snapshot is not None
    assert arrival.snapshot.origin == replace(HERE, dirty=True)


def test_what_the_suite_left_lying_about_does_not_make_its_own_measurement_stale() -> None:
    clean = replace(MEASURED, origin=HERE)
    now = Origin(HERE.commit, "v" * 40, dirty=True)
    arrival = receive("api", "coverage", reader(clean), here(blobs=SAME, origin=now))
    assert arrival.snapshot == replace(clean, origin=now)


@pytest.mark.security
@pytest.mark.parametrize(
    "path",
    [
        "coverage/api.snapshot",
        "coverage/other.snapshot",
        "coverage",  # a link to a folder of the repository
        "coverage/verdict.json",
        "coverage/verdict.record",
        "coverage/exceptions.patch/x",  # stands in the way of what is written
        "coverage/spool/0.json",
        "coverage/.data/api/x",
    ],
)
def test_nothing_is_measured_while_the_repository_holds_what_covgov_writes(path: str) -> None:
    blobs = {**SAME, path: "2" * 40}
    for snapshot in (replace(MEASURED, origin=HERE), replace(MEASURED, origin=None)):
        arrival = receive("api", "coverage", reader(snapshot), here(blobs=blobs))
        assert arrival.snapshot is None
        assert arrival.reason.startswith(f"{path} is tracked by git")


def test_a_package_called_coverage_is_in_nobody_s_way() -> None:
    assert committed("coverage", ["coverage/__init__.py", "coverage/htmlfiles/index.html", "coverages", "a.md"]) == ""


@pytest.mark.security
def test_a_link_in_the_place_of_a_folder_above_is_found() -> None:
    assert committed("build/coverage", ["build/a.py", "src/a.py"]) == ""
    assert committed("build/coverage", ["build"]) == "build"


def test_a_snapshot_that_knows_no_sources_must_be_of_this_tree() -> None:
    arrival = receive("api", "coverage", reader(snap({"a.py": "+"}, origin=THERE)), here())
    assert "was measured at commit dddddddddddd" in arrival.reason


def test_a_bare_report_without_origin_or_sources_is_taken_at_its_word() -> None:
    assert receive("api", "coverage", reader(snap({"a.py": "+"})), here()).snapshot is not None


def test_outside_git_nothing_can_be_stale() -> None:
    assert receive("api", "coverage", reader(snap({"a.py": "+"}, origin=THERE)), None).snapshot
