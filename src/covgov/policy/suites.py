"""Which suites policies declare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from covgov.errors import UsageError

if TYPE_CHECKING:
    from covgov.policy.policy import Policy


def declared_suites(policies: Sequence[Policy]) -> tuple[str, ...]:
    """The names of all of them, sorted."""
    return tuple(sorted({name for policy in policies for name in policy.expected}))


def wanted_suites(suites: Sequence[str], *policies: Policy) -> tuple[str, ...]:
    """The suites asked for, else every declared one. Raises UsageError for a suite that nobody declared."""
    every = declared_suites(policies)
    unknown = sorted(set(suites) - set(every))
    if unknown:
        names = ", ".join(every) or "none"
        raise UsageError("suite-unknown", f"no suite is called {unknown[0]!r}", hint=f"declared suites: {names}")
    return tuple(sorted(set(suites))) or every
