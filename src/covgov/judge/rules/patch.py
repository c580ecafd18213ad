"""Coverage of the changed units at head. Small patches have an allowance in uncovered units."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge import breaches, units
from covgov.judge.breaches import Subject
from covgov.judge.facts import tests_failed
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PatchFacts, PolicyView
from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import scopes
from covgov.policy.bars import Bar, BarScope, BarUnits


def check(view: PolicyView) -> Iterator[Finding]:
    """Broken bars on the patch. A patch without units passes with a note; without a diff there is no finding."""
    if view.patch is None:
        return
    for bar, subject, now in _figures(view, view.patch):
        if not now.measurable:
            if bar.key == "policy.fail_under_patch":
                yield _nothing(view, bar)
        elif now.uncovered > view.policy.gate.patch_allowance:
            yield from breaches.broken(view, bar, now, subject, "patch")
        elif bar.min is not None and not now.meets(bar.min):
            yield _allowed(view, bar, subject, now)


def _figures(view: PolicyView, patch: PatchFacts) -> Iterator[tuple[Bar, Subject, Ratio]]:
    unproven = _unproven(view, patch)
    for bar in view.policy.bars:
        if bar.on is not BarUnits.PATCH:
            continue
        if bar.scope is BarScope.PROJECT:
            now = units.on_changed(patch.snapshot, patch.changed, bar.metric, lambda path: True)
            yield bar, Subject(Scope.PATCH, "patch", unproven), now
        elif bar.scope is BarScope.COMPONENT and bar.component in view.policy.components:
            belongs = scopes.belongs(view.policy, bar.component)
            now = units.on_changed(patch.snapshot, patch.changed, bar.metric, belongs)
            yield bar, Subject(Scope.PATCH, bar.component, unproven), now
    for path in sorted(patch.changed):
        if path in patch.snapshot.files:
            for choice in scopes.file_bars(view.policy, BarUnits.PATCH, path, scopes.components_of(view.policy, path)):
                if choice.won:
                    now = units.on_lines(patch.snapshot.files[path], patch.changed[path], choice.bar.metric)
                    yield choice.bar, Subject(Scope.PATCH, path, unproven), now


def _unproven(view: PolicyView, patch: PatchFacts) -> str:
    """A suite that did not arrive may have covered what the others leave."""
    if view.project is not None and view.project.snapshot is None:
        return view.project.missing
    return tests_failed(patch.snapshot)


def _nothing(view: PolicyView, bar: Bar) -> Finding:
    message = f"patch: no changed line is executable, so {breaches.written(view, bar)} does not apply"
    return Finding("patch", Effect.NOTE, Scope.PATCH, "patch", message, metric=bar.metric, key=bar.key)


def _allowed(view: PolicyView, bar: Bar, subject: Subject, now: Ratio) -> Finding:
    message = f"{subject.name}: {words.now(now, bar.min)} ({bar.metric}, bar {breaches.written(view, bar)})"
    allowance = view.policy.gate.patch_allowance
    message += f"; {words.count(now.uncovered, 'uncovered unit')} within policy.patch_allowance = {allowance}"
    return Finding(
        "patch", Effect.NOTE, Scope.PATCH, subject.name, message, metric=bar.metric, now=now, bar=bar.min, key=bar.key
    )


PAGES = (
    RulePage(
        id="patch",
        title="Changed code is below the patch bar",
        why=(
            "New code is cheapest to test when it is written. The patch bar counts the units of added and "
            "modified lines only, so old debt does not matter."
        ),
        example="[patch] patch: 0/4 = 0.00 % < 80 % (combined, on patch, bar policy.fail_under_patch)",
        fix=(
            "Cover the changed lines listed below the findings. `patch_allowance` forgives a few uncovered "
            "units. A patch without executable lines passes with a note."
        ),
    ),
)

RULE = Rule(check, PAGES)
