"""The spine: read this file and know the program.

    facts    = gather(...)      snapshots, diff, baseline, base policy, register       covgov.gather
    verdict  = evaluate(facts)  rules -> findings -> waivers -> one outcome            covgov.policy
    files    = artifacts(...)   every channel formats the same verdict                 covgov.publish
    recorded = record(...)      history learns what was judged, never the other way    covgov.history

A fault after the verdict (a full disk, an unreachable remote) is reported beside it and has its own exit code; it never
alters the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from covgov.ci.interface import BranchSource, CiContext
from covgov.errors import CovgovError
from covgov.gather.facts import gather
from covgov.gather.request import Edges, Request
from covgov.history import judged
from covgov.history.interface import Pushable, Reserved, RunSummary
from covgov.ingest.normalise import merge
from covgov.judge.evaluate import evaluate
from covgov.model import snapshot_codec
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Outcome, Verdict
from covgov.policy.policy import Policy
from covgov.publish.registry import RENDERERS
from covgov.publish.reports.registry import WRITERS
from covgov.register import document
from covgov.register.entry import Register
from covgov.register.patch import unified
from covgov.register.sync import sync
from covgov.vcs import codeowners

EXIT_CODES: Mapping[Outcome, int] = {Outcome.PASS: 0, Outcome.FAIL: 10, Outcome.UNDETERMINED: 11}


RECORD = "verdict.record"
"""The judged run as history would keep it (history.judged): what `covgov history push` brings into a store."""

PUBLISHED = (
    *("verdict.json", RECORD, "summary.md", "verdict-junit.xml", "exceptions.patch", "digest.md", "merged.snapshot"),
    *(f"merged.{suffix}" for suffix in WRITERS),
)
"""Every file that covgov publishes of a judgement, below `coverage/`: what a new run takes away before it begins."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, the effective policy and snapshots it rests on, and faults that have exit codes of their own.

    register: as it is on disk, None when damaged; base_register: the base branch's. change: as `Gathered.change`.
    """

    verdict: Verdict
    policy: Policy
    snapshots: Mapping[str, Snapshot]
    register: Register | None
    faults: tuple[CovgovError, ...]
    base_register: Register | None = None
    change: bool = False


def judge(request: Request, policy: Policy, edges: Edges) -> Judgement:
    """One verdict from what is on disk. `policy` is the head's; the effective one is the stricter of base and head."""
    gathered = gather(request, policy, edges)
    facts = gathered.facts
    verdict = evaluate(facts)
    return Judgement(
        verdict,
        facts.policy,
        gathered.snapshots,
        facts.register,
        gathered.faults,
        facts.base_register,
        gathered.change,
    )


def artifacts(judgement: Judgement, read: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """File name -> bytes of everything that is published of a judgement (below `coverage/`)."""
    verdict = judgement.verdict
    files = {
        "verdict.json": RENDERERS["json"](verdict).encode(),
        "summary.md": RENDERERS["markdown"](verdict).encode(),
        "verdict-junit.xml": RENDERERS["junit"](verdict).encode(),
        "exceptions.patch": proposal(judgement, read).encode(),
    }
    if judgement.snapshots:
        merged = merge(tuple(judgement.snapshots.values()))
        files["merged.snapshot"] = snapshot_codec.encode(merged)
        files |= {f"merged.{suffix}": write(merged) for suffix, write in WRITERS.items()}
    return files


def proposal(judgement: Judgement, read: Callable[[str], bytes | None]) -> str:
    """What the register should learn from this verdict, as a diff for `git apply`; "" when it is up to date."""
    if judgement.register is None:
        return ""
    path, text = judgement.register.path, judgement.register.text
    synced = sync(
        judgement.register,
        judgement.verdict,
        owners=codeowners.find(read).owner_of,
        today=judgement.verdict.today,
        base=judgement.base_register,
    )
    return unified(path, None if read(path) is None else text, document.render(synced))


def run_of(judgement: Judgement, ci: CiContext, *, now: datetime) -> RunRecord:
    """What history keeps of a judgement, whoever appends it. now: when it was judged."""
    verdict = judgement.verdict
    return RunRecord(
        commit=verdict.commit,
        tree=verdict.tree,
        branch=ci.branch,
        attempt=1,
        recorded_at=now.replace(microsecond=0),
        expected=judgement.policy.expected,
        snapshots=judgement.snapshots,
        verdict=verdict,
        policy_hash=judgement.policy.raw_hash,
    )


def kept(run: RunRecord, ci: CiContext, policy: Policy, *, change: bool) -> dict[str, bytes]:
    """The run as a file below `coverage/`, for who appends it later. ci: where it was judged. policy: the head's.

    change: as `Judgement.change`: then nobody may say later that this was the branch itself.
    """
    refusal = unrecordable(run, ci)
    if change and refusal is not None and refusal.unnamed:
        refusal = judged.Refusal("not recorded: this was judged as a change to the default branch")
    return {RECORD: judged.encode(judged.Kept(run, refusal, policy.raw_hash))}


def record(run: RunRecord, edges: Edges, *, whole: bool) -> RunSummary | str:
    """Append the run to history and, in CI on the default branch, push it. A text says why nothing was recorded.

    Raises DeliveryFailed when it should have been recorded and could not be.
    """
    refusal = unrecordable(run, edges.ci, whole=whole)
    if refusal is not None:
        return refusal.why
    store = edges.store()
    reserved = store.unwritable() if isinstance(store, Reserved) else ""
    if reserved:
        return f"not recorded: {reserved}"
    return append(run, edges)


def append(run: RunRecord, edges: Edges) -> RunSummary:
    """The step of `record` that writes, for a run that is recordable and a store that is meant to be written to."""
    store = edges.store()
    summary = store.append(run)
    if edges.ci.on_default_branch and isinstance(store, Pushable):
        store.push()
    return summary


NO_CHECKOUT = judged.Refusal("not recorded: this is no git checkout")


def unrecordable(run: RunRecord, ci: CiContext, *, whole: bool = True) -> judged.Refusal | None:
    """Why this run does not enter history; None when it does. ci: where it would be recorded."""
    if not run.commit:
        return NO_CHECKOUT
    if run.verdict.dirty:
        return judged.Refusal("not recorded: the work tree differs from HEAD, and history keeps committed code only")
    if not whole:
        return judged.Refusal("not recorded: only the suites named on the command line were judged")
    if any(one.tests is not None and one.tests.arguments for one in run.snapshots.values()):
        return judged.Refusal("not recorded: the suites ran with extra test arguments")
    if ci.branch_from is BranchSource.NOBODY:
        return judged.Refusal(
            "not recorded: this CI does not say which branch it builds "
            "(`covgov history push --branch NAME` records it)",
            unnamed=True,
        )
    if ci.in_ci and not ci.on_default_branch:
        return judged.Refusal("not recorded: CI records the default branch only")
    return None
