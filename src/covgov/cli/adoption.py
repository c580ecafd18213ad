"""The first measurement of `covgov init --adopt`: in the files that init would write, which are removed again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
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
from covgov.model.verdict import Verdict
from covgov.policy import config
from covgov.policy.policy import Policy, Suite, SuiteRunner
from covgov.register import document
from covgov.runner.run_suite import SuiteRun, run_suite
from covgov.scaffold.adopt import propose, to_deselect, uncovered_change
from covgov.scaffold.compose import POLICY, Adoption, FileChange, Wishes, compose, policy_text
from covgov.scaffold.detection.detect import Detection
from covgov.scaffold.detection.tree import Tree
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
        suites = {name: _measured(project, suite, out) for name, suite in policy.suites.items()}
        request = Request(today=today or today_of(project, None), folder=str(out))
        verdict = _verdict(project, policy.copy(suites=suites), request)
        adoption = _adoption(project, verdict, found.register, suites, request.today)
    if note := uncovered_change(verdict, policy.gate.fail_under_patch or adoption.fail_under):
        project.world.note(f"covgov: {note}")
    return adoption


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


def _measured(project: Project, suite: Suite, out: Path) -> Suite:
    """Run the suite until its tests pass: the suite without the tests that fail."""
    deselected: tuple[str, ...] = ()
    for _ in range(ROUNDS):
        suite = suite.copy(deselect=deselected)
        done = _run(project, suite, out)
        tests = done.tests
        if tests is None or done.snapshot is None:
            raise InputError("init-unmeasured", f"nothing was measured: {done.reason}", hint="mend this, then repeat")
        if tests.passed:
            return suite
        failed = () if suite.command else done.failed
        deselected = tuple(sorted({*deselected, *to_deselect(tests, failed)}))
    raise InputError(
        "init-tests-fail", f"after {ROUNDS} runs other tests fail: {', '.join(deselected[:5])}", hint="mend them first"
    )


def _run(project: Project, suite: Suite, out: Path) -> SuiteRun:
    is_pytest = not suite.command and suite.runner is SuiteRunner.PYTEST
    ours = ("--maxfail=0", "--continue-on-collection-errors") if is_pytest else ()
    return run_suite(
        suite.copy(args=(*suite.args, *ours)),
        root=project.root,
        out=out,
        env=project.world.env,
        progress=project.world.note,
    )


def _verdict(project: Project, policy: Policy, request: Request) -> Verdict:
    edges = edges_of(project)
    return gate.judge(prepare(request, policy, edges), edges).verdict


def _adoption(project: Project, verdict: Verdict, register: str, suites: Mapping[str, Suite], today: date) -> Adoption:
    listed = document.read(project.read(register), register)
    deselected = {name: suite.deselect for name, suite in suites.items()}
    owners = codeowners.find(project.read).owner_of
    return propose(verdict, listed, owners=owners, today=today, deselect=deselected)
