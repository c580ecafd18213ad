"""The OpenAPI document: every operation with all its answers.

FastAPI knows what a route returns. The answers of guards, limits and storage are the same everywhere, and are added
here depending on the operation: with or without a permission, a repository, parameters, a body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from covgov.hub.api.http.problems import MEDIA_TYPE, SCHEMA
from covgov.hub.api.wire.figures import PART, parts

if TYPE_CHECKING:
    from fastapi import FastAPI

REASONS: Mapping[str, str] = {
    "400": "The request is contradictory, such as a cursor of another listing.",
    "401": "The request has no credentials, or invalid ones.",
    "403": "The caller lacks the permission.",
    "404": "Not found, or not visible to the caller.",
    "408": "The body did not arrive in time.",
    "409": "The object exists already, or the state changed in the meantime.",
    "412": "The document no longer has the ETag in If-Match; nothing was changed.",
    "413": "The body is too large, packed or unpacked.",
    "415": "The body has an unsupported media type or coding.",
    "422": "The request is invalid; `errors` or `faults` name the places.",
    "429": "Too many requests; wait for the seconds in Retry-After.",
    "500": "The hub failed; nothing was changed. Look for the request id in its log.",
    "503": "The database or an issuer does not answer; retry after the seconds in Retry-After.",
    "507": "The hub's disk is full (Retry-After), or the repository reached its quota; nothing was changed. Also for"
    " reads, which can write audit entries.",
}
REF = "#/components/schemas/{name}"
EVERYWHERE = ("400", "413", "415", "422", "429", "500", "503")
"""Also for routes without a body: length and coding are checked in the headers."""

GUARDED = ("401", "403", "507")
WITH_BODY = ("408", "409")
WAITING = frozenset({"429", "503", "507"})


def document(app: FastAPI) -> bytes:
    """OpenAPI 3.1 as JSON, indented, keys sorted, ending in a newline; as committed in docs/openapi.json."""
    return (json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def complete(found: dict[str, object]) -> dict[str, object]:
    """FastAPI's document with the shared answers instead of a `default`."""
    found.update({name: _referring(value) for name, value in found.items()})
    components = _table(found, "components")
    schemas = _table(components, "schemas")
    schemas["Problem"] = dict(SCHEMA)
    for name, part in parts(REF).items():
        schemas.setdefault(name, part)
    _table(components, "responses").update({status: _problem(status) for status in REASONS})
    for path, operations in _table(found, "paths").items():
        for method, operation in _tables(operations):
            answers = _table(operation, "responses")
            answers.pop("default", None)
            for status in _statuses(path, method, operation):
                answers[status] = {"$ref": f"#/components/responses/{status}"}
    return found


def _referring(value: object) -> object:
    """The same with references to what the model publishes."""
    if isinstance(value, dict):
        part = value.get(PART)
        return {"$ref": REF.format(name=part)} if part else {key: _referring(one) for key, one in value.items()}
    return [_referring(one) for one in value] if isinstance(value, list) else value


def _statuses(path: str, method: str, operation: Mapping[str, object]) -> Iterator[str]:
    yield from EVERYWHERE
    if operation.get("security") or path.startswith("/v1/"):  # routes without a permission still authenticate
        yield from GUARDED
    if "{" in path:
        yield "404"
    if method != "get":
        yield from WITH_BODY
    if method == "put":
        yield "412"


def _problem(status: str) -> dict[str, object]:
    answer: dict[str, object] = {
        "description": REASONS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in WAITING:
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer


def _tables(value: object) -> Iterator[tuple[str, dict[str, object]]]:
    entries = value.items() if isinstance(value, dict) else ()
    return ((name, entry) for name, entry in entries if isinstance(entry, dict))


def _table(parent: dict[str, object], name: str) -> dict[str, object]:
    """The mapping below `name`, created when missing."""
    value = parent.setdefault(name, {})
    if not isinstance(value, dict):
        raise TypeError(f"{name} of an OpenAPI document is a mapping")
    return value
