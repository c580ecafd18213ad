from __future__ import annotations

from dataclasses import replace

from covgov.model.change import Category
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import (
    API,
    BOTH,
    TWO,
    found,
    measured,
    policy,
    tallied,
    view,
    with_component,
)

CHANGE = """
[[components.api.rules]]
on = "new"
metric = "line"
min = 90
[[components.api.rules]]
on = "lost"
metric = "line"
max_uncovered = 2
[[rules]]
scope = "project"
on = "excluded"
max = 10
"""


def test_new_lost_and_excluded_units_have_bars() -> None:
    counts = {Category.GNC: 8, Category.UNC: 2, Category.LBC: 3, Category.CBC: 7}
    many = snap({"src/api/a.py": "+" * 8 + "xx"})
    made = view(policy(TWO + CHANGE), BOTH, project=many)
    messages = [f.message for f in found("change", with_component(made, "api", tallied(API, counts)))]
    assert messages == [
        "project: 2/10 = 20.00 % > 10 % (combined, on excluded, bar rules[0])",
        "api: 8/10 = 80.00 % < 90 % (line, on new, bar components.api.rules[0])",
        "api: 3 lost of 10 units > 2 (line, on lost, bar components.api.rules[1])",
    ]


def test_without_a_comparison_only_exclusions_are_judged() -> None:
    assert not found("change", view(policy(TWO + CHANGE), BOTH))
    made = replace(view(policy(TWO + CHANGE), BOTH), project=measured(None))
    assert not found("change", made)
