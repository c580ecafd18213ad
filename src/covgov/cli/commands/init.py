"""`covgov init`: look at the repository and write what covgov needs to run there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import OK
from covgov.cli.world import World

if TYPE_CHECKING:
    from covgov.cli.project import Project
    from covgov.scaffold.compose import Composition, Wishes
    from covgov.scaffold.detection.detect import Decision, Detection
    from covgov.scaffold.detection.tree import Tree


@click.command("init")
@click.option("--adopt", is_flag=True, help="Run the tests, and write today's figures as bars.")
@click.option("--fail-under", metavar="PERCENT", help="The wanted bar; default: the project's own, else 80.")
@click.option(
    "--ci",
    is_flag=False,
    flag_value="detect",
    type=click.Choice(["github", "gitlab", "detect"]),
    help="Write a CI job too, by default for the CI that is in use.",
)
@click.option(
    "--action", default="", metavar="OWNER/NAME@COMMIT", help="Address of covgov's GitHub action in that job."
)
@click.option("--dry-run", is_flag=True, help="Print the change as a diff; write nothing.")
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Day of the first measurement (UTC)."
)
@click.pass_obj
def command(
    world: World,
    adopt: bool,
    fail_under: str | None,
    ci: str | None,
    action: str,
    dry_run: bool,
    today: datetime | None,
) -> int:
    """Look at the repository and write what covgov needs.

    That is covgov.toml, the exception register, a line of .gitignore, and `source` of coverage.py where none is set.
    Prints what was found and why. What is there already is left alone, so a second call changes nothing. With --adopt
    the tests are run: today's figures become the bars, tests that fail are listed in covgov.toml and not run any more,
    and what is under the wanted bar is proposed in the register.

    \b
    Example: covgov init --dry-run
             covgov init --adopt && covgov run
    """
    from covgov.cli.project import Project
    from covgov.files import place
    from covgov.register.patch import unified

    project = Project(world)
    done = _composed(project, wishes_of(project, fail_under, ci, action), adopt=adopt, today=today)
    say(world, done.left)
    for change in done.changes:
        if dry_run:
            world.say(unified(change.path, change.old, change.new).removesuffix("\n"))
        else:
            place(project.root / change.path, change.new.encode("utf-8", "surrogateescape"))
            world.say(f"wrote {change.path}: {change.why}")
    if not done.changes:
        world.say("nothing to do")
    return OK


def _composed(project: Project, wishes: Wishes, *, adopt: bool, today: datetime | None) -> Composition:
    """What to write. A policy that is there is left alone, unless init itself wrote it before a measurement."""
    from covgov.cli.adoption import adopted
    from covgov.policy import config
    from covgov.scaffold.compose import POLICY, beside, compose, policy_text

    tree, policy = tree_of(project), config.load(project.read)
    if policy is not None and not (adopt and tree.read(POLICY) is not None):
        return beside(tree, policy.exceptions.path, tuple(policy.suites), wishes)
    found = detection(project, tree)
    if policy is not None and tree.text(POLICY) != policy_text(found, wishes, None):
        return beside(tree, policy.exceptions.path, tuple(policy.suites), wishes)
    say(project.world, found.decisions)
    adoption = adopted(project, tree, found, wishes, today.date() if today else None) if adopt else None
    return compose(tree, found, wishes, adoption)


def tree_of(project: Project) -> Tree:
    """The repository's files."""
    from covgov.cli.probe import files_on_disk
    from covgov.scaffold.detection.tree import Tree
    from covgov.vcs.interface import WORKTREE

    paths = project.repository.blobs(WORKTREE) if project.is_repository else files_on_disk(project.root)
    return Tree(tuple(sorted(paths)), project.read)


def detection(project: Project, tree: Tree) -> Detection:
    """What the files and this machine say."""
    from covgov.cli.probe import environments, programs
    from covgov.scaffold.detection.detect import detect
    from covgov.scaffold.detection.packages import packages

    root, env = project.root, project.world.env
    names = tuple(package.name for package in packages(tree).packages)
    return detect(tree, environments(root, env, names) if tree.python else (), programs(env))


def wishes_of(project: Project, fail_under: str | None, ci: str | None, action: str) -> Wishes:
    """What the command line and the checkout ask for."""
    from decimal import Decimal

    from covgov.cli.commands.digest import default_branch_of_clone
    from covgov.policy.tables.fields import PLAIN
    from covgov.scaffold.compose import IGNORED, Wishes
    from covgov.scaffold.workflow import JobChoice

    if fail_under is not None and not (PLAIN.fullmatch(fail_under) and Decimal(fail_under) <= 100):
        raise click.BadParameter(f"{fail_under!r} is not a percentage like 80", param_hint="--fail-under")
    if action and not re.fullmatch(r"[\w./-]+@[\w./-]+", action, re.ASCII):
        raise click.BadParameter(f"{action!r} is not an address like OWNER/NAME@COMMIT", param_hint="--action")
    ignored = project.repository.ignored(IGNORED.values()) if project.is_repository else ()
    missing = tuple(line for line, path in IGNORED.items() if path not in ignored)
    branch = (default_branch_of_clone(project) if project.is_repository else "") or "main"
    wanted = None if fail_under is None else Decimal(fail_under)
    return Wishes(wanted, missing, JobChoice(ci, branch, action) if ci else None)


def say(world: World, decisions: Iterable[Decision]) -> None:
    """One line each."""
    for one in decisions:
        world.say(f"{one.about + ':':<10} {one.value} ({one.why})")
