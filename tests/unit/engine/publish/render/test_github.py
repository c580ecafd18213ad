from __future__ import annotations

import pytest
from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, PatchRow, Scope
from covgov.publish.render.github import MOST, GithubRenderer
from covgov_testing.builders import verdict as build

render = GithubRenderer()


@pytest.mark.parametrize(
    ("effect", "level"), [(Effect.FAIL, "error"), (Effect.UNDETERMINED, "warning"), (Effect.NOTE, "notice")]
)
def test_the_level_says_what_the_finding_does(effect: Effect, level: str) -> None:
    outcome, finding = render(build.verdict(build.finding("told", effect))).splitlines()
    assert outcome.startswith(f"::{level} title=covgov::covgov: ")
    step = "" if effect is Effect.NOTE else " (see docs/rules/bar.md)"
    assert finding == f"::{level} title=covgov bar::told{step}"


def test_a_finding_about_a_file_points_at_it() -> None:
    text = render(build.verdict(build.finding("told", scope=Scope.FILE, subject="src/a,b:c.py", hint="do this")))
    assert (
        "::error file=src/a%2Cb%3Ac.py,line=1,endLine=1,title=covgov bar::told (do this; see docs/rules/bar.md)\n"
        in text
    )


def test_a_waived_finding_is_a_notice() -> None:
    assert "::notice title=covgov bar::told (waived by EX-1)\n" in render(
        build.verdict(build.finding("told", waived_by="EX-1"))
    )


def test_it_points_at_the_first_lines_of_the_file_that_no_test_reaches() -> None:
    low = build.finding("low", scope=Scope.FILE, subject="a.py")
    row = build.row(uncovered={"a.py": "40-44,50"})
    assert "::error file=a.py,line=40,endLine=44,title=covgov bar::low" in render(build.verdict(low, rows=(row,)))


def test_uncovered_lines_of_the_change_are_warnings_beside_them_the_longest_first() -> None:
    patch = PatchRow(Ratio(0, 4), None, 0, {"a.py": "3", "b,.py": "5-7"})
    assert render(build.verdict(patch=patch)).splitlines()[1:] == [
        "::warning file=b%2C.py,line=5,endLine=7,title=covgov uncovered::no test reaches lines 5-7 of this change",
        "::warning file=a.py,line=3,endLine=3,title=covgov uncovered::no test reaches line 3 of this change",
    ]


def test_the_worst_come_first_and_of_each_level_what_is_beyond_the_limit_is_counted() -> None:
    notes = [build.finding(f"note {n}", Effect.NOTE) for n in range(MOST + 1)]
    fails = [build.finding(f"bad {n}") for n in range(MOST + 1)]
    patch = PatchRow(Ratio(0, 9), None, 0, {"a.py": ",".join(str(2 * n) for n in range(1, MOST + 3))})
    lines = render(build.verdict(*notes, *fails, patch=patch)).splitlines()
    levels = [line.partition(" ")[0] for line in lines]
    assert levels == ["::error"] * MOST + ["::notice"] * MOST + ["::warning"] * MOST
    assert lines[1] == "::error title=covgov bar::bad 0 (see docs/rules/bar.md)"
    assert lines[0].endswith("; 5 more annotations in the job summary")


def test_what_is_not_enforced_is_a_notice() -> None:
    evaluated = structs.replace(build.finding("bad"), enforced=False)
    assert render(build.verdict(evaluated)).splitlines() == [
        "::notice title=covgov::covgov: would fail, not enforced (1 not enforced)",
        "::notice title=covgov bar::would fail, not enforced: bad (see docs/rules/bar.md)",
    ]
