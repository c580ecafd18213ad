"""`covgov history`: look at, carry and check the record of runs."""

from __future__ import annotations

from pathlib import Path

import click

from covgov.cli.boundary import FAILED, OK
from covgov.cli.output import emit_json
from covgov.cli.project import Project
from covgov.cli.runs import line, of_this_tree, pick, summary
from covgov.cli.world import World
from covgov.errors import UsageError
from covgov.history.interface import (
    AnnotatedStore,
    PortableStore,
    PushableStore,
    RewritableStore,
    RunStore,
    SharedStore,
)
from covgov.publish.render.parts.safe_text import plain

JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """Show, check and move the recorded runs.

    Only `push` and `fetch` contact the remote (in CI, reading fetches too).

    \b
    Example: covgov history list
             covgov history verify
    """


@command.command("list")
@click.option("-n", "--last", type=click.IntRange(min=1), help="Only the newest N runs.")
@JSON
@click.pass_obj
def list_command(world: World, last: int | None, as_json: bool) -> int:
    """List the recorded runs, oldest first.

    \b
    Example: covgov history list -n 20
    """
    store = _store(world)
    runs = store.list()[-(last or 0) :]
    if as_json:
        emit_json(world, "history", {"runs": [summary(run) for run in runs]})
    elif not runs:
        world.say("no runs recorded")
    else:
        for run in runs:
            world.say(line(run))
    return OK


@command.command("show")
@click.argument("run")
@JSON
@click.pass_obj
def show_command(world: World, run: str, as_json: bool) -> int:
    """Show one run.

    RUN is its number, or the beginning of its id or of its commit (then the newest).

    \b
    Example: covgov history show 12
    """
    from covgov.publish.registry import RENDERERS

    store = _store(world)
    found = pick(store.list(), run)
    record = store.fetch(found.id)
    if as_json:
        files = {name: len(snapshot.files) for name, snapshot in sorted(record.snapshots.items())}
        emit_json(world, "history-run", {**summary(found), "files": files})
        return OK
    world.say(line(found))
    world.say(f"id {found.id}, after {found.previous or 'nothing'}, policy {found.policy_hash[:12]}")
    world.say(RENDERERS["text"](record.verdict).rstrip("\n"))
    return OK


@command.command("push")
@click.option("--branch", default="", metavar="NAME", help="The branch, where the CI or checkout does not name it.")
@click.pass_obj
def push_command(world: World, branch: str) -> int:
    """Record the run in coverage/, and push recorded runs.

    The run must be of the commit that is checked out. It is recorded once, with the verdict and time of its check, as
    `covgov check --record` would record it. What is not recordable (uncommitted changes, a pull request in CI) stays
    here. Nothing is measured or checked again.

    \b
    Example: covgov history push
    """
    from covgov.cli.commands.history_push import push

    return push(Project(world), branch)


@command.command("fetch")
@click.pass_obj
def fetch_command(world: World) -> int:
    """Fetch the remote's runs; unpushed runs stay on top.

    \b
    Example: covgov history fetch
    """
    store = _fetchable(world)
    store.fetch_remote()
    if isinstance(store, SharedStore):
        world.note(f"nothing to fetch: history is read directly from {store.shared_at()}")
    else:
        world.note("history fetched")
    return OK


@command.command("prune")
@click.option(
    "--keep", type=click.IntRange(min=0), default=10, show_default=True, help="Number of newest runs to keep whole."
)
@JSON
@click.pass_obj
def prune_command(world: World, keep: int, as_json: bool) -> int:
    """Delete bulky artifacts (XML, JSON, HTML) of older runs.

    Snapshots, verdicts and manifests stay.

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
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of newest artifacts to keep of each name.",
)
@click.option("--prefix", default="coverage-", show_default=True, help="Only artifacts whose names begin with this.")
@click.option("--dry-run", is_flag=True, help="Print what would be deleted; delete nothing.")
@JSON
@click.pass_obj
def prune_artifacts_command(world: World, keep: int, prefix: str, dry_run: bool, as_json: bool) -> int:
    """Delete older workflow artifacts on GitHub.

    Reads GITHUB_REPOSITORY and GITHUB_TOKEN.

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
    """Export all runs to a directory.

    The directory can be read as a `dir:` store.

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
    """Write the snapshots of a recorded run to coverage/.

    RUN as in `covgov history show`; default: the newest run of the tree that is checked out. Exit 4 when there is none.

    \b
    Example: covgov history restore && covgov exceptions sync
    """
    from covgov.files import write_all
    from covgov.model import snapshot_codec
    from covgov.runner.artifacts import prepare_folder
    from covgov.vcs.own_output import FOLDER

    project, store = Project(world), _store(world)
    found = pick(store.list(), run) if run else of_this_tree(project, store.list())
    (snapshots,) = store.snapshots([found.id])
    files = {f"{suite}.snapshot": snapshot_codec.encode(snapshot) for suite, snapshot in snapshots.items()}
    prepare_folder(project.root / FOLDER)
    write_all(project.root / FOLDER, files)
    world.note(f"covgov: run {found.sequence} ({found.id[:12]}): {', '.join(sorted(snapshots)) or 'no suite'}")
    return OK


@command.command("import")
@click.argument("folder", type=FOLDER)
@click.pass_obj
def import_command(world: World, folder: Path) -> int:
    """Import the runs of an export, byte for byte.

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
    """Verify every byte, link and reference of the history.

    Exit 0: clean. Exit 10: something was altered or lost.

    \b
    Example: covgov history verify
    """
    store = Project(world).store
    with world.progress("verifying runs") as progress:
        faults = store.verify(progress)
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
    """Rewrite the history in this version's format.

    Every run gets a new id and remembers its old one. Older formats can be read without this; they only take more
    space. Nothing is pushed.

    \b
    Example: covgov history migrate
    """
    from covgov.history.format import layout
    from covgov.history.migrate import migrate

    store = _store(world)
    if not isinstance(store, RewritableStore):
        raise UsageError(
            "history-not-rewritable",
            "the configured history cannot be migrated from here",
            hint="run `covgov hub migrate --histories` on the hub's host",
        )
    count = migrate(store)
    done = f"{count} runs migrated to history format {layout.VERSION}" if count else "nothing to migrate"
    world.say(done if count else f"{done}: history format {layout.VERSION} is current")
    return OK


def _store(world: World) -> RunStore:
    store = Project(world).store
    store.exists()  # in CI this brings the remote's copy, and may have to say so
    for note in store.notes() if isinstance(store, AnnotatedStore) else ():
        world.note(f"covgov: note: {note}")
    return store


def _fetchable(world: World) -> PushableStore:
    store = Project(world).store
    if not isinstance(store, PushableStore):
        raise UsageError(
            "history-not-pushable",
            "the configured history has no remote to fetch from",
            hint="use [history] store = git:BRANCH; to copy the history to files, run `covgov history export DIR`",
        )
    return store


def _portable(world: World) -> PortableStore:
    store = _store(world)
    if not isinstance(store, PortableStore):
        raise UsageError(
            "history-not-portable",
            "the configured history cannot be exported or imported",
            hint="use [history] store = git:BRANCH or dir:PATH",
        )
    return store
