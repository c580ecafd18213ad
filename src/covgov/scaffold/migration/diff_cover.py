"""diff-cover's settings and calls (https://github.com/Bachmann1234/diff_cover). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covgov.scaffold.detection.callers import OPTION, callers
from covgov.scaffold.detection.tree import Tree, table
from covgov.scaffold.migration.setting import ImportedSetting, percent

CALL = re.compile(r"\bdiff-(?:cover|quality)\b")


def settings(tree: Tree) -> Iterator[ImportedSetting]:
    """Of pyproject.toml, and of the commands that call it."""
    tool, where = table(tree.pyproject, "tool", "diff_cover"), "pyproject.toml"
    bar = percent(tool.get("fail_under"))
    if bar is not None:
        yield ImportedSetting(where, f"diff_cover fail_under {bar:f}", "fail_under_patch", bar)
    for key in ("exclude", "include"):
        if tool.get(key):
            why = "covgov judges what your components' `paths` name"
            yield ImportedSetting(where, f"diff_cover {key}", why=why)
    if isinstance(branch := tool.get("compare_branch"), str) and branch not in ("origin/main", "origin/master"):
        why = "covgov compares with the pull request's target; `--target BRANCH` elsewhere"
        yield ImportedSetting(where, f"diff_cover compare_branch {branch}", why=why)
    for path, line in callers(tree):
        option = OPTION.search(line)
        if option and CALL.search(line) and (bar := percent(option[1])) is not None:
            yield ImportedSetting(path, f"diff-cover --fail-under {bar:f}", "fail_under_patch", bar)
