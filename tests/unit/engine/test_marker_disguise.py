"""No test of `auth_service` carries the marker `security` in a way that the rule about it cannot read."""

from __future__ import annotations

import ast

import pytest

from covgov_testing.act import CHECKOUT
from covgov_testing.marker_disguise import disguised

MODULES = sorted((CHECKOUT / "tests" / "unit" / "auth_service").rglob("*.py"))
ABOVE = [CHECKOUT / "tests" / "conftest.py"]


@pytest.mark.architecture
def test_who_carries_the_marker_of_access_is_readable_from_its_module() -> None:
    assert len(MODULES) > 10
    found = [
        f"{path.name}: {told}"
        for path in MODULES + ABOVE
        for told in disguised(ast.parse(path.read_text(encoding="utf-8"), path.name))
    ]
    assert found == [], "these could mark a test unseen"


@pytest.mark.parametrize(
    "source",
    [
        "@pytest.fixture(autouse=True)\ndef _all(request):\n    request.applymarker(pytest.mark.security)",
        "def pytest_collection_modifyitems(items):\n    items[0].add_marker('security')",
        "def pytest_itemcollected(item):\n    item.own_markers.append(one)",
        "from covgov_testing.marks import guarded\n@guarded\ndef test_it(): pass",
        "from covgov_testing.marks import guarded\n@guarded\nclass TestIt: pass",
        "from covgov_testing.marks import guarded\npytestmark = guarded",
        "from covgov_testing.marks import guarded\npytestmark = [pytest.mark.x, guarded]",
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=guarded)])\ndef f(): pass",
        "from covgov_testing.marks import given\n@given(1)\ndef test_it(): pass",
        "from covgov_testing.marks import one as pytest",
        "from covgov_testing.marks import pytestmark",
        "from covgov_testing.marks import *",
        "from covgov_testing.shared import test_it",
        "from covgov_testing.shared import it as TestClient",
        "pytestmark: object = guarded",
        "from covgov_testing.shared import Shared\nclass TestIt(Shared): pass",
        "from covgov_testing.shared import shared\ntest_it = shared",
        "from pytest import mark",
        "import pytest as p",
        "p = pytest",
        "mark = pytest.mark",
        "@getattr(pytest.mark, 'security')\ndef test_it(): pass",
    ],
)
def test_these_hide_a_marker(source: str) -> None:
    assert disguised(ast.parse(source)) != []


def test_what_hides_one_is_told_with_its_line() -> None:
    told = disguised(ast.parse("import os\nimport pytest as p\nfrom x import *"))
    assert told == ["2: import pytest as p", "3: from x import *"]


@pytest.mark.parametrize(
    "source",
    [
        "import pytest\npytestmark = [pytest.mark.security, pytest.mark.skipif(x, reason='y')]",
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.security)])\ndef test_it(): pass",
        "from hypothesis import given\nfrom hypothesis import strategies as st\n@given(st.text())\ndef test_it(): pass",
        "class TestIt:\n    @pytest.mark.security\n    async def test_it(self): pass",
        "from fastapi.testclient import TestClient",
        "@app.get('/x')\ndef healthz(): pass",
    ],
)
def test_these_are_readable(source: str) -> None:
    assert disguised(ast.parse(source)) == []
