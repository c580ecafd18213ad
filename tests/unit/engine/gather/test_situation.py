from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import Undetermined, UsageError
from covgov.gather.situation import SituationKind, situate
from covgov.vcs.git import GitRepository
from covgov_testing.repos import Repo

LOCAL = CiContext("local", CiEvent.LOCAL)
ANY_CI = CiContext("generic", CiEvent.LOCAL)


def ci(event: CiEvent, **fields: object) -> CiContext:
    known = {"target": "", "before": "", "on_default_branch": False, "default_branch": "main", "base": "", **fields}
    return CiContext(
        "github",
        event,
        target=str(known["target"]),
        before=str(known["before"]),
        base_commit=str(known["base"]),
        default_branch=str(known["default_branch"]),
        on_default_branch=bool(known["on_default_branch"]),
    )


def git(repo: Repo) -> GitRepository:
    return GitRepository(repo.root, env=os.environ)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo(tmp_path / "work")
    repo.commit({"a.py": "a = 1\n"}, "one")
    return repo


def test_a_first_commit_starts_from_nothing(repo: Repo) -> None:
    found = situate(git(repo), LOCAL)
    assert (found.kind, found.start, found.base_tip) == (SituationKind.BRANCH, None, None)


def test_local_work_on_the_default_branch_itself_is_judged_against_its_first_parent(repo: Repo) -> None:
    one = repo.git("rev-parse", "HEAD")
    repo.commit({"a.py": "a = 2\n"}, "two")
    found = situate(git(repo), LOCAL)
    assert (found.kind, found.start, found.base_tip) == (SituationKind.BRANCH, one, one)


