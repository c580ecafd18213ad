"""Recorded runs on the command line: which one is meant, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from covgov.cli.project import Project
from covgov.errors import InputError, UsageError
from covgov.history.interface import RunSummary


def pick(runs: Sequence[RunSummary], wanted: str) -> RunSummary:
    """Raises UsageError (`run-ambiguous`) when an id's beginning fits several runs, (`run-unknown`) when none fits."""
    by_number = [run for run in runs if wanted.isdigit() and run.sequence == int(wanted) and len(wanted) < 8]
    by_id = by_number or [run for run in runs if len(wanted) >= 4 and run.id.startswith(wanted)]
    by_commit = [run for run in runs if len(wanted) >= 4 and run.commit.startswith(wanted)][-1:]
    found = by_id or by_commit
    if len(found) > 1:
        raise UsageError("run-ambiguous", f"{wanted} matches several runs", hint="give more characters of the id")
    if not found:
        raise UsageError("run-unknown", f"history has no run {wanted}", hint="run `covgov history list`")
    return found[0]


def of_this_tree(project: Project, runs: Sequence[RunSummary]) -> RunSummary:
    """The newest run of HEAD's tree. Raises InputError (`run-unknown`)."""
    head = project.repository.resolve("HEAD")
    tree = project.repository.tree(head) if head else ""
    found = next((run for run in reversed(runs) if run.tree == tree and not run.dirty), None)
    if found is None:
        raise InputError(
            "run-unknown",
            f"history has no run of the tree of {(head or 'HEAD')[:12]}",
            hint="run `covgov history list`",
        )
    return found


def line(run: RunSummary) -> str:
    """One row of `history list`."""
    when = run.recorded_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    marks = [f"attempt {run.attempt}"] if run.attempt > 1 else []
    marks += ["not enforced"] * (not run.enforced) + ["incomplete"] * (not run.complete) + ["dirty"] * run.dirty
    suites = ",".join(suite.name for suite in run.suites) or "no suite"
    words = [f"{run.sequence:>6}", when, f"{run.outcome:<12}", run.commit[:12] or "-" * 12, run.branch or "-", suites]
    return "  ".join([*words, *marks])


def summary(run: RunSummary) -> dict[str, object]:
    """For `--json`."""
    return {
        "id": run.id,
        "sequence": run.sequence,
        "previous": run.previous or None,
        "commit": run.commit,
        "tree": run.tree,
        "branch": run.branch,
        "attempt": run.attempt,
        "recorded_at": run.recorded_at,
        "outcome": run.outcome,
        "enforced": run.enforced,
        "complete": run.complete,
        "dirty": run.dirty,
        "expected": run.expected,
        "suites": [
            {"name": suite.name, "identity": str(suite.identity), "passed": suite.tests.passed if suite.tests else None}
            for suite in run.suites
        ],
        "policy_hash": run.policy_hash,
    }
