"""`covgov history`: look at, carry and check the record of runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import click

from covgov.cli.boundary import FAILED, OK
from covgov.cli.output import emit_json
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.errors import InputError, UsageError
from covgov.history.interface import Immediate, Noted, Portable, Pushable, Rewritable, RunStore, RunSummary
from covgov.publish.render.safe_text import plain

JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """The append-only record of runs. Nothing here pushes or fetches unless its name says so.

    \b
    Example: covgov history list
             covgov history verify
    """


@command.command("list")
@click.option("-n", "--last", type=click.IntRange(min=1), help="Only the newest N runs.")
@JSON
@click.pass_obj
def list_command(world: World, last: int | None, as_json: bool) -> int:
    """Recorded runs, oldest first.

    \b
    Example: covgov history list -n 20
    """
    store = _store(world)
    runs = store.list()[-(last or 0) :]
    if as_json:
        emit_json(world, "history", {"runs": [_summary(run) for run in runs]})
    elif not runs:
        world.say("no runs recorded")
    else:
        for run in runs:
            world.say(_line(run))
    return OK


@command.command("show")
@click.argument("run")
@JSON
@click.pass_obj
def show_command(world: World, run: str, as_json: bool) -> int:
    """One run: by number, by the beginning of its id or of its commit (then the newest).

    \b
    Example: covgov history show 12
    """
    from covgov.publish.registry import RENDERERS

    store = _store(world)
    found = pick(store.list(), run)
    record = store.fetch(found.id)
    if as_json:
        files = {name: len(snapshot.files) for name, snapshot in sorted(record.snapshots.items())}
        emit_json(world, "history-run", {**_summary(found), "files": files})
        return OK
    world.say(_line(found))
    world.say(f"id {found.id}, after {found.previous or 'nothing'}, policy {found.policy_hash[:12]}")
    world.say(RENDERERS["text"](record.verdict).rstrip("\n"))
    return OK


@command.command("push")
@click.option("--branch", default="", metavar="NAME", help="What is built, where the CI or checkout does not say it.")
@click.pass_obj
def push_command(world: World, branch: str) -> int:
    """Bring the run that was judged here into history, and recorded runs to the remote.

    The run is the one in coverage/, of the commit that is checked out: as `covgov check --record` would record it, with
    the verdict and the time at which it was judged, and once. What is not recorded (a dirty tree, a pull request in CI)
    stays here. Nothing is measured or judged.

    \b
    Example: covgov history push
    """
    from covgov.cli.commands.history_push import push

    return push(Project(world), branch)


@command.command("fetch")
@click.pass_obj
def fetch_command(world: World) -> int:
    """Bring the remote's runs; own runs that it lacks are chained on top.

    \b
    Example: covgov history fetch
    """
    store = _fetchable(world)
    store.fetch_remote()
    if isinstance(store, Immediate):
        world.note(f"nothing to fetch: runs are recorded in {store.kept_in()}, which answers")
    else:
        world.note("history fetched")
    return OK


@command.command("prune")
@click.option("--keep", type=click.IntRange(min=0), default=10, show_default=True, help="Newest runs left untouched.")
@JSON
@click.pass_obj
def prune_command(world: World, keep: int, as_json: bool) -> int:
    """Drop bulky artifacts (XML, JSON, HTML) of older runs. Snapshots, verdicts and manifests stay.

    \b
    Example: covgov history prune --keep 10
    """
    gone = _store(world).prune(keep)
    if as_json:
        emit_json(world, "history-prune", {"keep": keep, "dropped": list(gone)})
        return OK
    for name in gone:
        world.say(f"dropped {name}")
    world.say(f"{len(gone)} artifacts dropped")
    return OK


@command.command("prune-artifacts")
@click.option("--keep", type=click.IntRange(min=1), default=10, show_default=True, help="Newest kept of each name.")
@click.option("--prefix", default="coverage-", show_default=True, help="Only artifacts whose names begin so.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@JSON
@click.pass_obj
def prune_artifacts_command(world: World, keep: int, prefix: str, dry_run: bool, as_json: bool) -> int:
    """Delete this repository's older workflow artifacts on GitHub (GITHUB_REPOSITORY, GITHUB_TOKEN).

    \b
    Example: covgov history prune-artifacts --keep 10
    """
    from covgov.cli.workflow_artifacts import prune_github

    pruned = prune_github(world, keep=keep, prefix=prefix, dry_run=dry_run)
    if as_json:
        dropped = [{"id": one.id, "name": one.name, "bytes": one.size_in_bytes} for one in pruned.gone]
        emit_json(world, "prune-artifacts", {"keep": keep, "dry_run": dry_run, "kept": pruned.kept, "dropped": dropped})
        return OK
    done = "would delete" if dry_run else "deleted"
    for one in pruned.gone:
        world.say(f"{done} {plain(one.name)} of {one.created_at:%Y-%m-%d} ({one.id})")
    world.say(f"{len(pruned.gone)} artifacts {'would be ' if dry_run else ''}deleted, {pruned.kept} kept")
    return OK


@command.command("export")
@click.argument("folder", type=FOLDER)
@click.pass_obj
def export_command(world: World, folder: Path) -> int:
    """Write all runs as files to a directory, which can be read as a `dir:` store.

    \b
    Example: covgov history export coverage/history/
    """
    from covgov.history.transfer import export

    count = export(_portable(world), world.cwd / folder)
    world.say(f"exported {count} runs to {folder}")
    return OK


@command.command("restore")
@click.argument("run", default="")
@click.pass_obj
def restore_command(world: World, run: str) -> int:
    """Write the snapshots of a recorded run to coverage/, as if its suites had just run.

    RUN as in `covgov history show`; default: the newest run of the tree that is checked out. Exit 4 when there is none.

    \b
    Example: covgov history restore && covgov exceptions sync
    """
    from covgov.cli.judge import FOLDER
    from covgov.files import write_all
    from covgov.model import snapshot_codec
    from covgov.runner.artifacts import prepare_folder

    project, store = Project(world), _store(world)
    found = pick(store.list(), run) if run else of_this_tree(project, store.list())
    snapshots = store.fetch(found.id).snapshots
    files = {f"{suite}.snapshot": snapshot_codec.encode(snapshot) for suite, snapshot in snapshots.items()}
    prepare_folder(project.root / FOLDER)
    write_all(project.root / FOLDER, files)
    world.note(f"covgov: run {found.sequence} ({found.id[:12]}): {', '.join(sorted(snapshots)) or 'no suite'}")
    return OK


@command.command("import")
@click.argument("folder", type=FOLDER)
@click.pass_obj
def import_command(world: World, folder: Path) -> int:
    """Take over the runs of an export, byte for byte.

    \b
    Example: covgov history import coverage/history/
    """
    from covgov.history.transfer import import_

    count = import_(world.cwd / folder, _portable(world))
    world.say(f"imported {count} runs from {folder}")
    return OK


@command.command("verify")
@JSON
@click.pass_obj
def verify_command(world: World, as_json: bool) -> int:
    """Check every byte, link and reference. Exit 0 when clean, 10 when anything was altered or lost.

    \b
    Example: covgov history verify
    """
    store = Project(world).store
    faults = store.verify()
    runs = 0 if faults else len(store.list())
    if as_json:
        payload = [{"where": fault.where, "what": fault.what} for fault in faults]
        emit_json(world, "history-verify", {"clean": not faults, "faults": payload})
    else:
        for fault in faults:
            world.say(f"{fault.where}: {fault.what}")
        world.say(f"{len(faults)} faults" if faults else f"clean: {runs} runs, nothing altered or lost")
    return FAILED if faults else OK


@command.command("migrate")
@click.pass_obj
def migrate_command(world: World) -> int:
    """Write the record anew in this version's format. Every run gets another id, by which it names its old one.

    An older format is read without this; it only takes more room. Nothing is pushed.

    \b
    Example: covgov history migrate
    """
    from covgov.history import layout
    from covgov.history.migrate import migrate

    store = _store(world)
    if not isinstance(store, Rewritable):
        raise UsageError(
            "history-not-rewritable",
            "the configured history cannot be migrated from here",
            hint="a hub migrates the histories that it keeps: `covgov hub migrate --histories`",
        )
    count = migrate(store)
    done = f"{count} runs migrated to history format {layout.VERSION}" if count else "nothing to migrate"
    world.say(done if count else f"{done}: history format {layout.VERSION} is current")
    return OK


def _store(world: World) -> RunStore:
    store = Project(world).store
    store.exists()  # in CI this brings the remote's copy, and may have to say so
    for note in store.notes() if isinstance(store, Noted) else ():
        world.note(f"covgov: note: {note}")
    return store


def _fetchable(world: World) -> Pushable:
    store = Project(world).store
    if not isinstance(store, Pushable):
        raise UsageError(
            "history-not-pushable",
            "the configured history has no remote side to fetch from",
            hint="fetch needs [history] store = git:BRANCH; to keep a copy in files, see `covgov history export`",
        )
    return store


def _portable(world: World) -> Portable:
    store = _store(world)
    if not isinstance(store, Portable):
        raise UsageError("history-not-portable", "the configured history cannot be carried as files")
    return store


def pick(runs: Sequence[RunSummary], wanted: str) -> RunSummary:
    """Raises UsageError (`run-ambiguous`) when an id's beginning fits several runs, (`run-unknown`) when none fits."""
    by_number = [run for run in runs if wanted.isdigit() and run.sequence == int(wanted) and len(wanted) < 8]
    by_id = by_number or [run for run in runs if len(wanted) >= 4 and run.id.startswith(wanted)]
    by_commit = [run for run in runs if len(wanted) >= 4 and run.commit.startswith(wanted)][-1:]
    found = by_id or by_commit
    if len(found) > 1:
        raise UsageError("run-ambiguous", f"{wanted} is the beginning of several runs' ids", hint="write more of it")
    if not found:
        raise UsageError("run-unknown", f"history has no run {wanted}", hint="see `covgov history list`")
    return found[0]


