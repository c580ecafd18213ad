"""The spine: read `run` and know the program.

    prepared = prepare(...)             which change, which base, whose policies       covgov.gather
    facts    = gather(prepared, ...)    snapshots, diff, baseline, register            covgov.gather
    verdict  = evaluate(facts, ...)     rules under each policy -> one outcome         covgov.judge
    files    = artifacts(verdict, ...)  every channel formats the same verdict         covgov.publish
    recorded = record(...)              history keeps the run                          covgov.history

A fault after the verdict (a full disk, an unreachable remote) is reported beside it and has its own exit code; it never
alters the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from covgov.ci.interface import CiContext
from covgov.errors import CovgovError, io_error
from covgov.gather.facts import gather
from covgov.gather.prepare import Preparation, prepare
from covgov.gather.request import Edges, Request
from covgov.history import recording, saved_run
from covgov.history.interface import RunSummary
from covgov.judge.evaluate import evaluate
from covgov.judge.facts import Facts
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Outcome, Verdict
from covgov.policy.policy import Policy
from covgov.publish.artifacts import PUBLISHED, RECORD, artifacts, merged_reports
from covgov.publish.registry import RENDERERS
from covgov.publish.render.markdown import MarkdownRenderer
from covgov.publish.render.parts.links import diff_links
from covgov.vcs.interface import WORKTREE

EXIT_CODES: Mapping[Outcome, int] = {Outcome.PASS: 0, Outcome.FAIL: 10, Outcome.UNDETERMINED: 11}


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a judgement goes, besides history.

    clear, write: files by name in the folder of measurements. digest: the week's account, from history. recorded:
    which run it became, or why none. summarise: the CI's job summary (Markdown), rendered where there is one. output:
    the outputs of the CI's step. show: prints the verdict.
    """

    clear: Callable[[Collection[str]], None]
    write: Callable[[Mapping[str, bytes]], None]
    digest: Callable[[], str]
    recorded: Callable[[RunSummary | str], None]
    summarise: Callable[[Callable[[], str]], None]
    output: Callable[[Verdict], None]
    show: Callable[[Verdict], None]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, what it rests on, and faults that have exit codes of their own."""

    verdict: Verdict
    facts: Facts
    prepared: Preparation
    faults: tuple[CovgovError, ...] = ()


def run(
    request: Request,
    head: Callable[[], Policy],
    edges: Edges,
    outlets: Outlets,
    *,
    recorded: bool,
    measure: Callable[[], object] = lambda: None,
    measure_base: Callable[[Preparation], Mapping[str, Snapshot] | str] | None = None,
) -> Judgement:
    """Prepare, measure, gather, judge, publish, record.

    head: the policy on disk. measure: runs the suites; measure_base: those where the change starts. recorded: history
    gets the run, and who reads coverage in other formats the merge of its suites.

    Raises what `prepare` raises. What goes wrong after the verdict is among the judgement's faults.
    """
    faults: list[CovgovError] = []
    whole = not request.suites
    if whole:  # what an earlier run, or somebody else, left there must not be taken for this verdict
        attempt(faults, lambda: outlets.clear(PUBLISHED))
    with edges.steady():
        prepared = prepare(request, head(), edges)
    measure()
    if measure_base is not None:
        prepared = replace(prepared, base_run=measure_base(prepared))
    judgement = judge(prepared, edges)
    faults += judgement.faults
    record, address = run_of(judgement, edges.ci, now=outlets.now()), prepared.head.history.store
    for files in published(judgement, record, edges, recorded=recorded):
        attempt(faults, partial(outlets.write, files))
    if recorded:
        attempt(faults, lambda: outlets.recorded(enter(record, edges, address, whole=whole)))
    if recorded and whole:
        attempt(faults, lambda: outlets.write({"digest.md": outlets.digest().encode()}))
    attempt(faults, lambda: outlets.summarise(partial(MarkdownRenderer(link=diff_links(edges.ci)), judgement.verdict)))
    attempt(faults, lambda: outlets.output(judgement.verdict))
    attempt(faults, lambda: outlets.show(judgement.verdict))
    return replace(judgement, faults=tuple(faults))


def judge(prepared: Preparation, edges: Edges) -> Judgement:
    """One verdict from what is on disk, by the base branch's policy and by the head's."""
    with edges.steady():
        facts, faults = gather(prepared, edges)
    return Judgement(evaluate(facts, prepared.policies), facts, prepared, faults)


def published(
    judgement: Judgement, record: RunRecord, edges: Edges, *, recorded: bool
) -> Iterator[Mapping[str, bytes]]:
    """The files below `coverage/`, in parts that are each worth having without the others."""
    suites = judgement.prepared.request.suites
    if not suites:
        yield artifacts(judgement.verdict, judgement.facts, edges.read)
        yield {RECORD: record_file(record, judgement, edges.ci)}
    if recorded and not suites and (merged := merged_reports(judgement.facts)):
        yield merged
    if len(suites) == 1:
        yield {f"{suites[0]}.verdict.json": RENDERERS["json"](judgement.verdict).encode()}


def run_of(judgement: Judgement, ci: CiContext, *, now: datetime) -> RunRecord:
    """The record of a judgement for history, whoever appends it. now: when it was judged."""
    verdict = judgement.verdict
    return RunRecord(
        commit=verdict.commit or "",
        tree=verdict.tree or "",
        branch=ci.branch,
        attempt=1,
        recorded_at=now.replace(microsecond=0),
        expected=judgement.prepared.expected,
        snapshots=judgement.facts.snapshots,
        verdict=verdict,
        policy_hash=verdict.policy_hash,
    )


def record_file(run: RunRecord, judgement: Judgement, ci: CiContext) -> bytes:
    """The run for who appends it later. A change may not be called the branch itself then."""
    refusal = recording.unrecordable(run, ci)
    if judgement.prepared.change and refusal is not None and refusal.unnamed:
        refusal = saved_run.Refusal("not recorded: this was judged as a change to the default branch")
    return saved_run.encode(saved_run.SavedRun(run, refusal, judgement.prepared.head.hash))


def enter(run: RunRecord, edges: Edges, address: str, *, whole: bool) -> RunSummary | str:
    """Append the run to the history at `address` if it is recordable; a text is why nothing was recorded. Raises
    DeliveryFailed."""
    refusal = recording.unrecordable(run, edges.ci, whole=whole)
    if refusal is not None and run.commit and run.verdict.dirty:
        return refusal.why + _differing(run.commit, edges)
    return refusal.why if refusal is not None else recording.record(run, edges.store(address), edges.ci)


def _differing(commit: str, edges: Edges) -> str:
    """The first file that differs from the commit, in brackets; "" when only the measurement was of another tree."""
    files = edges.repository.diff(commit, WORKTREE).files if edges.repository is not None else ()
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f" ({files[0].new_path or files[0].old_path}{more})" if files else ""


def attempt(faults: list[CovgovError], step: Callable[[], None]) -> None:
    """Run a step; its fault, if any, is added to the faults and keeps no other step from being done."""
    try:
        step()
    except CovgovError as fault:
        faults.append(fault)
    except OSError as error:
        faults.append(io_error(error))
