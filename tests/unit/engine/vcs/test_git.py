from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from covgov.errors import Undetermined
from covgov.model.diff import FileDiff, Hunk
from covgov.vcs.git import GitRepository, toplevel
from covgov.vcs.interface import WORKTREE, Repository
from covgov_testing.repos import Repo

ODD = ("with space.py", "ünïcode.py", 'quo"te.py', "new\nline.py", "tab\there.py", "-dash.py", " a -> b.py")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def opened(repo: Repo, **options: bool) -> GitRepository:
    return GitRepository(repo.root, env=os.environ, **options)


def state(repo: Repo) -> tuple[bytes, list[str], str]:
    """Index bytes, every file below .git/objects and .git/refs, and the status: what must not change."""
    git = repo.root / ".git"
    kept = sorted(str(p) for folder in ("objects", "refs") for p in (git / folder).rglob("*"))
    return (git / "index").read_bytes(), kept, (git / "HEAD").read_text()


def test_it_implements_the_repository_protocol(repo: Repo) -> None:
    repository: Repository = opened(repo)
    repo.commit({"a.py": "1\n"})
    assert repository.resolve("HEAD") == repo.git("rev-parse", "HEAD")


def test_origin_of_a_clean_checkout_is_the_commit_and_its_tree(repo: Repo) -> None:
    commit = repo.commit({"a.py": "1\n"})
    origin = opened(repo).origin()
    assert (origin.commit, origin.tree, origin.dirty) == (commit, repo.git("rev-parse", "HEAD^{tree}"), False)


@pytest.mark.reliability
def test_a_checkout_whose_index_is_gone_is_hashed_from_scratch(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    (repo.root / ".git" / "index").unlink()
    assert not opened(repo).origin().dirty


def test_origin_includes_untracked_but_not_ignored_files(repo: Repo) -> None:
    repo.commit({"a.py": "1\n", ".gitignore": "/coverage/\n"})
    repo.write({"coverage/api.snapshot": "x"})
    assert not opened(repo).origin().dirty
    repo.write({"b.py": "2\n"})
    origin = opened(repo).origin()
    assert origin.dirty
    repo.git("add", "--all")
    assert origin.tree == repo.git("write-tree")


def test_the_files_on_disk_are_read_once_while_they_are_steady_and_again_afterwards(repo: Repo) -> None:
    repo.commit({"a.py": "x = 1\n"})
    git = opened(repo)
    with git.steady():
        before = git.origin()
        with git.steady():
            repo.write({"new.py": "y = 1\n"})
            assert git.origin() == before
        assert (sorted(git.blobs(WORKTREE)), git.diff("HEAD", WORKTREE).files) == (["a.py"], ())
    assert git.origin().dirty
    assert sorted(git.blobs(WORKTREE)) == ["a.py", "new.py"]
    assert [file.new_path for file in git.diff("HEAD", WORKTREE)] == ["new.py"]


@pytest.mark.reliability
def test_hashing_the_work_tree_changes_nothing_in_it(repo: Repo) -> None:
    repo.commit({"a.py": "1\n", "b.py": "2\n"})
    repo.write({"a.py": "changed\n", "new.py": "3\n"})
    (repo.root / "b.py").unlink()
    before = state(repo)
    repository = opened(repo)
    assert repository.origin().dirty
    repository.diff("HEAD", WORKTREE)
    repository.blobs(WORKTREE)
    assert state(repo) == before
    assert repo.git("status", "--porcelain") == "M a.py\n D b.py\n?? new.py"


def test_a_repository_without_commits_is_undetermined(repo: Repo) -> None:
    repo.write({"a.py": "1\n"})
    with pytest.raises(Undetermined) as caught:
        opened(repo).origin()
    assert caught.value.code == "no-commit"
    assert opened(repo).resolve("HEAD") is None
    assert opened(repo).remote_default() == ""


def test_outside_a_repository_nothing_is_found_and_questions_are_undetermined(tmp_path: Path) -> None:
    outside = GitRepository(tmp_path, env=os.environ)
    assert (outside.resolve("HEAD"), outside.remote_default(), outside.remote()) == (None, "", None)
    assert toplevel(tmp_path, os.environ) is None
    with pytest.raises(Undetermined) as caught:
        outside.origin()
    assert caught.value.code == "not-a-repository"


@pytest.mark.reliability
def test_without_git_a_checkout_is_undetermined_and_no_plain_folder(repo: Repo, tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path)}
    assert toplevel(tmp_path, nowhere) is None
    for question in (lambda: toplevel(repo.root / "src", nowhere), GitRepository(repo.root, env=nowhere).origin):
        with pytest.raises(Undetermined) as caught:
            question()
        assert caught.value.code == "git-missing"


