from __future__ import annotations

import pytest

from covgov.gather.line_ends import distrusted
from covgov.model.diff import Diff, FileDiff, Hunk

CHANGED = FileDiff("a.py", "a.py", (Hunk(1, 0, 2, 1),))


@pytest.mark.parametrize("text", [b"a\nb\n", b"a\r\nb\r\n", b"", None])
def test_lines_that_git_counts_as_python_does_keep_their_hunks(text: bytes | None) -> None:
    assert distrusted(Diff((CHANGED,)), lambda path: text) == Diff((CHANGED,))


@pytest.mark.security
@pytest.mark.parametrize("text", [b"a\rb\n", b"a\r\r\nb\n", b"a\nb\r"])
def test_a_lone_cr_makes_a_file_opaque(text: bytes) -> None:
    (file,) = distrusted(Diff((CHANGED,)), lambda path: text)
    assert (file.opaque, file.hunks) == (True, ())


def test_a_deleted_file_has_no_text_to_distrust() -> None:
    gone = Diff((FileDiff("a.py", None, (Hunk(1, 2, 0, 0),)),))
    assert distrusted(gone, lambda path: b"a\rb") == gone


@pytest.mark.security
def test_a_line_that_became_two_by_a_lone_cr_is_no_change_of_white_space() -> None:
    (file,) = distrusted(Diff((FileDiff("a.py", "a.py"),)), lambda path: b"if a:\rb\n")
    assert file.opaque


def test_a_pure_rename_keeps_its_lines_whatever_ends_them() -> None:
    renamed = Diff((FileDiff("a.py", "b.py"),))
    assert distrusted(renamed, lambda path: b"a\rb") == renamed
