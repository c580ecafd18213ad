from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.errors import CovgovError, DeliveryFailed, Undetermined
from covgov.history import ledger
from covgov.history.interface import Addition, HistoryView
from covgov.history.stores.git.plumbing import Plumbing
from covgov.history.stores.git.store import GitStore
from covgov.history.stores.registry import open_store
from covgov_testing.builders.run import NOON, run, verdict
from covgov_testing.history_clones import BRANCH, bare_origin, clone, commits, git_store
from covgov_testing.repos import Repo


@pytest.fixture
def origin(tmp_path: Path) -> Repo:
    return bare_origin(tmp_path)


def test_recording_needs_no_identity_and_gives_the_same_commit_everywhere(origin: Repo, tmp_path: Path) -> None:
    tips = []
    for name in ("one", "two"):
        here = clone(origin, name)
        bare_env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        GitStore(Plumbing(here.root, bare_env), BRANCH).append(run())
        tips.append(here.git("rev-parse", BRANCH))
    assert tips[0] == tips[1]


def test_nothing_is_fetched_or_pushed_unasked(origin: Repo) -> None:
    here, there = clone(origin, "here"), clone(origin, "there")
    git_store(here).append(run("c1"))
    assert origin.git("branch", "--list", BRANCH) == ""
    git_store(here).push()
    assert not git_store(there).exists()
    assert there.git("for-each-ref", "refs/covgov") == ""


def test_an_ordinary_clone_s_copy_of_the_branch_is_read_without_fetching(origin: Repo) -> None:
    here = clone(origin, "here")
    git_store(here).append(run("c1"))
    git_store(here).push()
    later = clone(origin, "later")
    assert commits(git_store(later)) == ["c1"]
    git_store(later).append(run("c2"))
    assert commits(git_store(later)) == ["c1", "c2"]


def test_a_remote_without_the_branch_means_a_first_run(origin: Repo) -> None:
    assert not git_store(clone(origin, "here"), fetch=True).exists()


@pytest.mark.reliability
def test_an_unreachable_remote_without_a_copy_is_undetermined(origin: Repo) -> None:
    here = clone(origin, "here")
    origin.root.rename(origin.root.with_name("gone.git"))
    made = git_store(here, fetch=True)
    for _ in range(2):
        with pytest.raises(Undetermined) as caught:
            made.exists()
        assert caught.value.code == "history-unreachable"
    with pytest.raises(DeliveryFailed):
        made.append(run())


@pytest.mark.reliability
def test_an_unreachable_remote_with_a_copy_is_noted(origin: Repo) -> None:
    here = clone(origin, "here")
    git_store(here).append(run("c1"))
    origin.root.rename(origin.root.with_name("gone.git"))
    made = git_store(here, fetch=True)
    assert commits(made) == ["c1"]
    assert "the copy in this clone was used" in made.notes()[0]
    with pytest.raises(Undetermined):
        made.fetch_remote()
    with pytest.raises(DeliveryFailed, match="not pushed") as caught:
        made.push()
    assert caught.value.code == "history-push-failed"


@pytest.mark.reliability
def test_unrelated_histories_are_chained_into_one(origin: Repo) -> None:
    here, there = clone(origin, "here"), clone(origin, "there")
    for repo, name in ((here, "left"), (there, "right")):
        git_store(repo).append(run(name))
        git_store(repo).push()
    assert commits(git_store(there)) == ["left", "right"]
    assert [found.sequence for found in git_store(there).list()] == [1, 2]


@pytest.mark.reliability
def test_a_rewritten_remote_gets_its_lost_runs_back(origin: Repo) -> None:
    here = clone(origin, "here")
    git_store(here).append(run("c1"))
    first = here.git("rev-parse", BRANCH)
    git_store(here).append(run("c2"))
    git_store(here).push()
    origin.git("update-ref", f"refs/heads/{BRANCH}", first)
    git_store(here).push()
    assert origin.git("rev-parse", BRANCH) == here.git("rev-parse", BRANCH)
    assert commits(git_store(here)) == ["c1", "c2"]


@pytest.mark.security
def test_a_dirty_run_is_never_pushed(origin: Repo) -> None:
    here = clone(origin, "here")
    for record in (run("c1"), run("edited", made=verdict(dirty=True)), run("c2")):
        git_store(here).append(record)
    git_store(here).push()
    assert commits(git_store(clone(origin, "there"))) == ["c1", "c2"]
    assert commits(git_store(here)) == ["c1", "c2", "edited"]
    before = here.git("rev-parse", BRANCH)
    git_store(here).push()
    assert here.git("rev-parse", BRANCH) == before
    assert list(git_store(here).verify()) == []


