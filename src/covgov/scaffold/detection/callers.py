"""Lines of build files and workflows that call a coverage tool. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covgov.scaffold.detection.tree import Tree

FILES = ("tox.ini", "noxfile.py", "Makefile", ".gitlab-ci.yml", "setup.cfg", "pyproject.toml")
OPTION = re.compile(r"--(?:cov-)?fail-under[= ]\"?(\d+(?:\.\d+)?)")


def callers(tree: Tree) -> Iterator[tuple[str, str]]:
    """(path, line) of each line with `--fail-under`, continued lines joined."""
    workflows = [path for path in tree.files if path.startswith(".github/workflows/")]
    for path in (*FILES, *workflows):
        for line in tree.text(path).replace("\\\n", " ").splitlines():
            if "fail-under" in line:
                yield path, line
