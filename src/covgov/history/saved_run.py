"""A checked run as one file beside its snapshots, from which it can be recorded later.

    {"format": "covgov-judged-run", "version": 3, "run": {...}, "verdict": {...}, "refusal": null, "policy": "..."}

`run` is what a manifest would hold (RunBody): the verdict and every suite's coverage by their SHA-256. So the file
fits only the verdict in it and the snapshots it was made from. It is read back as the same record, with the time of its
check: appending it twice records it once. `refusal` is why it was not recordable where it was checked; that cannot be
decided again elsewhere, for example whether the baseline was a merge base.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from covgov.errors import InputError
from covgov.history.format import layout, texts
from covgov.history.format.wire import RunBody
from covgov.model import codec, snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot

FORMAT = "covgov-judged-run"
VERSION = 3


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """why: the text for people. unnamed: only the branch's name was missing, which a caller may give later."""

    why: str
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A checked run. refusal: why it could not be recorded where it was checked; None = it could.

    policy: hash of the policy on disk, which need not be the effective one (`run.policy_hash`).
    """

    run: RunRecord
    refusal: Refusal | None
    policy: str


class SavedRunDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    run: RunBody
    verdict: msgspec.Raw
    refusal: Refusal | None
    policy: str


def encode(saved: SavedRun) -> bytes:
    """The record without its coverage, which stays in the snapshots."""
    body, made = layout.dismantle(saved.run)
    verdict = msgspec.Raw(texts.compact(made[texts.VERDICT]))
    return codec.encode(SavedRunDocument(FORMAT, VERSION, body, verdict, saved.refusal, saved.policy)) + b"\n"


def decode(data: bytes, where: str, read: Callable[[str], bytes | None], folder: str) -> SavedRun:
    """What was saved, its coverage taken from `folder/SUITE.snapshot`. where: the file's name, for messages.

    Raises InputError: `verdict-damaged` when the file contradicts itself, `verdict-outdated` when a snapshot is not the
    one that was checked, what `snapshot_codec.decode` raises when one is damaged.
    """
    document = _parse(data, where)
    try:
        verdict = texts.to_verdict([bytes(document.verdict)])
    except ValueError as error:
        raise _damaged(where, str(error)) from error
    body = document.run
    snapshots = {suite: _snapshot(suite, body, read, folder) for suite in sorted(body.snapshots)}
    record = layout.record_of(body, snapshots, verdict)
    now, _ = layout.dismantle(record)
    for suite in sorted(body.snapshots):
        if now.snapshots[suite] != body.snapshots[suite] or record.snapshots[suite].suite != suite:
            raise outdated(f"{folder}/{suite}.snapshot is not the one that {where} was made from")
    if now != body or body.recorded_at.utcoffset() is None:
        raise _damaged(where, "its parts contradict each other")
    return SavedRun(record, document.refusal, document.policy)


def outdated(message: str) -> InputError:
    """The error for a verdict that does not match the files beside it."""
    return InputError("verdict-outdated", message, hint="run `covgov check` again")


def _snapshot(suite: str, body: RunBody, read: Callable[[str], bytes | None], folder: str) -> Snapshot:
    path = f"{folder}/{suite}.snapshot"
    data = read(path)
    if data is None:
        raise outdated(f"{path} is missing")
    return replace(snapshot_codec.decode(data, path), origin=body.snapshots[suite].origin)


def _parse(data: bytes, where: str) -> SavedRunDocument:
    try:
        document = codec.decode(data, SavedRunDocument)
    except ValueError as error:  # msgspec's errors are ValueErrors, also for bytes that are not JSON
        raise _damaged(where, str(error)) from error
    if (document.format, document.version) != (FORMAT, VERSION):
        raise _damaged(where, f"it is {document.format} {document.version}, and this covgov reads {FORMAT} {VERSION}")
    return document


def _damaged(where: str, what: str) -> InputError:
    return InputError(
        "verdict-damaged",
        f"{where} is not a saved run that this version of covgov can read: {what}",
        hint="run `covgov check` again with this version",
    )