def test_only_dirty_runs_leave_the_remote_as_it_is(origin: Repo) -> None:
    here = clone(origin, "here")
    git_store(here).append(run("edited", made=verdict(dirty=True)))
    git_store(here).push()
    assert origin.git("branch", "--list", BRANCH) == ""


@pytest.mark.reliability
def test_a_refused_push_says_why_and_keeps_the_run(origin: Repo) -> None:
    here = clone(origin, "here")
    hook = origin.root / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho branch is protected >&2\nexit 1\n")
    hook.chmod(0o755)
    git_store(here).append(run("c1"))
    with pytest.raises(DeliveryFailed, match="branch is protected"):
        git_store(here).push()
    assert commits(git_store(here)) == ["c1"]


def test_pushing_without_a_remote_is_refused(tmp_path: Path) -> None:
    alone = Repo(tmp_path / "alone")
    made = git_store(alone, remote=None, fetch=True)
    made.append(run())
    with pytest.raises(DeliveryFailed) as caught:
        made.push()
    assert caught.value.code == "history-no-remote"
    with pytest.raises(DeliveryFailed, match="cannot be fetched: this clone has no remote") as caught:
        made.fetch_remote()
    assert caught.value.code == "history-no-remote"
    assert "covgov history fetch" not in caught.value.hint
    assert made.unfetched_remote() == ""


def test_a_remote_counts_as_unasked_until_it_was_asked(origin: Repo) -> None:
    made = git_store(clone(origin, "here", "--single-branch"))
    assert not made.exists()
    assert made.unfetched_remote() == "origin"
    made.fetch_remote()
    assert made.unfetched_remote() == ""


def test_a_clone_of_every_branch_has_asked_its_remote(origin: Repo) -> None:
    assert git_store(clone(origin, "here")).unfetched_remote() == ""


@pytest.mark.reliability
def test_a_stale_lock_is_one_error_that_names_the_file(origin: Repo) -> None:
    here = clone(origin, "here")
    git_store(here).append(run("c1"))
    lock = here.root / ".git" / "refs" / "heads" / f"{BRANCH}.lock"
    lock.touch()
    with pytest.raises(DeliveryFailed, match=f"{BRANCH}.lock") as caught:
        git_store(here).append(run("c2"))
    assert caught.value.code == "history-ref-locked"
    assert lock.exists()
    lock.unlink()
    git_store(here).append(run("c2"))
    assert commits(git_store(here)) == ["c1", "c2"]


@pytest.mark.reliability
def test_a_checked_out_history_branch_is_not_written(origin: Repo) -> None:
    here = clone(origin, "here")
    git_store(here).append(run("c1"))
    here.git("switch", "--quiet", BRANCH)
    with pytest.raises(DeliveryFailed) as caught:
        git_store(here).append(run("c2"))
    assert caught.value.code == "history-checked-out"
    assert here.git("status", "--porcelain") == ""


@pytest.mark.security
def test_damage_to_any_object_file_of_the_branch_is_found(origin: Repo) -> None:
    here = clone(origin, "here")
    for name in ("c1", "c2"):
        git_store(here).append(run(name))
    reached = here.git("rev-list", "--objects", "--no-object-names", BRANCH).split()
    for object_id in reached:
        path = here.root / ".git" / "objects" / object_id[:2] / object_id[2:]
        sound = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        assert git_store(here).verify(), here.git("rev-parse", BRANCH)
        path.write_bytes(sound)
        path.unlink()
        assert git_store(here).verify()
        path.write_bytes(sound)
    assert list(git_store(here).verify()) == []


@pytest.mark.security
def test_a_file_that_became_something_else_is_found(origin: Repo) -> None:
    here = clone(origin, "here")
    git_store(here).append(run())
    listing = here.git("ls-tree", "-r", BRANCH).replace("100644", "100755", 1)
    index = {**os.environ, "GIT_INDEX_FILE": str(here.root / ".git" / "forged")}
    here.git("update-index", "--index-info", stdin=listing + "\n", env=index)
    forged = here.git("commit-tree", here.git("write-tree", env=index), "-m", "forged")
    here.git("update-ref", f"refs/heads/{BRANCH}", forged)
    assert "it is no plain file (100755)" in [fault.what for fault in git_store(here).verify()]


