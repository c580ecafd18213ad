"""Where in a file an annotation belongs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covgov.model.verdict import Finding, Scope, Verdict
from covgov.publish.render.parts.sections import line_lists

UNCOVERED = "uncovered"
"""What annotations of uncovered lines are called, which are about no rule."""


class LineRange(Struct, frozen=True):
    """Lines of a file, both included."""

    path: str
    start: int
    end: int

    @property
    def piece(self) -> str:
        """`40`, `40-44`."""
        return str(self.start) if self.start == self.end else f"{self.start}-{self.end}"

    @property
    def unreached(self) -> str:
        """What is said of uncovered lines of a change."""
        return f"no test reaches {'line' if self.start == self.end else 'lines'} {self.piece} of this change"


class FindingPlaces:
    """Places of findings: the first uncovered lines of the file, those of the change first; else its first line."""

    def __init__(self, verdict: Verdict) -> None:
        self._first: dict[str, LineRange] = {}
        for listed in line_lists(verdict):
            for path, spelled in listed.lines.items():
                self._first.setdefault(path, _places(path, spelled)[0])

    def of(self, finding: Finding) -> LineRange | None:
        """None for a finding that is about no file."""
        if finding.scope is not Scope.FILE:
            return None
        return self._first.get(finding.subject, LineRange(finding.subject, 1, 1))


def uncovered(verdict: Verdict) -> list[LineRange]:
    """Lines of the change that no test reaches, the longest pieces first."""
    return sorted(_of_change(verdict), key=lambda place: (place.start - place.end, place.path, place.start))


def _of_change(verdict: Verdict) -> Iterator[LineRange]:
    for path, spelled in verdict.patch.uncovered.items() if verdict.patch else ():
        yield from _places(path, spelled)


def _places(path: str, spelled: str) -> list[LineRange]:
    pieces = (piece.partition("-") for piece in spelled.split(","))
    return [LineRange(path, int(start), int(end or start)) for start, _, end in pieces]
