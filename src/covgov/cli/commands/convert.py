"""`covgov convert`: one report in another format."""

from __future__ import annotations

import sys
from itertools import count, takewhile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import OK
from covgov.cli.world import World
from covgov.publish.reports.registry import WRITERS, named

if TYPE_CHECKING:
    from covgov.publish.reports.convert import Conversion


@click.command("convert")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--to", type=click.Choice(list(WRITERS)), help="Format of OUT; default: what its name says.")
@click.option(
    "--split",
    type=click.IntRange(min=1),
    metavar="BYTES",
    help="Write OUT in parts of at most so many bytes: coverage.xml becomes coverage-1.xml and so on.",
)
@click.option("--python", default=sys.executable, help="Interpreter whose coverage.py analyses a .coverage file.")
@click.pass_obj
def command(world: World, source: str, target: str, to: str | None, split: int | None, python: str) -> int:
    """Write a coverage report in another format.

    IN has any format that `covgov inspect` knows. Files and lines stay the same; a note names what OUT cannot hold.
    Hit counts become 1 and 0. --split deletes further parts that an earlier run left. Exit 4: IN is missing, empty,
    damaged, of no known format, or contradicts itself, or the format of OUT cannot hold its files and lines; then OUT
    is not written. Exit 5: OUT cannot be written.

    \b
    Example:
      covgov convert coverage.xml lcov.info
      covgov convert --to cobertura coverage.out coverage.xml
      covgov convert coverage/merged.snapshot coverage/gitlab.xml --split 10000000
    """
    from covgov.ingest.read import read_report
    from covgov.publish.reports.convert import convert, parts
    from covgov.runner.analyse import analyser
    from covgov.vcs.git import toplevel

    form = to or named(PurePath(target).name)
    if form is None:
        raise click.UsageError(f"no format is known for the name {target}; add --to with one of {', '.join(WRITERS)}")
    analyse = analyser(python, toplevel(world.cwd, world.env) or world.cwd, world.env)
    report = read_report(world.cwd / source, analyse)
    if split is None:
        _write(world, target, form, convert(report, form, source))
        return OK
    name = PurePath(target)
    numbered = (str(name.with_name(f"{name.stem}-{number}{name.suffix}")) for number in count(1))
    for part in parts(report, form, split, source):
        _write(world, written := next(numbered), form, part)
        if len(part.data) > split:
            world.note(f"covgov: note: {written} has {len(part.data)} bytes: a source file is never split")
    for left in takewhile(Path.is_file, (world.cwd / path for path in numbered)):
        if left != world.cwd / source:
            left.unlink()
    return OK


def _write(world: World, target: str, form: str, converted: Conversion) -> None:
    from covgov.files import write
    from covgov.model.snapshot import Metric
    from covgov.model.words import count as counted

    write(world.cwd / target, converted.data)
    for note in converted.notes:
        world.note(f"covgov: note: {note}")
    lines, branches = converted.read.counted(Metric.LINE), converted.read.counted(Metric.BRANCH)
    world.say(f"{target}: {form}, {counted(len(converted.read.files), 'file')}, lines {lines}, branches {branches}")
