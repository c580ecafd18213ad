from __future__ import annotations

import pytest

from covgov.model.diff import FileDiff, Hunk
from covgov.vcs.diff_parse import parse_diff

ZERO = b"0" * 40


def record(status: bytes, *paths: bytes) -> bytes:
    return b":100644 100644 " + ZERO + b" " + ZERO + b" " + status + b"\0" + b"\0".join(paths) + b"\0"


def section(body: bytes = b"") -> bytes:
    return b"diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n" + body


def test_no_output_is_no_change() -> None:
    assert parse_diff(b"").files == ()


def test_hunks_with_and_without_counts_are_read_from_their_headers_only() -> None:
    body = b"@@ -1 +1,2 @@ def f():\n-a\n+@@ -9 +9 @@\n+b\n@@ -4,2 +5,0 @@\n-c\n-d\n\\ No newline at end of file\n"
    assert parse_diff(record(b"M", b"x") + b"\0" + section(body)).files == (
        FileDiff("x", "x", (Hunk(1, 1, 1, 2), Hunk(4, 2, 5, 0))),
    )


def test_sections_belong_to_records_in_order_and_a_type_change_has_two() -> None:
    output = record(b"T", b"b") + record(b"R090", b"old", b"a") + b"\0" + section() + section() + section()
    assert parse_diff(output).files == (FileDiff("old", "a"), FileDiff("b", None), FileDiff(None, "b"))


def test_a_path_that_is_not_utf8_is_kept() -> None:
    assert parse_diff(record(b"A", b"\xff.py") + b"\0" + section()).files[0].new_path == "\udcff.py"


def test_a_modified_file_without_a_section_differs_in_white_space_only() -> None:
    blank = b":100644 100644 " + b"1" * 40 + b" " + b"2" * 40 + b" M\0a\0"
    assert parse_diff(blank).files == (FileDiff("a", "a"),)
    assert parse_diff(blank + record(b"M", b"x") + b"\0" + section(b"@@ -1 +1 @@\n-a\n+b\n")).files == (
        FileDiff("a", "a"),
        FileDiff("x", "x", (Hunk(1, 1, 1, 1),)),
    )


@pytest.mark.reliability
@pytest.mark.parametrize(
    "output",
    [
        record(b"M", b"x"),
        record(b"M", b"x") + b"\0",
        record(b"M", b"x") + b"\0" + section() + section(),
        record(b"X", b"x") + b"\0" + section(),
        b"garbage\0x\0\0" + section(),
        record(b"R100", b"only") + b"\0" + section(),
    ],
    ids=["no patch", "empty patch", "surplus section", "unknown status", "no record", "rename to nowhere"],
)
def test_unexpected_git_output_is_refused(output: bytes) -> None:
    with pytest.raises(ValueError, match=r"patch|status|record"):
        parse_diff(output)
