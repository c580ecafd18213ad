"""Source files that no report of their suite mentions: coverage that nobody can see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covgov.judge import unmeasured
from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import ComponentFacts, PolicyView
from covgov.model.verdict import Effect, Finding, Scope
from covgov.model.words import listed
from covgov.policy import scopes

MEASURE_HINT = "measure it (coverage.py: `source` in its configuration), or take it out of the component's paths"
TESTS_HINT = "fix the tests first: they failed, and may have measured it otherwise"
SHOWN = 10
"""Files that one note names at most."""


def check(view: PolicyView) -> Iterator[Finding]:
    """One failure per file that this change or its measurement lost sight of; notes for its tests, and per component
    for what was never reported."""
    wrote = view.patch.unmeasured if view.patch is not None else ()
    changed = [path for path in wrote if not unmeasured.is_test(view.policy, view.facts, path)]
    if tests := sorted({*wrote} - {*changed}):
        yield _tests(tests)
    for path in changed:
        yield _finding(view, path, f"{_how(view, path)}, but in no report of its suite")
    for path in sorted(set(view.vanished) - set(changed)):
        yield _finding(view, path, "measured at the baseline and still here, but in no report of its suite any more")
    for one in view.components:
        if paths := view.unreported.get(one.component.name, ()):
            yield _never(one, paths)


def _how(view: PolicyView, path: str) -> str:
    old = view.policy.names.get(path)
    return f"code of {old} moved here" if old else "changed here"


def _finding(view: PolicyView, path: str, what: str) -> Finding:
    claiming = scopes.components_of(view.policy, path)
    failed = any(one.measured.partial for one in view.components if one.component.name in claiming)
    return Finding(
        rule="unmeasured",
        effect=Effect.FAIL,
        scope=Scope.FILE,
        subject=path,
        message=f"{path}: {what}",
        hint=TESTS_HINT if failed else MEASURE_HINT,
    )


def _tests(paths: Sequence[str]) -> Finding:
    files = "1 changed test file is" if len(paths) == 1 else f"{len(paths)} changed test files are"
    words = f"patch: {files} in no report: {listed(paths, SHOWN)}"
    return Finding("unmeasured", Effect.NOTE, Scope.PATCH, "patch", words, "check that they are tests, not code")


def _never(one: ComponentFacts, paths: Sequence[str]) -> Finding:
    component = one.component
    files = "1 source file is" if len(paths) == 1 else f"{len(paths)} source files are"
    names = listed(paths, SHOWN)
    return Finding(
        rule="unmeasured",
        effect=Effect.NOTE,
        scope=Scope.COMPONENT,
        subject=component.name,
        message=f"{component.name}: {files} in no report of suite {component.suite}: {names}",
        hint=TESTS_HINT if one.measured.partial else MEASURE_HINT,
    )


PAGES = (
    RulePage(
        id="unmeasured",
        title="A source file is in no report of its suite",
        why=(
            "Coverage tools report what they saw. A new file that no test imports, or a file that fell out of "
            "the measurement, would otherwise not count at all. A new file counts whatever its kind "
            "(`.ts` beside `.js`), and so does code that moves out of its component, also rewritten. A file that "
            "nobody ever measured and nobody added here is a note, and so is a test: a file in a folder of tests, or "
            "one that its name calls a test and that holds one."
        ),
        example="[unmeasured] src/api/new.py: changed here, but in no report of its suite",
        fix=(
            "Let the tool measure the file (coverage.py: `source` in its configuration), or take it out of "
            "the component's `paths` if it is no source."
        ),
    ),
)

RULE = Rule(check, PAGES)
