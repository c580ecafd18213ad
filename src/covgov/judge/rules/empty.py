"""Nothing turns green because nothing was measured."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.facts import ComponentFacts, Facts, Measured
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import scopes


def check(facts: Facts) -> Iterator[Finding]:
    """Components, and the project, without a single unit."""
    for one in facts.components:
        if nothing_left(one):
            continue
        why = _why(one.measured, one.component.metric, ", ".join(one.component.paths))
        if why:
            yield _finding(Scope.COMPONENT, one.component.name, why)
    if facts.project is not None:
        why = _why(facts.project, facts.policy.gate.metric, "any file")
        if why:
            yield _finding(Scope.PROJECT, "project", why)


def nothing_left(one: ComponentFacts) -> bool:
    """What the base branch claims and the head does not may be gone altogether: then there is nothing to hold on to."""
    snapshot = one.measured.snapshot
    return scopes.is_base_side(one.component.name) and snapshot is not None and not snapshot.files


def _why(measured: Measured, metric: Metric, paths: str) -> str:
    if measured.snapshot is None:
        return f"was not measured: {measured.missing or 'its suite did not arrive'}"
    if not measured.snapshot.files:
        return f"the report of suite {measured.snapshot.suite} holds no file that matches {paths}"
    if not measured.snapshot.ratio(metric).measurable:
        return f"its {len(measured.snapshot.files)} files hold nothing to count ({metric})"
    return ""


def _finding(scope: Scope, name: str, why: str) -> Finding:
    return Finding(
        rule="empty",
        effect=Effect.UNDETERMINED,
        scope=scope,
        subject=name,
        message=f"{name}: {why}",
        hint="`covgov inspect REPORT` shows what a report holds; `covgov policy explain PATH` who claims a path",
    )
