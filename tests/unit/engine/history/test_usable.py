from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from covgov.history.interface import RunSummary
from covgov.history.usable import usable_run
from covgov.model.run import RunRecord
from covgov.model.snapshot import Identity, Snapshot
from covgov.model.verdict import Outcome
from covgov_testing.builders.coverage import FAILED, IDENTITY, PASSED, snap
from covgov_testing.builders.run import NOON, run, verdict
from covgov_testing.fakes.history import MemoryStore

OTHER = Identity("coverage.py", "7.2.0", "python 3.12", branch=True)


def recorded(*records: RunRecord) -> Sequence[RunSummary]:
    store = MemoryStore()
    for record in records:
        store.append(record)
    return store.list()


def suite(name: str, *, passed: bool = True, identity: Identity = IDENTITY, mark: str = "+") -> Mapping[str, Snapshot]:
    return {name: snap({"a.py": mark}, suite=name, tests=PASSED if passed else FAILED, identity=identity)}


def test_nothing_recorded_is_no_result() -> None:
    assert usable_run([]) is None


def test_the_latest_attempt_counts() -> None:
    runs = recorded(run(snapshots=suite("api", mark="-")), run(snapshots=suite("api", mark="+")))
    combination = usable_run(runs)
    assert combination is not None
    assert combination.sources == {"api": runs[1].id}


def test_a_later_attempt_with_failing_tests_does_not_replace_an_earlier_good_one() -> None:
    runs = recorded(run(), run(snapshots=suite("api", passed=False), outcome=Outcome.FAIL))
    combination = usable_run(runs)
    assert combination is not None
    assert combination.sources == {"api": runs[0].id}
    assert combination.passed


def test_suites_of_several_attempts_combine() -> None:
    both = ("api", "auth")
    runs = recorded(
        run(expected=both, snapshots={**suite("api"), **suite("auth", passed=False)}, outcome=Outcome.PASS),
        run(expected=both, snapshots=suite("auth")),
    )
    combination = usable_run(runs)
    assert combination is not None
    assert combination.sources == {"api": runs[0].id, "auth": runs[1].id}
    assert combination.complete


def test_a_declared_suite_that_never_arrived_leaves_the_result_incomplete() -> None:
    combination = usable_run(recorded(run(expected=("api", "auth"))))
    assert combination is not None
    assert not combination.complete
    assert not combination.passed


def test_only_failing_tests_make_a_recorded_but_incomplete_result() -> None:
    combination = usable_run(recorded(run(snapshots=suite("api", passed=False))))
    assert combination is not None
    assert combination.sources == {}
    assert not combination.complete


def test_a_failed_verdict_is_complete_but_not_passed() -> None:
    combination = usable_run(recorded(run(outcome=Outcome.FAIL)))
    assert combination is not None
    assert combination.complete
    assert not combination.passed


def test_a_dirty_tree_is_never_a_result() -> None:
    assert usable_run(recorded(run(made=verdict(dirty=True)))) is None


def test_the_head_s_own_tool_is_preferred_over_a_later_other_one() -> None:
    runs = recorded(run(), run(snapshots=suite("api", identity=OTHER)))
    preferring = usable_run(runs, {"api": IDENTITY})
    latest = usable_run(runs)
    assert preferring is not None
    assert latest is not None
    assert preferring.sources == {"api": runs[0].id}
    assert latest.sources == {"api": runs[1].id}


@given(st.lists(st.tuples(st.sampled_from(["api", "auth"]), st.booleans()), min_size=1, max_size=6))
def test_every_source_is_the_last_run_with_passing_tests_of_that_suite(attempts: list[tuple[str, bool]]) -> None:
    records = [
        run(snapshots=suite(name, passed=passed), at=NOON + timedelta(hours=hour))
        for hour, (name, passed) in enumerate(attempts)
    ]
    runs = recorded(*records)
    combination = usable_run(runs)
    assert combination is not None
    last = {name: runs[n].id for n, (name, passed) in enumerate(attempts) if passed}
    assert combination.sources == last
