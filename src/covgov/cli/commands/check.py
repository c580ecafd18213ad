"""`covgov check`: the verdict from snapshots, baseline and register."""

from __future__ import annotations

import click

from covgov.cli.world import World

FORMATS = ("text", "json", "markdown", "github", "gitlab", "junit", "sarif")


@click.command("check")
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option(
    "--format", "rendering", type=click.Choice(FORMATS), default="text", show_default=True, help="Output format."
)
@click.option("--json", "rendering", flag_value="json", help="The same as --format json.")
@click.option("--fail-under", metavar="PERCENT", help="Minimum total coverage; one SUITE only.")
@click.option("--base", metavar="REVISION", help="Compare with this commit instead of the usual base.")
@click.option("--today", metavar="YYYY-MM-DD", help="Evaluate exceptions as of this day (UTC).")
@click.option("--accept-identity", is_flag=True, help="Accept that another tool or version measured the baseline.")
@click.option("--record", is_flag=True, help="Append the run to history.")
@click.pass_obj
def command(
    world: World,
    suites: tuple[str, ...],
    rendering: str,
    fail_under: str | None,
    base: str | None,
    today: str | None,
    accept_identity: bool,
    record: bool,
) -> int:
    """Check the snapshots in coverage/ against the policy.

    Exit 0: pass. Exit 10: fail. Exit 11: undetermined.

    \b
    Example:
      covgov check                       every declared suite
      covgov check api --fail-under 90   one suite, its total bar given here
    """
    from covgov.cli.judge import conclude, edges_of, today_of
    from covgov.cli.project import Project
    from covgov.gather.request import Request

    project = Project(world)
    request = Request(
        today=today_of(project, today),
        suites=suites,
        fail_under=fail_under,
        accept_identity=accept_identity,
        base=base,
    )
    with edges_of(project).steady():
        return conclude(project, request, recorded=record, rendering=rendering)
