from __future__ import annotations

from covgov.model.diff import Diff, FileDiff


def test_iterating_a_diff_gives_its_files() -> None:
    files = (FileDiff("a", "a"), FileDiff(None, "b"))
    assert tuple(Diff(files)) == files


def test_renames_leave_out_edits_additions_and_deletions() -> None:
    diff = Diff((FileDiff("a", "a"), FileDiff(None, "b"), FileDiff("c", None), FileDiff("old", "new")))
    assert diff.renames() == {"old": "new"}
