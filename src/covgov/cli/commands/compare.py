"""`covgov compare`: differential coverage and attribution between two commits or two reports."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from covgov.cli.output import emit_json
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.differential.comparison import Comparison, as_payload, as_text, compare
from covgov.differential.sources import diff_by_sources, taken_as_same
from covgov.errors import InputError, Undetermined, UsageError
from covgov.model.diff import Diff
from covgov.model.snapshot import FileCoverage, Metric, Origin, Snapshot
from covgov.publish.render.parts.layout import wrapped
from covgov.vcs.interface import WORKTREE

SAME_SOURCE = ("the sources are treated as identical",)
SNAPSHOT = b'{"format":"covgov-snapshot"'


@click.command("compare")
@click.argument("base")
@click.argument("head")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--metric",
    type=click.Choice([m.value for m in Metric]),
    default=Metric.COMBINED.value,
    show_default=True,
    help="What to count.",
)
@click.option("--same-source", is_flag=True, help="Treat both sources as identical: match line N with line N.")
@click.pass_obj
def command(world: World, base: str, head: str, as_json: bool, metric: str, same_source: bool) -> int:
    """Compare two commits or reports, and explain the change.

    Every line and branch is put into one of twelve categories.

    BASE and HEAD are report or snapshot files, or commits whose runs are in history.

    \b
    Example:
      covgov compare origin/main HEAD
      covgov compare old.snapshot coverage/api.snapshot --metric line
      covgov compare yesterday.xml today.xml --same-source
    """
    project = Project(world)
    found = (
        _recorded(project, base, head, Metric(metric), same_source=same_source)
        if not any((world.cwd / name).is_file() for name in (base, head))
        else _snapshots(project, base, head, Metric(metric), same_source=same_source)
    )
    if as_json:
        emit_json(world, "compare", as_payload(found))
    else:
        for line in as_text(found):
            world.say(line if line.startswith("note:") else "\n".join(wrapped(line, 6)))
    return 0


def _snapshots(project: Project, base: str, head: str, metric: Metric, *, same_source: bool) -> Comparison:
    before, after = _side(project, base), _side(project, head)
    diff, notes = (Diff(), SAME_SOURCE) if same_source else _diff(project, before, after)
    return compare(before, after, diff, metric, notes)


def _recorded(project: Project, base: str, head: str, metric: Metric, *, same_source: bool) -> Comparison:
    """Two commits with recorded runs: of the files that did not change only the sums are read."""
    old, new = _origin(project, base), _origin(project, head)
    diff = Diff() if same_source else project.repository.diff(old.commit, new.commit)
    paths = {path for file in diff for path in (file.old_path, file.new_path) if path is not None}
    run_ids = _newest(project, base, old), _newest(project, head, new)
    found = project.store.changes(*run_ids, paths)
    before, after = _merged(found.base, old, found.folded), _merged(found.head, new, found.folded)
    result = compare(before, after, diff, metric, SAME_SOURCE if same_source else ())
    return replace(result, unlisted=found.same - (found.folded is not None))


def _merged(suites: Mapping[str, Snapshot], origin: Origin, folded: FileCoverage | None) -> Snapshot:
    """folded: under a name that no file has, so that it counts as unchanged."""
    from covgov.ingest.merge import merge

    merged = merge(list(suites.values()))
    files = {**merged.files, "": folded} if folded is not None else merged.files
    return replace(merged, files=files, origin=origin)


def _side(project: Project, name: str) -> Snapshot:
    """A file if there is one of that name, else a commit."""
    path = project.world.cwd / name
    if path.is_file():
        return _from_file(project, path)
    origin = _origin(project, name)
    (suites,) = project.store.snapshots([_newest(project, name, origin)])
    return _merged(suites, origin, None)


def _origin(project: Project, name: str) -> Origin:
    commit = project.repository.resolve(name)
    if commit is None:
        raise UsageError(
            "compare-unknown",
            f"{name} is neither a file nor a commit of this repository",
            hint="give report or snapshot files, or commits with a run in history (`covgov history list`)",
        )
    return Origin(commit, project.repository.tree(commit))


def _from_file(project: Project, path: Path) -> Snapshot:
    from covgov.ingest.collect import collect
    from covgov.ingest.places.source_tree import SourceTree
    from covgov.ingest.read import read_report
    from covgov.model.snapshot_codec import decode
    from covgov.runner.analyse import analyser

    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            "report-unreadable", f"{path}: cannot be read: {error.strerror}", hint="check the path"
        ) from None
    if data.startswith(SNAPSHOT):
        return decode(data, str(path))
    analyse = analyser(sys.executable, project.root, project.world.env)
    if project.repository.resolve("HEAD") is None:
        report = read_report(path, analyse)
        return Snapshot(path.name, report.files, report.identity)
    tree = SourceTree(str(project.root), project.repository.blobs(WORKTREE), project.read, current=False)
    found = collect(path.name, [path], tree=tree, origin=None, tests=None, analyse=analyse)
    # a bare report does not say at which text it was measured, and the text on disk may be another
    unknown = {name: replace(file, source="") for name, file in found.snapshot.files.items()}
    return replace(found.snapshot, files=unknown)


def _newest(project: Project, name: str, origin: Origin) -> str:
    """The newest complete run of the commit's tree."""
    run_ids = [run.id for run in project.store.list() if run.tree == origin.tree and run.complete]
    if not run_ids:
        raise Undetermined(
            "run-not-recorded",
            f"no complete run of {name} (commit {origin.commit[:12]}) in {project.policy.history.store}",
            hint="`covgov history list` shows what is recorded; `covgov run` at that commit measures it, and "
            "`covgov run --measure-base` the merge base",
        )
    return run_ids[-1]


def _diff(project: Project, base: Snapshot, head: Snapshot) -> tuple[Diff, tuple[str, ...]]:
    """git's diff when both origins are here, else what blob ids prove; and what to say about it."""
    old = _revision(project, base.origin, on_disk=False)
    new = _revision(project, head.origin, on_disk=True)
    if old is not None and new is not None:
        return project.repository.diff(old, new), ()
    found = diff_by_sources(base, head)
    opaque = sum(file.opaque for file in found)
    note = "git does not know both sources, so files were compared by blob id"
    if opaque:
        counted = "1 file counts" if opaque == 1 else f"{opaque} files count"
        note += f": {counted} as deleted and new, because their lines cannot be matched"
        note += "; if both have the same source text, use --same-source"
    if same := taken_as_same(base, head):
        alike = "1 file" if same == 1 else f"{same} files"
        return found, (note, f"{alike} of unknown source with equal coverage count as unchanged (see --same-source)")
    return found, (note,)


def _revision(project: Project, origin: Origin | None, *, on_disk: bool) -> str | None:
    """What git can diff: the commit, or the work tree when that is what was measured; None when it is neither."""
    if origin is None or project.repository.resolve(origin.commit) is None:
        return None
    if not origin.dirty:
        return origin.commit
    return WORKTREE if on_disk and project.repository.origin().tree == origin.tree else None
