"""scripts/coverage/regression_guard.py as CI calls it: 2.00 points pass, the smallest step beyond fails."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from covgov_testing.desk import Desk

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPT = CHECKOUT / "scripts" / "coverage" / "regression_guard.py"
BASE, HEAD = (9425, 9963), (9235, 9973)
"""Covered and total lines; the drop exceeds 2 points by 2/99360999 of a point, the least for files this small."""


def guard(desk: Desk) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT)], cwd=desk.root, env=dict(os.environ), capture_output=True, text=True, check=False
    )


def dropped(tmp_path: Path, base: tuple[int, int], head: tuple[int, int]) -> subprocess.CompletedProcess[str]:
    """The guard on a change that takes one file from covered/total `base` to `head` by appending lines."""
    desk = Desk(tmp_path / "work")
    desk.repo.write({"api/a.py": "".join(f"line {n}\n" for n in range(base[1]))})
    desk.commit(message="begin")
    desk.measure({"api/a.py": "+" * base[0] + "-" * (base[1] - base[0])})
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(head[1]))}, "append")
    desk.measure({"api/a.py": "+" * head[0] + "-" * (head[1] - head[0])})
    return guard(desk)


def test_a_drop_of_exactly_two_points_passes(tmp_path: Path) -> None:
    done = dropped(tmp_path, (900, 1000), (880, 1000))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "-2.00 pp" in done.stdout


def test_a_drop_of_less_than_a_millionth_more_fails(tmp_path: Path) -> None:
    drop = (Fraction(*BASE) - Fraction(*HEAD)) * 100
    assert 2 < drop < Fraction("2.000001")
    done = dropped(tmp_path, BASE, HEAD)
    assert done.returncode == 10, done.stdout + done.stderr
    assert "max-drop" in done.stdout
    assert "-2.01 pp" in done.stdout  # floored: a failing drop never prints as the 2.00 that passes


def test_a_component_under_its_bar_fails(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "1\n2\n3\n"})
    desk.measure({"api/a.py": "+--"})
    done = guard(desk)
    assert done.returncode == 10
    assert "1/3 = 33.33 % < 50 %" in done.stdout
