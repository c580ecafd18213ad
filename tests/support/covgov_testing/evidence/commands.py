"""What the commands of tests/docs/12-test-commands.md print, on the shop as its two weeks left it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from covgov_testing.act import CHECKOUT
from covgov_testing.evidence.stage import Stage
from covgov_testing.installed import Done

CLOCKED = """\
#!{python}
import sys
from datetime import datetime
from dataclasses import replace

from covgov.cli.main import main
from covgov.cli.world import real_world

assert sys.argv[1:3] == ["-m", "covgov"]
now = datetime.fromisoformat("{now}")
sys.exit(main(sys.argv[3:], replace(real_world(), now=lambda: now)))
"""
MOMENT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """A command as a reader types it, and how it ended. lines: how many of the first are shown, 0 for all."""

    command: str
    done: Done
    lines: int = 0

    def __str__(self) -> str:
        out = self.done.out.rstrip().splitlines() or self.done.err.rstrip().splitlines()
        cut = [*out[: self.lines], "..."] if 0 < self.lines < len(out) else out
        return "\n".join([f"$ {self.command}", *cut, "$ echo $?", str(self.done.code)])


def console(*shown: Shown) -> str:
    return "```console\n" + "\n".join(map(str, shown)) + "\n```"


def blocks(stage: Stage) -> Mapping[str, str]:
    """Block -> text. Leaves the shop without the snapshot of its suite."""
    stage.now = MOMENT
    script = stage.script("scripts/coverage_baseline.sh", "--suite", "shop", env={"COVGOV_PYTHON": clocked(stage)})
    found = {
        "baseline": console(Shown("scripts/coverage_baseline.sh --suite shop", script)),
        "flag": console(_check(stage, "check", "shop", "--fail-under", "90.5")),
        "raised": console(_check(stage, "check", "shop", fail_under="95")),
        "soft-start": console(_check(stage, "check", "shop", fail_under="75")),
        "refused": console(_check(stage, "check", "shop", fail_under="60")),
    }
    (stage.work.root / "coverage" / "shop.snapshot").unlink()
    return {**found, "absent": console(_check(stage, "check", "shop"))}


def clocked(stage: Stage) -> str:
    """An interpreter for `-m covgov` whose clock says what the stage's does."""
    path = stage.root / "python-with-a-clock"
    path.write_text(CLOCKED.format(python=sys.executable, now=stage.now.isoformat()), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def targets() -> str:
    """A table of the Makefile's targets that are explained there."""
    lines = (CHECKOUT / "Makefile").read_text(encoding="utf-8").splitlines()
    told = [line[3:].split(": ", 1) for line in lines if line.startswith("## ")]
    rows = [f"| `make {name}` | {what} |" for name, what in told]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def _check(stage: Stage, *argv: str, fail_under: str = "") -> Shown:
    env = {"COVERAGE_FAIL_UNDER": fail_under} if fail_under else {}
    spelled = " ".join([*(f"{name}={value}" for name, value in env.items()), "covgov", *argv])
    return Shown(spelled, stage.covgov(*argv, env=env), lines=18)
