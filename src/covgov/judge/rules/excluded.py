"""Lines that counted and no longer do, though their code is still there: a loss that the percentage hides."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView, ScopeFacts
from covgov.model import lines
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import scopes

HINT = "count them again, or make the exclusion a change of its own that an owner of the policy merges"


def check(view: PolicyView) -> Iterator[Finding]:
    """A failure per file with lines that were taken out of the count, a note per file with new lines that never entered
    it. What another measurement may have made is the rule `measurement`'s."""
    gone: dict[str, str] = {}
    for measured in _scopes(view):
        delta = measured.deltas.get(Metric.LINE)
        if delta is not None:
            gone |= delta.uncounted
    for path, spelled in sorted(gone.items()):
        words = f"{path}: lines {spelled} of the baseline are no longer counted, though their code is still there"
        yield Finding("excluded", Effect.FAIL, Scope.FILE, path, words, HINT, key=path)
    yield from _new(view)


def _scopes(view: PolicyView) -> Iterator[ScopeFacts]:
    yield from (one.measured for one in view.components)
    if view.project is not None:
        yield view.project


def _new(view: PolicyView) -> Iterator[Finding]:
    """Changed lines that settings exclude (`if TYPE_CHECKING:`); nothing else shows them."""
    if view.patch is None:
        return
    for path, changed in sorted(view.patch.changed.items()):
        coverage = view.patch.snapshot.files.get(path)
        excluded = coverage.excluded & changed if coverage is not None else 0
        if excluded and scopes.is_source(view.policy, path):
            words = f"{path}: changed lines {lines.spell(excluded)} are excluded from the count"
            yield Finding("excluded", Effect.NOTE, Scope.FILE, path, words, key=path)


PAGES = (
    RulePage(
        id="excluded",
        title="Lines are no longer counted",
        why=(
            "An exclusion (`pragma: no cover`, `exclude_also`) raises the percentage without a test. If the "
            "code is still there, that is a loss."
        ),
        example=(
            "[excluded] src/api/a.py: lines 40-52 of the baseline are no longer counted, though their "
            "code is still there"
        ),
        fix=(
            "Count them again, or make the exclusion a change of its own. Changed lines that never counted "
            "are listed in a note."
        ),
    ),
)

RULE = Rule(check, PAGES)