def test_a_process_that_was_first_is_built_upon(origin: Repo) -> None:
    here = clone(origin, "here")
    git = Plumbing(here.root, os.environ)
    git_store(here).append(run("c1"))
    seen: list[int] = []

    def change(view: HistoryView) -> Addition | None:
        seen.append(len(view.names("runs")))
        tip = here.git("rev-parse", BRANCH)
        other, _ = ledger.addition(view, run("theirs"), {})
        if other is not None and len(seen) == 1:
            here.git("update-ref", f"refs/heads/{BRANCH}", git.commit_files(tip, other.files, NOON, "first"))
        return ledger.addition(view, run("ours"), {})[0]

    git_store(here).update(change)
    assert seen == [1, 2]
    assert commits(git_store(here)) == ["c1", "theirs", "ours"]


@pytest.mark.reliability
def test_a_branch_that_never_stands_still_is_given_up(origin: Repo) -> None:
    here = clone(origin, "here")
    git = Plumbing(here.root, os.environ)

    def change(view: HistoryView) -> Addition | None:
        rival = run(f"r{len(view.names('runs'))}")
        added, _ = ledger.addition(view, rival, {})
        tip = here.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}") or None
        assert added is not None
        here.git("update-ref", f"refs/heads/{BRANCH}", git.commit_files(tip, added.files, NOON, "rival"))
        return ledger.addition(view, run("ours"), {})[0]

    with pytest.raises(DeliveryFailed) as caught:
        GitStore(git, BRANCH, tries=3).update(change)
    assert caught.value.code == "history-contended"


def test_hooks_of_the_calling_git_command_do_not_mislead(origin: Repo) -> None:
    here = clone(origin, "here")
    hooked = {**os.environ, "GIT_INDEX_FILE": str(here.root / ".git" / "other"), "GIT_DIR": "/nowhere"}
    GitStore(Plumbing(here.root, hooked), BRANCH).append(run("c1"))
    assert commits(git_store(here)) == ["c1"]
    assert not (here.root / ".git" / "other").exists()


def test_what_was_recorded_is_read_back_and_nothing_is_pruned(origin: Repo) -> None:
    here = clone(origin, "here")
    found = git_store(here).append(run("c1"), {"api.xml": b"bulk never enters git"})
    assert git_store(here).fetch(found.id) == run("c1")
    assert list(git_store(here).prune(0)) == []
    assert "artifacts" not in here.git("ls-tree", "--name-only", BRANCH)


@pytest.mark.reliability
def test_a_remote_that_breaks_off_is_unreachable(origin: Repo) -> None:
    here, there = clone(origin, "here"), clone(origin, "there")
    git_store(here).append(run("c1"))
    git_store(here).push()
    tip = origin.git("rev-parse", BRANCH)
    (origin.root / "objects" / tip[:2] / tip[2:]).unlink()
    with pytest.raises(Undetermined) as caught:
        git_store(there).fetch_remote()
    assert caught.value.code == "history-unreachable"


@pytest.mark.reliability
def test_a_branch_name_that_git_cannot_place_is_one_error(origin: Repo) -> None:
    here = clone(origin, "here")
    here.git("branch", f"{BRANCH}/deeper")
    with pytest.raises(DeliveryFailed) as caught:
        git_store(here).append(run("c1"))
    assert caught.value.code == "history-unwritable"


@pytest.mark.reliability
def test_a_repository_that_cannot_be_written_is_one_error(origin: Repo) -> None:
    here = clone(origin, "here")
    (here.root / ".git" / "covgov-history.lock").mkdir()
    with pytest.raises(DeliveryFailed, match=r"covgov-history\.lock") as caught:
        git_store(here).append(run("c1"))
    assert caught.value.code == "history-unwritable"


@pytest.mark.reliability
def test_taking_over_the_remote_s_runs_is_given_up_in_time(origin: Repo) -> None:
    here, there = clone(origin, "here"), clone(origin, "there")
    git_store(here).append(run("c1"))
    git_store(here).push()
    hasty = GitStore(Plumbing(there.root, os.environ), BRANCH, remote="origin", tries=0)
    with pytest.raises(DeliveryFailed) as caught:
        hasty.fetch_remote()
    assert caught.value.code == "history-contended"


def test_a_directory_that_is_no_repository_has_no_history(tmp_path: Path) -> None:
    made = open_store(f"git:{BRANCH}", tmp_path, env=os.environ, remote=None, fetch=True)
    assert not made.exists()
    assert list(made.verify()) == []
    with pytest.raises(CovgovError) as caught:
        made.append(run())
    assert caught.value.code == "history-no-repository"


@pytest.mark.reliability
def test_a_broken_ref_is_not_taken_for_a_first_run(origin: Repo) -> None:
    here = clone(origin, "here")
    (here.root / ".git" / "refs" / "heads" / BRANCH).write_text("garbage\n")
    with pytest.raises(Undetermined):
        git_store(here).exists()
