"""Head against baseline: per component on its own suite, and the project on the merge of all suites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from covgov.differential.attribute import explain
from covgov.differential.classify import classify
from covgov.judge.facts import Measured
from covgov.model.change import Delta, FileDelta
from covgov.model.diff import Diff
from covgov.model.run import Baseline, BaselineReason, NoBaseline
from covgov.model.snapshot import MERGED, Metric, Snapshot

Belongs = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Compared:
    """A head snapshot against its base, classified once and explained per scope."""

    head: Snapshot
    base: Snapshot
    files: tuple[FileDelta, ...]
    changed_identity: str

    @classmethod
    def of(cls, base: Snapshot, head: Snapshot, diff: Diff, *, accept_identity: bool) -> Compared:
        """Classify; `changed_identity` is "" when the identities agree or the change was accepted."""
        differs = base.identity != head.identity and not accept_identity
        text = f"{base.identity} at the baseline, {head.identity} now" if differs else ""
        return cls(head, base, classify(base, head, diff), text)

    def delta(self, metric: Metric, base_belongs: Belongs, head_belongs: Belongs, *, count_deletions: bool) -> Delta:
        """The scope's change in one metric."""
        return explain(
            self.files,
            base=self.base,
            head=self.head,
            base_belongs=base_belongs,
            head_belongs=head_belongs,
            metric=metric,
            measurement=bool(self.changed_identity),
            count_deletions=count_deletions,
        )


@dataclass(frozen=True, slots=True)
class Against:
    """Everything a scope is compared with. compared: by suite, and by MERGED for the project."""

    baseline: Baseline | NoBaseline
    compared: Mapping[str, Compared]
    count_deletions: bool

    def measure(self, suite: str, snapshot: Snapshot | None, missing: str, belongs: Belongs) -> Measured:
        """The facts of one scope: its files of the suite's snapshot, its base, its deltas in every metric."""
        own = snapshot.restrict(belongs) if snapshot is not None else None
        compared = self.compared.get(suite)
        if own is None or compared is None:
            return Measured(own, missing, self._baseline_for(suite))
        deltas = {
            metric: compared.delta(metric, belongs, belongs, count_deletions=self.count_deletions) for metric in Metric
        }
        return Measured(
            snapshot=own,
            missing=missing,
            baseline=self.baseline,
            base=compared.base.restrict(belongs),
            deltas=deltas,
            measurement_changed=compared.changed_identity,
        )

    def _baseline_for(self, suite: str) -> Baseline | NoBaseline:
        """A baseline that never heard of this suite is none: the suite is new, which is visible and does not block."""
        if isinstance(self.baseline, NoBaseline) or suite in self.baseline.snapshots:
            return self.baseline
        where = self.baseline.receipt.commit[:12]
        detail = f"the suite is new: the baseline {where} has no run of it"
        return NoBaseline(BaselineReason.NOT_RECORDED, detail, blocking=False)


def compare_all(
    baseline: Baseline | NoBaseline, heads: Mapping[str, Snapshot], diff: Diff, *, accept_identity: bool
) -> dict[str, Compared]:
    """Every head snapshot that has a counterpart in the baseline; empty without a baseline."""
    if isinstance(baseline, NoBaseline):
        return {}
    return {
        suite: Compared.of(base, head, diff, accept_identity=accept_identity)
        for suite, head in heads.items()
        if (base := baseline.snapshots.get(suite)) is not None
    }


def with_merged(baseline: Baseline, merged: Snapshot) -> Baseline:
    """The baseline with the merge of its suites beside them."""
    return replace(baseline, snapshots={**baseline.snapshots, MERGED: merged})
