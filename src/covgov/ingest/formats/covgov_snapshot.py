"""`coverage/SUITE.snapshot`: covgov's own snapshots, for `inspect` and `collect`."""

from __future__ import annotations

from typing import Final

from covgov.errors import InputError
from covgov.ingest.building import damaged
from covgov.ingest.interface import ParsedReport
from covgov.model import snapshot_codec
from covgov.model.snapshot import Snapshot

CARRIES: Final = ("lines", "branches", "exits", "contexts", "excluded", "tests")


class CovgovSnapshot:
    """Complete; quality attributes replace the contexts."""

    name: Final = "covgov-snapshot"
    capabilities: Final = frozenset({"lines", "branches", "exits", "contexts", "excluded", "tests"})

    def recognises(self, head: bytes, /) -> bool:
        return head.startswith(b'{"format":"covgov-snapshot"')

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        """Raises InputError (`report-damaged`, `snapshot-newer`)."""
        try:
            snapshot = snapshot_codec.decode(data, where)
        except InputError as error:
            if error.code == "snapshot-newer":
                raise
            raise damaged(where, error.message.removeprefix(f"{where}: ")) from None
        lacks = _lacks(snapshot)
        return ParsedReport(
            format=self.name,
            identity=snapshot.identity,
            files=dict(snapshot.files),
            carries=tuple(name for name in CARRIES if name not in lacks),
            lacks=lacks,
            notes=snapshot.notes,
        )


def _lacks(snapshot: Snapshot) -> tuple[str, ...]:
    lacks = [] if snapshot.identity.branch else ["branches", "exits"]
    return (*lacks, *(["tests"] if snapshot.tests is None else []))
