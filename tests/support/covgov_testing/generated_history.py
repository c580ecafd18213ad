"""Runs of a project that is made up: packages of modules that are edited a little from run to run, always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha1

from msgspec.structs import replace

from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import FileCoverage, Identity, Metric, Origin, Snapshot, TestRun
from covgov.model.verdict import Outcome, ReceiptLine, Row, Scope, SuiteLine, Verdict

IDENTITY = Identity("coverage.py", "7.17.3", "python 3.11", branch=True)
RECEIPT = ReceiptLine(None, 0, 0, "first run")
BEGINNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
FOLDERS_OF_A_COMPONENT = 30


@dataclass(frozen=True, slots=True)
class Line:
    """kind: `s` statement, `b` branch, `n` neither. ran: whether it ran; both: whether both exits were taken."""

    kind: str
    ran: bool = False
    both: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """share: least and greatest part of the files that a run changes."""

    files: int = 5000
    folders: int = 300
    length: int = 200
    share: tuple[float, float] = (0.01, 0.03)


def runs(project: Project, count: int, seed: int = 7) -> Iterator[RunRecord]:
    """The first `count` runs of the project, each one change after the other."""
    chance = random.Random(seed)
    modules = {_path(project, number): _module(chance, project.length) for number in range(project.files)}
    files = {path: _coverage(module) for path, module in modules.items()}
    for number in range(count):
        if number:
            changed = chance.sample(sorted(modules), max(1, round(project.files * chance.uniform(*project.share))))
            for path in changed:
                modules[path] = _edited(chance, modules[path])
                files[path] = _coverage(modules[path])
        yield record(number, dict(files))


def _path(project: Project, number: int) -> str:
    folder = number % project.folders
    return f"src/part{folder // FOLDERS_OF_A_COMPONENT:02d}/area{folder:03d}/module_{number:05d}.py"


def _module(chance: random.Random, length: int) -> list[Line]:
    size = round(length * chance.uniform(0.5, 1.5))
    module: list[Line] = [Line("s", ran=True) for _ in range(6)]
    while len(module) < size:
        module += _function(chance)
    return module


def _function(chance: random.Random) -> list[Line]:
    ran = chance.random() < 0.85
    return [Line("n"), Line("n"), Line("s", ran=True), *_body(chance, chance.randrange(4, 22), ran)]


def _body(chance: random.Random, length: int, ran: bool) -> list[Line]:
    """Statements, some of them branches, one in four of which was never taken to the lines below it."""
    body: list[Line] = []
    skipped = 0
    for _ in range(length):
        kind = chance.choices("sbn", (70, 12, 18))[0]
        both = chance.random() < 0.75
        body.append(Line(kind, ran and not skipped, both))
        skipped = chance.randrange(1, 4) if kind == "b" and not both else max(0, skipped - 1)
    return body


def _edited(chance: random.Random, module: list[Line]) -> list[Line]:
    """One or two places are written anew, a little longer or shorter than before."""
    module = list(module)
    for _ in range(chance.randrange(1, 3)):
        at = chance.randrange(len(module))
        module[at : at + chance.randrange(0, 4)] = _body(chance, chance.randrange(1, 5), True)
    return module


def _coverage(module: list[Line]) -> FileCoverage:
    numbered = list(enumerate(module, 1))
    exits = [(at, at + 1) for at, line in numbered if line.kind == "b"]
    exits += [(at, at + 3) for at, line in numbered if line.kind == "b"]
    taken = [(at, at + 1) for at, line in numbered if line.kind == "b" and line.ran]
    taken += [(at, at + 3) for at, line in numbered if line.kind == "b" and line.ran and line.both]
    return FileCoverage(
        statements=lines.of(at for at, line in numbered if line.kind != "n"),
        covered=lines.of(at for at, line in numbered if line.kind != "n" and line.ran),
        exits=tuple(sorted(exits)),
        taken=tuple(sorted(taken)),
        source=sha1(repr(module).encode(), usedforsecurity=False).hexdigest(),
    )


def record(number: int, files: Mapping[str, FileCoverage], commit: str = "", tree: str = "") -> RunRecord:
    """The run with this number, eight hours after the one before; of a made-up commit unless one is given."""
    commit, tree = commit or _made_up(f"c {number}"), tree or _made_up(f"t {number}")
    at = BEGINNING + timedelta(hours=8 * number)
    tests = TestRun(exit_code=0, tests=12_000 + number, seconds=431.25 + number % 17)
    snapshot = Snapshot("unit", files, IDENTITY, Origin(commit, tree), tests)
    whole = _row("", snapshot)
    verdict = Verdict(
        outcome=Outcome.PASS,
        findings=(),
        rows=tuple(_component(name, snapshot) for name in sorted({path.split("/")[1] for path in files})),
        project=replace(whole, scope=Scope.PROJECT, suite=""),
        patch=None,
        suites=(SuiteLine("unit", arrived=True, tests=tests, identity=IDENTITY),),
        exceptions=(),
        receipt=RECEIPT,
        today=at.date(),
        policy_hash="5" * 64,
        commit=commit,
        tree=tree,
    )
    return RunRecord(commit, tree, "main", 1, at, ("unit",), {"unit": snapshot}, verdict, "5" * 64)


def _made_up(text: str) -> str:
    return sha1(text.encode(), usedforsecurity=False).hexdigest()


def _component(name: str, snapshot: Snapshot) -> Row:
    return _row(name, snapshot.restrict(lambda path: path.startswith(f"src/{name}/")))


def _row(name: str, snapshot: Snapshot) -> Row:
    now: Ratio = snapshot.ratio(Metric.COMBINED)
    return Row(
        name=name,
        scope=Scope.COMPONENT,
        suite="unit",
        metric=Metric.COMBINED,
        bar=Decimal(80),
        outcome=Outcome.PASS,
        now=now,
        lines=snapshot.ratio(Metric.LINE),
        branches=snapshot.ratio(Metric.BRANCH),
        baseline=None,
        delta=None,
        receipt=RECEIPT,
        uncovered={path: lines.spell(one.missing) for path, one in snapshot.files.items() if one.missing},
        partial_lines={path: lines.spell(one.partial) for path, one in snapshot.files.items() if one.partial},
    )
