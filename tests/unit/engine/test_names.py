"""Names of classes: unique across the package, and nouns with a role rather than bare participles or adjectives."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "covgov"

PARTICIPLE = re.compile(r"_?[A-Z][a-z]+ed")
IRREGULAR = frozenset(
    [
        "Told",
        "Kept",
        "Shown",
        "Held",
        "Given",
        "Found",
        "Sent",
        "Built",
        "Made",
        "Said",
        "Taken",
        "Chosen",
        "Known",
        "Seen",
        "Proven",
        "Swept",
        "Put",
        "Lost",
        "Gone",
        "New",
        "Wary",
        "Reticent",
        "Discreet",
        "Hidden",
        "Public",
        "Beyond",
        "Distant",
        "Portable",
        "Immediate",
        "Pushable",
        "Unready",
        "Here",
    ]
)

OUTCOMES = frozenset({"Undetermined"})
"""Errors that are named as the outcome that they lead to."""


def classes(package: Path) -> Iterator[tuple[str, str]]:
    """(name, file) of every class in the package."""
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, path.relative_to(package).as_posix()


def duplicates(found: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Name -> files, of each name that several classes have; private names may repeat."""
    files = defaultdict(list)
    for name, file in found:
        if not name.startswith("_"):
            files[name].append(file)
    return {name: places for name, places in files.items() if len(places) > 1}


def bare(name: str) -> bool:
    """Whether the name is a single participle or adjective, without the noun that it describes."""
    return name not in OUTCOMES and (PARTICIPLE.fullmatch(name) is not None or name.lstrip("_") in IRREGULAR)


def test_no_two_classes_share_a_name() -> None:
    assert duplicates(list(classes(SOURCE))) == {}


def test_no_class_is_named_by_a_bare_participle_or_adjective() -> None:
    assert [f"{file}: {name}" for name, file in classes(SOURCE) if bare(name)] == []


def test_a_repeated_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class Report: ...\nclass _Line: ...\n")
    (tmp_path / "b.py").write_text("class Report: ...\nclass _Line: ...\n")
    assert duplicates(list(classes(tmp_path))) == {"Report": ["a.py", "b.py"]}


@pytest.mark.parametrize("name", ["Collected", "_Built", "Told", "Wary", "Matched", "_Held"])
def test_a_bare_participle_is_found(name: str) -> None:
    assert bare(name)


@pytest.mark.parametrize("name", ["SavedRun", "ParsedReport", "Snapshot", "_CachedKeys", "StoredDocument"])
def test_a_noun_with_a_participle_is_allowed(name: str) -> None:
    assert not bare(name)
