"""The snapshots of the suites: which arrived, and whether they measured the current code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from msgspec import Struct

from covgov.errors import InputError
from covgov.model import snapshot_codec
from covgov.model.snapshot import Origin, Snapshot
from covgov.vcs.own_output import OURS

LONGEST = 600
"""Characters of a reason: one that is longer did not come from `covgov run`."""


class Arrival(Struct, frozen=True):
    """One declared suite: its snapshot, or why there is none to judge."""

    suite: str
    snapshot: Snapshot | None
    reason: str


class CurrentCode(Struct, frozen=True):
    """The code that is being judged.

    blobs: path -> git blob id. differs: tree id -> paths in which it differs from what is here, None when that tree is
    unknown. harmless: paths that no measurement depends on (the register).
    """

    origin: Origin
    blobs: Mapping[str, str]
    differs: Callable[[str], frozenset[str] | None]
    harmless: frozenset[str] = frozenset()


def receive(suite: str, folder: str, read: Callable[[str], bytes | None], here: CurrentCode | None) -> Arrival:
    """Read `folder/suite.snapshot`. Missing, damaged, another suite's or other code's snapshots did not arrive.

    Nor does any while a file of covgov's is part of the code itself: its author wrote it, no suite did. Why one is
    missing, the suite's run may have left in `folder/suite.why`.
    """
    path = f"{folder}/{suite}.snapshot"
    planted = committed(folder, here.blobs) if here is not None else ""
    if planted:
        words = f"{planted} is tracked by git, and a measurement is no part of the code"
        return Arrival(suite, None, f"{words}: `git rm -r --cached {folder}`, and add {folder}/ to .gitignore")
    data = read(path)
    if data is None:
        return Arrival(suite, None, _reason_of_run(read(f"{folder}/{suite}.why")) or f"{path} does not exist")
    try:
        snapshot = snapshot_codec.decode(data, path)
    except InputError as error:
        return Arrival(suite, None, error.message)
    if snapshot.suite != suite:
        return Arrival(suite, None, f"{path} holds the suite {snapshot.suite!r}")
    if not snapshot.files:
        return Arrival(suite, None, f"{path} measured no file")
    if here is None:
        return Arrival(suite, snapshot, "")
    stale = _stale(snapshot, here)
    if stale:
        return Arrival(suite, None, f"{path} {stale}")
    measured_dirty = snapshot.origin is not None and snapshot.origin.dirty
    origin = replace(here.origin, dirty=here.origin.dirty or measured_dirty)
    return Arrival(suite, replace(snapshot, origin=origin), "")


def committed(folder: str, tracked: Iterable[str]) -> str:
    """The first path in the place of covgov's own measurements and output; "" when there is none.

    That is a file (or a link) in the folder's own place or in that of a folder above it, and what has a name of ours.
    """
    above = {folder, *(folder[: found.start()] for found in re.finditer("/", folder))}
    below = f"{folder}/"
    return min(
        (
            path
            for path in tracked
            if path in above or (path.startswith(below) and OURS.fullmatch(path.removeprefix(below).split("/")[0]))
        ),
        default="",
    )


def _reason_of_run(data: bytes | None) -> str:
    """What `covgov run` left instead of a snapshot, as one line."""
    return " ".join((data or b"").decode("utf-8", errors="replace").split())[:LONGEST]


def _stale(snapshot: Snapshot, here: CurrentCode) -> str:
    """Why the snapshot is of other code than what is here; "" when it is of this code.

    The measured files must be as they were measured. What else may differ: nothing at another commit but the harmless
    paths (tests that changed measure something else); at the same commit whatever a job or the suite itself leaves
    lying about (bytecode, caches), and then the measurement counts as one of a dirty tree. A bare report without origin
    is taken at its word.
    """
    known = {path: coverage.source for path, coverage in snapshot.files.items() if coverage.source}
    changed = sorted(path for path, source in known.items() if here.blobs.get(path) != source)
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return f"was measured on other code: {changed[0]}{more} changed since"
    origin = snapshot.origin
    if origin is None or origin.tree == here.origin.tree:
        return ""
    littered = origin.dirty or here.origin.dirty
    if known and littered and origin.commit == here.origin.commit:
        return ""
    differing = here.differs(origin.tree)
    if known and differing is not None and differing <= here.harmless:
        return ""
    what = f": {min(differing)} differs" if differing else ""
    return f"was measured at commit {origin.commit[:12]}, not on the current code{what}"
