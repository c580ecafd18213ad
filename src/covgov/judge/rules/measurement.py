"""Two tools, or two versions of one, do not count alike: no drop is judged until a person accepts the change."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """Every scope whose measurement changed since its baseline; of failed tests no drop is judged anyway."""
    for one in view.components:
        yield from _changed(Scope.COMPONENT, one.component.name, one.measured)
    if view.project is not None:
        yield from _changed(Scope.PROJECT, "project", view.project)


def _changed(scope: Scope, name: str, measured: ScopeFacts) -> Iterator[Finding]:
    if measured.measurement_changed and not measured.partial:
        how = measured.measurement_changed
        yield Finding(
            rule="measurement",
            effect=Effect.UNDETERMINED,
            scope=scope,
            subject=name,
            message=f"{name}: measured differently from its baseline, so no drop is judged: {how}",
            hint="pass --accept-identity once, or measure the base again with the new tool",
        )


PAGES = (
    RulePage(
        id="measurement",
        title="The baseline was measured by another tool or version",
        why=(
            "Two versions of a tool count the same code differently. A difference that the tool made is "
            "neither a loss nor a gain."
        ),
        example=(
            "[measurement] api: measured differently from its baseline, so no drop is judged: coverage.py "
            "7.6.1 at the baseline, coverage.py 7.17.3 now"
        ),
        fix="Accept the change once with `--accept-identity`, or measure the base again with the new tool.",
    ),
)

RULE = Rule(check, PAGES)
