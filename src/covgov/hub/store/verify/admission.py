"""What a history takes in: files that prove themselves, runs that continue the chain, coverage that can be read.

What a client sends is checked as `covgov history verify` would, before it is kept. Its figures are computed again from
its coverage where its policy is the one that the repository stored; what contradicts them is refused. A run of another
policy, or one of several that come at once, is taken at its word and marked as not verified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from covgov.errors import InputError
from covgov.history.format import layout, texts
from covgov.history.format.layout import StoredManifest
from covgov.history.format.reader import RunReader
from covgov.history.format.wire import RunBody
from covgov.history.interface import HistoryView
from covgov.hub.store.verify import agreement, plausible
from covgov.model.verdict import Verdict
from covgov.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class AdmittedRun:
    """A run that may be recorded. verified: its figures and outcomes are what its coverage and policy come to."""

    stored: StoredManifest
    verdict: Verdict
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """What the hub holds a run against. now: of its clock. policy: the repository's own. quota: bytes that the
    repository may keep. None: against none."""

    now: datetime | None = None
    policy: Policy | None = None
    quota: int | None = None


NOTHING = Judge()


class Overlay:
    """A view with `files` on top: the history as it would be."""

    def __init__(self, below: HistoryView, files: Mapping[str, bytes]) -> None:
        self._below = below
        self._files = files

    def names(self, folder: str = "") -> Sequence[str]:
        prefix = f"{folder}/" if folder else ""
        return sorted({*self._below.names(folder), *(name for name in self._files if name.startswith(prefix))})

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        above = {name: self._files[name] for name in names if name in self._files}
        return {**self._below.read([name for name in names if name not in above]), **above}


def admit(before: HistoryView, files: Mapping[str, bytes], judge: Judge = NOTHING) -> Sequence[AdmittedRun]:
    """The runs that `files` add, oldest first.

    Raises InputError: `history-foreign` for a name that is none of a history's, `history-damaged` for bytes, links or
    references that are wrong, `history-newer` for a newer format, `run-implausible` for what no covgov writes,
    `run-contradicted` for a verdict that its own coverage and policy contradict.
    """
    for name, data in files.items():
        _check_name(name, data)
    after = Overlay(before, files)
    try:
        last, new = _continued(before, files)
        _check_head(files, new[-1] if new else last, required=bool(new))
        for stored in new:
            plausible.check_run(stored, judge.now)
        reader = RunReader(after)
        known = _known(last, reader) if last and new else set[bytes]()
        policy = judge.policy if len(new) == 1 else None
        return [_admitted(stored, reader, known, policy) for stored in new]
    except (ArithmeticError, RecursionError) as error:  # what hostile JSON makes a decoder do besides ValueError
        raise layout.damaged("what was sent", f"it cannot be decoded ({type(error).__name__})") from error


def _check_name(name: str, data: bytes) -> None:
    digest = layout.digest_of(data)
    if name == layout.HEAD or name in (layout.object_name(digest), layout.artifact_name(digest)):
        return
    if name.startswith((f"{layout.OBJECTS}/", f"{layout.ARTIFACTS}/")):
        raise layout.damaged(name, "its content does not match its name")
    if not name.startswith(f"{layout.RUNS}/"):
        raise InputError(
            "history-foreign", f"{name}: not a file of a history", hint="docs/history-format.md names those that are"
        )


def _continued(before: HistoryView, files: Mapping[str, bytes]) -> tuple[StoredManifest | None, list[StoredManifest]]:
    """The newest run so far, and the new ones in order."""
    present = layout.run_names(before)
    data = before.read(present[-1:])
    newest = next((layout.decode_manifest(data[name], name) for name in data), None)
    sent = {name for name in files if name.startswith(f"{layout.RUNS}/")} - set(present)
    incoming = sorted(sent, key=layout.number_of)
    new: list[StoredManifest] = []
    for name in incoming:
        stored = layout.decode_manifest(files[name], name)
        follows = new[-1] if new else newest
        if stored.manifest.sequence != (follows.manifest.sequence + 1 if follows else 1):
            raise layout.damaged(name, "it is not the next run")
        if stored.manifest.previous != (follows.id if follows else ""):
            raise layout.damaged(name, "it does not continue the run before it")
        new.append(stored)
    return newest, new


def _check_head(files: Mapping[str, bytes], newest: StoredManifest | None, *, required: bool) -> None:
    if layout.HEAD not in files and not required:
        return
    expected = layout.head_of(newest) if newest else None
    if files.get(layout.HEAD) != expected or expected is None:
        raise layout.damaged(layout.HEAD, "it does not name the newest run")


def _admitted(stored: StoredManifest, reader: RunReader, known: set[bytes], policy: Policy | None) -> AdmittedRun:
    verdict = _checked(stored, reader, known)
    run = stored.manifest.run
    if policy is None or {run.policy_hash, verdict.policy_hash} != {policy.hash}:
        return AdmittedRun(stored, verdict)
    agreement.check(stored.name, reader.record(stored), policy)
    return AdmittedRun(stored, verdict, verified=True)


def _checked(stored: StoredManifest, reader: RunReader, known: set[bytes]) -> Verdict:
    """The run's verdict, when all that the run refers to is there and can be read. known: coverage that was checked."""
    for paths in reader.paths(stored).values():
        plausible.check_paths(stored, paths)
    _check_coverage(stored, reader, known)
    verdict = reader.verdict(stored)
    plausible.check_verdict(stored, verdict)
    run = stored.manifest.run
    if (run.outcome, run.complete, run.dirty) != (verdict.outcome, _complete(run), _dirty(run, verdict)):
        raise layout.damaged(stored.name, "it says something else than its verdict and suites do")
    return verdict


def _check_coverage(stored: StoredManifest, reader: RunReader, known: set[bytes]) -> None:
    if stored.manifest.version == 1:
        reader.coverage(stored)
        return
    try:
        for text in reader.suites(stored).values():
            texts.check(text, known)
    except ValueError as error:
        raise layout.damaged(layout.object_name(stored.manifest.edits), str(error)) from error


def _known(last: StoredManifest, reader: RunReader) -> set[bytes]:
    """The coverage of the newest run, which was checked when it came."""
    if last.manifest.version == 1:
        return set()
    return {pair for text in reader.suites(last).values() for pair in texts.pairs(text)}


def _complete(run: RunBody) -> bool:
    tests = {name: suite.tests for name, suite in run.snapshots.items()}
    return all(name in tests and ((test := tests[name]) is None or test.passed) for name in run.expected)


def _dirty(run: RunBody, verdict: Verdict) -> bool:
    return verdict.dirty or any(suite.origin is not None and suite.origin.dirty for suite in run.snapshots.values())
