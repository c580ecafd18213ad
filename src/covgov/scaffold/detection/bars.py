"""The bar that a project already has, wherever a tool keeps it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from covgov.scaffold.detection.callers import OPTION, callers
from covgov.scaffold.detection.pytest_settings import PytestSettings
from covgov.scaffold.detection.tree import Tree
from covgov.scaffold.migration import diff_cover
from covgov.scaffold.migration.setting import ImportedSetting, percent


@dataclass(frozen=True, slots=True)
class ExistingBar:
    """metric: what the tool that has it counts, "" for what covgov counts by default."""

    percent: Decimal
    where: str
    metric: str = ""


def existing_bar(
    tree: Tree, settings: PytestSettings, coverage_file: str, fail_under: str, imported: Sequence[ImportedSetting]
) -> ExistingBar | None:
    """The first of: coverage.py's `fail_under`, `--cov-fail-under`, a test command's, another tool's setting.

    coverage_file: the settings that coverage.py reads, with their fail_under. 0 is no bar.
    """
    for text, where in _candidates(tree, settings, coverage_file, fail_under):
        if found := percent(text):
            return ExistingBar(found, where)
    for one in imported:
        if one.key == "fail_under" and isinstance(one.value, Decimal) and one.value:
            metric = next((str(two.value) for two in imported if two.where == one.where and two.key == "metric"), "")
            return ExistingBar(one.value, f"{one.what} in {one.where}", metric)
    return None


def _candidates(tree: Tree, settings: PytestSettings, coverage_file: str, fail_under: str) -> Iterator[tuple[str, str]]:
    yield fail_under, f"fail_under in {coverage_file}"
    for text in settings.option("--cov-fail-under"):
        yield text, f"--cov-fail-under in {settings.where}"
    for path, line in callers(tree):
        if not diff_cover.CALL.search(line):
            for text in OPTION.findall(line):
                yield text, f"--fail-under in {path}"
