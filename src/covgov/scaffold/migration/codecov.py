"""Codecov's statuses (https://docs.codecov.com/docs/commit-status). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from covgov.scaffold.detection.tree import Tree, table
from covgov.scaffold.migration.setting import ImportedSetting, document, percent

FILES = tuple(
    f"{folder}{name}"
    for folder in ("", ".github/", "dev/")
    for name in ("codecov.yml", ".codecov.yml", "codecov.yaml", ".codecov.yaml")
)
BY_HAND = {
    "ignore": "add the paths to `omit` of coverage.py, or leave them out of your components' `paths`",
    "flags": "one `[suites.NAME]` for each flag that is a test run",
    "flag_management": "one `[suites.NAME]` for each flag that is a test run",
    "component_management": "one `[components.NAME]` for each component, with its `paths` and `fail_under`",
    "fixes": "`root` in `[suites.NAME]` says where the paths of a report start",
}


def settings(tree: Tree) -> Iterator[ImportedSetting]:
    """Of the first file that Codecov would read."""
    where = next((path for path in FILES if tree.read(path) is not None), "")
    if not where:
        return
    found = document(tree, where)
    status = table(found, "coverage", "status")
    project, patch = table(status, "project"), table(status, "patch")
    yield from _project(where, table(project, "default"))
    yield from _patch(where, table(patch, "default"))
    for kind, statuses in (("project", project), ("patch", patch)):
        for name in statuses:
            if name != "default":
                why = "give its paths a `[components.NAME]` of their own"
                yield ImportedSetting(where, f"status {kind}.{name}", why=why)
    for key, why in BY_HAND.items():
        if found.get(key):
            yield ImportedSetting(where, key, why=why)


def _project(where: str, status: Mapping[str, object]) -> Iterator[ImportedSetting]:
    if not status:
        return
    target, slack = percent(status.get("target")), percent(status.get("threshold")) or Decimal(0)
    if target is not None:
        bar = max(target - slack, Decimal(0))
        less = f" less threshold {slack:f} %" if slack else ""
        yield ImportedSetting(where, f"project target {target:f} %{less}", "fail_under", bar)
    elif "target" not in status or status["target"] == "auto":
        yield ImportedSetting(where, f"project target auto, threshold {slack:f} %", "max_drop", slack)
    yield from _informational(where, "project", status)


def _patch(where: str, status: Mapping[str, object]) -> Iterator[ImportedSetting]:
    if not status:
        return
    target, slack = percent(status.get("target")), percent(status.get("threshold")) or Decimal(0)
    if target is not None:
        bar = max(target - slack, Decimal(0))
        less = f" less threshold {slack:f} %" if slack else ""
        yield ImportedSetting(where, f"patch target {target:f} %{less}", "fail_under_patch", bar)
    else:
        why = "covgov's patch bar is a number: `fail_under_patch`, or `fail_under` without it"
        yield ImportedSetting(where, "patch target auto", why=why)
    yield from _informational(where, "patch", status)


def _informational(where: str, kind: str, status: Mapping[str, object]) -> Iterator[ImportedSetting]:
    if status.get("informational"):
        why = 'set `enforcement = "evaluate"` to report without failing'
        yield ImportedSetting(where, f"{kind} informational", why=why)
