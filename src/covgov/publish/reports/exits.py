"""Branch exits as most formats have them: so many of a line that counts."""

from __future__ import annotations

from dataclasses import replace

from covgov.model import lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import FileCoverage, Snapshot, by_exits


def on_statements(snapshot: Snapshot) -> Snapshot:
    """Without the exits of lines that are no statements (Istanbul has them), so that totals are those of the lines."""
    return replace(snapshot, files={path: _on_statements(file) for path, file in snapshot.files.items()})


def _on_statements(file: FileCoverage) -> FileCoverage:
    sources = [source for source, _ in file.exits] + [line for _, where in file.counted for line in where]
    if not lines.of(sources) & ~file.statements:
        return file
    kept = set(lines.numbers(file.statements))
    return replace(
        file,
        exits=tuple(exit_ for exit_ in file.exits if exit_[0] in kept),
        taken=tuple(exit_ for exit_ in file.taken if exit_[0] in kept),
        counted=by_exits({line: exits for line, exits in file.by_number.items() if line in kept}),
    )


def by_line(file: FileCoverage) -> dict[int, Ratio]:
    """Taken and all exits of each line that has any."""
    found = {line: Ratio(exits.covered, exits.total) for line, exits in file.by_number.items() if exits.total}
    taken = set(file.taken)
    for exit_ in file.exits:
        found[exit_[0]] = found.get(exit_[0], Ratio(0, 0)) + Ratio(int(exit_ in taken), 1)
    return found
