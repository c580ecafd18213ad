"""A project that is made up, and the reports of its coverage: the same number of files gives the same bytes.

Every module has 200 executable lines, 39 of which branch to two exits. The head differs from the base in three places
of every file: a changed statement, an inserted function and a deleted one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LINES = 200
"""Executable lines of a module."""

CONSTANTS, FUNCTIONS, BODY = 5, 39, 5
FILES_OF_A_FOLDER = 50


@dataclass(frozen=True, slots=True)
class Function:
    """ran: whether its body ran; high, low: whether its condition was once true, once false."""

    name: str
    seed: int
    ran: bool
    high: bool
    low: bool

    @property
    def text(self) -> list[str]:
        """Six lines, of which the last is empty and the third branches to the two below it."""
        return [
            f"def {self.name}(value):",
            f"    total = value + {self.seed}",
            f"    if total > {self.seed * 7 % 1000}:",
            f"        total -= LIMIT_{self.seed % CONSTANTS}",
            "    return total",
            "",
        ]

    @property
    def hits(self) -> tuple[int, ...]:
        """Of the five executable lines."""
        return 1, 3 * self.ran, 3 * self.ran, 2 * (self.ran and self.high), 3 * self.ran


@dataclass(frozen=True)
class Module:
    """lines: (number, hits), ascending. branches: (line, whether each of its two exits was taken)."""

    path: str
    functions: tuple[Function, ...]

    @property
    def text(self) -> str:
        head = [f"LIMIT_{number} = {number * 11}" for number in range(CONSTANTS)]
        return "\n".join([*head, "", *(line for function in self.functions for line in function.text)])

    @cached_property
    def lines(self) -> list[tuple[int, int]]:
        found = [(number, 1) for number in range(1, CONSTANTS + 1)]
        for first, function in self.placed:
            found += enumerate(function.hits, first)
        return found

    @cached_property
    def branches(self) -> list[tuple[int, tuple[bool, bool]]]:
        return [
            (first + 2, (function.ran and function.high, function.ran and function.low))
            for first, function in self.placed
        ]

    @property
    def covered(self) -> int:
        return sum(hits > 0 for _, hits in self.lines)

    @property
    def taken(self) -> int:
        return sum(sum(exits) for _, exits in self.branches)

    @property
    def placed(self) -> Iterator[tuple[int, Function]]:
        return ((CONSTANTS + 2 + 6 * place, function) for place, function in enumerate(self.functions))


def module(number: int, *, base: bool = False) -> Module:
    """The module with this number as it is in the head, or as it was in the base."""
    chance = random.Random(number)
    functions = [_function(chance, f"step_{place:02d}") for place in range(FUNCTIONS)]
    gone = _function(chance, "gone")
    changed, inserted, deleted = sorted(chance.sample(range(FUNCTIONS - 1), 3))
    if base:
        before = functions[changed]
        functions[changed] = Function(before.name, before.seed + 1, before.ran, before.high, before.low)
        functions.insert(deleted + 1, gone)
        del functions[inserted]
    folder = number // FILES_OF_A_FOLDER
    return Module(f"pkg/area{folder:04d}/module_{number:06d}.py", tuple(functions))


def _function(chance: random.Random, name: str) -> Function:
    return Function(name, chance.randrange(1, 1000), *(chance.random() < share for share in (0.85, 0.8, 0.8)))


@dataclass(frozen=True, slots=True)
class Totals:
    """What every reader must find in the reports."""

    files: int
    lines: int
    covered: int

    def __str__(self) -> str:
        return f"{self.files} {self.lines} {self.covered}"


def totals(files: int) -> Totals:
    """Of the head of a project with this many files."""
    return Totals(files, files * LINES, sum(module(number).covered for number in range(files)))


def write_sources(root: Path, files: int, *, base: bool) -> None:
    """The modules below `root`, as the base or the head has them."""
    for number in range(files):
        one = module(number, base=base)
        path = root / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.text, encoding="utf-8")


def write_lcov(path: Path, numbers: Iterable[int], *, base: bool = False) -> None:
    """Of the modules with these numbers, as geninfo writes it."""
    with path.open("w", encoding="utf-8") as out:
        for number in numbers:
            out.write(lcov(module(number, base=base)))


def lcov(one: Module) -> str:
    """The record of one module."""
    text = ["TN:", f"SF:{one.path}"]
    for line, exits in one.branches:
        counts = ["-", "-"] if not any(exits) else [str(2 * taken) for taken in exits]
        text += [f"BRDA:{line},0,{place},{count}" for place, count in enumerate(counts)]
    text += [f"BRF:{2 * len(one.branches)}", f"BRH:{one.taken}"]
    text += [f"DA:{line},{hits}" for line, hits in one.lines]
    text += [f"LF:{len(one.lines)}", f"LH:{one.covered}", "end_of_record\n"]
    return "\n".join(text)


def write_cobertura(path: Path, files: int, root: Path) -> None:
    """As coverage.py writes it. root: what `<source>` names."""
    modules = [module(number) for number in range(files)]
    rates = _rates(modules)
    with path.open("w", encoding="utf-8") as out:
        out.write(
            f'<?xml version="1.0" ?>\n<coverage version="7.17.5" timestamp="1795867200000" {rates} complexity="0">\n'
        )
        out.write(f"\t<sources>\n\t\t<source>{root}</source>\n\t</sources>\n\t<packages>\n")
        for first in range(0, files, FILES_OF_A_FOLDER):
            package = modules[first : first + FILES_OF_A_FOLDER]
            name = Path(package[0].path).parent.as_posix().replace("/", ".")
            out.write(
                f'\t\t<package name="{name}" line-rate="0.8" branch-rate="0.7" complexity="0">\n\t\t\t<classes>\n'
            )
            out.writelines(_class(one) for one in package)
            out.write("\t\t\t</classes>\n\t\t</package>\n")
        out.write("\t</packages>\n</coverage>\n")


def _rates(modules: Sequence[Module]) -> str:
    valid, covered = len(modules) * LINES, sum(one.covered for one in modules)
    exits, taken = 2 * FUNCTIONS * len(modules), sum(one.taken for one in modules)
    return (
        f'lines-valid="{valid}" lines-covered="{covered}" line-rate="{covered / valid:.4g}" '
        f'branches-valid="{exits}" branches-covered="{taken}" branch-rate="{taken / exits:.4g}"'
    )


def _class(one: Module) -> str:
    exits = dict(one.branches)
    text = [
        f'\t\t\t\t<class name="{Path(one.path).name}" filename="{one.path}" complexity="0" '
        f'line-rate="{one.covered / LINES:.4g}" branch-rate="{one.taken / (2 * FUNCTIONS):.4g}">',
        "\t\t\t\t\t<methods/>\n\t\t\t\t\t<lines>",
    ]
    for line, hits in one.lines:
        branch = _conditions(line, exits[line]) if line in exits else ""
        text.append(f'\t\t\t\t\t\t<line number="{line}" hits="{int(hits > 0)}"{branch}/>')
    return "\n".join([*text, "\t\t\t\t\t</lines>\n\t\t\t\t</class>\n"])


def _conditions(line: int, exits: tuple[bool, bool]) -> str:
    missing = ",".join(str(line + place) for place, taken in enumerate(exits, 1) if not taken)
    rate = f' branch="true" condition-coverage="{50 * sum(exits)}% ({sum(exits)}/2)"'
    return f'{rate} missing-branches="{missing}"' if missing else rate


def write_json(path: Path, files: int) -> None:
    """As coverage.py writes it, with the regions of functions and classes."""
    meta = {"format": 3, "version": "7.17.5", "timestamp": "2026-11-28T12:00:00", "branch_coverage": True}
    modules = [module(number) for number in range(files)]
    with path.open("w", encoding="utf-8") as out:
        out.write(json.dumps({"meta": {**meta, "show_contexts": False}})[:-1] + ', "files": {')
        for place, one in enumerate(modules):
            out.write((", " if place else "") + json.dumps(one.path) + ": " + json.dumps(_file(one)))
        lines, covered = files * LINES, sum(one.covered for one in modules)
        exits, taken = 2 * FUNCTIONS * files, sum(one.taken for one in modules)
        out.write('}, "totals": ' + json.dumps(_summary(covered, lines, taken, exits)) + "}")


def _file(one: Module) -> dict[str, object]:
    whole = _region(one, 1, len(one.lines) * 2)
    functions = {
        function.name: {**_region(one, first + 1, first + BODY), "start_line": first} for first, function in one.placed
    }
    return {**whole, "functions": functions, "classes": {"": {**whole, "start_line": 1}}}


def _region(one: Module, first: int, last: int) -> dict[str, object]:
    lines = [(line, hits) for line, hits in one.lines if first <= line <= last]
    exits = [
        ([line, line + place], taken)
        for line, both in one.branches
        if first <= line <= last
        for place, taken in enumerate(both, 1)
    ]
    executed = [line for line, hits in lines if hits]
    ran = [exit_ for exit_, taken in exits if taken]
    return {
        "executed_lines": executed,
        "summary": _summary(len(executed), len(lines), len(ran), len(exits)),
        "missing_lines": [line for line, hits in lines if not hits],
        "excluded_lines": [],
        "executed_branches": ran,
        "missing_branches": [exit_ for exit_, taken in exits if not taken],
    }


def _summary(covered: int, lines: int, taken: int, exits: int) -> dict[str, object]:
    share = 100 * (covered + taken) / (lines + exits) if lines + exits else 100
    return {
        "covered_lines": covered,
        "num_statements": lines,
        "percent_covered": share,
        "percent_covered_display": f"{share:.0f}",
        "missing_lines": lines - covered,
        "excluded_lines": 0,
        "num_branches": exits,
        "num_partial_branches": 0,
        "covered_branches": taken,
        "missing_branches": exits - taken,
    }
