from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from covgov.errors import InputError, Undetermined
from covgov.history.baseline import BaselineKind, BaselineQuestion, choose
from covgov.history.interface import RunStore
from covgov.model.run import Baseline, BaselineReason, NoBaseline, RunRecord
from covgov.model.verdict import Outcome
from covgov.vcs.interface import SEARCH_LIMIT
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.run import object_id, run, verdict
from covgov_testing.fakes.history import FakeRepository, MemoryStore

LINE = {"c1": (), "c2": ("c1",), "c3": ("c2",), "c4": ("c3",)}
TODAY = date(2026, 11, 10)
SHALLOW = Undetermined("clone-too-shallow", "the clone ends at c2", hint="fetch-depth: 0")


def store(*records: RunRecord) -> MemoryStore:
    made = MemoryStore()
    for record in records:
        made.append(record)
    return made


def asked(
    history: RunStore,
    kind: BaselineKind = BaselineKind.PULL_REQUEST,
    start: str = "c3",
    *,
    repository: FakeRepository | None = None,
    since: date | None = None,
    head: str = "c4",
    head_tree: str = "tc4",
) -> Baseline | NoBaseline:
    question = BaselineQuestion(
        kind,
        object_id(start) if start else "",
        object_id(head_tree),
        since=since,
        head=object_id(head) if head else "",
    )
    return choose(history, repository or FakeRepository(LINE), question, today=TODAY)


def found(answer: Baseline | NoBaseline) -> Baseline:
    assert isinstance(answer, Baseline), answer
    return answer


def refused(answer: Baseline | NoBaseline) -> NoBaseline:
    assert isinstance(answer, NoBaseline), answer
    return answer


def broken_tests() -> RunRecord:
    return run("c3", snapshots={"api": snap({"a.py": "+"}, tests=FAILED)}, outcome=Outcome.FAIL)


def test_a_pull_request_is_compared_with_its_merge_base() -> None:
    answer = found(asked(store(run("c2"), run("c3"))))
    assert answer.receipt.commit == object_id("c3")
    assert (answer.receipt.distance, answer.receipt.age_days) == (0, 7)
    assert answer.receipt.reason is BaselineReason.MERGE_BASE
    assert answer.snapshots == run("c3").snapshots


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_merge_base_counts_whatever_its_verdict(outcome: Outcome) -> None:
    assert found(asked(store(run("c3", outcome=outcome)))).receipt.distance == 0


def test_an_unmeasured_merge_base_gives_way_to_its_nearest_measured_ancestor() -> None:
    receipt = found(asked(store(run("c1"), run("c2")))).receipt
    assert (receipt.commit, receipt.distance) == (object_id("c2"), 1)
    assert receipt.reason is BaselineReason.MERGE_BASE_ANCESTOR


def test_a_merge_base_with_failing_tests_gives_way_to_its_ancestor() -> None:
    assert found(asked(store(run("c2"), broken_tests()))).receipt.commit == object_id("c2")


def test_a_given_commit_is_named_as_such() -> None:
    assert found(asked(store(run("c3")), BaselineKind.GIVEN)).receipt.reason is BaselineReason.GIVEN


def test_a_branch_is_compared_with_its_newest_passed_commit() -> None:
    history = store(run("c1"), run("c2"), run("c3", outcome=Outcome.FAIL))
    receipt = found(asked(history, BaselineKind.BRANCH)).receipt
    assert (receipt.commit, receipt.distance) == (object_id("c2"), 1)
    assert receipt.reason is BaselineReason.PREVIOUS_PASSED


def test_an_undetermined_run_is_no_passed_run() -> None:
    history = store(run("c2"), run("c3", outcome=Outcome.UNDETERMINED))
    assert found(asked(history, BaselineKind.BRANCH)).receipt.commit == object_id("c2")


