"""Prints covgov's figures beside its peers', measured in one run.

Example: python -m benchmarks --rows lcov,check --sizes 100k --rounds 3
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks import formats, rows, table
from benchmarks.race import ContenderFailedError, race
from benchmarks.synthetic import LINES
from benchmarks.workshop import HERE, Workshop

SIZES = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000, "10M": 10_000_000, "100M": 100_000_000}
SIZED: dict[str, Callable[[Workshop, int], rows.Row]] = {
    "lcov": rows.lcov,
    "cobertura": rows.cobertura,
    "json": rows.coveragepy_json,
    **{name: partial(formats.row, name) for name in formats.KINDS},
    "collect": rows.collect,
    "check": rows.check,
    "long": rows.long,
}
SINGLE: dict[str, Callable[[Workshop, int], rows.Row]] = {
    "sympy": rows.check_sympy,
    "check100": rows.check_hundred,
    "artifacts": rows.artifacts,
    "cached": rows.artifacts_again,
    "lcov10m": rows.lcov_ten_million,
    "compare": rows.compare,
    "digest": rows.digest,
    "runs": rows.check_many_runs,
    "tests": rows.tests,
    "help": rows.start,
    "version": rows.version,
}
SIZE_OF_FORMATS = "100k"
"""The one size of the rows of `formats`, if it is among those asked for."""
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def main(arguments: Sequence[str]) -> int:
    """1 when a reader is wrong or a command fails; a missed bar is only printed."""
    options = _parser().parse_args(arguments)
    shop = Workshop(options.folder.absolute(), _say)
    shop.root.mkdir(parents=True, exist_ok=True)
    measured: list[table.Measured] = []
    wrong: list[str] = []
    try:
        for name, size in _chosen(options):
            row = {**SIZED, **SINGLE}[name](shop, SIZES.get(size, 0) // LINES)
            _say(f"{row.name} {size}".strip())
            results = race(row.contenders, min(options.rounds, row.rounds))
            wrong += filter(None, [row.wrong({who: result.output for who, result in results.items()})])
            measured.append(table.Measured(row, size, results))
    except ContenderFailedError as error:
        wrong.append(str(error))
    _print(options, shop, measured)
    for text in wrong:
        _say(f"wrong: {text}")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows",
        default=",".join(name for name in [*SIZED, *SINGLE] if name != "long"),
        help="default: all but long: %(default)s",
    )
    parser.add_argument("--sizes", default="10k,100k,1M", help=f"lines: {', '.join(SIZES)}; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="how often each command runs; medians are printed")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--write", action="store_true", help="also write the table to benchmarks/README.md")
    parser.add_argument("--folder", type=Path, default=Path(".cache/bench"), help="where inputs are kept")
    return parser


def _chosen(options: argparse.Namespace) -> list[tuple[str, str]]:
    names = options.rows.split(",")
    sizes = options.sizes.split(",")
    unknown = [
        *(name for name in names if name not in {**SIZED, **SINGLE}),
        *(size for size in sizes if size not in SIZES),
    ]
    if unknown:
        raise SystemExit(
            f"no row or size {', '.join(unknown)}; rows: {', '.join([*SIZED, *SINGLE])}; sizes: {', '.join(SIZES)}"
        )
    one = [SIZE_OF_FORMATS] if SIZE_OF_FORMATS in sizes else sizes
    by_name: dict[str, Sequence[str]] = {
        **dict.fromkeys(SINGLE, ("",)),
        **dict.fromkeys(SIZED, sizes),
        **dict.fromkeys(formats.KINDS, one),
    }
    return [(name, size) for name in names for size in by_name[name]]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _print(options: argparse.Namespace, shop: Workshop, measured: Sequence[table.Measured]) -> None:
    about = _about(shop)
    if options.json:
        figures = [dict(zip(table.HEAD[:-1], cells, strict=False)) for cells in table.lines(measured)[1:]]
        print(json.dumps({"about": about, "rows": figures}, indent=2))
    else:
        print("\n".join([table.text(measured), "", *about]))
    if options.write:
        page = HERE / "README.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        listed = "\n".join(f"- {line}" for line in about)
        page.write_text(f"{before}{BEGIN}\n{table.markdown(measured)}\n\n{listed}\n{END}{after}", encoding="utf-8")


def _about(shop: Workshop) -> list[str]:
    listed = subprocess.run([shop.peers / "python", "-m", "pip", "freeze"], check=True, capture_output=True, text=True)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, check=True, capture_output=True, text=True
    )
    return [
        f"machine: {platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        f"covgov: {commit.stdout.strip()}",
        f"peers: {', '.join(listed.stdout.split())}",
        *(f"input {name}: sha256 {known}" for name, known in sorted(shop.inputs.items())),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
