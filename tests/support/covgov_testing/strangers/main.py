"""`make strangers`: adopt every listed project, or those that are named; a table; exit 1 when one is wrong."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from covgov_testing.strangers.projects import strangers
from covgov_testing.strangers.stage import fetch, prepare
from covgov_testing.strangers.trial import Result, trial

CACHE = Path(tempfile.gettempdir(), "covgov-strangers")
"""Outside of this repository, whose pytest.ini and covgov.toml would be found from a folder in it."""


def main(names: list[str]) -> int:
    """COVGOV names another command. Logs are written to covgov-strangers/logs in the temporary directory."""
    chosen = strangers(names)
    covgov = Path(os.environ.get("COVGOV") or Path(sys.executable).with_name("covgov"))
    sdists = fetch(chosen, CACHE)
    (CACHE / "logs").mkdir(exist_ok=True)
    right = True
    for project in chosen:
        result = trial(project, prepare(project, sdists, CACHE), covgov, CACHE / "logs" / f"{project.name}.log")
        right = right and not result.faults
        sys.stdout.write(row(result))
        sys.stdout.flush()
    return 0 if right else 1


def row(result: Result) -> str:
    """One line of the table, and a line per fault."""
    state = "WRONG" if result.faults else "right"
    name = f"{result.project.name} {result.project.version}"
    line = f"{state}  {name:<24}{result.seconds:>6.0f} s{result.files:>5} files{result.total:>14}  {result.project.shape}\n"
    return line + "".join(f"       {fault}\n" for fault in result.faults)
