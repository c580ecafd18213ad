"""docs/migrate: the settings of each guide go through `covgov init`, and give the guide's policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from covgov.scaffold.compose import Wishes, policy_text
from covgov_testing.trees import A_TEST, found

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "migrate"
GUIDES = sorted(path.name for path in FOLDER.glob("*.md") if path.name != "index.md")
BLOCK = re.compile(r"^```\w+ (?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PROJECTS = {
    "javascript.md": {"src/a.js": "", "src/a.test.js": "", "package-lock.json": ""},
    "go.md": {"go.mod": "module example.com/a\n", "a.go": "package a\n", "a_test.go": "package a\n"},
}
PYTHON = {"setup.py": "", "pkg/__init__.py": "", "tests/test_a.py": A_TEST}


@pytest.mark.parametrize("name", [name for name in GUIDES if name != "py-cov-action.md"])
def test_a_guides_settings_give_its_policy(name: str) -> None:
    blocks = dict(BLOCK.findall((FOLDER / name).read_text(encoding="utf-8")))
    expected = blocks.pop("covgov.toml")
    detected = found({**PROJECTS.get(name, PYTHON), **blocks}, programs=frozenset({"npx", "npm", "go"}))
    assert expected in policy_text(detected, Wishes(), None)


def test_the_index_names_every_guide() -> None:
    text = (FOLDER / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", text)) == set(GUIDES)
