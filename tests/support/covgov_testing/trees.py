"""Repositories as the detection of `covgov init` sees them: names and texts."""

from __future__ import annotations

from collections.abc import Mapping

from covgov.scaffold.detection.detect import Detection, detect
from covgov.scaffold.detection.suites import Environment
from covgov.scaffold.detection.tree import Tree

COMPLETE = Environment("", "python", frozenset({"coverage", "pytest", "pytest_cov", "pkg", "mod", "a.b", "one", "two"}))
A_TEST = "import pytest\n\n\ndef test_it():\n    pass\n"
A_UNITTEST = "import unittest\n\n\nclass ItTest(unittest.TestCase):\n    def test_it(self):\n        pass\n"


def tree(files: Mapping[str, str]) -> Tree:
    """A tree of these files."""
    data = {path: text.encode() for path, text in files.items()}
    return Tree(tuple(sorted(data)), data.get)


def found(files: Mapping[str, str], *environments: Environment, programs: frozenset[str] = frozenset()) -> Detection:
    """What is detected in these files; without an environment one that has everything."""
    return detect(tree(files), environments or (COMPLETE,), programs)
