from __future__ import annotations

from decimal import Decimal

import pytest

from covgov.policy import scopes
from covgov.policy.bars import BarUnits
from covgov.policy.policy import Policy
from covgov.tamper.renames import follow, judging
from covgov_testing.builders.policy import TWO, policy

EQUAL = policy(TWO.replace("= 92", "= 80"))
NAMED = '[[rules]]\nscope = "file"\npaths = ["src/api/old.py"]\nmin = 80\n'


def minima(policy: Policy, path: str) -> set[Decimal | None]:
    return {one.bar.min for one in scopes.file_bars(policy, BarUnits.TOTAL, path, ["api"]) if one.won}


def test_without_a_base_policy_the_heads_judges() -> None:
    assert judging(policy(), None, {}) == (policy(),)


def test_a_policy_that_did_not_change_judges_once() -> None:
    assert judging(policy(), policy(), {}) == (policy(),)
    assert judging(policy(), policy(), {"docs/a.md": "docs/b.md"}) == (policy(),)


def test_a_policy_that_changed_judges_beside_the_base_branchs() -> None:
    assert judging(EQUAL, policy(), {}) == (EQUAL, policy())


def test_file_bars_of_the_base_follow_renames() -> None:
    followed = follow(policy(TWO + NAMED), {"src/api/old.py": "src/api/new[1].py"})
    assert minima(followed, "src/api/new[1].py") == {Decimal(80)}
    assert minima(followed, "src/api/new1.py") == set()


def test_a_file_that_is_renamed_out_of_every_component_stays_in_its_own() -> None:
    followed = follow(policy(), {"src/auth/x.py": "lib/x.py", "src/auth/README.md": "docs/README.md"})
    assert scopes.components_of(followed, "lib/x.py") == ("auth",)
    assert not scopes.is_source(followed, "docs/README.md")


@pytest.mark.security
def test_moved_code_is_judged_under_its_old_name_unless_its_file_was_renamed() -> None:
    moved = {"lib/x.py": "src/api/x.py", "lib/y.py": "src/api/x.py"}
    followed = follow(policy(), {"src/auth/x.py": "lib/x.py"}, moved)
    assert scopes.components_of(followed, "lib/x.py") == ("auth",)
    assert scopes.components_of(followed, "lib/y.py") == ("api",)
    assert len(judging(policy(), policy(), {}, moved=moved)) == 2


@pytest.mark.security
@pytest.mark.parametrize("base", [EQUAL, policy()])
def test_a_file_that_is_renamed_into_another_component_stays_in_its_own(base: Policy) -> None:
    followed = follow(base, {"src/auth/x.py": "src/api/x.py"})
    assert scopes.components_of(followed, "src/api/x.py") == ("auth",)
    assert scopes.components_of(followed, "src/api/y.py") == ("api",)


@pytest.mark.security
def test_a_file_that_is_renamed_under_a_laxer_bar_keeps_its_own() -> None:
    wide = '[[rules]]\nscope = "file"\npaths = ["src/**"]\nmin = 80\n'
    lax = '[[rules]]\nscope = "file"\npaths = ["src/api/old/**"]\nmin = 10\n'
    followed = follow(policy(TWO + wide + lax), {"src/api/x.py": "src/api/old/x.py"})
    assert minima(followed, "src/api/old/x.py") == {Decimal(80)}
    assert minima(followed, "src/api/old/y.py") == {Decimal(10)}


def test_a_rename_that_changes_no_demand_needs_no_second_policy() -> None:
    assert judging(policy(), policy(), {"src/api/a.py": "src/api/b.py"}) == (policy(),)
    assert len(judging(policy(), policy(), {"src/api/a.py": "src/auth/a.py"})) == 2


ONE = TWO.split("[suites.auth]")[0] + '[components.api]\npaths = ["src/api/**"]\n'


@pytest.mark.security
def test_a_suite_of_which_no_code_is_left_need_not_arrive() -> None:
    def suites(*files: str, renames: dict[str, str] | None = None) -> tuple[str, ...]:
        return judging(policy(ONE), policy(), renames or {}, lambda: files)[-1].expected

    assert suites("src/api/a.py", "src/auth/README.md") == ("api",)
    assert suites("src/api/a.py", "src/auth/a.py") == ("api", "auth")
    assert suites("src/api/a.py", renames={"src/auth/a.py": "src/api/a.py"}) == ("api", "auth")


def test_a_directory_that_moves_stays_with_its_component() -> None:
    followed = follow(policy(), {"src/auth/a.py": "src/login/a.py", "src/auth/b.py": "src/login/b.py"})
    assert scopes.components_of(followed, "src/login/b.py") == ("auth",)
