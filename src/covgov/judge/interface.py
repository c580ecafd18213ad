"""What a rule is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from covgov.judge.facts import Facts
from covgov.model.verdict import Finding


class Rule(Protocol):
    """A module-level function: facts in, findings out, no clock, files or network."""

    def __call__(self, facts: Facts, /) -> Iterator[Finding]: ...
