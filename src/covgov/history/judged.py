"""A judged run as one file beside its snapshots: what history would keep of it, whoever appends it and whenever.

    {"format": "covgov-judged-run", "version": 3, "run": {...}, "verdict": {...}, "refusal": null, "policy": "..."}

`run` is what a manifest would say (wire.WireRun): the verdict and every suite's coverage by their SHA-256. So the
file fits no other verdict than the one in it and no other snapshots than those it was made from. It is read back as the
very record that was to be appended, with the time at which it was judged: appending it twice records it once. `refusal`
is why it was not to be appended where it was judged: what holds there, a merge base for a baseline, holds nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from covgov.errors import InputError
from covgov.history import layout, texts, wire
from covgov.history.wire import RunBody, WireRun
from covgov.model import codec, snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot

FORMAT = "covgov-judged-run"
VERSION = 3


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """why: as a person is told. unnamed: only the branch's name was missing, which a caller may give later."""

    why: str
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A judged run. refusal: why it enters no history where it was judged, None when it does.

    policy: hash of the policy that lay there, which need not be the effective one (`run.policy_hash`).
    """

    run: RunRecord
    refusal: Refusal | None
    policy: str


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    run: WireRun
    verdict: msgspec.Raw
    refusal: Refusal | None
    policy: str


def encode(kept: Kept) -> bytes:
    """The record without its coverage, which stays in the snapshots."""
    body, made = layout.dismantle(kept.run)
    verdict = msgspec.Raw(texts.compact(made[texts.VERDICT]))
    return codec.encode(Judged(FORMAT, VERSION, wire.of_run(body), verdict, kept.refusal, kept.policy)) + b"\n"


def decode(data: bytes, where: str, read: Callable[[str], bytes | None], folder: str) -> Kept:
    """What was kept, its coverage taken from `folder/SUITE.snapshot`. where: the file's name, for messages.

    Raises InputError: `verdict-damaged` when the file contradicts itself, `verdict-outdated` when a snapshot is not the
    one that was judged, what `snapshot_codec.decode` raises when one is damaged.
    """
    judged = _parse(data, where)
    try:
        body, verdict = wire.to_run(judged.run), texts.to_verdict([bytes(judged.verdict)])
    except ValueError as error:
        raise _damaged(where, str(error)) from error
    snapshots = {suite: _snapshot(suite, body, read, folder) for suite in sorted(body.snapshots)}
    record = layout.record_of(body, snapshots, verdict)
    now, _ = layout.dismantle(record)
    for suite in sorted(body.snapshots):
        if now.snapshots[suite] != body.snapshots[suite] or record.snapshots[suite].suite != suite:
            raise outdated(f"{folder}/{suite}.snapshot is another one than {where} is about")
    if now != body or body.recorded_at.utcoffset() is None:
        raise _damaged(where, "its parts contradict each other")
    return Kept(record, judged.refusal, judged.policy)


def outdated(message: str) -> InputError:
    """The error for a verdict that is not about what lies beside it."""
    return InputError("verdict-outdated", message, hint="run `covgov check` again: it judges what is there now")


def _snapshot(suite: str, body: RunBody, read: Callable[[str], bytes | None], folder: str) -> Snapshot:
    path = f"{folder}/{suite}.snapshot"
    data = read(path)
    if data is None:
        raise outdated(f"{path}, which was judged, is not there")
    return replace(snapshot_codec.decode(data, path), origin=body.snapshots[suite].origin)


def _parse(data: bytes, where: str) -> Judged:
    try:
        judged = codec.decode(data, Judged)
    except ValueError as error:  # msgspec's errors are ValueErrors, also for bytes that are not JSON
        raise _damaged(where, str(error)) from error
    if (judged.format, judged.version) != (FORMAT, VERSION):
        raise _damaged(where, f"it is {judged.format} {judged.version}, and this covgov reads {FORMAT} {VERSION}")
    return judged


def _damaged(where: str, what: str) -> InputError:
    return InputError(
        "verdict-damaged",
        f"{where} is no judged run as this version of covgov writes it: {what}",
        hint="run `covgov check` again with the version that is installed here",
    )
