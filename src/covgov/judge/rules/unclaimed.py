"""Code that no component claims: only the project's own bar counts it, or nothing does."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge import unmeasured
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.snapshot import Snapshot
from covgov.model.source_files import SOURCE_SUFFIXES, measurable
from covgov.model.verdict import Effect, Finding, Scope
from covgov.model.words import count, listed
from covgov.policy import scopes

HINT = "add them to the `paths` of a component, or add a component with `rest = true`"
MEASURE_HINT = "measure them, and add them to the `paths` of a component"
SHOWN = 3
"""Names that a note lists at most."""


def check(view: PolicyView) -> Iterator[Finding]:
    """A note about what is measured in no component, about what no longer is, and about folders that the change
    brings. What the base branch's policy claims is no news."""
    if view.base:
        return
    if view.project is not None and view.project.snapshot is not None:
        yield from _measured(view, view.project.snapshot)
        yield from _lost(view, view.project.snapshot)
    if view.patch is not None:
        yield from _brought(view)


def _measured(view: PolicyView, whole: Snapshot) -> Iterator[Finding]:
    metric = view.policy.gate.metric
    left = whole.restrict(lambda path: not scopes.is_source(view.policy, path))
    units, total = left.ratio(metric).total, whole.ratio(metric).total
    if units:
        files = count(len(left.files), "file")
        words = f"project: {units} of {total} units are in no component, in {files}: {listed(left.paths, SHOWN)}"
        yield _note(words)


def _lost(view: PolicyView, whole: Snapshot) -> Iterator[Finding]:
    gone = unmeasured.vanished_unclaimed(view.policy, view.facts, whole)
    if gone:
        files = count(len(gone), "file")
        words = f"project: {files} in no component, measured at the baseline and still here, in no report any more"
        yield _note(f"{words}: {listed(gone, SHOWN)}")


def _brought(view: PolicyView) -> Iterator[Finding]:
    """New source files in folders that held none or that are measured, unless a component names them, a report knows
    them, or they are tests."""
    facts, known = view.facts, view.patch.snapshot.files if view.patch else {}
    source = [path for path in {*facts.files, *facts.added} if measurable(path, SOURCE_SUFFIXES)]
    before = {_folder(path) for path in source if path not in facts.added} - {_folder(path) for path in known}
    new = [
        path
        for path in sorted(source)
        if path in facts.added and _folder(path) not in before and path not in known
        if not scopes.placed(view.policy, path) and not unmeasured.is_test(view.policy, facts, path)
    ]
    if new:
        folders = tuple(dict.fromkeys(_folder(path) + "/" for path in new))
        files = count(len(new), "new source file")
        yield _note(f"project: {files} in no component and in no report: {listed(folders, SHOWN)}", MEASURE_HINT)


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _note(message: str, hint: str = HINT) -> Finding:
    return Finding("unclaimed", Effect.NOTE, Scope.PROJECT, "project", message, hint)


PAGES = (
    RulePage(
        id="unclaimed",
        title="Code is in no component",
        why=(
            "Bars are set for components. Code that no component claims counts for the project's bar only, and a new "
            "folder that no report knows counts for nothing. Code that a component claimed and that moves there is "
            "`unmeasured`."
        ),
        example=(
            "[unclaimed] project: 2823 of 3571 units are in no component, in 41 files: src/a.py, src/b.py, src/c.py "
            "and 38 more"
        ),
        fix=(
            "Add the files to the `paths` of a component, or add a component with `rest = true`: it claims whatever is "
            "measured and no other component claims. Code that should not count belongs out of the measurement."
        ),
    ),
)

RULE = Rule(check, PAGES)