@pytest.mark.security
def test_a_checkout_whose_git_directory_is_elsewhere_and_gone_is_undetermined(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/.git/worktrees/w\n")
    with pytest.raises(Undetermined, match="not a git repository: /nowhere"):
        toplevel(tmp_path, os.environ)


def untracked_repository(repo: Repo) -> None:
    Repo(repo.root / "nested")


def file_of_a_missing_filter(repo: Repo) -> None:
    repo.git("config", "filter.absent.clean", "absent-command")
    repo.git("config", "filter.absent.required", "true")
    repo.write({".git/info/attributes": "*.bin filter=absent\n", "a.bin": "1\n"})


@pytest.mark.parametrize("arrange", [untracked_repository, file_of_a_missing_filter])
def test_what_git_status_lists_and_git_add_refuses_makes_dirty_and_hides_nothing(
    repo: Repo, arrange: Callable[[Repo], None]
) -> None:
    repo.commit({"a.py": "1\n", "b.py": "1\n"})
    arrange(repo)
    repo.write({"b.py": "2\n", "z.py": "1\n"})
    repository = opened(repo)
    assert repository.origin().dirty
    assert {file.new_path for file in repository.diff("HEAD", WORKTREE)} == {"b.py", "z.py"}
    repo.commit_only("b.py", "z.py")
    origin = opened(repo).origin()
    assert (origin.dirty, origin.tree) == (True, repo.git("rev-parse", "HEAD^{tree}"))


@pytest.mark.reliability
def test_a_tracked_file_that_cannot_be_added_is_undetermined(repo: Repo) -> None:
    repo.commit({"a.bin": "1\n"})
    file_of_a_missing_filter(repo)
    repo.write({"a.bin": "22\n"})
    with pytest.raises(Undetermined, match="absent"):
        opened(repo).origin()


def test_toplevel_is_found_from_a_subdirectory(repo: Repo) -> None:
    repo.write({"src/a.py": "1\n"})
    assert toplevel(repo.root / "src", os.environ) == repo.root


@pytest.mark.security
def test_a_checkout_of_someone_else_is_refused_with_the_remedy(repo: Repo, tmp_path: Path) -> None:
    """Another owner needs root to arrange, so a git that says what git says then stands in."""
    refusing = tmp_path / "bin" / "git"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho \"fatal: detected dubious ownership in repository at '$PWD'\" >&2\nexit 128\n")
    refusing.chmod(0o755)
    with pytest.raises(Undetermined) as caught:
        toplevel(repo.root, {"PATH": str(refusing.parent)})
    assert caught.value.code == "git-refuses"
    assert f"safe.directory {repo.root}" in caught.value.hint


def test_resolve_accepts_names_and_ids_only(repo: Repo) -> None:
    commit = repo.commit({"a.py": "1\n"})
    repo.git("tag", "-a", "v1", "-m", "one")
    repository = opened(repo)
    assert [repository.resolve(name) for name in ("main", "v1", commit[:10])] == [commit] * 3
    assert [repository.resolve(name) for name in ("nowhere", "--all", "", "0" * 40)] == [None] * 4