def test_a_line_that_never_passed_is_held_against_its_oldest_run() -> None:
    history = store(run("c2", outcome=Outcome.FAIL), run("c3", outcome=Outcome.FAIL))
    receipt = found(asked(history, BaselineKind.BRANCH)).receipt
    assert (receipt.commit, receipt.reason) == (object_id("c2"), BaselineReason.NEVER_PASSED)


def test_only_first_parents_are_ancestors() -> None:
    graph = {"c1": (), "side": ("c1",), "c3": ("c1", "side"), "c4": ("c3",)}
    history = store(run("c1"), run("side"))
    assert found(asked(history, repository=FakeRepository(graph))).receipt.commit == object_id("c1")


def test_the_head_is_never_its_own_baseline() -> None:
    history = store(run("c3"), run("c4"))
    receipt = found(asked(history, start="c4")).receipt
    assert receipt.commit == object_id("c3")


def test_without_a_head_commit_no_commit_of_the_head_s_tree_is_the_baseline() -> None:
    history = store(run("c3"), run("c4"))
    assert found(asked(history, start="c4", head="")).receipt.commit == object_id("c3")


def test_a_dirty_checkout_is_compared_with_the_commit_under_it() -> None:
    history = store(run("c4"))
    assert found(asked(history, start="c4", head_tree="edited")).receipt.commit == object_id("c4")


def test_an_earlier_commit_with_the_head_s_tree_is_a_baseline() -> None:
    repository = FakeRepository(LINE, trees={"c3": "tc4"})
    assert found(asked(store(run("c4")), repository=repository)).receipt.commit == object_id("c3")


def test_a_merge_queue_run_and_the_main_run_of_one_tree_are_one_result() -> None:
    queue = run("queue", tree="tc3", branch="queue/1")
    answer = found(asked(store(queue)))
    assert (answer.receipt.commit, answer.snapshots) == (object_id("c3"), queue.snapshots)


@pytest.mark.security
@pytest.mark.parametrize("kind", [BaselineKind.PULL_REQUEST, BaselineKind.BRANCH])
@pytest.mark.parametrize("branch", ["refs/pull/7/merge", "refs/merge-requests/7/head", "refs/tags/v1"])
def test_what_a_pull_request_s_job_sent_is_no_baseline(kind: BaselineKind, branch: str) -> None:
    """It could have measured main's commit first, or once more."""
    lowered = run("c3", branch=branch)
    assert refused(asked(store(lowered), kind)).reason is BaselineReason.NOT_RECORDED
    assert found(asked(store(run("c2"), lowered), kind)).receipt.commit == object_id("c2")


def test_suites_recorded_by_several_runs_of_one_tree_come_together() -> None:
    both = ("api", "auth")
    auth = {"auth": snap({"b.py": "+"}, suite="auth")}
    answer = found(asked(store(run("c3", expected=both), run("c3", expected=both, snapshots=auth))))
    assert set(answer.snapshots) == {"api", "auth"}


def test_a_dirty_run_is_never_a_baseline() -> None:
    answer = refused(asked(store(run("c3", made=verdict(dirty=True)))))
    assert answer.reason is BaselineReason.NOT_RECORDED


def test_what_the_store_had_to_say_stands_in_the_receipt() -> None:
    history = MemoryStore(noted=["origin did not answer; the copy in this clone was used"])
    history.append(run("c3"))
    assert "origin did not answer" in found(asked(history)).receipt.detail


def test_no_history_is_a_first_run_and_does_not_block() -> None:
    answer = refused(asked(MemoryStore()))
    assert (answer.reason, answer.blocking) == (BaselineReason.FIRST_RUN, False)


class Clone(MemoryStore):
    """A clone whose remote was not asked."""

    def unfetched_remote(self) -> str:
        return "origin"


def test_a_clone_that_did_not_ask_its_remote_does_not_claim_that_nothing_was_recorded() -> None:
    answer = refused(asked(Clone()))
    assert (answer.reason, answer.blocking) == (BaselineReason.NOT_FETCHED, False)
    assert answer.detail == "run `covgov history fetch` to look for it on origin"
    assert refused(asked(Clone(), since=date(2026, 10, 1))).reason is BaselineReason.LOST


