"""git, real coverage-shaped snapshots and the whole differential in one piece."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covgov.differential.attribute import ScopeSides, explain
from covgov.differential.classify import classify
from covgov.differential.patch import changed_lines
from covgov.model import lines
from covgov.model.change import HEAD_CATEGORIES, Category, Cause, Delta
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.words import in_words
from covgov.vcs.git import GitRepository
from covgov.vcs.interface import WORKTREE
from covgov_testing.builders.coverage import snap
from covgov_testing.edits import Edited, edits
from covgov_testing.repos import Repo
from covgov_testing.second_differential import categories

INDENTS = st.sampled_from(("", "  ", "    ", "\t"))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def numbered(count: int, word: str = "statement") -> list[str]:
    return [f"{word} {n} of this module\n" for n in range(1, count + 1)]


def compared(repo: Repo, old: str, new: str, base: Snapshot, head: Snapshot, folder: str = "") -> Delta:
    return explain(
        classify(base, head, GitRepository(repo.root, env=os.environ).diff(old, new)),
        base=base,
        head=head,
        sides=ScopeSides(lambda path: path.startswith(folder), lambda path: path.startswith(folder)),
        metric=Metric.LINE,
    )


def test_reformatting_uncovered_lines_judges_zero(repo: Repo) -> None:
    text = numbered(1000)
    old = repo.commit({"a.py": "".join(text)})
    new = repo.commit({"a.py": "".join(text[:950] + [f"reformatted {line}" for line in text[950:]])})
    same = snap({"a.py": "+" * 400 + "-" * 600})
    delta = compared(repo, old, new, same, same)
    assert delta.points == delta.judged == 0
    assert (delta.tally.count(Category.DUB), delta.tally.count(Category.UNC)) == (50, 50)


def test_a_loss_inside_a_re_indent_is_a_loss_and_nothing_else_is_new(repo: Repo) -> None:
    text = numbered(100)
    old = repo.commit({"a.py": "".join(text)})
    new = repo.commit({"a.py": "".join(["with lock:\n", *(f"    {line}" for line in text)])})
    delta = compared(repo, old, new, snap({"a.py": "+" * 90 + "-" * 10}), snap({"a.py": "+" * 82 + "-" * 19}))
    assert delta.tally.lines == {Category.GNC: 1, Category.CBC: 81, Category.LBC: 9, Category.UBC: 10}
    assert delta.lost == {"a.py": "83-91"}
    assert changed_lines(GitRepository(repo.root, env=os.environ).diff(old, new)) == {"a.py": lines.of([1])}


def test_losing_lines_inside_a_rewrite_is_judged_as_the_loss_it_is(repo: Repo) -> None:
    text = numbered(1000)
    old = repo.commit({"a.py": "".join(text)})
    new = repo.commit({"a.py": "".join(numbered(500, "rewritten") + text[500:])})
    base = snap({"a.py": "+" * 900 + "-" * 100})
    head = snap({"a.py": "+" * 475 + "-" * 25 + "+" * 400 + "-" * 100})
    delta = compared(repo, old, new, base, head)
    assert delta.judged == delta.points == Fraction(-5, 2)
    assert in_words(delta) == (
        "-2.50 pp = +4.75 new covered code, -2.25 new uncovered code, -5.00 deleted covered code"
    )


def test_a_change_of_documents_only_is_no_change(repo: Repo) -> None:
    old = repo.commit({"a.py": "1\n", "README.md": "one\n"})
    new = repo.commit({"README.md": "two\n"})
    delta = compared(repo, old, new, snap({"a.py": "+"}), snap({"a.py": "+"}))
    assert (delta.parts, delta.points) == ((), Fraction(0))


def test_a_rename_with_an_edit_across_components_is_moved_deleted_and_new(repo: Repo) -> None:
    text = numbered(20)
    old = repo.commit({"api/a.py": "".join(text), "api/b.py": "b\n", "auth/c.py": "c\n"})
    repo.git("mv", "api/a.py", "auth/a.py")
    new = repo.commit({"auth/a.py": "".join([*text[:19], "edited\n"])})
    base = snap({"api/a.py": "+" * 20, "api/b.py": "-", "auth/c.py": "+"})
    head = snap({"auth/a.py": "+" * 19 + "-", "api/b.py": "-", "auth/c.py": "+"})
    api, auth = (compared(repo, old, new, base, head, folder) for folder in ("api/", "auth/"))
    assert {p.cause: (p.covered, p.total) for p in api.parts} == {
        Cause.MOVED_OUT: (-19, -19),
        Cause.DELETED_COVERED: (-1, -1),
    }
    assert {p.cause: (p.covered, p.total) for p in auth.parts} == {
        Cause.MOVED_IN: (19, 19),
        Cause.NEW_UNCOVERED: (0, 1),
    }
    assert api.judged == 0


def test_the_synthetic_merge_commit_of_a_ci_is_compared_with_its_first_parent(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "1\n2\n", "b.py": "1\n"})
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"a.py": "1\n2\n3\n"})
    repo.git("checkout", "-q", "main")
    target = repo.commit({"b.py": "1\n2\n"})
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    git = GitRepository(clone.root, env=os.environ)
    merge = git.origin().commit
    assert git.resolve(target) is None, "a checkout of depth 1 has the merge commit only"
    walked = git.first_parents(merge)
    assert (next(walked), next(walked)) == (merge, target)
    assert changed_lines(git.diff(target, merge)) == {"a.py": lines.of([3])}


def test_dirty_and_untracked_files_are_part_of_the_patch(repo: Repo) -> None:
    repo.commit({"a.py": "1\n2\n"})
    repo.write({"a.py": "1\nnew\n2\n", "untracked.py": "1\n2\n"})
    git = GitRepository(repo.root, env=os.environ)
    assert git.origin().dirty
    assert changed_lines(git.diff("HEAD", WORKTREE)) == {"a.py": lines.of([2]), "untracked.py": lines.of([1, 2])}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits(max_lines=30), st.data())
def test_categories_through_git_are_those_of_the_texts_whatever_their_indentation(
    repo: Repo, change: Edited, data: st.DataObject
) -> None:
    old = repo.commit({"a.py": "".join(f"{line}\n" for line in change.old)})
    indents = data.draw(st.lists(INDENTS, min_size=len(change.new), max_size=len(change.new)))
    new = repo.commit({"a.py": "".join(f"{indent}{line}\n" for indent, line in zip(indents, change.new, strict=True))})

    def drawn(length: int) -> Snapshot:
        return snap({"a.py": data.draw(st.text("+- ", min_size=length, max_size=length))})

    base, head = drawn(len(change.old)), drawn(len(change.new))
    (delta,) = classify(base, head, GitRepository(repo.root, env=os.environ).diff(old, new))
    found = {
        ("line", "head" if category in HEAD_CATEGORIES else "base", number): category.value
        for category, bits in delta.lines.items()
        for number in lines.numbers(bits)
    }
    assert found == categories(base.files["a.py"], head.files["a.py"], change.old, change.new)
