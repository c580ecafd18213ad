"""The tools whose settings `covgov init` reads, the first to decide first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from covgov.scaffold.detection.tree import Tree
from covgov.scaffold.migration import codecov, diff_cover, go_test_coverage, javascript, octocov
from covgov.scaffold.migration.setting import ImportedSetting

READERS: Mapping[str, Callable[[Tree], Iterator[ImportedSetting]]] = {
    "diff-cover": diff_cover.settings,
    "Codecov": codecov.settings,
    "octocov": octocov.settings,
    "go-test-coverage": go_test_coverage.settings,
    "Jest, Vitest, nyc, c8": javascript.settings,
}


def imported(tree: Tree) -> tuple[ImportedSetting, ...]:
    """Every setting that one of the tools has, in the readers' order."""
    return tuple(setting for reader in READERS.values() for setting in reader(tree))
