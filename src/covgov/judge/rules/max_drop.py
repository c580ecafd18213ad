"""The regression guard: how far a scope may fall against its baseline."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from covgov.judge.breaches import proving_nothing
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model import words
from covgov.model.run import Baseline, BaselineReason, NoBaseline
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy.bars import spelled
from covgov.policy.policy import Policy


def check(view: PolicyView) -> Iterator[Finding]:
    """Drops beyond `max_drop`, without what another measurement counts differently: `measurement` has its limit."""
    for one in view.components:
        yield from _guard(view.policy, Scope.COMPONENT, one.component.name, one.component.metric, one.measured)
    if view.project is not None:
        yield from _guard(view.policy, Scope.PROJECT, "project", view.policy.gate.metric, view.project)


def judged(measured: ScopeFacts, metric: Metric) -> Fraction | None:
    """The points that the guard compares, None when there is nothing to compare."""
    delta = measured.deltas.get(metric)
    return None if delta is None else delta.judged


def _guard(policy: Policy, scope: Scope, name: str, metric: Metric, measured: ScopeFacts) -> Iterator[Finding]:
    points = judged(measured, metric)
    if points is None or -points <= Fraction(policy.gate.max_drop):
        return
    delta = measured.deltas[metric]
    drop = f"{name}: {words.drop(delta, points)}: a drop of more than {spelled(policy.gate.max_drop)} pp"
    yield Finding(
        rule="max-drop",
        effect=Effect.NOTE if measured.unproven else Effect.FAIL,
        scope=scope,
        subject=name,
        message=f"{drop} ({metric}, bar policy.max_drop)" + proving_nothing(measured.unproven),
        hint=_hint(measured.baseline),
        metric=metric,
        now=delta.head,
        bar=policy.gate.max_drop,
        key="policy.max_drop",
    )


def _hint(baseline: Baseline | NoBaseline) -> str:
    hint = "cover what was lost; an exception does not waive a drop"
    if isinstance(baseline, Baseline) and baseline.receipt.reason is BaselineReason.MERGE_BASE_ANCESTOR:
        return f"{hint}; if the target branch lost it, `covgov run --measure-base` shows that"
    return hint


PAGES = (
    RulePage(
        id="max-drop",
        title="Coverage dropped by more than the limit",
        why=(
            "The regression guard compares each scope with its baseline. Deleting covered code is no "
            "regression; losing the tests of code that is still there is one."
        ),
        example=(
            "[max-drop] api: -2.31 pp = -1.80 new uncovered code, -0.51 tests no longer reach 9 lines: a drop "
            "of more than 2 pp (combined, bar policy.max_drop)"
        ),
        fix=(
            "Cover the new code, and bring back the tests that reached the lost lines. An exception waives a "
            "bar, not a drop."
        ),
    ),
)

RULE = Rule(check, PAGES)
