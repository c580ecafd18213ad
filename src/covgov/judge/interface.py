"""A rule: the function that checks, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from covgov.judge.view import PolicyView
from covgov.model.verdict import Finding


class RuleCheck(Protocol):
    """A module-level function: one policy's view of the facts in, findings out, no clock, files or network."""

    def __call__(self, view: PolicyView, /) -> Iterator[Finding]: ...


class RulePage(Struct, frozen=True):
    """The page of a rule id in docs/rules, in Markdown. example: a finding as the terminal shows it."""

    id: str
    title: str
    why: str
    example: str
    fix: str

    @property
    def markdown(self) -> str:
        """The whole page."""
        parts = (f"# {self.id}", f"{self.title}.", "## Why", self.why, "## Example", f"    {self.example}")
        return "\n\n".join((*parts, "## What to do", self.fix)) + "\n"


class Rule(Struct, frozen=True):
    """check: finds. pages: one for each rule id that its findings carry."""

    check: RuleCheck
    pages: tuple[RulePage, ...]