def test_tree_parents_and_time_are_read_from_the_commit(repo: Repo) -> None:
    first = repo.commit({"a.py": "1\n"})
    second = repo.commit({"a.py": "2\n"})
    repository = opened(repo)
    assert repository.tree(second) == repo.git("rev-parse", f"{second}^{{tree}}")
    assert repository.parents(second) == (first,)
    assert repository.parents(first) == ()
    seconds = int(repo.git("show", "-s", "--format=%ct", second))
    assert repository.committed_at(second) == datetime.fromtimestamp(seconds, UTC)


def test_a_missing_commit_is_undetermined(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    for question in (opened(repo).tree, opened(repo).blobs):
        with pytest.raises(Undetermined) as caught:
            question("0" * 40)
        assert caught.value.code == "git-failed"


def merged(repo: Repo) -> dict[str, str]:
    """main: a - b - m, with m merging side (c on a)."""
    a = repo.commit({"a.py": "1\n"})
    repo.git("checkout", "-q", "-b", "side")
    c = repo.commit({"c.py": "1\n"})
    repo.git("checkout", "-q", "main")
    b = repo.commit({"b.py": "1\n"})
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    return {"a": a, "b": b, "c": c, "m": repo.git("rev-parse", "HEAD")}


def test_first_parents_walk_the_target_side_of_a_synthetic_merge_commit(repo: Repo) -> None:
    ids = merged(repo)
    assert list(opened(repo).first_parents(ids["m"])) == [ids["m"], ids["b"], ids["a"]]
    assert opened(repo).parents(ids["m"]) == (ids["b"], ids["c"])


def test_merge_base_is_the_common_ancestor_or_none(repo: Repo) -> None:
    ids = merged(repo)
    assert opened(repo).merge_base(ids["b"], ids["c"]) == ids["a"]
    repo.git("checkout", "-q", "--orphan", "alone")
    alone = repo.commit({"x.py": "1\n"})
    assert opened(repo).merge_base(alone, ids["m"]) is None


def test_merge_base_of_an_unknown_commit_is_undetermined(repo: Repo) -> None:
    head = repo.commit({"a.py": "1\n"})
    with pytest.raises(Undetermined) as caught:
        opened(repo).merge_base(head, "nowhere")
    assert caught.value.code == "git-failed"


def long_history(repo: Repo, length: int) -> list[str]:
    return [repo.commit(message=str(number)) for number in range(length)]


@pytest.mark.reliability
def test_a_shallow_clone_is_deepened_until_the_first_parents_are_there(repo: Repo, tmp_path: Path) -> None:
    commits = long_history(repo, 60)
    clone = opened(repo.clone(tmp_path / "clone", "--depth=1"))
    assert list(clone.first_parents(commits[-1])) == commits[::-1]


@pytest.mark.reliability
def test_a_shallow_clone_is_deepened_until_the_merge_base_is_there(repo: Repo, tmp_path: Path) -> None:
    base = repo.commit({"a.py": "1\n"})
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit({"c.py": "1\n"})
    repo.git("checkout", "-q", "main")
    head = long_history(repo, 3)[-1]
    clone = opened(repo.clone(tmp_path / "clone", "--depth=1", "--no-single-branch"))
    assert clone.merge_base(head, side) == base


@pytest.mark.reliability
@pytest.mark.parametrize("breakage", ["no remote", "remote gone", "fetch off", "remote shallow"])
def test_a_shallow_clone_that_cannot_be_deepened_is_undetermined(repo: Repo, tmp_path: Path, breakage: str) -> None:
    head = long_history(repo, 3)[-1]
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    if breakage == "no remote":
        clone.git("remote", "remove", "origin")
    if breakage == "remote gone":
        clone.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    if breakage == "remote shallow":
        clone = clone.clone(tmp_path / "again", "--depth=1")
    with pytest.raises(Undetermined) as caught:
        list(opened(clone, fetch=breakage != "fetch off").first_parents(head))
    assert caught.value.code == "clone-too-shallow"
    assert "fetch-depth: 0" in caught.value.hint


def test_unrelated_histories_of_a_shallow_clone_have_no_merge_base(repo: Repo, tmp_path: Path) -> None:
    main = long_history(repo, 3)[-1]
    repo.git("checkout", "-q", "--orphan", "alone")
    alone = repo.commit({"x.py": "1\n"})
    clone = opened(repo.clone(tmp_path / "clone", "--depth=1", "--no-single-branch"))
    assert clone.merge_base(main, alone) is None


def test_diff_names_added_deleted_modified_and_renamed_files(repo: Repo) -> None:
    text = "".join(f"line {n}\n" for n in range(1, 21))
    base = repo.commit({"mod.py": text, "gone.py": "1\n2\n", "old.py": text.replace("line", "row"), "same.py": "1\n"})
    (repo.root / "gone.py").unlink()
    (repo.root / "old.py").unlink()
    repo.write({
        "mod.py": text.replace("line 3\n", "").replace("line 9\n", "line nine\nmore\n"),
        "new.py": "something else\n",
        "to/new_name.py": text.replace("line", "row").replace("row 20", "row twenty"),
    })  # fmt: skip
    head = repo.commit()
    assert opened(repo).diff(base, head).files == (
        FileDiff("gone.py", None, (Hunk(1, 2, 0, 0),)),
        FileDiff("mod.py", "mod.py", (Hunk(3, 1, 2, 0), Hunk(9, 1, 8, 2))),
        FileDiff(None, "new.py", (Hunk(0, 0, 1, 1),)),
        FileDiff("old.py", "to/new_name.py", (Hunk(20, 1, 20, 1),)),
    )
    assert opened(repo).diff(base, base).files == ()


def test_a_binary_file_is_opaque_and_a_mode_change_has_no_hunks(repo: Repo) -> None:
    base = repo.commit({"b.bin": "\0one", "run.sh": "1\n"})
    (repo.root / "run.sh").chmod(0o755)
    repo.write({"b.bin": "\0two"})
    head = repo.commit()
    assert opened(repo).diff(base, head).files == (
        FileDiff("b.bin", "b.bin", (Hunk(1, 1, 1, 1),)),
        FileDiff("run.sh", "run.sh"),
    )


def test_a_file_that_becomes_a_link_is_deleted_and_added(repo: Repo) -> None:
    base = repo.commit({"a.py": "1\n2\n"})
    (repo.root / "a.py").unlink()
    (repo.root / "a.py").symlink_to("elsewhere")
    head = repo.commit()
    assert opened(repo).diff(base, head).files == (
        FileDiff("a.py", None, (Hunk(1, 2, 0, 0),)),
        FileDiff(None, "a.py", (Hunk(0, 0, 1, 1),)),
    )


def test_lines_that_look_like_diff_headers_are_content(repo: Repo) -> None:
    trap = "@@ -1 +1 @@\ndiff --git a/x b/x\nBinary files a and b differ\n+++ b/x\n"
    base = repo.commit({"a.py": "1\n" + trap})
    head = repo.commit({"a.py": "1\n" + trap + trap})
    assert opened(repo).diff(base, head).files == (FileDiff("a.py", "a.py", (Hunk(5, 0, 6, 4),)),)


def test_lines_that_differ_only_in_white_space_are_no_change(repo: Repo) -> None:
    base = repo.commit({"a.py": "a\nb\nc\n", "crlf.py": "a\r\nb\r\n", "mode.py": "a\n", "z.py": "a\n"})
    (repo.root / "mode.py").chmod(0o755)
    repo.write({"a.py": "with x:\n    a\n\n\tb\nc", "crlf.py": "a\nb", "mode.py": " a\n", "z.py": "b\n"})
    assert opened(repo).diff(base, WORKTREE).files == (
        FileDiff("a.py", "a.py", (Hunk(0, 0, 1, 1), Hunk(1, 0, 3, 1))),
        FileDiff("crlf.py", "crlf.py"),
        FileDiff("mode.py", "mode.py"),
        FileDiff("z.py", "z.py", (Hunk(1, 1, 1, 1),)),
    )
    head = repo.commit()
    repo.write({"a.py": "with x:\n  a\n\n  b\nc\n"})
    assert opened(repo).diff(head, WORKTREE).files == (FileDiff("a.py", "a.py"),)


@pytest.mark.parametrize("name", ODD)
def test_odd_paths_survive_diff_read_and_blobs(repo: Repo, name: str) -> None:
    base = repo.commit({name: "1\n"})
    head = repo.commit({name: "1\n2\n"})
    repository = opened(repo)
    assert repository.diff(base, head).files == (FileDiff(name, name, (Hunk(1, 0, 2, 1),)),)
    assert repository.read_all(base, [name]) == {name: b"1\n"}
    assert repository.read(base, name) == b"1\n"
    assert repository.read(WORKTREE, name) == b"1\n2\n"
    assert list(repository.blobs(head)) == [name]
    assert repository.blobs(head) == repository.blobs(WORKTREE)


def test_diff_against_the_work_tree_covers_dirty_staged_and_untracked_files(repo: Repo) -> None:
    base = repo.commit({"a.py": "1\n", "b.py": "1\n"})
    repo.write({"a.py": "1\n2\n", "b.py": "0\n1\n", "new.py": "1\n"})
    repo.git("add", "b.py")
    assert opened(repo).diff(base, WORKTREE).files == (
        FileDiff("a.py", "a.py", (Hunk(1, 0, 2, 1),)),
        FileDiff("b.py", "b.py", (Hunk(0, 0, 1, 1),)),
        FileDiff(None, "new.py", (Hunk(0, 0, 1, 1),)),
    )


HOSTILE = (
    "[diff]\nrenames = false\nrenameLimit = 1\norderFile = /nowhere\nignoreSubmodules = all\nnoprefix = true\nmnemonicPrefix = true\nexternal = false\ncontext = 9\n"
    "interHunkContext = 50\nalgorithm = minimal\nrelative = true\nindentHeuristic = false\ncolorMoved = zebra\n"
    '[diff "evil"]\ntextconv = false\ncommand = false\n[color]\nui = always\ndiff = always\n[core]\nautocrlf = true\n'
    "safecrlf = true\nquotePath = true\nfsmonitor = false\nattributesFile = {attributes}\nhooksPath = {hooks}\n"
    "[status]\nshowUntrackedFiles = no\n[log]\nshowSignature = true\n[pager]\ndiff = false\n"
)


@pytest.mark.security
def test_hostile_host_configuration_and_environment_change_nothing(repo: Repo, tmp_path: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(1, 31))
    base = repo.commit({"old.py": text, "ünï.py": text, "evil.py": text, ".gitattributes": "evil.py diff=evil\n"})
    (repo.root / "old.py").rename(repo.root / "new.py")
    changed = text.replace("line 3\n", "3\n").replace("line 6\n", "")
    head = repo.commit({"ünï.py": changed, "evil.py": changed})
    repo.write({"untracked.py": "1\n"})

    def answers(env: dict[str, str]) -> list[object]:
        git = GitRepository(repo.root, env=env)
        diffs = [git.diff(base, head), git.diff(base, WORKTREE)]
        return [*diffs, git.origin(), git.blobs(WORKTREE), git.read(head, "new.py")]

    calm = answers(dict(os.environ))
    (tmp_path / "hooks").mkdir()
    hook = tmp_path / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\n")
    hook.chmod(0o755)
    (tmp_path / "attributes").write_text("*.py binary\n")
    config = HOSTILE.format(attributes=tmp_path / "attributes", hooks=tmp_path / "hooks")
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as file:
        file.write(config)
    hostile = {
        **os.environ,
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_DIFF_OPTS": "-u9",
        "GIT_INDEX_FILE": "/nowhere/index",
        "GIT_DIR": "/nowhere",
        "GIT_PAGER": "false",
        "LC_ALL": "de_DE.UTF-8",
    }
    assert answers(hostile) == calm
    assert not (tmp_path / "hook-ran").exists()


def test_a_checkout_with_converted_line_ends_is_not_dirty(repo: Repo) -> None:
    repo.commit({"a.py": "1\n2\n"})
    repo.git("config", "core.autocrlf", "true")
    (repo.root / "a.py").write_bytes(b"1\r\n2\r\n")
    assert not opened(repo).origin().dirty


def test_read_gives_bytes_or_none(repo: Repo) -> None:
    commit = repo.commit({"dir/a.py": "1\n"})
    (repo.root / "link").symlink_to("dir/a.py")
    repository = opened(repo)
    assert repository.read(commit, "dir/a.py") == b"1\n"
    assert [repository.read(commit, p) for p in ("b.py", "dir")] == [None, None]
    assert opened(repo).read_all(commit, ("b.py", "dir/a.py", "dir", "x 12", "a")) == {"dir/a.py": b"1\n"}
    assert [repository.read(WORKTREE, p) for p in ("b.py", "dir")] == [None, None]
    assert repository.read(WORKTREE, "link") == b"dir/a.py"
    with pytest.raises(Undetermined):
        repository.read("nowhere", "dir/a.py")


@pytest.mark.security
def test_read_never_leaves_the_repository(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "1\n"})
    (tmp_path / "secret").write_text("s")
    (repo.root / "out").symlink_to(tmp_path)
    assert [opened(repo).read(WORKTREE, p) for p in ("../secret", "out/secret")] == [None, None]


