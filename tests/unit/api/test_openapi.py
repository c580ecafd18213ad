from __future__ import annotations

import json

import pytest

from covgov.hub.api.openapi import REASONS, complete, document
from covgov_testing.hub.reading import ReadDesk


def test_the_same_routes_give_the_same_bytes(hub: ReadDesk) -> None:
    assert document(hub.app) == document(hub.app)


def test_every_guarded_operation_names_its_refusals(hub: ReadDesk) -> None:
    for path, operations in json.loads(document(hub.app))["paths"].items():
        for operation in operations.values():
            assert ("401" in operation["responses"]) == (path not in ("/healthz", "/readyz")), path
            assert "default" not in operation["responses"]


def test_an_operations_own_responses_stay() -> None:
    given = {"201": {"description": "made"}, "default": {"description": "anything"}}
    found = complete({"paths": {"/x/{id}": {"post": {"responses": given}, "summary": "not an operation"}}})
    own = found["paths"]["/x/{id}"]["post"]["responses"]  # type: ignore[index]  # a document is nested mappings
    assert own["201"] == {"description": "made"}
    assert {"404", "413"} <= set(own)
    assert "401" not in own
    assert "Problem" in found["components"]["schemas"]  # type: ignore[index]  # a document is nested mappings


def test_a_full_disk_and_a_full_repository_are_documented() -> None:
    assert [words for words in ("disk is full", "reached its quota") if words not in REASONS["507"]] == []


def test_a_document_of_another_shape_is_refused() -> None:
    with pytest.raises(TypeError, match="components"):
        complete({"components": []})
