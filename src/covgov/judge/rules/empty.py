"""Nothing turns green because nothing was measured."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """Components, and the project, without a single unit."""
    for one in view.components:
        why = _why(one.measured, one.component.metric, ", ".join(one.component.paths))
        if why:
            yield _finding(Scope.COMPONENT, one.component.name, why)
    if view.project is not None:
        why = _why(view.project, view.policy.gate.metric, "any file")
        if why:
            yield _finding(Scope.PROJECT, "project", why)


def _why(measured: ScopeFacts, metric: Metric, paths: str) -> str:
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


PAGES = (
    RulePage(
        id="empty",
        title="There is nothing to count",
        why=(
            "A component without a single unit is undetermined, never 100 %: a path that matches nothing, or "
            "a report of other code, must not pass."
        ),
        example="[empty] api: the report of suite unit holds no file that matches src/api/**",
        fix=(
            "Compare the component's `paths` with what the report holds: `covgov inspect REPORT` lists its "
            "files, and `covgov policy explain PATH` names the components that claim a path. A bar on "
            "branches needs a report with branches."
        ),
    ),
)

RULE = Rule(check, PAGES)
