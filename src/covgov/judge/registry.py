"""Every rule by its id. The order is the order of reading; it does not change a verdict."""

from __future__ import annotations

from covgov.judge.interface import Rule, RulePage
from covgov.judge.rules import (
    bar,
    base,
    baseline,
    bootstrap,
    change,
    empty,
    exceptions,
    excluded,
    loosened,
    max_drop,
    measurement,
    not_enforced,
    patch,
    removed,
    soft_start,
    suite,
    unclaimed,
    unmeasured,
)

RULES: dict[str, Rule] = {
    "suite": suite.RULE,
    "empty": empty.RULE,
    "bar": bar.RULE,
    "patch": patch.RULE,
    "unmeasured": unmeasured.RULE,
    "unclaimed": unclaimed.RULE,
    "base": base.RULE,
    "baseline": baseline.RULE,
    "measurement": measurement.RULE,
    "max-drop": max_drop.RULE,
    "change": change.RULE,
    "loosened": loosened.RULE,
    "excluded": excluded.RULE,
    "bootstrap": bootstrap.RULE,
    "not-enforced": not_enforced.RULE,
    "soft-start": soft_start.RULE,
    "exception-removed": removed.RULE,
}

CHECKS = tuple(rule.check for rule in RULES.values())

PAGES: dict[str, RulePage] = {
    page.id: page for page in (*(page for rule in RULES.values() for page in rule.pages), *exceptions.PAGES)
}
"""The page of every rule id that a finding may carry."""
