"""What a renderer and a report writer are. Every renderer passes tests/contracts/test_renderer.py."""

from __future__ import annotations

from typing import Protocol

from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Verdict


class Renderer(Protocol):
    """A pure function with a name: the same verdict gives the same text, whatever hostile names it contains.

    The outcome and the message of every finding that fails can be read back from the text.
    """

    @property
    def name(self) -> str:
        """What `check --format` calls it."""
        ...

    def __call__(self, verdict: Verdict, /) -> str: ...


class ReportWriter(Protocol):
    """Writes a snapshot in a format of others: a module of `covgov.publish.reports`. Every writer passes
    tests/contracts/test_report_writer.py.

    carries: what its reader gets back, of the capabilities that `covgov.ingest.interface.ReportFormat` declares.
    """

    @property
    def carries(self) -> frozenset[str]: ...

    def write(self, snapshot: Snapshot, /) -> bytes:
        """The document. The same snapshot gives the same bytes: there is no timestamp."""
        ...
