from __future__ import annotations

from datetime import date
from decimal import Decimal

from inline_snapshot import snapshot
from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.snapshot import Identity, Metric, TestRun
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Outcome, PatchRow, Scope, SuiteLine
from covgov.publish.render.text import TextRenderer
from covgov_testing.builders import verdict as build

render = TextRenderer()


def test_a_whole_verdict_reads_from_the_outcome_down() -> None:
    row = build.row(
        outcome=Outcome.FAIL,
        baseline=Ratio(85, 100),
        delta=build.drop(),
        uncovered={"src/b.py": "7", "src/a.py": "40,52-58"},
        partial_lines={"src/a.py": "3"},
    )
    suites = (SuiteLine("api", True, tests=TestRun(0, 10, seconds=3.25), identity=Identity("coverage.py", "7.17.3")),)
    entry = ExceptionLine(
        "EX-1", "component:api", Metric.LINE, ExceptionState.ACTIVE, Decimal(70), Ratio(3, 4), "@a", date(2027, 1, 1)
    )
    verdict = build.verdict(
        build.finding(hint="write tests"),
        build.finding("auth is waived", subject="auth", waived_by="EX-1"),
        rows=(row,),
        patch=PatchRow(Ratio(9, 10), Decimal(90), 0),
        suites=suites,
        exceptions=(entry,),
    )
    assert render(verdict) == snapshot("""\
covgov: FAIL (1 failing, 1 waived)
judged: c0ffee123456, policy deadbeefdead, today 2026-11-22 UTC
baseline: abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)

scope  result  bar   now                                    baseline  tests               change
api    fail    80 %  1599/2000 = 79.95 % < 80 % (combined)  85.00 %   10 passed in 3.2 s  -5.00 pp = -5.00 new uncovered code
patch: 9/10 = 90.00 % (bar 90 %)

FAIL:
  [bar] api: 1599/2000 = 79.95 % < 80 %
      hint: write tests; see docs/rules/bar.md
Waived:
  [bar] auth is waived (waived by EX-1)

uncovered in api:
  - src/a.py:40,52-58
  - src/b.py:7
exits never taken in api:
  - src/a.py:3

suite api: 10 passed in 3.2 s [coverage.py 7.17.3, lines only]

exceptions:
  EX-1: component:api (line) active, floor 70 %, now 75.00 %, review by 2027-01-01, owner @a
""")


def test_an_empty_verdict_still_says_what_was_judged_when_and_against_what() -> None:
    assert render(build.verdict(receipt=build.NO_RECEIPT, commit=None)) == snapshot("""\
covgov: PASS (no findings)
judged: no commit, policy deadbeefdead, today 2026-11-22 UTC
baseline: none (first run: there is no history yet)

patch: judged with all suites
""")


def test_without_a_diff_the_whole_project_says_so() -> None:
    whole = structs.replace(build.row("project"), scope=Scope.PROJECT)
    assert "\npatch: no diff to look at\n" in render(structs.replace(build.verdict(), project=whole))


def test_a_long_list_of_uncovered_files_ends_with_how_many_more_there_are() -> None:
    row = build.row(uncovered={f"src/{n:02}.py": "1" for n in range(25)})
    text = render(build.verdict(rows=(row,)))
    assert "src/19.py" in text
    assert "src/20.py" not in text
    assert "  - and 5 more files\n" in text


def test_uncovered_lines_of_the_change_and_lost_ones_are_listed_before_all_others() -> None:
    row = build.row(uncovered={"a.py": "1,2,3"}, delta=structs.replace(build.drop(), lost={"a.py": "2"}))
    text = render(build.verdict(rows=(row,), patch=PatchRow(Ratio(1, 2), None, 0, {"a.py": "3"})))
    assert (
        "uncovered in this change:\n  - a.py:3\n"
        "no longer reached in api:\n  - a.py:2\n"
        "uncovered in api:\n  - a.py:1,2,3\n"
    ) in text


def test_an_exception_without_owner_or_dates_says_so_by_leaving_them_out() -> None:
    entry = ExceptionLine("EX-2", "file:a.py", Metric.COMBINED, ExceptionState.PROPOSED, None, None, "", None)
    assert "EX-2: file:a.py (combined) proposed, now -, owner nobody\n" in render(build.verdict(exceptions=(entry,)))


def test_a_note_alone_passes_and_is_shown() -> None:
    text = render(build.verdict(build.finding("first run", Effect.NOTE), soft_start="total bar of api is 60"))
    assert text.startswith("covgov: PASS (1 note)\nsoft start: total bar of api is 60\n")
    assert "Notes:\n  [bar] first run\n" in text
