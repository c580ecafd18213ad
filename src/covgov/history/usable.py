"""Which results of one tree count: the latest usable one per suite, whoever recorded it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from covgov.history.interface import RunSummary, SuiteSummary
from covgov.model.snapshot import Identity
from covgov.model.verdict import Outcome


class RunCombination(Struct, frozen=True):
    """The counting result of one tree. sources: suite -> id of the run that supplies it.

    complete: every suite that the newest run declared is supplied. passed: complete, and every supplying run passed.
    """

    tree: str
    sources: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False
    passed: bool = False


def usable_run(runs: Sequence[RunSummary], identities: Mapping[str, Identity] | None = None) -> RunCombination | None:
    """Combine the attempts at one tree (oldest first, all of the same tree); None when none is of a clean tree.

    A suite whose tests failed supplies nothing, nor does a dirty tree. Results are keyed by (tree, suite, identity):
    where a suite was measured by several tools, the one in `identities` is preferred, else the latest counts.
    """
    clean = [run for run in runs if not run.dirty]
    if not clean:
        return None
    chosen: dict[str, RunSummary] = {}
    preferred: set[str] = set()
    for run in clean:
        for suite in run.suites:
            wanted = (identities or {}).get(suite.name) == suite.identity
            if _usable(suite) and (wanted or suite.name not in preferred):
                chosen[suite.name] = run
                if wanted:
                    preferred.add(suite.name)
    complete = bool(chosen) and set(clean[-1].expected) <= set(chosen)
    return RunCombination(
        tree=clean[-1].tree,
        sources={name: chosen[name].id for name in sorted(chosen)},
        complete=complete,
        passed=complete and all(run.outcome is Outcome.PASS for run in chosen.values()),
    )


def _usable(suite: SuiteSummary) -> bool:
    return suite.tests is None or suite.tests.passed
