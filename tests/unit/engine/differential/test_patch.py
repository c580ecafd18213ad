from __future__ import annotations

import pytest
from hypothesis import given

from covgov.differential.patch import changed_lines
from covgov.model import lines
from covgov.model.diff import Diff, FileDiff, Hunk
from covgov_testing.edits import LAW, Change, Edited, changes, edits


def test_added_and_modified_lines_count_and_deleted_ones_do_not() -> None:
    diff = Diff((
        FileDiff("a.py", "a.py", (Hunk(2, 0, 3, 2), Hunk(5, 1, 7, 1), Hunk(8, 2, 9, 0))),
        FileDiff(None, "new.py", (Hunk(0, 0, 1, 3),)),
        FileDiff("gone.py", None, (Hunk(1, 9, 0, 0),)),
    ))  # fmt: skip
    assert {path: lines.spell(bits) for path, bits in changed_lines(diff).items()} == {"a.py": "3-4,7", "new.py": "1-3"}


@pytest.mark.security
def test_a_file_whose_changes_cannot_be_told_apart_is_changed_throughout() -> None:
    changed = changed_lines(Diff((FileDiff("x.py", "x.py", opaque=True),)))
    assert changed["x.py"] & lines.of([1, 17, lines.MAX_LINE]) == lines.of([1, 17, lines.MAX_LINE])


def test_a_rename_without_edits_gives_nothing() -> None:
    assert changed_lines(Diff((FileDiff("a.py", "b.py"),))) == {}


@LAW
@given(edits())
def test_changed_lines_are_those_that_the_old_text_lacks(change: Edited) -> None:
    found = changed_lines(Diff((FileDiff("a", "b", change.hunks),)))
    wanted = lines.of(n for n, text in enumerate(change.new, 1) if text not in change.old)
    assert found == ({"b": wanted} if wanted else {})


@LAW
@given(changes())
def test_only_paths_of_the_head_are_named(change: Change) -> None:
    assert set(changed_lines(change.diff)) <= {new for _, new in change.texts if new}
