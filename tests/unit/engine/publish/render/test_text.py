from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

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

scope  result  bar   lines + branches     baseline  change
api    fail    80 %  1599/2000 = 79.95 %  85.00 %   -5.00 pp
patch: 9/10 = 90.00 % (bar 90 %)
api: -5.00 pp = -5.00 new uncovered code

FAIL:
  [bar] api: 1599/2000 = 79.95 % < 80 %
      hint: write tests
Waived:
  [bar] auth is waived (waived by EX-1)
Explained by `covgov policy rule RULE`: bar

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
    row = build.row(outcome=Outcome.FAIL, uncovered={f"src/{n:02}.py": "1" for n in range(25)})
    text = render(build.verdict(build.finding(), rows=(row,)))
    assert "src/19.py" in text
    assert "src/20.py" not in text
    assert "  - and 5 more files\n" in text


def test_each_line_is_listed_once_where_it_matters_most() -> None:
    delta = structs.replace(build.drop(), lost={"a.py": "2"})
    row = build.row(outcome=Outcome.FAIL, uncovered={"a.py": "1-3"}, partial_lines={"a.py": "2"}, delta=delta)
    text = render(build.verdict(build.finding(), rows=(row,), patch=PatchRow(Ratio(1, 2), None, 0, {"a.py": "3"})))
    assert (
        "uncovered in this change:\n  - a.py:3\nno longer reached in api:\n  - a.py:2\nuncovered in api:\n  - a.py:1\n"
    ) in text
    assert "exits never taken" not in text


def test_uncovered_lines_are_listed_only_of_what_does_not_pass() -> None:
    rows = tuple(build.row(name, uncovered={f"{name}.py": "1"}) for name in ("api", "auth"))
    failing = (structs.replace(rows[0], outcome=Outcome.FAIL), rows[1])
    project = structs.replace(build.row("project", scope=Scope.PROJECT), outcome=Outcome.FAIL)
    assert "uncovered in" not in render(build.verdict(rows=rows))
    only_api = render(build.verdict(build.finding(), rows=failing, project=project))
    assert ("uncovered in api" in only_api, "uncovered in auth" in only_api) == (True, False)
    whole = render(build.verdict(build.finding(), rows=rows, project=project))
    assert ("uncovered in api" in whole, "uncovered in auth" in whole) == (True, True)


def test_a_reason_that_several_share_is_given_once_with_one_hint() -> None:
    found = [
        build.finding(f"{name}: 7/11 = 63.63 % < 80 %", subject=name, scope=scope, hint=hint)
        for name, scope, hint in (
            ("project", Scope.PROJECT, "project hint"),
            ("api", Scope.COMPONENT, "hint"),
            ("src/a.py", Scope.FILE, "hint"),
        )
    ]
    other = build.finding("auth: 1/2 = 50.00 % < 80 %", subject="auth", hint="hint")
    assert render(build.verdict(*found, other)).split("\n\n")[2] == snapshot("""\
FAIL:
  [bar] api, src/a.py, project: 7/11 = 63.63 % < 80 %
  [bar] auth: 1/2 = 50.00 % < 80 %
      hint: hint
Explained by `covgov policy rule RULE`: bar
""")


def test_the_causes_of_the_project_are_left_out_where_they_are_those_of_its_components() -> None:
    delta = build.drop()
    rows = (build.row(delta=delta), build.row("auth", delta=structs.replace(delta, points=Fraction(0), parts=())))
    project = build.row("project", scope=Scope.PROJECT, delta=delta)
    text = render(build.verdict(rows=rows, project=project))
    assert text.count("new uncovered code") == 1
    other = structs.replace(delta, parts=(*delta.parts, *delta.parts))
    text = render(build.verdict(rows=rows, project=structs.replace(project, delta=other)))
    assert "project: -5.00 pp" in text
    drop = build.finding(f"project: {delta.words}: a drop", rule="max-drop", scope=Scope.PROJECT, subject="project")
    assert "[max-drop] project: -5.00 pp: a drop\n" in render(build.verdict(drop, rows=rows, project=project))


