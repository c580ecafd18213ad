"""A file that is moved is judged where it was, too: a move mends nothing, and an ordinary one costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgov.model.verdict import Outcome
from covgov_testing.desk import POLICY, Desk, rules

ONE_SUITE = (
    POLICY.replace('"api/**"', '"api/**", "more/**"') + '[components.auth]\npaths = ["auth/**"]\nsuite = "api"\n'
)
TWO_SUITES = POLICY + '[suites.auth]\ntests = ["tests"]\n[components.auth]\npaths = ["auth/**"]\nsuite = "auth"\n'
OWNERS = POLICY + '[[rules]]\nscope = "owner"\nmin = 60\n'
RULES = "".join(
    f'[[rules]]\nscope = "file"\npaths = ["{paths}"]\nmin = {least}\n'
    for paths, least in (("api/**", 60), ("api/old/**", 10))
)
GOOD, FAIR, BAD = "+" * 10, "+" * 6 + "-" * 4, "+" * 2 + "-" * 8


def begun(root: Path, policy: str, files: dict[str, str], *suites: str, passed: dict[str, str] | None = None) -> Desk:
    """A passing run of main, one more commit with `files` measured as they are, and a topic branch on top."""
    desk = Desk(root / "work", policy)
    desk.repo.write({path: "".join(f"line {n} of {path}\n" for n in range(1, 11)) for path in files})
    desk.repo.write({"CODEOWNERS": "api/ @api\nmore/ @more\nauth/ @auth\n"})
    desk.commit()
    for pictures in (passed or dict.fromkeys(files, GOOD), files):
        for suite in suites:
            desk.measure(pictures, suite=suite)
        desk.record(desk.judge())
        desk.commit({"README": f"{len(pictures)} {pictures}\n"})
    for suite in suites:
        desk.measure(files, suite=suite)
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "-b", "topic")
    return desk


def moved(desk: Desk, old: str, new: str, **pictures: dict[str, str]) -> list[tuple[str, str]]:
    """What counts after `git mv`; pictures: what each suite measures then."""
    (desk.root / new).parent.mkdir(parents=True, exist_ok=True)
    desk.repo.git("mv", old, new)
    desk.commit(message="move")
    for suite, measured in pictures.items():
        desk.measure(measured, suite=suite)
    judgement = desk.judge()
    assert judgement.verdict.outcome is (Outcome.FAIL if rules(judgement) else Outcome.PASS)
    return list(rules(judgement))


RED = {"auth/a.py": GOOD[:3] + "-" * 7, "auth/b.py": FAIR, "api/c.py": GOOD, "api/d.py": GOOD}
"""auth is at 45 %, below its bar of 50."""


@pytest.mark.security
def test_a_red_component_is_not_emptied_into_another_on_its_suite(tmp_path: Path) -> None:
    desk = begun(tmp_path, ONE_SUITE, RED, "api")
    after = {"api/a.py": RED["auth/a.py"], "auth/b.py": FAIR, "api/c.py": GOOD, "api/d.py": GOOD}
    assert ("bar", "fail") in moved(desk, "auth/a.py", "api/a.py", api=after)


@pytest.mark.security
def test_a_red_component_is_not_filled_from_another(tmp_path: Path) -> None:
    desk = begun(tmp_path, ONE_SUITE, RED, "api")
    after = {**{path: RED[path] for path in ("auth/a.py", "auth/b.py", "api/c.py")}, "auth/d.py": GOOD}
    assert ("bar", "fail") in moved(desk, "api/d.py", "auth/d.py", api=after)


@pytest.mark.security
def test_a_file_does_not_go_to_a_suite_that_covers_more(tmp_path: Path) -> None:
    desk = begun(tmp_path, TWO_SUITES, RED, "api", "auth")
    rest = {"auth/b.py": FAIR, "api/c.py": GOOD, "api/d.py": GOOD}
    covered, bare = {"api/a.py": GOOD, **rest}, {"api/a.py": RED["auth/a.py"], **rest}
    assert ("bar", "fail") in moved(desk, "auth/a.py", "api/a.py", api=covered, auth=bare)


@pytest.mark.security
def test_a_file_that_loses_its_tests_does_not_disappear_in_a_larger_component(tmp_path: Path) -> None:
    files = {"auth/a.py": GOOD, "auth/b.py": FAIR, **{f"api/{n}.py": "+" * 200 for n in "cdefg"}}
    desk = begun(tmp_path, TWO_SUITES, files, "api", "auth")
    rest = {path: picture for path, picture in files.items() if path != "auth/a.py"}
    lost = {"api/a.py": "-" * 10, **rest}
    assert ("bar", "fail") in moved(desk, "auth/a.py", "api/a.py", api=lost, auth=lost)


@pytest.mark.parametrize(
    "old_suite", [{"api/a.py": FAIR}, {"api/a.py": "-" * 10}, {}], ids=["still", "no more", "blind"]
)
def test_an_ordinary_move_to_another_suite_passes(tmp_path: Path, old_suite: dict[str, str]) -> None:
    files = {"auth/a.py": FAIR, "auth/b.py": FAIR, "api/c.py": FAIR}
    desk = begun(tmp_path, TWO_SUITES, files, "api", "auth")
    rest = {"auth/b.py": FAIR, "api/c.py": FAIR}
    assert moved(desk, "auth/a.py", "api/a.py", api={"api/a.py": FAIR, **rest}, auth={**old_suite, **rest}) == []


def test_an_ordinary_move_on_the_same_suite_passes(tmp_path: Path) -> None:
    files = {"auth/a.py": FAIR, "auth/b.py": FAIR, "api/c.py": FAIR}
    desk = begun(tmp_path, ONE_SUITE, files, "api")
    assert moved(desk, "auth/a.py", "api/a.py", api={"api/a.py": FAIR, "auth/b.py": FAIR, "api/c.py": FAIR}) == []


@pytest.mark.security
def test_a_file_does_not_go_under_a_laxer_bar(tmp_path: Path) -> None:
    files = {"api/a.py": BAD, "api/b.py": GOOD}
    desk = begun(tmp_path, POLICY + RULES, files, "api")
    found = moved(desk, "api/a.py", "api/old/a.py", api={"api/old/a.py": BAD, "api/b.py": GOOD})
    assert {("bar", "fail"), ("loosened", "fail")} <= set(found)


@pytest.mark.security
def test_a_file_takes_the_bar_of_its_owner_along(tmp_path: Path) -> None:
    files = {"api/a.py": BAD, "api/b.py": FAIR, "more/c.py": GOOD, "more/d.py": GOOD}
    desk = begun(tmp_path, OWNERS.replace('"api/**"', '"api/**", "more/**"'), files, "api")
    after = {"more/a.py": BAD, "api/b.py": FAIR, "more/c.py": GOOD, "more/d.py": GOOD}
    assert ("bar", "fail") in moved(desk, "api/a.py", "more/a.py", api=after)


def test_a_component_is_deleted_with_its_files_and_its_suite(tmp_path: Path) -> None:
    files = {"auth/a.py": GOOD, "api/c.py": GOOD}
    desk = begun(tmp_path, TWO_SUITES, files, "api", "auth")
    desk.repo.git("rm", "-q", "auth/a.py")
    (desk.root / "coverage" / "auth.snapshot").unlink()
    desk.commit({"covgov.toml": POLICY}, "delete auth")
    desk.measure({"api/c.py": GOOD})
    assert rules(desk.judge()) == []


def test_the_default_branch_may_be_named(tmp_path: Path) -> None:
    desk = begun(tmp_path, POLICY, {"api/a.py": GOOD}, "api")
    desk.commit({"covgov.toml": POLICY.replace("[policy]", '[policy]\ndefault_branch = "main"')})
    desk.measure({"api/a.py": GOOD})
    assert rules(desk.judge()) == []
