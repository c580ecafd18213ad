"""Rows of the exception register are never deleted: what was excused stays on the record."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.judge.interface import Rule, RulePage
from covgov.judge.view import PolicyView
from covgov.model.verdict import Effect, Finding, Scope


def check(view: PolicyView) -> Iterator[Finding]:
    """A failure when ids of the register where the change starts are gone at head. A damaged register at head has its
    own exit code."""
    register, start = view.facts.register, view.facts.start_register
    if register is None or start is None:
        return
    here = {entry.id for entry in register.entries}
    gone = [entry.id for entry in start.entries if entry.id and entry.id not in here]
    if gone:
        yield Finding(
            rule="exception-removed",
            effect=Effect.FAIL,
            scope=Scope.REGISTER,
            subject=gone[0],
            message=f"{', '.join(gone)}: in {start.path}, deleted by this change",
            hint="restore the rows; `covgov exceptions resolve` closes a row that is no longer needed",
        )


PAGES = (
    RulePage(
        id="exception-removed",
        title="A row of the exception register was deleted",
        why="The register is a record: what was once excused stays visible.",
        example=("[exception-removed] EX-003: in docs/coverage-exceptions.md, deleted by this change"),
        fix=(
            "Restore the row. A row that is no longer needed is marked `resolved`, by `covgov exceptions "
            "sync` or `covgov exceptions resolve`."
        ),
    ),
)

RULE = Rule(check, PAGES)
