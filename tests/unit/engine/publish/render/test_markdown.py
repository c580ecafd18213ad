from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from markdown_it import MarkdownIt
from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.snapshot import Identity, Metric, TestRun
from covgov.model.verdict import (
    Effect,
    ExceptionLine,
    ExceptionState,
    Outcome,
    PatchRow,
    ReceiptLine,
    Scope,
    SuiteLine,
    Verdict,
)
from covgov.publish.render.markdown import (
    COMMENT_BYTES,
    LEAST_BYTES,
    MARKER,
    STEP_SUMMARY_BYTES,
    MarkdownRenderer,
)
from covgov.publish.render.parts.links import github
from covgov_testing.builders import verdict as build
from covgov_testing.laws import examples

render = MarkdownRenderer()


def cells(text: str, first: str) -> list[str]:
    """The cells of the table row that begins with a cell."""
    (line,) = (line for line in text.split("\n") if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_first_line_is_the_marker_of_a_sticky_comment() -> None:
    assert render(build.verdict()).startswith(f"{MARKER}\n## ✔ covgov: pass\n")


@pytest.mark.parametrize(
    ("effect", "first"), [(Effect.FAIL, "✘ covgov: fail"), (Effect.UNDETERMINED, "⚠ covgov: undetermined")]
)
def test_the_heading_holds_the_outcome_and_its_first_reason(effect: Effect, first: str) -> None:
    text = render(build.verdict(build.finding("api is low", effect), build.finding("auth is low", effect)))
    assert text.split("\n")[1] == f"## {first}: api is low (and 1 more)"


def test_the_heading_of_a_pass_holds_the_projects_figure() -> None:
    text = render(build.verdict(project=build.row("project", scope=Scope.PROJECT, now=Ratio(9, 10))))
    assert text.split("\n")[1] == "## ✔ covgov: pass: project 90.00 %"


def test_components_that_changed_or_do_not_pass_are_shown_and_the_others_folded() -> None:
    same = build.drop("0")
    rows = (
        build.row("still", delta=same),
        build.row("dropped", delta=build.drop()),
        build.row("low", delta=same, outcome=Outcome.FAIL),
        build.row("new", delta=None),
    )
    shown, _, folded = render(build.verdict(rows=rows)).partition("<details><summary>1 component without a change")
    assert [name for name in ("still", "dropped", "low", "new") if f"| `{name}` |" in shown] == [
        "dropped",
        "low",
        "new",
    ]
    assert "| `still` |" in folded


def test_the_command_that_shows_the_same_names_the_suites_that_do_not_pass() -> None:
    failing = build.row("it's", outcome=Outcome.FAIL)
    text = render(build.verdict(build.finding(), rows=(build.row(), failing)))
    assert """```sh\ncovgov run 'it'"'"'s'\n```""" in text
    assert "covgov run" not in render(build.verdict(rows=(build.row(),)))


LINKED = MarkdownRenderer(link=github("https://github.example/acme/shop/pull/7"))


def new(lines: Mapping[str, str]) -> Verdict:
    """Lines of the change that are not covered."""
    return build.verdict(build.finding(), patch=PatchRow(Ratio(0, 1), None, 0, lines))


def test_uncovered_lines_of_the_change_are_links_to_the_diff() -> None:
    place = "https://github.example/acme/shop/pull/7/files#diff-" + sha256(b"src/a.py").hexdigest()
    text = LINKED(new({"src/a.py": "40,52-58"}))
    assert f"- `src/a.py`: [40]({place}R40), [52-58]({place}R52-R58)\n" in text
    many = LINKED(new({"src/a.py": ",".join(str(2 * n) for n in range(1, 14))}))
    assert (many.count(place), "R20) and 3 more ranges\n" in many) == (10, True)


@pytest.mark.security
@pytest.mark.parametrize("hostile", [*build.HOSTILE, "a](https://evil.example)", "</details>", "@everyone", "a|b`c`"])
def test_a_path_can_neither_move_a_link_nor_add_one(hostile: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(LINKED(new({hostile: "3"})))
    inline = [child for token in tokens for child in token.children or ()]
    addresses = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
    assert [address.partition("#diff-")[0] for address in addresses] == [
        "https://github.example/acme/shop/pull/7/files"
    ]
    assert not {"image", "html_inline"} & {child.type for child in inline}
    assert sum(token.content.count("</details>") for token in tokens if token.type == "html_block") == 1


def test_of_five_thousand_files_those_with_the_most_lines_are_shown_and_the_rest_is_counted() -> None:
    files = {f"src/{'deep/' * 9}m{n:04}.py": "1" for n in range(4_999)}
    text = LINKED(new({**files, "src/worst.py": "1-99"}))
    assert len(text) <= COMMENT_BYTES
    assert "`src/worst.py`: [1-99](" in text
    assert "and 4970 more files" in text


def test_a_component_row_holds_bar_now_baseline_change_tests_and_attributes() -> None:
    tags = {"architecture": None, "reliability": Ratio(1, 3), "security": Ratio(0, 0)}
    row = build.row(outcome=Outcome.FAIL, baseline=Ratio(85, 100), delta=build.drop(), attributes=tags)
    text = render(build.verdict(rows=(row,)))
    assert dict(zip(cells(text, "component"), cells(text, "`api`"), strict=True)) == snapshot(
        {
            "component": "`api`",
            "result": "✘ fail",
            "bar": "80 %",
            "now": "1599/2000 = 79.95 % &lt; 80 % (combined)",
            "baseline": "85.00 %",
            "change": "-5.00 pp = -5.00 new uncovered code",
            "tests": "-",
            "architecture": "-",
            "reliability": "33.33 %",
            "security": "-",
        }
    )


def test_a_row_measured_against_another_commit_names_it() -> None:
    other = build.row("auth", baseline=Ratio(1, 2), receipt=ReceiptLine("1234567890abcdef", 9, 9, "older"))
    text = render(build.verdict(rows=(build.row(baseline=Ratio(1, 2)), other)))
    assert "50.00 % at `1234567890ab`" in text
    assert text.count(" at `") == 1


def test_figures_of_failed_tests_are_marked() -> None:
    assert "(partial: tests failed)" in render(build.verdict(rows=(build.row(partial=True),)))


def test_the_project_is_the_last_row() -> None:
    text = render(build.verdict(rows=(build.row(),), project=build.row("project", scope=Scope.PROJECT)))
    assert text.index("| `api` |") < text.index("| `project` |")


def test_findings_stand_under_their_headings_with_what_to_do_next() -> None:
    found = (
        build.finding("fails", hint="do this"),
        build.finding("unknown", Effect.UNDETERMINED),
        build.finding("excused", waived_by="EX-1"),
        build.finding("by the way", Effect.NOTE),
    )
    assert render(build.verdict(*found)) == snapshot("""\
<!-- covgov:summary -->
## ✘ covgov: fail: fails

**1 failing, 1 undetermined, 1 waived, 1 note**

Patch: judged with all suites

### Fail

- **bar**: fails *Next: do this; see docs/rules/bar.md*

### Undetermined

- **bar**: unknown *Next: see docs/rules/bar.md*

### Reproduce it

```sh
covgov run
```

<details><summary>Waived</summary>

- **bar**: excused (waived by `EX-1`)

</details>

<details><summary>Notes</summary>

- **bar**: by the way

</details>

---
- Baseline: abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)
- Judged: c0ffee123456, policy `deadbeefdead`, today 2026-11-22 UTC
""")


def test_subjects_with_one_cause_are_one_line_and_other_effects_another() -> None:
    what = "no report knows it"
    effects = {"src/a.py": Effect.FAIL, "src/b.py": Effect.FAIL, "src/c.py": Effect.NOTE}
    findings = tuple(
        build.finding(f"{path}: {what}", effect, rule="unmeasured", scope=Scope.FILE, subject=path)
        for path, effect in effects.items()
    )
    lines = [line for line in render(build.verdict(*findings)).splitlines() if "unmeasured**" in line]
    assert [line.partition(" *Next")[0] for line in lines] == [
        f"- **unmeasured**: src/a.py, src/b.py: {what}",
        f"- **unmeasured**: src/c.py: {what}",
    ]


def test_uncovered_lines_and_missing_exits_are_folded_away() -> None:
    row = build.row(uncovered={"a.py": "40,52-58"}, partial_lines={"b.py": "3"})
    text = render(build.verdict(rows=(row,)))
    assert "<details><summary>Uncovered</summary>\n\n- `api`: `a.py`: 40,52-58\n\n</details>" in text
    assert "<details><summary>Exits never taken</summary>\n\n- `api`: `b.py`: 3\n\n</details>" in text


def test_uncovered_lines_of_the_change_and_lost_ones_come_before_all_others() -> None:
    row = build.row(uncovered={"a.py": "1,2,3"}, delta=structs.replace(build.drop(), lost={"a.py": "2"}))
    text = render(build.verdict(rows=(row,), patch=PatchRow(Ratio(1, 2), None, 0, {"a.py": "3"})))
    assert "<details open><summary>Uncovered in this change</summary>\n\n- `a.py`: 3\n" in text
    assert "<details><summary>No longer reached</summary>\n\n- `api`: `a.py`: 2\n" in text
    headings = [line.partition("<summary>")[2] for line in text.split("\n") if line.startswith("<details")]
    assert headings == ["Uncovered in this change</summary>", "No longer reached</summary>", "Uncovered</summary>"]


def test_a_component_with_very_many_uncovered_files_counts_the_rest() -> None:
    row = build.row(uncovered={f"{n:03}.py": "1" for n in range(103)})
    assert "- `api`: and 3 more files" in render(build.verdict(rows=(row,)))


def test_suites_are_listed_with_tests_failures_and_seconds() -> None:
    suites = (
        SuiteLine("api", True, tests=TestRun(1, 10, 1, 1, 0, 3.25), identity=Identity("coverage.py", "7.17.3")),
        SuiteLine("auth", False, "no snapshot"),
    )
    text = render(build.verdict(suites=suites))
    assert (cells(text, "`api`"), cells(text, "`auth`")) == snapshot(
        (
            ["`api`", "1 failed, 1 errored, 8 passed in 3.2 s", "10", "2", "3.2", "coverage.py 7.17.3, lines only"],
            ["`auth`", "did not arrive: no snapshot", "-", "-", "-", "-"],
        )
    )


def test_exceptions_are_listed_with_floor_owner_and_dates() -> None:
    entry = ExceptionLine(
        "EX-1",
        "component:api",
        Metric.LINE,
        ExceptionState.OVERDUE,
        Decimal(70),
        Ratio(3, 4),
        "",
        date(2026, 1, 1),
        date(2025, 1, 1),
    )
    assert cells(render(build.verdict(exceptions=(entry,))), "`EX-1`") == snapshot(
        ["`EX-1`", "component:api", "line", "overdue", "70 %", "75.00 %", "-", "2026-01-01", "2025-01-01", "-"]
    )


def test_the_end_names_baseline_code_policy_and_day() -> None:
    assert render(build.verdict(dirty=True)).partition("---\n")[2] == snapshot("""\
- Baseline: abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)
- Judged: c0ffee123456 with uncommitted changes, policy `deadbeefdead`, today 2026-11-22 UTC
""")


def test_the_patch_is_told() -> None:
    assert "\nPatch: 9/10 = 90.00 % (bar 90 %)\n" in render(build.verdict(patch=PatchRow(Ratio(9, 10), Decimal(90), 0)))


def test_uncovered_lines_give_way_before_findings_when_the_text_is_too_long() -> None:
    row = build.row(uncovered={f"{'x' * 50}{n:03}.py": "1" for n in range(99)})
    found = tuple(build.finding(f"finding {n:03}", subject=str(n)) for n in range(60))
    text = MarkdownRenderer(LEAST_BYTES)(build.verdict(*found, rows=(row,)))
    assert len(text.encode()) <= LEAST_BYTES
    assert "finding 059" in text
    assert "more lines left out: the text would be too long)" in text


@given(build.verdicts(), st.integers(LEAST_BYTES, 2 * LEAST_BYTES))
@settings(max_examples=examples(40), deadline=None)
def test_any_verdict_fits_its_limit(verdict: Verdict, limit: int) -> None:
    assert len(MarkdownRenderer(limit)(verdict).encode()) <= limit


def test_ten_thousand_findings_fit_a_comment_and_more_fit_a_step_summary() -> None:
    verdict = build.verdict(*(build.finding(f"{'m' * 40} {n}", subject=str(n)) for n in range(10_000)))
    comment, summary = render(verdict), MarkdownRenderer(STEP_SUMMARY_BYTES)(verdict)
    assert len(comment.encode()) <= COMMENT_BYTES < len(summary.encode()) <= STEP_SUMMARY_BYTES
    assert "more findings left out: the text would be too long)" in comment
    assert "left out" not in summary


def test_a_limit_that_leaves_no_room_for_the_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 4096 bytes"):
        MarkdownRenderer(100)
