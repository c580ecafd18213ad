"""The files that `covgov init` writes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from covgov.register.table import BEGIN
from covgov.register.template import EMPTY
from covgov.scaffold.coverage_source import NEW_FILE, with_source
from covgov.scaffold.detect import Decision, Detection
from covgov.scaffold.owners import owner_lines
from covgov.scaffold.policy_text import ComponentText, PolicyText
from covgov.scaffold.tree import Tree, table
from covgov.scaffold.workflow import workflow

POLICY = "covgov.toml"
USUAL_BAR = Decimal(80)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a first measurement found: bars that today's figures meet, and tests that fail today.

    components: of each that has units, its bar. register: the register's text with proposed rows, "" for no row.
    """

    fail_under: Decimal
    components: dict[str, Decimal]
    deselect: tuple[str, ...] = ()
    register: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """old None: the file is new."""

    path: str
    old: str | None
    new: str
    why: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """fail_under: the wanted bar. unignored: which of these lines .gitignore lacks. branch: the default branch, for the
    workflow; "" for no workflow."""

    fail_under: Decimal | None = None
    unignored: tuple[str, ...] = ()
    branch: str = ""


def compose(
    tree: Tree, found: Detection, wishes: Wishes, adoption: Adoption | None = None
) -> tuple[tuple[FileChange, ...], tuple[Decision, ...]]:
    """The files to write, without those that would not change; and what was left alone, and why."""
    changes, left = [], []
    for one in _wanted(tree, found, wishes, adoption):
        if isinstance(one, Decision):
            left.append(one)
        elif one.new != one.old:
            changes.append(one)
    return tuple(changes), tuple(left)


def has_policy(tree: Tree, found: Detection, wishes: Wishes) -> bool:
    """Whether somebody wrote a policy: one that differs from what init would write before a measurement."""
    own = _text(tree, POLICY)
    return bool(table(tree.pyproject, "tool", "covgov")) or own not in (None, policy_text(found, wishes, None))


def policy_text(found: Detection, wishes: Wishes, adoption: Adoption | None) -> str:
    """covgov.toml, before a measurement or after it."""
    bar, why = found.bar_or(wishes.fail_under, USUAL_BAR)
    text = PolicyText(bar, why, found.suite, found.components, found.register)
    if adoption is None:
        return str(text)
    components = tuple(
        _adopted(component, adoption) for component in found.components if component.name in adoption.components
    )
    return str(
        replace(
            text,
            fail_under=adoption.fail_under,
            why=f"measured by `covgov init --adopt`; wanted: {bar:f}"
            if adoption.fail_under < bar
            else "measured by `covgov init --adopt`",
            components=components,
            deselect=adoption.deselect,
        )
    )


def _adopted(component: ComponentText, adoption: Adoption) -> ComponentText:
    own = adoption.components[component.name]
    return replace(component, fail_under=None if own == adoption.fail_under else own)


def _wanted(tree: Tree, found: Detection, wishes: Wishes, adoption: Adoption | None) -> Iterator[FileChange | Decision]:
    if has_policy(tree, found, wishes):
        yield Decision(POLICY, "left alone", "there is a policy already")
    else:
        yield FileChange(POLICY, _text(tree, POLICY), policy_text(found, wishes, adoption), "the policy")
    register = _text(tree, found.register)
    if register is None or (adoption is not None and adoption.register and BEGIN in register):
        yield FileChange(
            found.register, register, (adoption.register if adoption else "") or EMPTY, "the exception register"
        )
    yield from _ignored(tree, wishes.unignored)
    yield from _source(tree, found)
    if found.imports:
        yield FileChange(
            "tests/test_imports.py",
            _text(tree, "tests/test_imports.py"),
            IMPORT_TEST.format(names=list(found.imports)),
            "a first test: no test was found",
        )
    places = [
        POLICY,
        found.register,
        *([".github/workflows/"] if any(path.startswith(".github/workflows/") for path in tree.files) else []),
    ]
    path, text = owner_lines(tree, places)
    if path:
        yield FileChange(path, _text(tree, path), text, "owners of policy, register and workflows")
    if wishes.branch:
        yield _workflow(tree, wishes.branch)


def _ignored(tree: Tree, missing: Collection[str]) -> Iterator[FileChange]:
    old = _text(tree, ".gitignore")
    lines = (old or "").splitlines()
    added = [line for line in missing if line not in lines]
    if added:
        ended = old if not old or old.endswith("\n") else f"{old}\n"
        yield FileChange(
            ".gitignore", old, (ended or "") + "".join(f"{line}\n" for line in added), "measurements are not committed"
        )


def _source(tree: Tree, found: Detection) -> Iterator[FileChange | Decision]:
    if not found.source:
        return
    path = found.settings.where or NEW_FILE
    text = with_source(found.settings, tree.text(path), found.source, found.omit)
    if text:
        yield FileChange(path, _text(tree, path), text, "what coverage.py measures, without the tests")
    else:
        yield Decision(path, "left alone", f"set `source` of coverage.py there yourself: {', '.join(found.source)}")


def _workflow(tree: Tree, branch: str) -> FileChange | Decision:
    path, text = workflow(tree, branch)
    if tree.read(path) is not None:
        return Decision(path, "left alone", "it is there already; add the command `covgov run` to it")
    return FileChange(path, None, text, "the CI job")


IMPORT_TEST = """\
\"\"\"A first test, written by `covgov init`: the code can be imported. Replace it.\"\"\"

import importlib
import unittest


class ImportTest(unittest.TestCase):
    def test_import(self):
        for name in {names}:
            with self.subTest(name):
                importlib.import_module(name)
"""


def _text(tree: Tree, path: str) -> str | None:
    data = tree.read(path)
    return None if data is None else data.decode("utf-8", errors="surrogateescape")
