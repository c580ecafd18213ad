"""Thresholds of Jest, Vitest, nyc and c8. Pure.

https://jestjs.io/docs/configuration#coveragethreshold-object, https://vitest.dev/config/#coverage-thresholds,
https://github.com/istanbuljs/nyc#coverage-thresholds
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from covgov.scaffold.detection.tree import Tree, table
from covgov.scaffold.migration.setting import ImportedSetting, document, percent

SCRIPTS = tuple(
    f"{name}.config.{end}" for name in ("jest", "vitest", "vite") for end in ("js", "ts", "mjs", "mts", "cjs")
)
NYC = (("nyc", ".nycrc"), ("nyc", ".nycrc.json"), ("nyc", ".nycrc.yml"), ("c8", ".c8rc"), ("c8", ".c8rc.json"))
NYC_LINES = 90
"""The threshold that nyc and c8 have when `check-coverage` is on and none is set."""

BLOCK = re.compile(r"\b(?:thresholds|coverageThreshold)\s*:\s*\{")
NUMBER = re.compile(r"\b(lines|statements|branches|functions)\s*:\s*(-?\d+(?:\.\d+)?)\b")
EVERYTHING = re.compile(r"[{,\s]['\"]?100['\"]?\s*:\s*true\b")


def settings(tree: Tree) -> Iterator[ImportedSetting]:
    """Of every place where one of them keeps thresholds, package.json first."""
    package = document(tree, "package.json")
    jest = table(package, "jest") or document(tree, "jest.config.json")
    where = "package.json" if table(package, "jest") else "jest.config.json"
    yield from _jest(where, table(jest, "coverageThreshold"))
    for path in SCRIPTS:
        yield from _script(path, tree.text(path))
    configured = chain(
        (("package.json", name, table(package, name)) for name in ("nyc", "c8")),
        ((path, name, document(tree, path)) for name, path in NYC),
    )
    for path, name, found in configured:
        if found.get("check-coverage") is True:
            yield from _thresholds(path, name, {"lines": NYC_LINES, **found})


def _jest(where: str, thresholds: Mapping[str, object]) -> Iterator[ImportedSetting]:
    yield from _thresholds(where, "jest", table(thresholds, "global"))
    for place in thresholds:
        if place != "global":
            why = 'add a `[[components.NAME.rules]]` with `scope = "file"` for these files'
            yield ImportedSetting(where, f"jest threshold of {place}", why=why)


def _script(path: str, text: str) -> Iterator[ImportedSetting]:
    """A configuration that is code: only numbers that stand in it are read."""
    begin = BLOCK.search(text)
    if begin is None:
        return
    block, name = _inside(text[begin.end() :]), "jest" if path.startswith("jest") else "vitest"
    found: dict[str, object] = dict(NUMBER.findall(block))
    if EVERYTHING.search(f"{{{block}"):
        found = {"lines": "100"}
    if not found:
        yield ImportedSetting(path, f"{name} thresholds", why="set `fail_under` by hand: no number stands there")
    yield from _thresholds(path, name, found)


def _inside(text: str) -> str:
    """Up to the brace that ends the block; of Jest's `global`, if there is one, its own block."""
    inner = re.search(r"\bglobal['\"]?\s*:\s*\{", text)
    depth, start = 1, 0
    for match in re.finditer(r"[{}]", text):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            start = match.start()
            break
    block = text[:start] if start else text
    return _inside(text[inner.end() :]) if inner and inner.start() < len(block) else block


def _thresholds(where: str, tool: str, found: Mapping[str, object]) -> Iterator[ImportedSetting]:
    """A bar on lines; statements stand for them where lines have none."""
    kind = "lines" if percent(found.get("lines")) else "statements"
    bar = percent(found.get(kind))
    if bar:
        yield ImportedSetting(where, f"{tool} {kind} {bar:f} %", "fail_under", bar)
        yield ImportedSetting(where, f"{tool} {kind}", "metric", "line")
    branches = percent(found.get("branches"))
    if branches:
        why = f'add `[[rules]]` with `scope = "project"`, `metric = "branch"`, `min = {branches:f}`'
        yield ImportedSetting(where, f"{tool} branches {branches:f} %", why=why)
    if percent(found.get("functions")):
        yield ImportedSetting(where, f"{tool} functions", why="covgov judges lines and branches, not functions")
    for key in ("lines", "statements", "branches", "functions"):
        if str(found.get(key, "")).startswith("-"):
            why = "add a rule with `max_uncovered`: this is a number of units, not a share"
            yield ImportedSetting(where, f"{tool} {key} {found[key]}", why=why)
