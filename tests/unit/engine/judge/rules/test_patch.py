from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from covgov.judge.view import PatchFacts, PolicyView
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Effect, Scope
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.policy import (
    API,
    BOTH,
    TWO,
    found,
    measured,
    policy,
    view,
)


def patched(changed: dict[str, int], snapshot: Snapshot, allowance: int = 0, rules: str = "") -> PolicyView:
    made = policy(TWO.replace("fail_under = 80", f"fail_under = 80\npatch_allowance = {allowance}", 1) + rules)
    return replace(view(made, BOTH), patch=PatchFacts(changed, snapshot))


def test_a_patch_below_its_bar_fails() -> None:
    (finding,) = found("patch", patched({"src/api/a.py": 0b110000}, API))
    assert finding.scope is Scope.PATCH
    assert "patch: 1/2 = 50.00 % < 80 % (combined, on patch, bar policy.fail_under)" in finding.message


def test_uncovered_units_within_the_allowance_are_noted() -> None:
    (finding,) = found("patch", patched({"src/api/a.py": 0b110000}, API, allowance=1))
    assert finding.effect is Effect.NOTE
    assert "within policy.patch_allowance = 1" in finding.message
    assert finding.bar == Decimal(80)


def test_one_uncovered_unit_more_than_the_allowance_fails() -> None:
    worse = snap({"src/api/a.py": "+--"})
    (finding,) = found("patch", patched({"src/api/a.py": 0b1110}, worse, allowance=1))
    assert finding.effect is Effect.FAIL


def test_a_patch_without_units_passes_with_a_note() -> None:
    (finding,) = found("patch", patched({"README.md": 0b10}, API))
    assert finding.effect is Effect.NOTE
    assert "no changed line is executable" in finding.message


def test_a_covered_patch_has_nothing_to_say() -> None:
    assert not found("patch", patched({"src/api/a.py": 0b10}, API))


def test_components_and_files_may_have_patch_bars() -> None:
    rules = """
    [[components.api.rules]]
    on = "patch"
    min = 100
    [[rules]]
    scope = "file"
    on = "patch"
    min = 99
    [[rules]]
    scope = "file"
    on = "patch"
    paths = ["**"]
    max_uncovered = 0
    """
    made = patched({"src/api/a.py": 0b111110, "src/auth/a.py": 0b10, "gone.py": 0b10}, API, rules=rules)
    assert [(f.subject, f.key) for f in found("patch", made)] == [
        ("api", "components.api.rules[0]"),
        ("src/api/a.py", "rules[0]"),
        ("src/api/a.py", "rules[1]"),
    ]


def test_a_component_patch_bar_without_units_is_silent() -> None:
    rules = '[[components.auth.rules]]\non = "patch"\nmin = 100\n'
    assert not found("patch", patched({"src/api/a.py": 0b10}, API, rules=rules))


def test_a_patch_of_failed_tests_is_noted() -> None:
    (finding,) = found("patch", patched({"src/api/a.py": 0b110000}, replace(API, tests=FAILED)))
    assert finding.effect is Effect.NOTE


def test_a_patch_of_which_a_suite_is_missing_is_noted() -> None:
    judged = patched({"src/api/a.py": 0b110000}, API)
    missing = measured(None, missing="the suite auth did not arrive")
    (finding,) = found("patch", replace(judged, project=missing))
    assert finding.effect is Effect.NOTE
    assert finding.message.endswith("; the suite auth did not arrive, so this proves nothing")


def test_the_patch_asks_for_its_own_lines() -> None:
    hints = {finding.hint for finding in found("patch", patched({"src/api/a.py": 0b100000}, API))}
    assert hints == {"cover the changed lines listed below"}
