"""Reads parts of a recorded run: its verdict without coverage, or single files.

`history.layout.assemble` reads a whole run, which the hub needs only for comparisons. Every object is checked against
its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from covgov.history import layout
from covgov.history.interface import View
from covgov.history.layout import Stored
from covgov.model import snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import FileCoverage
from covgov.model.verdict import Verdict


@dataclass(frozen=True, slots=True, order=True)
class CoverageLocation:
    """A file's coverage in a run; sorted by suite, then path. object_id: of the coverage."""

    suite: str
    path: str
    object_id: str


def manifest(view: View, sequence: int, run_id: str) -> Stored:
    """The run's manifest. Raises InputError (`history-damaged`, `history-newer`)."""
    name = layout.manifest_name(sequence, run_id)
    found = view.read([name])
    if name not in found:
        raise layout.damaged(name, "it is missing, though the list of runs names it")
    return layout.decode_manifest(found[name], name)


def verdict(view: View, stored: Stored) -> Verdict:
    """The run's verdict. Raises InputError (`history-damaged`)."""
    return bare(view, stored).verdict


def bare(view: View, stored: Stored) -> RunRecord:
    """The run without its snapshots. Raises InputError (`history-damaged`)."""
    body = msgspec.structs.replace(stored.manifest.run, snapshots={})
    return layout.assemble(body, view.read, stored.name)


def whole(view: View, stored: Stored) -> RunRecord:
    """The run with all its coverage. Raises InputError (`history-damaged`)."""
    return layout.assemble(stored.manifest.run, view.read, stored.name)


def places(view: View, stored: Stored) -> list[CoverageLocation]:
    """Every file of every suite, sorted. Raises InputError (`history-damaged`)."""
    return sorted(
        CoverageLocation(suite, path, object_id)
        for suite, body in stored.manifest.run.snapshots.items()
        for path, object_id in layout.table(body.files, view.read, stored.name).items()
    )


def coverage(view: View, wanted: Sequence[CoverageLocation]) -> Mapping[str, FileCoverage]:
    """Object id -> coverage. Raises InputError (`history-damaged`)."""
    names = {layout.object_name(place.object_id): place.object_id for place in wanted}
    found = view.read(list(names))
    for name, object_id in names.items():
        if name not in found:
            raise layout.damaged(name, "it is missing, though a run refers to it")
        if layout.digest_of(found[name]) != object_id:
            raise layout.damaged(name, "its bytes are not those that its name stands for")
    return {object_id: snapshot_codec.decode_file(found[name], name) for name, object_id in names.items()}