def test_uncommitted_work_is_a_change_against_head(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD")
    repo.write({"a.py": "a = 3\n"})
    found = situate(git(repo), LOCAL)
    assert (found.kind, found.start, found.origin.dirty) == (SituationKind.CHANGE, head, True)


def test_a_local_branch_starts_at_its_merge_base_and_answers_to_the_tip(repo: Repo) -> None:
    fork = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b.py": "b = 1\n"}, "topic")
    repo.git("checkout", "-q", "main")
    tip = repo.commit({"c.py": "c = 1\n"}, "main moves on")
    repo.git("checkout", "-q", "topic")
    found = situate(git(repo), LOCAL)
    assert (found.kind, found.start, found.base_tip) == (SituationKind.CHANGE, fork, tip)


def test_the_configured_default_branch_wins_over_the_usual_ones(repo: Repo) -> None:
    repo.git("branch", "trunk")
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b.py": "b = 1\n"}, "topic")
    found = situate(git(repo), LOCAL, default_branch="trunk")
    assert found.base_tip == repo.git("rev-parse", "trunk")


def test_a_push_to_the_default_branch_starts_at_what_it_pointed_to_before(repo: Repo) -> None:
    before = repo.git("rev-parse", "HEAD")
    repo.commit({"a.py": "a = 2\n"}, "two")
    repo.commit({"a.py": "a = 3\n"}, "three")
    found = situate(git(repo), ci(CiEvent.PUSH, on_default_branch=True, before=before))
    assert (found.kind, found.start) == (SituationKind.BRANCH, before)


@pytest.mark.parametrize("before", ["", "0" * 40])
def test_a_push_without_a_before_starts_at_the_first_parent(repo: Repo, before: str) -> None:
    one = repo.git("rev-parse", "HEAD")
    repo.commit({"a.py": "a = 2\n"}, "two")
    found = situate(git(repo), ci(CiEvent.PUSH, on_default_branch=True, before=before))
    assert found.start == one


def test_a_pull_requests_synthetic_merge_starts_at_its_first_parent(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b.py": "b = 1\n"}, "topic")
    repo.git("checkout", "-q", "main")
    tip = repo.commit({"c.py": "c = 1\n"}, "main moves on")
    repo.git("checkout", "-q", "--detach")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    found = situate(git(repo), ci(CiEvent.PULL_REQUEST, target="main"))
    assert (found.kind, found.start, found.base_tip) == (SituationKind.CHANGE, tip, tip)


def merged_topic(repo: Repo) -> str:
    """A detached merge of a topic into main, whose branch name then vanishes; the commit main pointed to."""
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b.py": "b = 1\n"}, "topic")
    repo.git("checkout", "-q", "main")
    tip = repo.commit({"c.py": "c = 1\n"}, "main moves on")
    repo.git("checkout", "-q", "--detach")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    repo.git("branch", "-D", "main")
    return tip


def test_a_pull_request_without_its_target_starts_at_the_commit_that_the_event_names(repo: Repo) -> None:
    tip = merged_topic(repo)
    found = situate(git(repo), ci(CiEvent.PULL_REQUEST, target="main", base=tip))
    assert (found.kind, found.start, found.base_tip) == (SituationKind.CHANGE, tip, tip)


@pytest.mark.security
@pytest.mark.parametrize("base", ["", "f" * 40])
def test_a_merge_commits_first_parent_is_never_taken_for_the_target(repo: Repo, base: str) -> None:
    merged_topic(repo)
    with pytest.raises(Undetermined, match="target branch main is not in this clone"):
        situate(git(repo), ci(CiEvent.PULL_REQUEST, target="main", base=base))


@pytest.mark.security
@pytest.mark.parametrize("recorded", [True, False])
def test_a_forced_push_starts_where_it_left_the_recorded_line_else_at_its_parent(repo: Repo, recorded: bool) -> None:
    fork = repo.git("rev-parse", "HEAD")
    repo.commit({"covgov.toml": "lowered\n"}, "two")
    parent = repo.git("rev-parse", "HEAD")
    repo.commit({"a.py": "a = 3\n"}, "three")
    trees = {repo.git("rev-parse", f"{fork}^{{tree}}")} if recorded else set()
    pushed = ci(CiEvent.PUSH, on_default_branch=True, before="f" * 40)
    found = situate(git(repo), pushed, recorded=lambda: trees)
    assert (found.kind, found.start) == (SituationKind.BRANCH, fork if recorded else parent)
    assert "ffffffffffff that the branch pointed to before this push is not in this clone" in found.notes[0]


@pytest.mark.security
def test_a_push_whose_before_a_shallow_clone_lacks_is_undetermined(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "a = 2\n"}, "two")
    clone = repo.clone(tmp_path / "shallow", "--depth=1")
    with pytest.raises(Undetermined, match="pointed to before this push") as caught:
        situate(git(clone), ci(CiEvent.PUSH, on_default_branch=True, before="f" * 40))
    assert "fetch-depth: 0" in caught.value.hint


def test_a_before_that_a_shallow_clone_lacks_is_fetched(repo: Repo, tmp_path: Path) -> None:
    before = repo.git("rev-parse", "HEAD")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repo.commit({"a.py": "a = 2\n"}, "two")
    repo.commit({"a.py": "a = 3\n"}, "three")
    clone = repo.clone(tmp_path / "shallow", "--depth=1")
    found = situate(git(clone), ci(CiEvent.PUSH, on_default_branch=True, before=before))
    assert (found.kind, found.start) == (SituationKind.BRANCH, before)


@pytest.mark.parametrize("event", [CiEvent.PULL_REQUEST, CiEvent.MERGE_QUEUE])
def test_a_request_without_its_target_is_undetermined(repo: Repo, event: CiEvent) -> None:
    repo.git("checkout", "-q", "--detach")
    repo.git("branch", "-D", "main")
    repo.git("remote", "add", "origin", str(repo.root / "nowhere"))
    with pytest.raises(Undetermined, match="target branch main") as caught:
        situate(git(repo), ci(event, target="main"))
    assert caught.value.hint == "fetch it: `git fetch origin main:refs/remotes/origin/main`"


def test_depth_is_spoken_of_in_a_shallow_clone_only(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "a = 2\n"}, "two")
    clone = repo.clone(tmp_path / "shallow", "--depth=1")
    with pytest.raises(Undetermined, match="target branch release") as caught:
        situate(git(clone), ci(CiEvent.PULL_REQUEST, target="release"))
    assert "fetch-depth: 0" in caught.value.hint


@pytest.mark.security
@pytest.mark.parametrize("event", [CiEvent.PUSH, CiEvent.SCHEDULE, CiEvent.MANUAL])
def test_a_job_that_names_its_default_branch_and_does_not_have_it_is_undetermined(repo: Repo, event: CiEvent) -> None:
    before = repo.git("rev-parse", "HEAD")
    repo.git("branch", "-m", "topic")
    repo.commit({"a.py": "a = 2\n"}, "two")
    with pytest.raises(Undetermined, match="target branch trunk is not in this clone"):
        situate(git(repo), ci(event, default_branch="trunk", before=before))


