from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from covgov.judge.view import ComponentFacts, PatchFacts, PolicyView, ScopeFacts
from covgov.model.snapshot import FileCoverage
from covgov.model.verdict import Effect
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import API, found, good, tallied, with_component

pytestmark = pytest.mark.security


def uncounted(facts: PolicyView, lines: dict[str, str]) -> PolicyView:
    measured = tallied(API, {})
    deltas = {metric: structs.replace(delta, uncounted=lines) for metric, delta in measured.deltas.items()}
    return with_component(facts, "api", replace(measured, deltas=deltas))


def test_lines_that_counted_and_no_longer_do_fail_with_their_numbers() -> None:
    (finding,) = found("excluded", uncounted(good(), {"src/api/a.py": "5-7"}))
    assert finding.effect is Effect.FAIL
    assert finding.message.startswith("src/api/a.py: lines 5-7 of the baseline are no longer counted")


def test_a_scope_that_several_components_share_is_told_once() -> None:
    made = uncounted(good(), {"src/api/a.py": "5-7"})
    api = next(one.measured for one in made.components if one.component.name == "api")
    assert len(found("excluded", replace(made, project=api))) == 1


def test_what_the_change_excludes_fails_whatever_measured() -> None:
    made = uncounted(good(), {"src/api/a.py": "5-7"})

    def other(measured: ScopeFacts) -> ScopeFacts:
        return replace(measured, measurement_changed="another version")

    changed = tuple(ComponentFacts(one.component, other(one.measured)) for one in made.components)
    assert [one.effect for one in found("excluded", replace(made, components=changed))] == [Effect.FAIL]


def test_changed_lines_that_settings_exclude_are_a_note() -> None:
    coverage = FileCoverage(statements=0b10, covered=0b10, excluded=0b1100)
    snapshot = snap({"src/api/a.py": coverage, "docs/a.py": coverage})
    changed = {"src/api/a.py": 0b1010, "docs/a.py": 0b1010, "src/api/gone.py": 0b10}
    (finding,) = found("excluded", replace(good(), patch=PatchFacts(changed, snapshot)))
    assert (finding.effect, finding.message) == (
        Effect.NOTE,
        "src/api/a.py: changed lines 3 are excluded from the count",
    )
    assert not found("excluded", replace(good(), patch=PatchFacts({"src/api/a.py": 0b10}, snapshot)))
