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
    from covgov.model.snapshot import Metric


@click.command("inspect")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object for one file, a list for several.")
@click.option("--markdown", is_flag=True, help="Print a Markdown table of all files' totals, for a job summary.")
@click.option("--python", default=sys.executable, help="Interpreter whose coverage.py analyses a .coverage file.")
@click.pass_obj
def command(world: World, files: tuple[str, ...], as_json: bool, markdown: bool, python: str) -> int:
    """Show the format, tool, totals and gaps of coverage reports.

    The format is detected by content, never by name. Totals are those of the report's own tool; where its summary
    states others, or covgov counts others, these stand beside them. Exit 4: a file is missing, empty, damaged or of
    no known format.

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

    return {
        "format": parsed.format,
        "tool": str(parsed.identity),
        "files": len(parsed.files),
        "lines": {**_totals(parsed, Metric.LINE), **({} if parsed.unit == "lines" else {"unit": parsed.unit})},
        "branches": _totals(parsed, Metric.BRANCH),
        "carries": parsed.carries,
        "lacks": parsed.lacks,
        "dropped": parsed.dropped,
        "notes": parsed.notes,
        **({"faults": parsed.faults} if parsed.faults else {}),
    }


def _others(parsed: ParsedReport, metric: Metric) -> dict[str, Ratio]:
    """The totals that differ from those of the report's tool: its summary's own, and what covgov counts."""
    found = {"stated": parsed.claims.get(metric), "counted": parsed.counted(metric)}
    return {name: ratio for name, ratio in found.items() if ratio is not None and ratio != parsed.stated(metric)}


def _totals(parsed: ParsedReport, metric: Metric) -> dict[str, object]:
    ratio = parsed.stated(metric)
    others = {name: {"covered": r.covered, "total": r.total} for name, r in _others(parsed, metric).items()}
    return {"covered": ratio.covered, "total": ratio.total, **others}


def _table(reports: Sequence[tuple[str, ParsedReport]]) -> str:
    from covgov.model.snapshot import Metric
    from covgov.publish.render.parts.safe_text import markdown_code, markdown_row

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


def _figures(parsed: ParsedReport, metric: Metric) -> str:
    others = (f"{name}: {ratio}" for name, ratio in _others(parsed, metric).items())
    return "; ".join([str(parsed.stated(metric)), *others])


def _text(name: str, parsed: ParsedReport) -> str:
    from covgov.model.snapshot import Metric

    rows = [
        ("format", parsed.format),
        ("tool", str(parsed.identity)),
        ("files", str(len(parsed.files))),
        (parsed.unit, _figures(parsed, Metric.LINE)),
        ("branches", _figures(parsed, Metric.BRANCH)),
        ("carries", ", ".join(parsed.carries)),
        ("lacks", ", ".join(parsed.lacks)),
        ("dropped", ", ".join(parsed.dropped)),
        *(("note", note) for note in parsed.notes),
        *(("fault", fault) for fault in parsed.faults),
    ]
    width = max(len(label) for label, _ in rows) + 1
    return "\n".join([name, *(f"  {label:<{width}}{value}" for label, value in rows if value)])
