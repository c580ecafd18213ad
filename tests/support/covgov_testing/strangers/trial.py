"""One project: `covgov init --adopt && covgov run`, then the same tests under coverage.py alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from covgov.ingest.merge import merge
from covgov.model.snapshot import Metric
from covgov.model.snapshot_codec import decode
from covgov_testing.strangers.projects import Stranger
from covgov_testing.strangers.stage import IDENTITY, Stage, must, run

Figures = dict[str, tuple[int, int, int, int]]
"""File -> covered and all lines, taken and all exits."""

LIMIT = 600.0
"""Most seconds for `init --adopt` and `run` together."""

CHILDREN = """
import coverage
measuring = coverage.Coverage()
measuring.set_option("run:parallel", True)
print(measuring.config.serialize())
"""
"""Prints the setting by which `[run] patch = subprocess` measures the children of a process."""

KEYS = ("covered_lines", "num_statements", "covered_branches", "num_branches")


@dataclass
class Result:
    """faults: empty when all is right."""

    project: Stranger
    seconds: float = 0.0
    total: str = ""
    files: int = 0
    faults: list[str] = field(default_factory=list)


def trial(project: Stranger, stage: Stage, covgov: Path, log: Path) -> Result:
    """Adopt, run, compare with coverage.py, look for other changes, run again once all is committed."""
    result = Result(project)
    with log.open("w", encoding="utf-8") as lines:

        def step(name: str, *arguments: str) -> str:
            began = time.monotonic()
            done = run([covgov, *arguments], stage.root, stage.env)
            took = time.monotonic() - began
            lines.write(f"$ covgov {' '.join(arguments)}   # exit {done.returncode}, {took:.1f} s\n{done.stdout}\n")
            wanted = project.exit if arguments[0] == "run" else 0
            if done.returncode != wanted:
                result.faults.append(f"{name}: exit {done.returncode}, expected {wanted}")
            result.seconds += took
            return done.stdout

        if project.tests:
            run([stage.python, "-m", *project.tests], stage.root, stage.env)  # writes its caches before we look
        before = _contents(stage.root)
        announced = step("init", "init", "--adopt")
        step("run", "run")
        if result.seconds > LIMIT:
            result.faults.append(f"took {result.seconds:.0f} s, more than {LIMIT:.0f}")
        result.faults += [
            f"{path} changed without a word" for path in _changed(before, stage.root) if path not in announced
        ]
        if project.exit == 0 and not result.faults:
            _compare(result, stage, log.with_suffix(".oracle"))
        must(["git", "add", "--all"], stage.root, stage.env)
        must(["git", *IDENTITY, "commit", "--quiet", "--allow-empty", "--message", "Adopt"], stage.root, stage.env)
        step("second init", "init", "--adopt")
        if again := must(["git", "status", "--porcelain"], stage.root, stage.env):
            result.faults.append(f"a second init changes {again.split()[1]}")
            must(["git", "checkout", "--quiet", "."], stage.root, stage.env)
        step("run of the commit", "run")
    return result


def _contents(root: Path) -> dict[str, str]:
    """Path -> digest of every file but git's, the caches of tests and covgov's own output."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    names = ((path.relative_to(root), path) for path in files)
    return {
        str(name): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in names
        if name.parts[0] not in (".git", "coverage", ".pytest_cache", ".hypothesis")
        and path.suffix not in (".pyc", ".pyo")
    }


def _changed(before: dict[str, str], root: Path) -> list[str]:
    after = _contents(root)
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _compare(result: Result, stage: Stage, scratch: Path) -> None:
    ours, theirs = _ours(stage.root), _coverage_py(result.project, stage, scratch)
    known = set(must(["git", "ls-files", "--cached", "--others"], stage.root, stage.env).splitlines())
    wrong = [path for path in sorted(ours.keys() | theirs.keys()) if ours.get(path) != theirs.get(path)]
    for path in [path for path in wrong if path in known or path in ours][:5]:
        result.faults.append(f"{path}: covgov {ours.get(path)}, coverage.py {theirs.get(path)}")
    for path in [path for path in wrong if path not in known and path not in ours][:5]:
        result.faults.append(f"{path}: only coverage.py measures it; it is not a file of the checkout")
    if len(wrong) > 5:
        result.faults.append(f"and {len(wrong) - 5} more files")
    covered = sum(figure[0] + figure[2] for figure in ours.values())
    total = sum(figure[1] + figure[3] for figure in ours.values())
    result.files, result.total = len(ours), f"{covered}/{total}"
    if not total:
        result.faults.append("nothing was measured")


def _ours(root: Path) -> Figures:
    snapshots = [decode(path.read_bytes(), str(path)) for path in sorted((root / "coverage").glob("*.snapshot"))]
    figures = {}
    for path, file in merge(snapshots, "all").files.items() if snapshots else ():
        line, branch = file.ratio(Metric.LINE), file.ratio(Metric.BRANCH)
        figures[path] = (line.covered, line.total, branch.covered, branch.total)
    return figures


def _coverage_py(project: Stranger, stage: Stage, scratch: Path) -> Figures:
    """What `coverage run` and `coverage json` say of files below the root, with the project's own settings."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    env = stage.env | {"COVERAGE_FILE": str(scratch / ".coverage")}
    if project.children:
        env["COVERAGE_PROCESS_CONFIG"] = must([stage.python, "-c", CHILDREN], stage.root, env).strip()
    report = scratch / "report.json"
    coverage: list[str | Path] = [stage.python, "-m", "coverage"]
    without = [f"--{'deselect' if '::' in test else 'ignore'}={test}" for test in _deselected(stage.root)]
    run([*coverage, "run", "--parallel-mode", "-m", *project.tests, *without], stage.root, env)
    must([*coverage, "combine", "--quiet"], stage.root, env)
    must([*coverage, "json", "--quiet", "--ignore-errors", "--fail-under=0", "-o", report], stage.root, env)
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    inside = {path: file for path, file in files.items() if not Path(path).is_absolute()}
    return {path: _figures(file["summary"]) for path, file in inside.items()}


def _figures(summary: dict[str, int]) -> tuple[int, int, int, int]:
    covered, total, taken, exits = (summary.get(key, 0) for key in KEYS)
    return covered, total, taken, exits


def _deselected(root: Path) -> list[str]:
    policy = tomllib.loads((root / "covgov.toml").read_text(encoding="utf-8"))
    return [test for suite in policy["suites"].values() for test in suite.get("deselect", ())]
