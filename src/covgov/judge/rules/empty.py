"""Nothing turns green because nothing was measured."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Scope
from covgov.model.words import count
from covgov.policy.policy import Component

SUITE_HINT = "see the finding [suite], which says why"
TESTS_HINT = "fix the tests first: they failed before this code was measured"
PATHS_HINT = "correct `paths` in covgov.toml; `covgov policy explain PATH` lists the components that claim a file"
UNITS_HINT = "`covgov inspect REPORT` lists what a report holds"
BRANCHES_HINT = "measure branches too, or choose another metric"


def check(view: PolicyView) -> Iterator[Finding]:
    """Components, and the project, without a single unit."""
    for one in view.components:
        if problem := _problem(one.measured, one.component.metric, _claim(one.component)):
            yield _finding(Scope.COMPONENT, one.component.name, *problem)
    project = view.project and _problem(view.project, view.policy.gate.metric, "matches any component")
    if project:
        yield _finding(Scope.PROJECT, "project", *project)


def _claim(component: Component) -> str:
    return f"matches {', '.join(component.paths)}" if component.paths else "is left by the other components"


def _problem(measured: ScopeFacts, metric: Metric, claim: str) -> tuple[str, str] | None:
    """(what is wrong, hint); None when there is something to count."""
    if measured.snapshot is None:
        return f"not measured: {measured.missing or 'its suite did not arrive'}", SUITE_HINT
    if not measured.snapshot.files:
        hint = TESTS_HINT if measured.partial else PATHS_HINT
        return f"no file in the report of suite {measured.snapshot.suite} {claim}", hint
    if not measured.snapshot.ratio(metric).measurable:
        hint = BRANCHES_HINT if metric is Metric.BRANCH else UNITS_HINT
        return f"nothing to count in {count(len(measured.snapshot.files), 'file')} ({metric})", hint
    return None


def _finding(scope: Scope, name: str, what: str, hint: str) -> Finding:
    return Finding(
        rule="empty",
        effect=Effect.UNDETERMINED,
        scope=scope,
        subject=name,
        message=f"{name}: {what}",
        hint=hint,
    )


PAGES = (
    RulePage(
        id="empty",
        title="There is nothing to count",
        why=(
            "A component without a single unit is undetermined, never 100 %: a path that matches nothing, or "
            "a report of other code, must not pass."
        ),
        example="[empty] api: no file in the report of suite unit matches src/api/**",
        fix=(
            "Correct the component's `paths` in covgov.toml: `covgov inspect REPORT` lists the files of a report, "
            "and `covgov policy explain PATH` the components that claim a file. A bar on branches needs a report "
            "with branches."
        ),
    ),
)

RULE = Rule(check, PAGES)
