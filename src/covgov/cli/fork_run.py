"""A workflow run of a fork, judged in a workflow of this repository: `covgov publish github --fork-run`.

The checkout is the base branch's, and so is the policy. Of the fork's commit only git objects are fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial

from msgspec import structs

from covgov import gate
from covgov.ci.interface import CiContext, CiEvent
from covgov.cli.judge import summarise, today_of
from covgov.cli.project import Project
from covgov.errors import InputError, Undetermined
from covgov.gather.prepare import prepare
from covgov.gather.request import Edges, Request
from covgov.model import snapshot_codec
from covgov.model.snapshot import Origin
from covgov.publish.artifacts import artifacts
from covgov.publish.channels.github.fields import connect, own_repository
from covgov.publish.channels.github.fork import ForkRun, fork_run, snapshots
from covgov.publish.channels.interface import Publication
from covgov.publish.render.markdown import MarkdownRenderer
from covgov.publish.render.parts.links import diff_links
from covgov.publish.render.parts.safe_text import log_line
from covgov.reviews.ask import approvals
from covgov.reviews.registry import READERS
from covgov.vcs.commit_view import CommitView, measured_commit
from covgov.vcs.interface import WORKTREE
from covgov.vcs.own_output import FOLDER


def publication_of_fork(project: Project, number: int) -> Publication | str:
    """The verdict on what run `number` measured, or why there is none to publish. Raises CovgovError."""
    repository = own_repository(project.world.env)
    api = connect(project.world.env, repository)
    run = fork_run(api, number, repository)
    if isinstance(run, str):
        return run
    measured, why = snapshots(api, run, tuple(project.policy.suites))
    why = {**_without_origin(measured), **why}
    ci = _context(project, run, repository)
    edges = _edges(project, ci, _view(project, run, measured), _files(measured, why))
    judgement = gate.judge(prepare(Request(today=today_of(project, None)), project.policy, edges), edges)
    verdict = structs.replace(judgement.verdict, fork=run.fork)
    for fault in judgement.faults:
        project.world.note(log_line(f"covgov: {fault.message}"))
    summarise(ci.summary_path, partial(MarkdownRenderer(link=diff_links(ci)), verdict))
    return Publication(
        verdict=verdict,
        file=artifacts(verdict, judgement.facts, edges.read).get,
        ci=ci,
        policy=project.policy,
        repository=repository,
        commit=run.head,
        now=project.world.now(),
    )


def _context(project: Project, run: ForkRun, repository: str) -> CiContext:
    """The job of the pull request, as this repository knows it. The fork's branch has no name here."""
    server = project.world.env.get("GITHUB_SERVER_URL", "")
    return CiContext(
        system="github",
        event=CiEvent.PULL_REQUEST,
        target=run.target,
        base_commit=run.target_commit,
        default_branch=project.ci.default_branch,
        pull_request=str(run.number),
        run_url=run.url,
        head_commit=run.head,
        summary_path=project.ci.summary_path,
        change_url=f"{server}/{repository}/pull/{run.number}" if server else "",
    )


def _view(project: Project, run: ForkRun, measured: Mapping[str, bytes]) -> CommitView:
    """The commit that was measured. Raises Undetermined (`fork-head-missing`, `base-unknown`)."""
    repository, env = project.repository, project.world.env
    head, tip = repository.obtain(run.head), repository.branch_tip(run.target)
    if head is None:
        raise Undetermined(
            "fork-head-missing",
            f"the head {run.head[:12]} of pull request {run.number} cannot be fetched",
            hint="check out with `fetch-depth: 0`, and let git read the remote in this step",
        )
    if tip is not None:
        head = measured_commit(repository, project.root, env, tip, head, _tree(measured))
    return CommitView(project.root, head, env=env)


def _origins(measured: Mapping[str, bytes]) -> Iterator[tuple[str, Origin | None]]:
    """Of each snapshot that can be read."""
    for suite, data in measured.items():
        with suppress(InputError):
            yield suite, snapshot_codec.decode(data, suite).origin


def _tree(measured: Mapping[str, bytes]) -> str:
    """The tree that the snapshots name: only compared with trees that are made here."""
    return next((origin.tree for _, origin in _origins(measured) if origin), "")


def _without_origin(measured: Mapping[str, bytes]) -> Mapping[str, str]:
    """Why they are not used: elsewhere a snapshot that names no commit is taken as it is."""
    text = "the fork's measurement is not used: it does not name the commit that it measured"
    return {suite: text for suite, origin in _origins(measured) if origin is None}


def _files(measured: Mapping[str, bytes], why: Mapping[str, str]) -> Mapping[str, bytes]:
    found = {f"{FOLDER}/{suite}.snapshot": data for suite, data in measured.items() if suite not in why}
    return found | {f"{FOLDER}/{suite}.why": text.encode() for suite, text in why.items()}


def _edges(project: Project, ci: CiContext, view: CommitView, files: Mapping[str, bytes]) -> Edges:
    """Measurements come from the artifacts alone, everything else from the commit."""

    def read(path: str) -> bytes | None:
        return files.get(path) if path.startswith(f"{FOLDER}/") else view.read(WORKTREE, path)

    env = project.world.env
    return Edges(read, view, project.store_at, ci, env, approvals(ci, env, READERS))
