"""Codecov's statuses (https://docs.codecov.com/docs/commit-status). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from covgov.scaffold.detection.tree import Tree, table
from covgov.scaffold.migration.setting import ImportedSetting, document, first_of, percent

FILES = tuple(
    f"{folder}{name}"
    for folder in ("", ".github/", "dev/")
    for name in ("codecov.yml", ".codecov.yml", "codecov.yaml", ".codecov.yaml")
)
KEYS = {"project": "fail_under", "patch": "fail_under_patch"}
"""Kind of a status -> what its target becomes."""

AUTO = "auto"

BY_HAND = {
    "ignore": "add the paths to `omit` of coverage.py, or leave them out of your components' `paths`",
    "flags": "one `[suites.NAME]` for each flag that is a test run",
    "flag_management": "one `[suites.NAME]` for each flag that is a test run",
    "component_management": "one `[components.NAME]` for each component, with its `paths` and `fail_under`",
    "fixes": "`root` in `[suites.NAME]` says where the paths of a report start",
}


def settings(tree: Tree) -> Iterator[ImportedSetting]:
    """Of the first file that Codecov would read."""
    where = first_of(tree, FILES)
    if not where:
        return
    found = document(tree, where)
    status = table(found, "coverage", "status")
    for kind in KEYS:
        statuses = table(status, kind)
        yield from _status(where, kind, table(statuses, "default"))
        for name in statuses:
            if name != "default":
                why = "give its paths a `[components.NAME]` of their own"
                yield ImportedSetting(where, f"status {kind}.{name}", why=why)
    for key, why in BY_HAND.items():
        if found.get(key):
            yield ImportedSetting(where, key, why=why)


def _status(where: str, kind: str, status: Mapping[str, object]) -> Iterator[ImportedSetting]:
    if not status:
        return
    target, slack = percent(status.get("target")), percent(status.get("threshold")) or Decimal(0)
    if target is not None:
        less = f" less threshold {slack:f} %" if slack else ""
        bar = max(target - slack, Decimal(0))
        yield ImportedSetting(where, f"{kind} target {target:f} %{less}", KEYS[kind], bar)
    elif kind == "project" and status.get("target", AUTO) == AUTO:
        yield ImportedSetting(where, f"project target auto, threshold {slack:f} %", "max_drop", slack)
    else:
        why = f"covgov's bar is a number: set `{KEYS[kind]}`"
        yield ImportedSetting(where, f"{kind} target {status.get('target', AUTO)}", why=why)
    if status.get("informational"):
        why = 'set `enforcement = "evaluate"` to report without failing'
        yield ImportedSetting(where, f"{kind} informational", why=why)
