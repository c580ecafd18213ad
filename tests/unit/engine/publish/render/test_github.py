from __future__ import annotations

import pytest
from msgspec import structs

from covgov.model.verdict import Effect, Scope
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
    assert "::error file=src/a%2Cb%3Ac.py,title=covgov bar::told (do this; see docs/rules/bar.md)\n" in text


def test_a_waived_finding_is_a_notice() -> None:
    assert "::notice title=covgov bar::told (waived by EX-1)\n" in render(
        build.verdict(build.finding("told", waived_by="EX-1"))
    )


def test_the_worst_findings_come_first_and_what_is_beyond_the_limit_is_counted() -> None:
    notes = [build.finding(f"note {n}", Effect.NOTE) for n in range(MOST)]
    lines = render(build.verdict(*notes, build.finding("bad"))).splitlines()
    assert len(lines) == 1 + MOST
    assert lines[1] == "::error title=covgov bar::bad (see docs/rules/bar.md)"
    assert lines[0].endswith("1 of 51 findings are not annotated here")


def test_what_is_not_enforced_is_a_notice() -> None:
    evaluated = structs.replace(build.finding("bad"), enforced=False)
    assert render(build.verdict(evaluated)).splitlines() == [
        "::notice title=covgov::covgov: would fail, not enforced (1 not enforced)",
        "::notice title=covgov bar::would fail, not enforced: bad (see docs/rules/bar.md)",
    ]
