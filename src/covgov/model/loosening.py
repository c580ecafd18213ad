"""What makes a gate easier."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

EVERY_FILE = "*"


@dataclass(frozen=True, slots=True)
class Loosening:
    """One way in which the change weakens the gate: key in the policy (or path), and what changed, as text.

    excludes: the file that it takes lines of out of the count, EVERY_FILE for all, "" for none.
    """

    key: str
    message: str
    excludes: str = ""


def excluded_by(loosenings: Iterable[Loosening]) -> Callable[[str], bool]:
    """Whether one of them takes lines of a path out of the count."""
    places = {one.excludes for one in loosenings} - {""}
    return lambda path: path in places or EVERY_FILE in places
