"""docs/rules has one page per rule id, as the rules' files say it; a finding names a page that exists."""

from __future__ import annotations

import ast
import runpy

import pytest

from covgov.model import words
from covgov_testing.act import CHECKOUT

SCRIPT = runpy.run_path(str(CHECKOUT / "scripts" / "rules.py"))
ALL = SCRIPT["ALL"]
FOLDER = CHECKOUT / "docs" / "rules"


def test_the_pages_are_those_of_the_rules() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert written == SCRIPT["pages"](), "run `make rules`"


@pytest.mark.parametrize("rule", [page.id for page in ALL])
def test_the_address_of_a_finding_is_its_page(rule: str) -> None:
    assert (CHECKOUT / words.page(rule)).is_file()


def test_every_rule_id_in_the_sources_has_a_page() -> None:
    found = {
        word.value
        for path in (CHECKOUT / "src" / "covgov").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Finding"
        for word in (*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "rule"))
        if isinstance(word, ast.Constant)
    }
    assert len(found) > 10
    assert found <= {page.id for page in ALL}
