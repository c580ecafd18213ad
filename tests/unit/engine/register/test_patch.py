"""Patches as text; tests/integration/test_register_git_apply.py gives them to git."""

from __future__ import annotations

import pytest

from covgov.register.patch import unified


def test_nothing_to_change_is_no_patch() -> None:
    assert unified("a.md", "x\n", "x\n") == ""


def test_a_change_names_the_file_on_both_sides() -> None:
    assert unified("docs/a.md", "x\ny\n", "x\nz\n") == (
        "diff --git a/docs/a.md b/docs/a.md\n--- a/docs/a.md\n+++ b/docs/a.md\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n"
    )


def test_a_new_file_comes_from_nowhere() -> None:
    assert unified("a.md", None, "x\n") == (
        "diff --git a/a.md b/a.md\nnew file mode 100644\n--- /dev/null\n+++ b/a.md\n@@ -0,0 +1 @@\n+x\n"
    )


def test_a_file_that_would_be_empty_is_not_created() -> None:
    assert unified("a.md", None, "") == ""


def test_a_last_line_without_an_end_is_marked_on_either_side() -> None:
    patch = unified("a.md", "x", "y")

    assert patch.endswith("-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n")


def test_a_carriage_return_belongs_to_its_line() -> None:
    assert unified("a.md", "x\r\ny\rz\r\n", "x\r\ny\rw\r\n").endswith(" x\r\n-y\rz\r\n+y\rw\r\n")


def test_a_name_with_blanks_is_closed_with_a_tab() -> None:
    assert "--- a/my file.md\t\n+++ b/my file.md\t\n" in unified("my file.md", "x\n", "y\n")


@pytest.mark.security
def test_a_name_cannot_break_out_of_its_line() -> None:
    assert '+++ "b/a\\n+++ \\"b\\\\c\\001\\177"\n' in unified('a\n+++ "b\\c\x01\x7f', "x\n", "y\n")
