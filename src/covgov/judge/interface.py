"""What a rule is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from covgov.judge.view import PolicyView
from covgov.model.verdict import Finding


class Rule(Protocol):
    """A module-level function: one policy's view of the facts in, findings out, no clock, files or network."""

    def __call__(self, view: PolicyView, /) -> Iterator[Finding]: ...
