"""Every rule by its id. The order is the order of reading; it does not change a verdict."""

from __future__ import annotations

from covgov.judge.interface import Rule
from covgov.judge.rules import (
    bar,
    baseline,
    bootstrap,
    change,
    empty,
    excluded,
    loosened,
    max_drop,
    measurement,
    patch,
    removed,
    soft_start,
    suite,
    unmeasured,
)

RULES: dict[str, Rule] = {
    "suite": suite.check,
    "empty": empty.check,
    "bar": bar.check,
    "patch": patch.check,
    "unmeasured": unmeasured.check,
    "baseline": baseline.check,
    "measurement": measurement.check,
    "max-drop": max_drop.check,
    "change": change.check,
    "loosened": loosened.check,
    "excluded": excluded.check,
    "bootstrap": bootstrap.check,
    "soft-start": soft_start.check,
    "exception-removed": removed.check,
}
