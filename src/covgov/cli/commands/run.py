"""`covgov run`: run suites under coverage, then collect, check, record, report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from covgov.cli.commands.check import FORMATS
from covgov.cli.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from covgov.cli.project import Project
    from covgov.gather.prepare import Preparation
    from covgov.model.snapshot import Snapshot
    from covgov.runner.passthrough import ReportOutputs

REST = "covgov.run.rest"


class PassthroughCommand(click.Command):
    """A command that sets the arguments after `--` apart, for the test command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        cut = args.index("--") if "--" in args else len(args)
        ctx.meta[REST] = tuple(args[cut + 1 :])
        return super().parse_args(ctx, args[:cut])


@click.command("run", cls=PassthroughCommand)
@click.argument("suites", nargs=-1, metavar="[SUITE]... [-- TEST ARGUMENTS]")
@click.option("--measure-only", is_flag=True, help="Run and write coverage/SUITE.*; do not check.")
@click.option(
    "--format", "rendering", type=click.Choice(FORMATS), default="text", show_default=True, help="Output format."
)
@click.option("--json", "rendering", flag_value="json", help="The same as --format json.")
@click.option("--fail-under", metavar="PERCENT", help="Minimum total coverage; one SUITE only.")
@click.option("--today", metavar="YYYY-MM-DD", help="Evaluate exceptions as of this day (UTC).")
@click.option("--accept-identity", is_flag=True, help="Accept that another tool or version measured the baseline.")
@click.option("--measure-base", is_flag=True, help="Measure the merge base, too, and compare with that.")
@click.pass_context
def command(
    ctx: click.Context,
    suites: tuple[str, ...],
    measure_only: bool,
    rendering: str,
    fail_under: str | None,
    today: str | None,
    accept_identity: bool,
    measure_base: bool,
) -> int:
    """Run the test suites, then check, record and report.

    Each suite runs under coverage.py in its own interpreter. Arguments after `--` go to the test command;
    `--cov-report=xml:PATH` (json, lcov, html) among them writes one more report. Without SUITE every declared suite
    runs and, if no other test arguments are given, the run is recorded in history.

    \b
    Example:
      covgov run
      covgov run api -- -k tokens --cov-report=xml:coverage/api.xml
    """
    from covgov.cli.judge import conclude, today_of
    from covgov.cli.project import Project
    from covgov.files import remove_all
    from covgov.gather.request import Request
    from covgov.publish.artifacts import PUBLISHED
    from covgov.runner.alone import alone
    from covgov.vcs.own_output import FOLDER

    world: World = ctx.obj
    project = Project(world)
    request = Request(
        today=today_of(project, today), suites=suites, fail_under=fail_under, accept_identity=accept_identity
    )
    plan = planned(project, suites, ctx.meta[REST])
    with alone(project.root / FOLDER):
        remove_all(project.root / FOLDER, PUBLISHED)
        if measure_only:
            return measure(project, plan)
        measuring = partial(measure, project, plan)
        base = partial(base_run, project) if measure_base else None
        return conclude(project, request, recorded=True, rendering=rendering, measure=measuring, measure_base=base)


def base_run(project: Project, prepared: Preparation) -> Mapping[str, Snapshot] | str:
    """Measure where the change starts, in a temporary checkout, with the suites of its own policy.

    Raises UsageError (`base-unknown`) when the change starts from nothing.
    """
    from covgov.errors import UsageError
    from covgov.runner.base import measure_base

    start = prepared.situation.start if prepared.situation else None
    if start is None:
        raise UsageError("base-unknown", "--measure-base: there is no commit that this change starts from")
    suites = (prepared.base.at_start or project.policy).suites
    project.world.note(f"covgov: measuring the base, commit {start[:12]}")
    with project.repository.checkout(start) as root:
        return measure_base(
            [suites[name] for name in prepared.wanted if name in suites],
            root=root,
            project=project.root,
            env=suite_environment(project),
            progress=project.world.note,
        )


def suite_environment(project: Project) -> Mapping[str, str]:
    """The caller's environment, with the tags that become coverage contexts."""
    return {**project.world.env, "COVGOV_ATTRIBUTES": ",".join(project.policy.gate.attributes)}


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What will run. extra: arguments for the test command. requested: reports that are wanted besides the usual."""

    suites: tuple[str, ...]
    extra: tuple[str, ...]
    requested: ReportOutputs


def planned(project: Project, suites: tuple[str, ...], rest: tuple[str, ...]) -> RunPlan:
    """Raises UsageError and PolicyInvalid: what is wrong with the command line or the policy on disk."""
    from covgov.policy.suites import wanted_suites
    from covgov.runner.passthrough import split

    requested, extra = split(rest)
    return RunPlan(wanted_suites(suites, project.policy), extra, requested)


def measure(project: Project, plan: RunPlan) -> int:
    """Run the suites; 0 when each arrived with passing tests, else 10 or 11. What is only evaluated changes no code."""
    from covgov.cli.boundary import FAILED, OK, UNDETERMINED, worst
    from covgov.judge.enforcement import enforces_suite
    from covgov.runner.run_suite import run_suite
    from covgov.vcs.own_output import FOLDER

    world = project.world
    codes = []
    for name in plan.suites:
        done = run_suite(
            project.policy.suites[name],
            root=project.root,
            out=project.root / FOLDER,
            env=suite_environment(project),
            extra=plan.extra,
            requested=plan.requested,
            progress=world.note,
        )
        if done.snapshot is None:
            world.note(f"covgov: suite {name} did not arrive: {done.reason}")
            code = UNDETERMINED
        else:
            passed = done.snapshot.tests is None or done.snapshot.tests.passed
            code = OK if passed else FAILED
        if code and not enforces_suite(project.policy, name):
            world.note(f'covgov: suite {name} is not enforced (enforcement = "evaluate")')
            code = OK
        codes.append(code)
    return worst(codes)
