"""`covgov init`: look at the repository and write what covgov needs to run there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import OK
from covgov.cli.world import World

if TYPE_CHECKING:
    from covgov.cli.project import Project
    from covgov.scaffold.compose import Wishes
    from covgov.scaffold.detect import Decision, Detection
    from covgov.scaffold.tree import Tree


@click.command("init")
@click.option("--adopt", is_flag=True, help="Run the tests, and write today's figures as bars.")
@click.option("--fail-under", metavar="PERCENT", help="The wanted bar; default: the project's own, else 80.")
@click.option("--ci", is_flag=True, help="Write a CI job too.")
@click.option("--dry-run", is_flag=True, help="Print the change as a diff; write nothing.")
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Day of the first measurement (UTC)."
)
@click.pass_obj
def command(world: World, adopt: bool, fail_under: str | None, ci: bool, dry_run: bool, today: datetime | None) -> int:
    """Look at the repository and write covgov.toml, the exception register and what else covgov needs.

    Prints what was found and why. What is there already is left alone, so a second call changes nothing. With --adopt
    the tests are run once: today's figures become the bars, tests that fail are listed in covgov.toml and not run, and
    what is under the wanted bar is proposed in the register.

    \b
    Example: covgov init --dry-run
             covgov init --adopt && covgov run
    """
    from covgov.cli.adoption import adopt as adopted
    from covgov.cli.project import Project
    from covgov.files import place
    from covgov.register.patch import unified
    from covgov.scaffold.compose import compose

    project = Project(world)
    tree, found = look(project)
    wishes = wishes_of(project, found, fail_under, ci)
    say(world, found.decisions)
    adoption = None
    if adopt:
        adoption = adopted(project, tree, found, wishes, today.date() if today else None)
    changes, left = compose(tree, found, wishes, adoption)
    say(world, left)
    if dry_run:
        for change in changes:
            world.say(unified(change.path, change.old, change.new).removesuffix("\n"))
        return OK
    for change in changes:
        place(project.root / change.path, change.new.encode("utf-8", "surrogateescape"))
        world.say(f"wrote {change.path}: {change.why}")
    if not changes:
        world.say("nothing to change")
    return OK


def look(project: Project) -> tuple[Tree, Detection]:
    """The repository's files, and what they say."""
    from covgov.cli.probe import environments, files_on_disk, programs
    from covgov.scaffold.detect import detect
    from covgov.scaffold.packages import packages
    from covgov.scaffold.tree import Tree
    from covgov.vcs.interface import WORKTREE

    root, env = project.root, project.world.env
    paths = tuple(project.repository.blobs(WORKTREE)) if project.is_repository else files_on_disk(root)
    tree = Tree(tuple(sorted(paths)), project.read)
    names = ("coverage", "pytest", *(package.name for package in packages(tree).packages))
    return tree, detect(tree, environments(root, env, names) if tree.python else (), programs(env))


def wishes_of(project: Project, found: Detection, fail_under: str | None, ci: bool) -> Wishes:
    """What the command line and the checkout add to the detection."""
    from decimal import Decimal

    from covgov.policy.fields import PLAIN
    from covgov.scaffold.compose import Wishes
    from covgov.vcs.git import unignored

    if fail_under is not None and not (PLAIN.fullmatch(fail_under) and Decimal(fail_under) <= 100):
        raise click.BadParameter(f"{fail_under!r} is not a percentage like 80", param_hint="--fail-under")
    probes = {"/coverage/": "coverage/verdict.json"} | ({"__pycache__/": "x/__pycache__/x.pyc"} if found.python else {})
    missing = tuple(line for line, path in probes.items() if unignored(project.root, project.world.env, path))
    branch = (project.repository.default_branch() or "main") if ci and project.is_repository else "main" if ci else ""
    return Wishes(None if fail_under is None else Decimal(fail_under), missing, branch.removeprefix("origin/"))


def say(world: World, decisions: Iterable[Decision]) -> None:
    """One line each."""
    for one in decisions:
        world.say(f"{one.about + ':':<10} {one.value} ({one.why})")
