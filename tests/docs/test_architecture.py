"""docs/architecture.md lists the folders that there are, and the layers that import-linter enforces."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from covgov.policy.config import load
from covgov.policy.globs import matches

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCE = CHECKOUT / "src" / "covgov"


def test_every_module_of_the_top_is_in_the_layout_and_no_other() -> None:
    tree = PAGE.partition("    src/covgov/\n")[2].partition("    tests/")[0]
    listed = re.findall(r"^      (\w+(?:/|\.py))", tree, re.MULTILINE)
    packages = {f"{path.parent.name}/" for path in SOURCE.glob("*/__init__.py")}
    modules = {path.name for path in SOURCE.glob("*.py") if not path.name.startswith("__")}
    assert sorted(listed) == sorted(packages | modules)


def test_the_layers_are_those_of_the_import_contract() -> None:
    contract = configparser.ConfigParser()
    contract.read(CHECKOUT / ".importlinter", encoding="utf-8")
    enforced = contract["importlinter:contract:layers"]["layers"].split()
    shown = PAGE.partition("may use lower ones:\n\n")[2].partition("\n\n")[0]
    assert shown.split() == [word for word in enforced if word != "__main__"]


def test_every_module_belongs_to_a_component_of_this_repository() -> None:
    policy = load(lambda path: (CHECKOUT / path).read_bytes() if (CHECKOUT / path).is_file() else None)
    assert policy is not None
    claimed = [pattern for component in policy.components.values() for pattern in component.paths]
    modules = [path.relative_to(CHECKOUT).as_posix() for path in SOURCE.rglob("*.py")]
    assert [path for path in modules if not matches(path, claimed)] == []
