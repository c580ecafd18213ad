"""The keys one by one: which direction is stricter is declared at the field, and nothing can be forgotten."""

from __future__ import annotations

import pytest

from covgov.policy.policy import ExceptionSettings, GateSettings, HistorySettings
from covgov.policy.tables.keys import StrictDirection, loosened, settings
from covgov.policy.tables.table import Table, fields_of
from covgov_testing.builders.policy import policy

MINIMAL = '[suites.api]\n[components.api]\npaths = ["src/**"]\n'


def keys(base: str, head: str) -> list[str]:
    return [new.key for _, new in loosened(policy(base + MINIMAL), policy(head + MINIMAL))]


def test_the_direction_of_every_comparable_key_is_listed() -> None:
    comparable = (StrictDirection.LOWER, StrictDirection.HIGHER, StrictDirection.SAME)
    assert {one.key: one.stricter for one in settings(policy(MINIMAL)) if one.stricter in comparable} == {
        "policy.max_drop": StrictDirection.LOWER,
        "policy.patch_allowance": StrictDirection.LOWER,
        "policy.metric": StrictDirection.SAME,
        "policy.count_deletions": StrictDirection.HIGHER,
        "policy.soft_start_floor": StrictDirection.HIGHER,
        "policy.default_branch": StrictDirection.SAME,
        "history.store": StrictDirection.SAME,
        "history.since": StrictDirection.LOWER,
        "register.path": StrictDirection.SAME,
        "register.max_term_days": StrictDirection.LOWER,
    }


@pytest.mark.parametrize("table", [GateSettings, HistorySettings, ExceptionSettings])
def test_no_key_that_judges_is_without_a_direction(table: type[Table]) -> None:
    for name, field in fields_of(table).items():
        assert [mark for mark in field.marks if isinstance(mark, StrictDirection)], name


@pytest.mark.security
@pytest.mark.parametrize(
    ("stricter", "laxer"),
    [
        ("max_drop = 1", "max_drop = 1.5"),
        ("max_drop = 1", ""),
        ("", "patch_allowance = 1"),
        ("", "soft_start_floor = 90"),
        ("soft_start_floor = 90", "soft_start_floor = 80"),
        ("count_deletions = true", "count_deletions = false"),
    ],
)
def test_an_ordered_key_is_looser_in_one_direction_only(stricter: str, laxer: str) -> None:
    base, head = f"[policy]\n{stricter}\n", f"[policy]\n{laxer}\n"
    assert len(keys(base, head)) == 1
    assert keys(head, base) == []
    assert keys(base, base) == []


@pytest.mark.security
@pytest.mark.parametrize(
    ("stricter", "laxer", "key"),
    [
        ("[history]\nsince = 2026-01-01\n", "[history]\nsince = 2026-01-02\n", "history.since"),
        ("[history]\nsince = 2026-01-01\n", "", "history.since"),
        ("[register]\nmax_term_days = 30\n", "[register]\nmax_term_days = 31\n", "register.max_term_days"),
        ("[register]\nmax_term_days = 30\n", "", "register.max_term_days"),
    ],
)
def test_a_date_or_term_that_is_gone_is_looser(stricter: str, laxer: str, key: str) -> None:
    assert keys(stricter, laxer) == [key]
    assert keys(laxer, stricter) == []


@pytest.mark.security
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('[policy]\nmetric = "line"\n', '[policy]\nmetric = "branch"\n'),
        ('[policy]\ndefault_branch = "a"\n', '[policy]\ndefault_branch = "b"\n'),
        ('[history]\nstore = "dir:a"\n', '[history]\nstore = "dir:b"\n'),
        ('[register]\npath = "a.md"\n', '[register]\npath = "b.md"\n'),
    ],
)
def test_any_other_value_of_these_is_looser(one: str, other: str) -> None:
    assert len(keys(one, other)) == 1
    assert len(keys(other, one)) == 1


def test_a_branch_that_nobody_named_may_be_named() -> None:
    assert keys("", '[policy]\ndefault_branch = "main"\n') == []
    assert keys('[policy]\ndefault_branch = "main"\n', "") == ["policy.default_branch"]


def test_settings_come_in_the_order_of_the_file_with_what_it_sets() -> None:
    found = {one.key: one.given for one in settings(policy("policy.max_drop = 2\n" + MINIMAL))}
    assert list(found)[:3] == ["version", "policy.fail_under", "policy.fail_under_patch"]
    assert [key for key, given in found.items() if given] == ["policy.max_drop", "components.api.paths"]