@pytest.mark.reliability
def test_history_that_should_be_there_and_is_not_blocks() -> None:
    answer = refused(asked(MemoryStore(), since=date(2026, 10, 1)))
    assert (answer.reason, answer.blocking) == (BaselineReason.LOST, True)
    assert "2026-10-01" in answer.detail


@pytest.mark.reliability
@pytest.mark.parametrize(
    "error", [Undetermined("history-unreachable", "no answer", hint="retry"), InputError("history-damaged", "no")]
)
def test_history_that_cannot_be_read_blocks(error: Undetermined | InputError) -> None:
    answer = refused(asked(MemoryStore(broken=error)))
    assert (answer.reason, answer.blocking) == (BaselineReason.UNREACHABLE, True)
    assert error.message in answer.detail


@pytest.mark.reliability
def test_a_damaged_baseline_blocks() -> None:
    history = store(run("c3"))
    name = next(name for name in history.files if name.startswith("objects/"))
    history.files[name] += b" "
    assert refused(asked(history)).blocking


def test_a_clone_that_ends_too_early_blocks_and_says_what_to_do() -> None:
    repository = FakeRepository(LINE, shallow="c2", ends_with=SHALLOW)
    answer = refused(asked(store(run("c1")), repository=repository))
    assert (answer.reason, answer.blocking) == (BaselineReason.SHALLOW, True)
    assert "fetch-depth: 0" in answer.detail


def test_a_shallow_clone_that_reaches_the_baseline_is_good_enough() -> None:
    repository = FakeRepository(LINE, shallow="c3", ends_with=SHALLOW)
    assert found(asked(store(run("c3")), repository=repository)).receipt.distance == 0


@pytest.mark.parametrize("kind", [BaselineKind.PULL_REQUEST, BaselineKind.BRANCH])
def test_a_line_that_was_never_recorded_does_not_block_until_history_since_says_so(kind: BaselineKind) -> None:
    elsewhere = store(run("other"))
    answer = refused(asked(elsewhere, kind))
    assert (answer.reason, answer.blocking) == (BaselineReason.NOT_RECORDED, False)
    assert refused(asked(elsewhere, kind, since=date(2026, 10, 1))).blocking


@pytest.mark.parametrize("kind", [BaselineKind.PULL_REQUEST, BaselineKind.BRANCH])
def test_a_line_whose_every_run_was_broken_blocks(kind: BaselineKind) -> None:
    answer = refused(asked(store(broken_tests()), kind))
    assert (answer.reason, answer.blocking) == (BaselineReason.NOT_RECORDED, True)


@pytest.mark.parametrize("start", ["", "unknown"])
def test_a_start_that_is_not_here_finds_nothing(start: str) -> None:
    assert refused(asked(store(run("c3")), BaselineKind.BRANCH, start)).reason is BaselineReason.NOT_RECORDED


def test_the_search_ends_when_no_older_commit_can_have_a_run() -> None:
    class Counting(FakeRepository):
        asked: int = 0

        def tree(self, commit: str) -> str:
            self.asked += 1
            return super().tree(commit)

    repository = Counting(LINE)
    history = store(run("c3", outcome=Outcome.FAIL))
    assert found(asked(history, BaselineKind.BRANCH, repository=repository)).receipt.commit == object_id("c3")
    assert repository.asked == 1


def test_the_search_is_bounded() -> None:
    names: Sequence[str] = [f"n{number}" for number in range(SEARCH_LIMIT + 2)]
    graph = {name: names[n - 1 : n] if n else () for n, name in enumerate(names)}
    answer = refused(asked(store(run("n0")), start=names[-1], repository=FakeRepository(graph), head="x"))
    assert answer.reason is BaselineReason.NOT_RECORDED
