"""The first measurement of `covgov init --adopt`: in the files that init would write, which are removed again."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from covgov import gate
from covgov.cli.judge import edges_of, today_of
from covgov.cli.project import Project
from covgov.errors import InputError
from covgov.files import place
from covgov.gather.prepare import prepare
from covgov.gather.request import Request
from covgov.ingest.junit_cases import failed_cases
from covgov.model.verdict import Verdict
from covgov.policy import config
from covgov.policy.policy import Policy, Suite, SuiteRunner
from covgov.register import document
from covgov.runner.run_suite import SuiteRun, run_suite
from covgov.scaffold.adopt import adoption, to_deselect
from covgov.scaffold.compose import POLICY, Adoption, FileChange, Wishes, compose, policy_text
from covgov.scaffold.detect import SUITE, Detection
from covgov.scaffold.tree import Tree
from covgov.vcs import codeowners
from covgov.vcs.own_output import FOLDER

ROUNDS = 3
"""Runs of the tests at most: tests that fail only without others are found in the second."""


def adopted(project: Project, tree: Tree, found: Detection, wishes: Wishes, today: date | None) -> Adoption | None:
    """Run the tests; what they say. None when there are no tests.

    Raises InputError when nothing was measured or most tests fail; then nothing is left behind.
    """
    if project.is_repository:
        project.repository.origin()  # raises before the tests run when there is no commit to judge
    if not found.has_tests:
        project.world.note("covgov: no tests, so nothing was measured: `covgov run` stays undetermined until there are")
        return None
    policy = config.parse(policy_text(found, wishes, None), POLICY)
    changes = compose(tree, found, wishes).changes
    with tempfile.TemporaryDirectory(prefix="covgov-init-") as name, written(project.root, changes):
        out = Path(name)
        suite, deselected = _measured(project, policy.suites[SUITE], out)
        request = Request(today=today or today_of(project, None), folder=str(out))
        judged = policy.copy(suites={SUITE: suite})
        return _adoption(project, _verdict(project, judged, request), found.register, deselected, request.today)


@contextmanager
def written(root: Path, changes: Sequence[FileChange]) -> Iterator[None]:
    """The changed files inside the block, the old ones after it; a folder for reports, as `covgov run` makes it."""
    folder = root / FOLDER
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        for change in changes:
            place(root / change.path, change.new.encode("utf-8", "surrogateescape"))
        yield
    finally:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        for change in changes:
            if change.old is None:
                (root / change.path).unlink(missing_ok=True)
            else:
                place(root / change.path, change.old.encode("utf-8", "surrogateescape"))


def _measured(project: Project, suite: Suite, out: Path) -> tuple[Suite, tuple[str, ...]]:
    """Run the suite until its tests pass without those that fail: the suite, and what was left out."""
    deselected: tuple[str, ...] = ()
    for _ in range(ROUNDS):
        suite = suite.copy(deselect=deselected)
        done = _run(project, suite, out)
        tests = done.tests
        if tests is None or done.snapshot is None:
            raise InputError("init-unmeasured", f"nothing was measured: {done.reason}", hint="mend this, then repeat")
        if tests.passed:
            return suite, deselected
        failed = () if suite.command else _failed(suite, out)
        deselected = tuple(sorted({*deselected, *to_deselect(tests, failed)}))
    raise InputError(
        "init-tests-fail", f"after {ROUNDS} runs other tests fail: {', '.join(deselected[:5])}", hint="mend them first"
    )


def _run(project: Project, suite: Suite, out: Path) -> SuiteRun:
    ours = (
        ("-o", f"cache_dir={out / 'cache'}", "--maxfail=0", "--continue-on-collection-errors")
        if _is_pytest(suite)
        else ()
    )
    return run_suite(
        suite.copy(args=(*suite.args, *ours)),
        root=project.root,
        out=out,
        env=project.world.env,
        progress=project.world.note,
    )


def _is_pytest(suite: Suite) -> bool:
    return not suite.command and suite.runner is SuiteRunner.PYTEST


def _failed(suite: Suite, out: Path) -> Sequence[str]:
    """Ids of the failed tests: pytest keeps them in its cache, unittest's are in the JUnit report."""
    if not _is_pytest(suite):
        return failed_cases((out / f"{SUITE}-junit.xml").read_bytes())
    try:
        found: dict[str, bool] = json.loads((out / "cache/v/cache/lastfailed").read_text(encoding="utf-8"))
    except OSError:
        return ()
    return list(found)


def _verdict(project: Project, policy: Policy, request: Request) -> Verdict:
    edges = edges_of(project)
    return gate.judge(prepare(request, policy, edges), edges).verdict


def _adoption(project: Project, verdict: Verdict, register: str, deselected: tuple[str, ...], today: date) -> Adoption:
    listed = document.read(project.read(register), register)
    owners = codeowners.find(project.read).owner_of
    return adoption(verdict, listed, owners=owners, today=today, deselect=deselected)
