"""Reading runs, for every store that can show its history as a view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence

from covgov.history import ledger
from covgov.history.interface import HistoryView, RunChanges, RunSummary
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Verdict


class LedgerReader(ABC):
    """The reading half of `RunStore`."""

    @abstractmethod
    def view(self) -> HistoryView:
        """The history as it is now."""

    def list(self) -> Sequence[RunSummary]:
        view = self.view()
        return ledger.summaries(view) if ledger.recorded(view) else []

    def fetch(self, run_id: str) -> RunRecord:
        return ledger.fetch(self.view(), run_id)

    def verdicts(self, run_ids: Sequence[str]) -> Iterable[Verdict]:
        return ledger.verdicts(self.view(), run_ids)

    def snapshots(self, run_ids: Sequence[str]) -> Iterable[Mapping[str, Snapshot]]:
        return ledger.snapshots(self.view(), run_ids)

    def changes(self, base_id: str, head_id: str, paths: Collection[str]) -> RunChanges:
        return ledger.changes(self.view(), base_id, head_id, paths)
