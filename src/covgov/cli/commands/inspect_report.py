"""`covgov inspect`: what is this report."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import OK
from covgov.cli.output import emit_json
from covgov.cli.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from covgov.ingest.interface import ParsedReport
    from covgov.model.ratio import Ratio


@click.command("inspect")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object for one file, a list for several.")
@click.option("--markdown", is_flag=True, help="Print a Markdown table of all files' totals, for a job summary.")
@click.option("--python", default=sys.executable, help="Interpreter whose coverage.py analyses a .coverage file.")
@click.pass_obj
def command(world: World, files: tuple[str, ...], as_json: bool, markdown: bool, python: str) -> int:
    """Show the format, tool, totals and gaps of coverage reports.

    The format is detected by content, never by name. Totals are those of the report's own tool. Exit 4: a file is
    missing, empty, damaged or of no known format.

    \b
    Example:
      covgov inspect coverage.xml
      covgov inspect --json .coverage coverage.json
      covgov inspect --markdown coverage/api.json coverage/auth.json
    """
    from covgov.ingest.read import read_report
    from covgov.runner.analyse import analyser
    from covgov.vcs.git import toplevel

    analyse = analyser(python, toplevel(world.cwd, world.env) or world.cwd, world.env)
    reports = [(name, read_report(world.cwd / name, analyse)) for name in files]
    if as_json:
        documents = [_document(parsed) for _, parsed in reports]
        several = {"reports": [{"file": name, **doc} for (name, _), doc in zip(reports, documents, strict=True)]}
        emit_json(world, "inspect", documents[0] if len(documents) == 1 else several)
    elif markdown:
        world.say(_table(reports))
    else:
        world.say("\n\n".join(_text(name, parsed) for name, parsed in reports))
    return OK


def _document(parsed: ParsedReport) -> dict[str, object]:
    from covgov.model.snapshot import Metric

    lines, branches = parsed.stated(Metric.LINE), parsed.stated(Metric.BRANCH)
    return {
        "format": parsed.format,
        "tool": str(parsed.identity),
        "files": len(parsed.files),
        "lines": {"covered": lines.covered, "total": lines.total},
        "branches": {"covered": branches.covered, "total": branches.total},
        "carries": parsed.carries,
        "lacks": parsed.lacks,
        "dropped": parsed.dropped,
        "notes": parsed.notes,
    }


def _table(reports: Sequence[tuple[str, ParsedReport]]) -> str:
    from covgov.model.snapshot import Metric
    from covgov.publish.render.safe_text import markdown_code, markdown_row

    rows = [
        (
            markdown_code(name),
            str(len(parsed.files)),
            *(_figure(parsed.stated(metric)) for metric in (Metric.LINE, Metric.BRANCH, Metric.COMBINED)),
        )
        for name, parsed in reports
    ]
    columns = ("report", "files", "lines", "branches", "combined")
    return "\n".join(map(markdown_row, (columns, ["---"] * len(columns), *rows)))


def _figure(ratio: Ratio) -> str:
    return str(ratio) if ratio.measurable else "-"


def _text(name: str, parsed: ParsedReport) -> str:
    from covgov.model.snapshot import Metric

    rows = [
        ("format", parsed.format),
        ("tool", str(parsed.identity)),
        ("files", str(len(parsed.files))),
        ("lines", f"{parsed.stated(Metric.LINE)}"),
        ("branches", f"{parsed.stated(Metric.BRANCH)}"),
        ("carries", ", ".join(parsed.carries)),
        ("lacks", ", ".join(parsed.lacks)),
        ("dropped", ", ".join(parsed.dropped)),
        *(("note", note) for note in parsed.notes),
    ]
    return "\n".join([name, *(f"  {label:<9}{value}" for label, value in rows if value)])
