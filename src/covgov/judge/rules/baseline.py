"""Reports that there is no baseline for the drop, which blocks unless this is the first run, or an old one."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.facts import Facts
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model.run import BaselineReason, NoBaseline
from covgov.model.snapshot import MERGED
from covgov.model.verdict import Effect, Finding, Scope
from covgov.model.words import count

HINTS = {
    BaselineReason.UNREACHABLE: "make the history reachable, or fetch it with `covgov history fetch`",
    BaselineReason.LOST: "restore the history, or take history.since out of the policy in a change of its own",
    BaselineReason.BASE_FAILED: "run without --measure-base to compare with history",
    BaselineReason.SHALLOW: "check out with `fetch-depth: 0`",
    BaselineReason.NOT_RECORDED: "record a run of the base branch: `covgov check --record` on a checkout of it",
}


def check(view: PolicyView) -> Iterator[Finding]:
    """Blocking: each scope is undetermined. Not blocking: one note per reason, since nothing depends on how many."""
    reported: set[NoBaseline] = set()
    for scope, name, measured in _scopes(view):
        none = measured.baseline
        if not isinstance(none, NoBaseline):
            continue
        if none.blocking:
            yield _finding(none, scope, name)
        elif none not in reported:
            reported.add(none)
            yield _finding(none, scope, name)
    yield from _older(view.facts)


def _older(facts: Facts) -> Iterator[Finding]:
    """A note about uncovered lines that nobody answers for, where the target branch moved on since the baseline."""
    whole, baseline = facts.comparisons.get(MERGED), facts.baseline
    if whole is None or not whole.uncharged or isinstance(baseline, NoBaseline):
        return
    words = (
        f"project: {count(whole.uncharged, 'uncovered line')} not charged to this change: the target branch changed "
        f"code or tests since the baseline {baseline.receipt.commit[:12]}"
    )
    hint = "record a run of the target branch, or compare with `covgov run --measure-base`"
    yield Finding("baseline", Effect.NOTE, Scope.PROJECT, "project", words, hint)


def _scopes(view: PolicyView) -> Iterator[tuple[Scope, str, ScopeFacts]]:
    if view.project is not None:
        yield Scope.PROJECT, "project", view.project
    for one in view.components:
        yield Scope.COMPONENT, one.component.name, one.measured


def _finding(none: NoBaseline, scope: Scope, name: str) -> Finding:
    detail = f": {none.detail}" if none.detail else ""
    return Finding(
        rule="baseline",
        effect=Effect.UNDETERMINED if none.blocking else Effect.NOTE,
        scope=scope,
        subject=name,
        message=f"{name}: no baseline, so no drop is judged: {none.reason.value}{detail}",
        hint=HINTS.get(none.reason, ""),
    )


PAGES = (
    RulePage(
        id="baseline",
        title="There is no baseline to compare with, or an old one",
        why=(
            "A drop is judged against a recorded run. The first run has none. A history that "
            "exists but cannot be reached leaves the verdict undetermined: a gate must not forget. Where the target "
            "branch moved on since the baseline, lines that it wrote are not charged to the change, so a note "
            "says how many of them are uncovered."
        ),
        example="[baseline] project: no baseline, so no drop is judged: first run: no run is recorded yet",
        fix=(
            "Nothing to do on the first run. Otherwise check out with `fetch-depth: 0`, fetch the history "
            "with `covgov history fetch`, or check the store named under `[history]`. An old baseline is replaced by "
            "a recorded run of the target branch, or for one verdict by `covgov run --measure-base`."
        ),
    ),
)

RULE = Rule(check, PAGES)
