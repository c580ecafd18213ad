"""docs/openapi.json is what the hub's routes say, and every operation in it says who may use it and what it answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
COMMITTED = CHECKOUT / "docs" / "openapi.json"


def operations() -> Iterator[tuple[str, dict[str, object]]]:
    for path, methods in json.loads(COMMITTED.read_bytes())["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_committed_document_is_current() -> None:
    made = subprocess.run([sys.executable, CHECKOUT / "scripts" / "openapi.py"], capture_output=True, check=True)
    assert made.stdout == COMMITTED.read_bytes(), "run `make openapi` and commit docs/openapi.json"


def test_it_is_openapi_3_1() -> None:
    assert json.loads(COMMITTED.read_bytes())["openapi"].startswith("3.1.")


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_every_operation_is_told_and_answers_are_named_one_by_one(name: str, operation: dict[str, object]) -> None:
    assert operation.get("summary"), name
    responses = operation["responses"]
    assert isinstance(responses, dict)
    assert "default" not in responses
    assert {"422", "429", "500", "503"} <= set(responses)
    if "{owner}" in name:
        assert {"401", "403", "404"} <= set(responses)


def test_every_reference_leads_somewhere() -> None:
    text = COMMITTED.read_text(encoding="utf-8")
    document = json.loads(text)
    wanted = {part.split('"')[0] for part in text.split('"$ref": "#/components/')[1:]}
    known = {f"{kind}/{name}" for kind, names in document["components"].items() for name in names}
    assert wanted <= known