def test_of_failed_tests_neither_figures_nor_lines_are_given_as_reasons() -> None:
    row = build.row(outcome=Outcome.FAIL, partial=True, uncovered={"a.py": "1"})
    note = structs.replace(build.finding("api: 1/2", Effect.NOTE), now=Ratio(1, 2))
    text = render(build.verdict(build.finding("suite api: failed", rule="suite"), note, rows=(row,)))
    assert "79.95 % (partial)" in text
    assert "Notes:\n  and 1 more, see `covgov check --format markdown`\n" in text
    assert "uncovered" not in text


def test_long_messages_and_lists_of_lines_wrap_at_100_columns() -> None:
    lines = ",".join(str(n) for n in range(1, 60, 2))
    row = build.row(outcome=Outcome.FAIL, uncovered={"src/a.py": lines})
    text = render(build.verdict(build.finding("api: " + "word " * 60, hint="do " * 60), rows=(row,)))
    assert max(map(len, text.splitlines())) <= 100
    assert "".join(text.split("src/a.py:")[1].split("\n\n")[0].split()) == lines


def test_a_pass_fits_a_screen_of_100_columns_and_24_rows() -> None:
    delta = structs.replace(build.drop(), lost={f"src/lost_{n}.py": "1,3,5,7" for n in range(9)})
    rows = tuple(build.row(f"component_{n}", delta=delta, baseline=Ratio(1, 1)) for n in range(30))
    notes = [build.finding(f"note {n} " + "of some length " * 5, Effect.NOTE, rule=f"rule-{n}") for n in range(12)]
    patch = PatchRow(Ratio(9, 10), Decimal(90), 0, {f"src/{n}.py": "1-400" for n in range(40)})
    suites = (SuiteLine("api", True, tests=TestRun(0, 10, seconds=3.25), identity=Identity("coverage.py", "7.17.3")),)
    project = structs.replace(rows[0], name="project", scope=Scope.PROJECT)
    few = build.verdict(*notes[:2], rows=rows[:1], project=structs.replace(project, delta=None), suites=suites)
    many = build.verdict(*notes, rows=rows, project=project, patch=patch, suites=suites)
    for verdict in (few, many):
        lines = render(verdict).splitlines()
        assert (max(map(len, lines)) <= 100, len(lines) < 24) == (True, True)
    assert "and 25 more components: pass\n" in render(many)
    assert "  and 9 more, see `covgov check --format markdown`\n" in render(many)
    assert re.search(r"\nand \d+ more lines, see `covgov check --format markdown`\n\Z", render(many))
    assert "more lines" not in render(few)


def test_a_terminal_shows_outcomes_in_colours_and_a_log_does_not() -> None:
    verdict = build.verdict(build.finding(), rows=(build.row(outcome=Outcome.FAIL), build.row("auth")))
    text = TextRenderer(colour=True)(verdict)
    assert text.startswith("covgov: \x1b[1;31mFAIL\x1b[0m (1 failing)\n")
    assert "  \x1b[1;32mpass\x1b[0m  " in text
    assert re.sub("\x1b[^m]*m", "", text) == render(verdict)


def test_an_exception_without_owner_or_dates_says_so_by_leaving_them_out() -> None:
    entry = ExceptionLine("EX-2", "file:a.py", Metric.COMBINED, ExceptionState.PROPOSED, None, None, "", None)
    assert "EX-2: file:a.py (combined) proposed, now -, owner nobody\n" in render(build.verdict(exceptions=(entry,)))


def test_a_note_alone_passes_and_is_shown() -> None:
    text = render(build.verdict(build.finding("first run", Effect.NOTE), soft_start="total bar of api is 60"))
    assert text.startswith("covgov: PASS (1 note)\nsoft start: total bar of api is 60\n")
    assert "Notes:\n  [bar] first run\n" in text
