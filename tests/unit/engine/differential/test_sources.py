from __future__ import annotations

from covgov.differential.sources import diff_by_sources, taken_as_same
from covgov.model.diff import FileDiff
from covgov_testing.builders.coverage import cov, snap


def test_equal_blob_ids_prove_equal_text_and_other_ids_another_one() -> None:
    base = snap({"same": cov("+", source="1"), "edited": cov("+", source="2"), "unknown": "+"})
    head = snap({"same": cov("-", source="1"), "edited": cov("+", source="3"), "unknown": "-"})
    assert diff_by_sources(base, head).files == (
        FileDiff("edited", "edited", opaque=True),
        FileDiff("unknown", "unknown", opaque=True),
    )


def test_where_an_id_is_unknown_equal_coverage_counts_as_the_same_text() -> None:
    base = snap({"a": "+-", "b": cov("+", source="1"), "c": cov("+", source="1"), "d": "+"})
    head = snap({"a": "+-", "b": "+", "c": cov("+", source="1"), "d": "-"})
    assert diff_by_sources(base, head).files == (FileDiff("d", "d", opaque=True),)
    assert taken_as_same(base, head) == 2


def test_a_file_of_the_same_text_under_another_name_is_a_rename() -> None:
    base = snap({"old": cov("+", source="1"), "gone": cov("+", source="2")})
    head = snap({"new": cov("+", source="1"), "come": cov("+", source="3")})
    assert diff_by_sources(base, head).files == (
        FileDiff("old", "new"),
        FileDiff("gone", None),
        FileDiff(None, "come"),
    )


def test_an_ambiguous_or_unknown_text_is_no_rename() -> None:
    base = snap({"a": cov("+", source="1"), "b": cov("+", source="1"), "c": "+"})
    head = snap({"d": cov("+", source="1"), "e": "+"})
    assert diff_by_sources(base, head).renames() == {}