@pytest.fixture
def trunk(repo: Repo) -> Repo:
    """Two commits on a topic of `trunk`."""
    repo.git("branch", "-m", "trunk")
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b.py": "b = 1\n"}, "topic")
    repo.commit({"b.py": "b = 2\n"}, "more")
    return repo


@pytest.mark.security
@pytest.mark.parametrize("context", [LOCAL, ANY_CI])
def test_a_topic_of_a_branch_that_nobody_names_is_undetermined(trunk: Repo, context: CiContext) -> None:
    with pytest.raises(Undetermined, match="target branch is unknown") as caught:
        situate(git(trunk), context, recorded=lambda: {"a tree"})
    assert "`default_branch` in [policy]" in caught.value.hint


@pytest.mark.parametrize("context", [LOCAL, ANY_CI])
def test_before_anything_is_recorded_an_unknown_target_is_a_note(trunk: Repo, context: CiContext) -> None:
    found = situate(git(trunk), context)
    assert (found.kind, found.start) == (SituationKind.BRANCH, trunk.git("rev-parse", "HEAD~1"))
    assert found.notes == ("the default branch is unknown: topic is taken for it",)


@pytest.mark.parametrize("remote", ["origin", "upstream", "any"])
@pytest.mark.parametrize("context", [LOCAL, ANY_CI])
def test_the_remotes_head_names_the_target_whatever_both_are_called(
    trunk: Repo, tmp_path: Path, remote: str, context: CiContext
) -> None:
    fork = trunk.git("rev-parse", "trunk")
    trunk.git("checkout", "-q", "trunk")
    clone = trunk.clone(tmp_path / "clone", f"--origin={remote}")
    clone.git("checkout", "-q", "--detach", f"{remote}/topic")
    found = situate(git(clone), context, default_branch="topic")
    assert (found.kind, found.start, found.base_tip) == (SituationKind.CHANGE, fork, fork)


def test_an_only_branch_whose_remote_names_no_default_is_taken_for_it_with_a_note(repo: Repo) -> None:
    one = repo.git("rev-parse", "HEAD")
    repo.git("branch", "-m", "trunk")
    repo.commit({"a.py": "a = 2\n"}, "two")
    repo.git("remote", "add", "origin", str(repo.root / "nowhere"))
    found = situate(git(repo), LOCAL)
    assert (found.kind, found.start) == (SituationKind.BRANCH, one)
    assert found.notes == ("the default branch is unknown: trunk is taken for it",)
    with pytest.raises(Undetermined, match="target branch is unknown") as caught:
        situate(git(repo), ANY_CI, recorded=lambda: {"a tree"})
    assert "`git remote set-head origin --auto`" in caught.value.hint


def test_unrelated_histories_are_undetermined(repo: Repo) -> None:
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit({"z.py": "z = 1\n"}, "unrelated")
    with pytest.raises(Undetermined, match="no common ancestor"):
        situate(git(repo), LOCAL)


def test_a_given_base_is_taken_as_it_is(repo: Repo) -> None:
    one = repo.git("rev-parse", "HEAD")
    repo.commit({"a.py": "a = 2\n"}, "two")
    found = situate(git(repo), LOCAL, base="HEAD~1")
    assert (found.kind, found.start, found.given) == (SituationKind.CHANGE, one, True)


def test_a_given_base_that_does_not_exist_is_a_usage_error(repo: Repo) -> None:
    with pytest.raises(UsageError, match="--base nowhere"):
        situate(git(repo), LOCAL, base="nowhere")


def test_a_lone_branch_without_any_usual_target_is_judged_against_its_past(repo: Repo) -> None:
    one = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-q", "-b", "lone")
    repo.git("branch", "-D", "main")
    repo.commit({"a.py": "a = 2\n"}, "two")
    found = situate(git(repo), LOCAL)
    assert (found.kind, found.start) == (SituationKind.BRANCH, one)


def test_uncommitted_work_on_a_lone_branch_is_a_change_against_head(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "lone")
    repo.git("branch", "-D", "main")
    head = repo.git("rev-parse", "HEAD")
    repo.write({"a.py": "a = 9\n"})
    found = situate(git(repo), LOCAL)
    assert (found.kind, found.start) == (SituationKind.CHANGE, head)
