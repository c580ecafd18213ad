"""A module that moved and left a shim behind keeps its past."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgov.differential.patch import changed_lines
from covgov.model.diff import Diff, FileDiff, Hunk
from covgov.model.verdict import Outcome
from covgov.vcs.interface import WORKTREE
from covgov.vcs.moves import could_be_moves, follow_moves, shrunk
from covgov_testing.desk import Desk, rules

MODULE = "".join(f"x{n} = {n}\n" for n in range(1, 10)) + "y = 1  # pragma: no cover\n"
SHIM = "from api.b import x1, x2, x3\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "work")
    made.commit({"api/a.py": MODULE, "api/other.py": "".join(f"z{n} = {n}\n" for n in range(1, 10))})
    made.measure({"api/a.py": "+++++++--x", "api/other.py": "+" * 9})
    made.record(made.judge())
    made.repo.git("checkout", "-q", "-b", "topic")
    return made


def test_a_moved_module_with_a_shim_has_no_new_pragmas_and_only_the_shim_is_patch(desk: Desk) -> None:
    start = desk.repository.resolve("main") or ""
    desk.commit({"api/b.py": MODULE, "api/a.py": SHIM})
    diff = desk.repository.diff(start, WORKTREE)
    assert diff.renames() == {"api/a.py": "api/b.py"}
    assert changed_lines(diff) == {"api/a.py": 0b10}
    desk.measure({"api/b.py": "+++++++--x", "api/a.py": "+", "api/other.py": "+" * 9})
    judgement = desk.judge()
    assert rules(judgement) == []
    assert judgement.verdict.outcome is Outcome.PASS


@pytest.mark.security
def test_a_pragma_that_was_not_moved_is_new_beside_a_shim(desk: Desk) -> None:
    desk.commit({"api/b.py": MODULE.replace("x9 = 9", "x9 = 9  # pragma: no cover"), "api/a.py": SHIM})
    desk.measure({"api/b.py": "+++++++-xx", "api/a.py": "+", "api/other.py": "+" * 9})
    assert ("loosened", "fail") in rules(desk.judge())


@pytest.mark.security
def test_a_copy_of_a_module_that_stays_is_new(desk: Desk) -> None:
    start = desk.repository.resolve("main") or ""
    desk.commit({"api/b.py": MODULE, "api/a.py": MODULE.replace("x1 = 1\n", "")})
    diff = desk.repository.diff(start, WORKTREE)
    assert diff.renames() == {}
    assert set(changed_lines(diff)) == {"api/b.py"}


def test_of_two_places_the_one_that_kept_more_is_the_new_one() -> None:
    old = FileDiff("a", "a", (Hunk(1, 9, 1, 1),))
    one, two = FileDiff(None, "b", (Hunk(0, 0, 1, 8),)), FileDiff(None, "c", (Hunk(0, 0, 1, 9),))
    copies = Diff((FileDiff("a", "b", (Hunk(1, 2, 1, 1),)), FileDiff("a", "c", (Hunk(1, 1, 1, 1),))))
    followed = follow_moves(Diff((old, one, two)), copies, lambda path: 1)
    assert followed.renames() == {"a": "c"}
    assert one in followed.files
    assert FileDiff(None, "a", (Hunk(0, 0, 1, 1),)) in followed.files


def test_without_a_new_file_nothing_moved() -> None:
    shrank, new = FileDiff("a", "a", (Hunk(1, 9, 1, 1),)), FileDiff(None, "b", (Hunk(0, 0, 1, 1),))
    assert not shrunk(Diff((shrank,)))
    assert not shrunk(Diff((new, FileDiff("a", "a", (Hunk(1, 1, 1, 1),)))))
    assert shrunk(Diff((shrank, new))) == ("a",)
    assert could_be_moves(Diff((shrank, new)), lambda path: 9) == ("a", "b")
    assert not could_be_moves(Diff((shrank, new)), lambda path: 10)
