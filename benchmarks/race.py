"""Runs commands in turn, A B A B, and measures each as a whole process with its children."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MEASURE = Path(__file__).with_name("measure.py")


@dataclass(frozen=True, slots=True)
class Contender:
    """codes: the exit codes that mean that the work was done."""

    name: str
    command: Sequence[str]
    cwd: Path
    codes: frozenset[int] = frozenset({0})
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """cpu: user and system seconds of the process and its children. wall: seconds. peak: bytes of memory."""

    cpu: float
    wall: float
    peak: int


@dataclass(frozen=True, slots=True)
class Result:
    """The median cost of one contender, and what it printed in the last round."""

    cost: Cost
    output: str


class ContenderFailedError(Exception):
    """A command did not do its work: nothing can be compared."""


def race(contenders: Sequence[Contender], rounds: int) -> dict[str, Result]:
    """Every contender once in each round, in the given order. Raises ContenderFailedError."""
    costs: dict[str, list[Cost]] = {one.name: [] for one in contenders}
    outputs: dict[str, str] = {}
    for _ in range(rounds):
        for one in contenders:
            cost, outputs[one.name] = run(one)
            costs[one.name].append(cost)
    return {name: Result(median(found), outputs[name]) for name, found in costs.items()}


def median(costs: Sequence[Cost]) -> Cost:
    """Of each figure on its own; the greatest peak."""
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.wall for cost in costs),
        max(cost.peak for cost in costs),
    )


def run(contender: Contender) -> tuple[Cost, str]:
    """One run. Raises ContenderFailedError with the end of what it printed."""
    with tempfile.TemporaryDirectory() as scratch:
        figures = Path(scratch, "figures")
        done = subprocess.run(
            [sys.executable, "-I", str(MEASURE), str(figures), *contender.command],
            cwd=contender.cwd,
            env={**_environment(), **contender.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode not in contender.codes:
            raise ContenderFailedError(f"{contender.name}: exit code {done.returncode}\n{done.stdout[-2000:]}")
        return Cost(**json.loads(figures.read_text(encoding="utf-8"))), done.stdout


def _environment() -> dict[str, str]:
    """As users have it: an image that forbids bytecode would have every process compile all sources."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
