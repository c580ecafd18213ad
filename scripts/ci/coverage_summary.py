#!/usr/bin/env python3
"""Print the totals of coverage reports as a Markdown table, and append it to $GITHUB_STEP_SUMMARY when that is set.

Reads the reports named as arguments, else every coverage/*.json but verdicts, as coverage.py writes them. It needs no
policy and no snapshot, and judges nothing: `covgov check` does. Exit 4: a report is missing, empty or damaged.
"""

import os
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

from covgov.cli.main import main
from covgov.cli.world import real_world

if __name__ == "__main__":
    found = [str(path) for path in sorted(Path("coverage").glob("*.json")) if not path.stem.endswith("verdict")]
    table = StringIO("## Coverage\n\n")
    table.seek(0, os.SEEK_END)
    reports = sys.argv[1:] or found or ["coverage/*.json"]
    code = main(["inspect", "--markdown", *reports], replace(real_world(), out=table))
    if code == 0:
        sys.stdout.write(table.getvalue())
        with Path(os.environ.get("GITHUB_STEP_SUMMARY") or os.devnull).open("a", encoding="utf-8") as summary:
            summary.write(table.getvalue())
    sys.exit(code)
