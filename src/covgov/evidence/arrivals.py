"""The snapshots of the suites: which arrived, and are they of the code that is here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from covgov.errors import InputError
from covgov.model import snapshot_codec
from covgov.model.snapshot import Origin, Snapshot
from covgov.model.verdict import SuiteLine


@dataclass(frozen=True, slots=True)
class Arrival:
    """One declared suite: its snapshot, or why there is none to judge."""

    suite: str
    snapshot: Snapshot | None
    reason: str

    def line(self) -> SuiteLine:
        """As the verdict shows it."""
        if self.snapshot is None:
            return SuiteLine(self.suite, arrived=False, reason=self.reason)
        return SuiteLine(self.suite, arrived=True, tests=self.snapshot.tests, identity=self.snapshot.identity)


def receive(
    suite: str,
    folder: str,
    read: Callable[[str], bytes | None],
    *,
    origin: Origin | None,
    blobs: Mapping[str, str] | None,
) -> Arrival:
    """Read `folder/suite.snapshot`. Missing, damaged, another suite's or other code's snapshots did not arrive."""
    path = f"{folder}/{suite}.snapshot"
    data = read(path)
    if data is None:
        return Arrival(
            suite, None, f"{path} does not exist: run the suite (`covgov run {suite}`) or collect its report"
        )
    try:
        snapshot = snapshot_codec.decode(data, path)
    except InputError as error:
        return Arrival(suite, None, error.message)
    if snapshot.suite != suite:
        return Arrival(suite, None, f"{path} holds the suite {snapshot.suite!r}")
    if not snapshot.files:
        return Arrival(suite, None, f"{path} measured no file")
    stale = _stale(snapshot, origin, blobs)
    if stale:
        return Arrival(suite, None, f"{path} {stale}")
    # It was measured on these sources, perhaps at an earlier commit: from here on it is a measurement of this one.
    return Arrival(suite, replace(snapshot, origin=origin) if origin else snapshot, "")


def _stale(snapshot: Snapshot, origin: Origin | None, blobs: Mapping[str, str] | None) -> str:
    """Why the snapshot is of other code than what is on disk; "" when it is of this code or nothing says otherwise.

    Equal trees settle it. Otherwise the measured files decide: a register or a report that was written since then does
    not make a measurement stale, an edited source file does.
    """
    if origin is None or blobs is None or (snapshot.origin is not None and snapshot.origin.tree == origin.tree):
        return ""
    known = {path: coverage.source for path, coverage in snapshot.files.items() if coverage.source}
    changed = sorted(path for path, source in known.items() if blobs.get(path) != source)
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return f"was measured on other code: {changed[0]}{more} changed since"
    if not known and snapshot.origin is not None:
        return f"was measured at commit {snapshot.origin.commit[:12]}, not on what is here"
    return ""