def of_this_tree(project: Project, runs: Sequence[RunSummary]) -> RunSummary:
    """The newest run of HEAD's tree. Raises InputError (`run-unknown`)."""
    head = project.repository.resolve("HEAD")
    tree = project.repository.tree(head) if head else ""
    found = next((run for run in reversed(runs) if run.tree == tree and not run.dirty), None)
    if found is None:
        raise InputError(
            "run-unknown",
            f"history has no run of the tree of {(head or 'HEAD')[:12]}",
            hint="see `covgov history list`",
        )
    return found


def _line(run: RunSummary) -> str:
    when = run.recorded_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    marks = [f"attempt {run.attempt}"] if run.attempt > 1 else []
    marks += ["incomplete"] * (not run.complete) + ["dirty"] * run.dirty
    suites = ",".join(suite.name for suite in run.suites) or "no suite"
    words = [f"{run.sequence:>6}", when, f"{run.outcome:<12}", run.commit[:12] or "-" * 12, run.branch or "-", suites]
    return "  ".join([*words, *marks])


def _summary(run: RunSummary) -> dict[str, object]:
    return {
        "id": run.id,
        "sequence": run.sequence,
        "previous": run.previous or None,
        "commit": run.commit,
        "tree": run.tree,
        "branch": run.branch,
        "attempt": run.attempt,
        "recorded_at": run.recorded_at,
        "outcome": run.outcome,
        "complete": run.complete,
        "dirty": run.dirty,
        "expected": run.expected,
        "suites": [
            {"name": suite.name, "identity": str(suite.identity), "passed": suite.tests.passed if suite.tests else None}
            for suite in run.suites
        ],
        "policy_hash": run.policy_hash,
    }