def test_submodules_are_not_files(repo: Repo) -> None:
    commit = repo.commit({"a.py": "1\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    repo.git("commit", "-q", "-m", "sub")
    assert list(opened(repo).blobs("HEAD")) == ["a.py"]


@pytest.mark.parametrize(
    ("options", "arrange", "default", "usual"),
    [
        ((), (), "trunk", ""),
        (("--origin=upstream",), (), "trunk", ""),
        ((), ("remote", "add", "other", "x"), "trunk", ""),
        ((), ("symbolic-ref", "--delete", "refs/remotes/origin/HEAD"), "", ""),
        ((), ("update-ref", "refs/remotes/origin/master", "HEAD"), "trunk", "master"),
        ((), ("branch", "main"), "trunk", "main"),
        ((), ("remote", "remove", "origin"), "", ""),
    ],
)
def test_the_default_branch_is_what_the_remotes_head_names(
    repo: Repo, tmp_path: Path, options: tuple[str, ...], arrange: tuple[str, ...], default: str, usual: str
) -> None:
    repo.commit({"a.py": "1\n"})
    repo.git("branch", "-m", "trunk")
    clone = repo.clone(tmp_path / "clone", *options)
    if arrange:
        clone.git(*arrange)
    repository = opened(clone, fetch=False)
    assert (repository.remote_default(), repository.usual_branch()) == (default, usual)
    assert repository.branch_tip("trunk") == clone.git("rev-parse", "HEAD")
    assert [repository.branch_tip(name) for name in ("", "nowhere")] == [None, None]


def test_a_remote_is_asked_for_its_default_branch_and_the_tip_where_that_is_allowed(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    tip = repo.commit({"a.py": "1\n"})
    repo.git("branch", "-m", "trunk")
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a.py": "2\n"})
    repo.git("checkout", "-q", "trunk")
    clone = repo.clone(tmp_path / "clone", "--single-branch", "--branch=topic", "--depth=1")
    assert opened(clone, fetch=False).branch_tip("trunk") is None
    assert opened(clone).remote_default() == "trunk"
    assert opened(clone).branch_tip("trunk") == tip


def test_remote_is_the_only_one_else_origin_else_upstream(repo: Repo) -> None:
    assert opened(repo).remote() is None
    repo.git("remote", "add", "fork", "x")
    assert opened(repo).remote() == "fork"
    repo.git("remote", "add", "other", "y")
    assert opened(repo).remote() is None
    repo.git("remote", "add", "upstream", "y")
    assert opened(repo).remote() == "upstream"
    repo.git("remote", "add", "origin", "z")
    assert opened(repo).remote() == "origin"


def test_a_branch_is_alone_while_no_other_name_shares_its_history(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "1\n"})
    repo.git("checkout", "-q", "--orphan", "coverage-history")
    repo.commit({"runs": "1\n"})
    repo.git("checkout", "-q", "main")
    assert opened(repo).alone()
    assert opened(repo.clone(tmp_path / "clone")).alone()
    repo.git("branch", "topic")
    assert not opened(repo).alone()
    repo.git("checkout", "-q", "--detach")
    assert not opened(repo).alone()


def test_a_linked_work_tree_has_its_own_index(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "1\n"})
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = GitRepository(tmp_path / "linked", env=os.environ)
    assert not linked.origin().dirty
    (tmp_path / "linked" / "b.py").write_text("1\n")
    assert linked.origin().dirty
    assert not opened(repo).origin().dirty


def test_a_repository_below_a_directory_with_a_colon_is_hashed(tmp_path: Path) -> None:
    repo = Repo(tmp_path / 'odd:"name')
    repo.commit({"a.py": "1\n"})
    assert not opened(repo).origin().dirty


def test_a_signed_or_merge_tag_commit_with_folded_headers_is_read(repo: Repo) -> None:
    tree = repo.git("rev-parse", repo.commit({"a.py": "1\n"}) + "^{tree}")
    people = "author A <a@b> 1 +0000\ncommitter C <c@d> 1700000000 +0230"
    raw = f"tree {tree}\n{people}\ngpgsig -----BEGIN\n parent fake\n\nm\n"
    commit = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
    repository = opened(repo)
    assert repository.parents(commit) == ()
    assert repository.committed_at(commit) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("253402300799 +0000", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9223372036854775807 +0000", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("-1 +0000", datetime(1970, 1, 1, tzinfo=UTC)),
        ("", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_any_commit_time_that_git_takes_is_read(repo: Repo, time: str, expected: datetime) -> None:
    tree = repo.git("rev-parse", repo.commit({"a.py": "1\n"}) + "^{tree}")
    raw = f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter C > <c@d> {time}\n\nm\n"
    commit = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)
    assert opened(repo).committed_at(commit) == expected


def test_renames_are_found_however_many_there_are(repo: Repo) -> None:
    repo.git("config", "diff.renameLimit", "1")
    count = 1001
    base = repo.commit(
        {f"old{n}/index.js": f"head {n}\n" + "".join(f"{n}-{k}\n" for k in range(9)) for n in range(count)}
    )
    for n in range(count):
        (repo.root / f"old{n}").rename(repo.root / f"new{n}")
    head = repo.commit(
        {f"new{n}/index.js": f"HEAD {n}\n" + "".join(f"{n}-{k}\n" for k in range(9)) for n in range(count)}
    )
    diff = opened(repo).diff(base, head)
    assert diff.renames() == {f"old{n}/index.js": f"new{n}/index.js" for n in range(count)}
    assert {file.hunks for file in diff} == {(Hunk(1, 1, 1, 1),)}


@pytest.mark.reliability
def test_a_diff_that_cannot_be_read_is_undetermined(repo: Repo, tmp_path: Path) -> None:
    garbled = tmp_path / "bin" / "git"
    garbled.parent.mkdir()
    garbled.write_text("#!/bin/sh\necho garbage\n")
    garbled.chmod(0o755)
    with pytest.raises(Undetermined) as caught:
        GitRepository(repo.root, env={"PATH": str(garbled.parent)}).diff("one", "two")
    assert caught.value.code == "git-output"


@pytest.mark.security
@pytest.mark.parametrize("attributes", ["*.py -diff\n", "*.py binary\n", "* -text -diff\n"])
def test_attributes_in_the_change_itself_hide_no_line(repo: Repo, attributes: str) -> None:
    base = repo.commit({"a.py": "1\n"})
    repo.commit({"a.py": "1\n2\n", ".gitattributes": attributes})
    changed = {file.new_path: file for file in opened(repo).diff(base, "HEAD")}
    assert changed["a.py"].hunks == (Hunk(1, 0, 2, 1),)
    assert not changed["a.py"].opaque


def test_the_branch_that_is_checked_out_is_named_and_a_detached_head_is_none(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    assert opened(repo).branch() == "main"
    repo.git("checkout", "-q", "--detach")
    assert opened(repo).branch() == ""
