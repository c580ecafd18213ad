"""What makes a gate easier."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loosening:
    """One way in which the change weakens the gate: key in the policy (or path), and what changed, as text."""

    key: str
    message: str
