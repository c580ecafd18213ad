from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from covgov.model.verdict import Effect, Finding, PatchRow, Scope
from covgov.publish.render.parts.sections import Limit, all_rows, clip_ranges, clipped, code_of, grouped, line_lists
from covgov_testing.builders import verdict as build


@given(st.lists(build.findings, max_size=6).map(tuple))
def test_every_finding_is_in_exactly_one_group_in_its_order(findings: tuple[Finding, ...]) -> None:
    groups = grouped(findings)
    together = [*groups.failing, *groups.undetermined, *groups.waived, *groups.notes]
    assert sorted(map(findings.index, together)) == sorted(map(findings.index, findings))
    for group in (groups.failing, groups.undetermined, groups.waived, groups.notes):
        assert list(group) == [finding for finding in findings if finding in group]


def test_a_waived_note_is_waived_and_only_filled_groups_have_titles() -> None:
    groups = grouped((build.finding(effect=Effect.NOTE, waived_by="EX-1"), build.finding()))
    assert [title for title, _ in groups.titled] == ["FAIL", "Waived"]


def test_the_project_comes_after_its_components() -> None:
    project = build.row("project", scope=Scope.PROJECT)
    assert all_rows(build.verdict(rows=(build.row(),), project=project)) == (build.row(), project)
    assert all_rows(build.verdict(rows=(build.row(),))) == (build.row(),)


def test_line_lists_name_their_scope_and_leave_out_what_is_empty() -> None:
    rows = (build.row("api", partial_lines={"a.py": "1"}), build.row("auth", uncovered={"b.py": "2"}))
    listed = line_lists(build.verdict(rows=rows, patch=PatchRow(None, None, 0)))
    assert [(each.kind, each.scope) for each in listed] == [("uncovered", "auth"), ("exits never taken", "api")]


def test_files_beyond_the_limit_are_counted() -> None:
    lines = {"c.py": "3", "a.py": "1,2,3", "b.py": "2"}
    assert clipped(lines, Limit(2, 2)) == ([("a.py", "1,2 and 1 more range"), ("b.py", "2")], "and 1 more file")
    assert clipped(lines, Limit(1, 9))[1] == "and 2 more files"
    assert clipped(lines, Limit(3, 9))[1] == ""


def test_the_files_with_the_most_lines_are_kept() -> None:
    assert clipped({"a.py": "1", "b.py": "2", "c.py": "3-9"}, Limit(2, 2))[0] == [("a.py", "1"), ("c.py", "3-9")]


def test_ranges_beyond_the_limit_are_counted() -> None:
    assert clip_ranges("1,3-5,7,9", 2) == "1,3-5 and 2 more ranges"
    assert clip_ranges("1,3-5", 2) == "1,3-5"


def test_uncommitted_changes_are_told_with_the_commit() -> None:
    assert code_of(build.verdict()) == "c0ffee123456"
    assert code_of(build.verdict(dirty=True)) == "c0ffee123456 with uncommitted changes"
    assert code_of(build.verdict(commit=None)) == "no commit"
