"""`covgov digest`: the periodic account, from history alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from covgov.cli.boundary import OK
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.history.interface import Progress, RunStore, RunSummary, silent
from covgov.model.run import RunRecord


@click.command()
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Last day; default: today (UTC)."
)
@click.option("--weeks", type=click.IntRange(1, 520), default=1, show_default=True, help="Number of weeks.")
@click.option("--format", "form", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
@click.option("--branch", default="", help="Branch; default: the default branch.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Output file; default: stdout.")
@click.pass_obj
def command(world: World, until: datetime | None, weeks: int, form: str, branch: str, output: Path | None) -> int:
    """Summarise what changed in the last weeks, and why.

    Lists components, suites, exceptions and failing checks. Weeks are ISO weeks, from Monday; the last one is the week
    of --until. Nothing is measured. Weeks without runs are reported as such, with exit code 0.

    \b
    Example: covgov digest --weeks 4
             covgov digest --until 2026-11-22 --format json -o coverage/digest.json
    """
    from covgov.files import write

    project = Project(world)
    last = until.date() if until is not None else world.now().astimezone(UTC).date()
    text = account(project, last, weeks=weeks, form=form, branch=branch)
    if output is None:
        world.say(text.removesuffix("\n"))
    else:
        write(world.cwd / output, text.encode())
        world.note(f"covgov: wrote {output}")
    return OK


def account(project: Project, until: date, *, weeks: int = 1, form: str = "markdown", branch: str = "") -> str:
    """The digest of the weeks that end with the one of `until`, as Markdown or JSON."""
    from covgov.history.digest import digest
    from covgov.publish.digest.markdown import digest_markdown
    from covgov.publish.digest.wire import digest_json

    since = first_day(until, weeks)
    runs = wanted(project.store.list(), branch or default_branch(project), since, until)
    with project.world.progress("reading runs") as progress:
        records = recorded(project.store, runs, progress)
    summary = digest(records, since=since, until=until)
    return digest_json(summary) if form == "json" else digest_markdown(summary)


def recorded(store: RunStore, runs: Sequence[RunSummary], progress: Progress = silent) -> list[RunRecord]:
    """The runs, with coverage only of the first and the last: the digest compares the files of these two."""
    from covgov.history.format.layout import record_of

    ids = [run.id for run in runs]
    ends = dict(zip((0, len(ids) - 1), store.snapshots([*ids[:1], *ids[-1:]]), strict=False))
    records: list[RunRecord] = []
    for place, (run, verdict) in enumerate(zip(runs, store.verdicts(ids), strict=True)):
        records.append(record_of(run, ends.get(place, {}), verdict))
        progress(len(records), len(runs))
    return records


def first_day(until: date, weeks: int) -> date:
    """Monday of the first of `weeks` ISO weeks, the last of which contains `until`."""
    return until - timedelta(days=until.weekday(), weeks=weeks - 1)


def wanted(runs: Sequence[RunSummary], branch: str, since: date, until: date) -> Sequence[RunSummary]:
    """The branch's runs in the window, and the complete one before it that they are compared with."""
    mine = [run for run in runs if not run.dirty and branch in ("", run.branch)]
    before = [run for run in mine if run.recorded_at.date() < since and run.complete]
    return [*before[-1:], *(run for run in mine if since <= run.recorded_at.date() <= until)]


def default_branch(project: Project) -> str:
    """Its bare name; "" when there is none to be found, then every branch counts."""
    if project.policy.gate.default_branch or not project.is_repository:
        return project.policy.gate.default_branch
    return default_branch_of_clone(project)


def default_branch_of_clone(project: Project) -> str:
    """The branch that the remote's HEAD names, else the usual one, without asking a policy; "" when there is none."""
    return project.repository.remote_default() or project.repository.usual_branch()
