"""The lcov tool itself reads the LCOV that covgov writes, and counts the same."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from covgov.model.snapshot import CountedExits, Metric, by_exits
from covgov.publish.reports.registry import WRITERS
from covgov_testing.builders.coverage import cov, snap

pytestmark = pytest.mark.system


@pytest.mark.skipif(shutil.which("lcov") is None, reason="lcov is not installed: make setup-system")
def test_lcov_counts_the_same_lines_and_branches(tmp_path: Path) -> None:
    # Exits known by number only: lcov 1.16 reads numeric branch names alone (2.x reads coverage.py's names too).
    branchy = replace(cov("++-+"), counted=by_exits({1: CountedExits(1, 2), 2: CountedExits(2, 3)}))
    snapshot = snap({"src/a.py": "+++--x+", "src/b.py": branchy})
    report = tmp_path / "merged.lcov"
    report.write_bytes(WRITERS["lcov"].write(snapshot))
    done = subprocess.run(
        ["lcov", "--rc", "lcov_branch_coverage=1", "--summary", str(report)], capture_output=True, text=True, check=True
    )
    counts = re.findall(r"(lines|branches)\.+: [\d.]+% \((\d+) of (\d+)", done.stdout + done.stderr)
    lines, branches = snapshot.ratio(Metric.LINE), snapshot.ratio(Metric.BRANCH)
    assert [(name, int(hit), int(total)) for name, hit, total in counts] == [
        ("lines", lines.covered, lines.total),
        ("branches", branches.covered, branches.total),
    ]
