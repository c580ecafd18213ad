"""`covgov collect`: reports of any supported format -> coverage/SUITE.snapshot."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import OK
from covgov.cli.output import emit_json
from covgov.cli.world import World
from covgov.errors import CovgovError, InputError, UsageError

if TYPE_CHECKING:
    from covgov.cli.project import Project
    from covgov.ingest.collect import CollectionResult
    from covgov.ingest.places.source_tree import SourceTree
    from covgov.model.snapshot import Origin, TestRun


@click.command("collect")
@click.argument("suite")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", metavar="PATH", help="Output file; default: coverage/SUITE.snapshot.")
@click.option("--junit", metavar="FILE", help="JUnit report of the same run, for the test counts.")
@click.option("--test-exit-code", type=int, metavar="N", help="Exit code of the test command.")
@click.option("--python", default=sys.executable, help="Interpreter whose coverage.py analyses a .coverage file.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(
    world: World,
    suite: str,
    files: tuple[str, ...],
    output: str | None,
    junit: str | None,
    test_exit_code: int | None,
    python: str,
    as_json: bool,
) -> int:
    """Convert the reports of one suite to its snapshot.

    Several reports are merged; several .coverage files are combined by coverage.py, on copies. Exit 4, and an earlier
    coverage/SUITE.snapshot is removed: a report is missing, empty, damaged or of no known format, or it contradicts
    itself or this repository.

    \b
    Example:
      covgov collect api coverage.xml
      covgov collect api .coverage.* --junit junit.xml --python .tox/py312/bin/python
    """
    from covgov.cli.project import Project
    from covgov.ingest.collect import collect
    from covgov.model.snapshot_codec import encode
    from covgov.runner.analyse import analyser

    project = Project(world)
    start = _checked_suite(project, suite)
    root, tree, origin = _checkout(project)
    usual = root / "coverage" / f"{suite}.snapshot"
    target = world.cwd / output if output else usual
    try:
        collected = collect(
            suite,
            [world.cwd / name for name in files],
            tree=tree,
            origin=origin,
            tests=_tests(world, junit, test_exit_code),
            analyse=analyser(python, root, world.env),
            start=start,
        )
        _write(target, encode(collected.snapshot))
    except CovgovError as error:
        if target.resolve() == usual.resolve():
            _refuse(target, error, root)
        raise
    if not output:
        with suppress(OSError):
            target.with_suffix(".why").unlink()  # why an earlier `covgov run` had none to give
    _report(world, collected, target, as_json)
    return OK


def _checked_suite(project: Project, suite: str) -> str:
    """The directory that the suite's reports start from, as the policy has it. Raises UsageError: `suite-name`, and
    `suite-unknown` where a policy declares suites and not this one."""
    from covgov.model.snapshot import MERGED
    from covgov.policy import config
    from covgov.policy.suites import wanted_suites

    if not re.fullmatch(r"\w[\w.-]*", suite):
        raise UsageError("suite-name", f"{suite!r} is not a suite name", hint="use letters, digits, '_', '-' and '.'")
    if suite == MERGED:
        raise UsageError("suite-name", f"{suite!r} is reserved for the merge of all suites", hint="choose another name")
    policy = config.load(project.read)
    if policy is None:
        return ""
    wanted_suites((suite,), policy)
    return policy.suites[suite].root


def _checkout(project: Project) -> tuple[Path, SourceTree, Origin | None]:
    """Root, files and origin of what is on disk; outside of git the files below the current directory, unhashed."""
    from covgov.errors import Undetermined
    from covgov.runner.checkout import source_tree
    from covgov.vcs.git import GitRepository
    from covgov.vcs.interface import WORKTREE

    root, world = project.root, project.world
    if not project.is_repository:
        found = (file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file())
        return root, source_tree(root, dict.fromkeys(sorted(found), ""), None), None
    repository = GitRepository(root, env=world.env)
    with repository.steady():
        tree = source_tree(root, repository.blobs(WORKTREE), repository)
        try:
            return root, tree, repository.origin()
        except Undetermined as error:
            world.note(f"covgov: note: {error.message} [{error.code}]")
            return root, tree, None


def _tests(world: World, junit: str | None, exit_code: int | None) -> TestRun | None:
    """None when nothing is known. Without an exit code, failures in the JUnit report count as a failing command."""
    from msgspec import structs

    from covgov.model.snapshot import TestRun

    if junit is None:
        return None if exit_code is None else TestRun(exit_code)
    from covgov.ingest.junit import read_tests

    try:
        data = (world.cwd / junit).read_bytes()
    except OSError as error:
        raise InputError(
            "report-missing", f"{junit}: cannot be read: {error.strerror}", hint="check the path given to --junit"
        ) from None
    run = read_tests(data, exit_code or 0, junit)
    return run if run.passed or exit_code is not None else structs.replace(run, exit_code=1)


def _write(target: Path, data: bytes) -> None:
    """Atomically: readers see the old file or the new one."""
    from covgov.files import place

    try:
        place(target, data)
    except OSError as error:
        raise InputError(
            "snapshot-not-written", f"{target}: cannot be written: {error.strerror}", hint="choose another file with -o"
        ) from None


def _refuse(target: Path, error: CovgovError, root: Path) -> None:
    """Leave the reason for the verdict instead of an earlier snapshot, which would be judged in its place."""
    with suppress(OSError):
        target.unlink()
    with suppress(InputError):
        _write(target.with_suffix(".why"), f"{error.message.replace(f'{root}/', '')} [{error.code}]\n".encode())


def _report(world: World, collected: CollectionResult, target: Path, as_json: bool) -> None:
    from covgov.model.snapshot import Metric
    from covgov.model.words import count

    snapshot = collected.snapshot
    lines, branches = snapshot.ratio(Metric.LINE), snapshot.ratio(Metric.BRANCH)
    for path in collected.unmatched:
        world.note(f"covgov: note: {path} is in the report, but not in the repository")
    if as_json:
        payload = {
            "suite": snapshot.suite,
            "snapshot": str(target),
            "files": len(snapshot.files),
            "lines": {"covered": lines.covered, "total": lines.total},
            "branches": {"covered": branches.covered, "total": branches.total},
            "unmatched": collected.unmatched,
            "notes": snapshot.notes,
        }
        emit_json(world, "collect", payload)
        return
    for note in snapshot.notes:
        world.note(f"covgov: note: {note}")
    world.say(f"{target}: {count(len(snapshot.files), 'file')}, lines {lines}, branches {branches}")
