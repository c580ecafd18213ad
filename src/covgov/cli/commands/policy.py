"""`covgov policy`: the policy that is in force, and which of its bars applies to a path."""

from __future__ import annotations

import posixpath

import click

from covgov.cli.boundary import OK
from covgov.cli.output import emit_json
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.errors import UsageError


@click.group()
def command() -> None:
    """Show and explain the policy (covgov.toml or pyproject.toml).

    \b
    Example: covgov policy show                       what is in force, defaults marked
             covgov policy explain src/app/login.py   which bars apply to this file, and why
             covgov policy rule bar                   the page of a rule: why, example, what to do
    """


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the policy file, for editors.")
@click.pass_obj
def show(world: World, as_json: bool, schema: bool) -> int:
    """Show the policy with its defaults.

    Secrets are never filled in.

    \b
    Example: covgov policy show --schema > covgov.schema.json
    """
    from covgov.policy import present
    from covgov.policy.tables import schema as made

    if schema:
        world.say(made.schema().rstrip("\n"))
        return OK
    shown = present.show(Project(world).policy)
    if as_json:
        emit_json(world, "policy", shown.payload)
    else:
        world.say("\n".join(shown.lines))
    return OK


@command.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def explain(world: World, path: str, as_json: bool) -> int:
    """Explain which component, suite and bars apply to PATH.

    PATH is relative to the repository.

    \b
    Example: covgov policy explain src/app/login.py --json
    """
    from covgov.policy import present

    project, place = Project(world), posixpath.normpath(path)
    policy = project.policy
    if not (project.root / place).exists():
        hint = "PATH is a file or folder, relative to the repository"
        raise UsageError("path-unknown", f"there is no {path} in {project.root}", hint=hint)
    explained = present.explain(policy, place)
    if as_json:
        emit_json(world, "policy-explanation", explained.payload)
    else:
        world.say("\n".join(explained.lines))
    return OK


@command.command()
@click.argument("rule", default="")
@click.pass_obj
def rule(world: World, rule: str) -> int:
    """Print the page of a rule, or list all rules.

    RULE is the id in brackets before a finding. The pages are those of docs/rules.

    \b
    Example: covgov policy rule max-drop
    """
    from covgov.judge.registry import PAGES

    if rule and rule not in PAGES:
        raise UsageError("rule-unknown", f"no rule is called {rule!r}", hint="`covgov policy rule` lists the rules")
    width = max(map(len, PAGES))
    listed = "\n".join(f"{page.id.ljust(width)}  {page.title}" for page in PAGES.values())
    world.say(PAGES[rule].markdown.rstrip("\n") if rule else listed)
    return OK
