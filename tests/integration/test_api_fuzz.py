"""Every operation of the hub against what docs/openapi.json says, asked by an admin, a reader and nobody, with inputs
that fit and inputs that do not.

Most cases are aimed at repositories and runs that exist; what is left over finds nothing. The document is compared with
the routes in tests/docs/test_openapi.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import Receive, Scope, Send

from covgov.hub.store.documents import Kind
from covgov_testing.builders_run import NOON
from covgov_testing.hub_reading import POLICY, ReadDesk, read_desk, template
from covgov_testing.hub_runs import two_suites

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
Case = schemathesis.Case[Any]  # of whatever kind of operation: four type parameters that say nothing here
PUBLIC = frozenset({"GET /healthz", "GET /readyz"})
OPEN_TO_ALL = re.compile(r"/acme/(open|empty)\b")
"""acme/empty is what an admin may have opened meanwhile."""

REFUSED = frozenset({400, 401, 403, 404, 405, 408, 413, 415, 422})


class Stage:
    """The hub that the cases are sent to; it exists only while tests run."""

    def __init__(self) -> None:
        self.desk: ReadDesk | None = None
        self.runs: list[str] = []
        self.answers: dict[tuple[str, str], Counter[int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.desk is not None
        await self.desk.app(scope, receive, send)

    def headers(self, asker: str) -> Mapping[str, str]:
        assert self.desk is not None
        return {"admin": self.desk.admin, "reader": self.desk.reader, "nobody": {}}[asker]


STAGE = Stage()
schema = schemathesis.openapi.from_path(DOCUMENT)
schema.app = STAGE


@pytest.fixture(scope="module", autouse=True)
def _stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("fuzz")
    with read_desk(template(folder), folder) as desk:
        STAGE.desk = desk
        for number in range(3):
            record = two_suites(f"c{number}", at=NOON + timedelta(days=number), sources={"src/api/a.py": f"a{number}"})
            STAGE.runs.append(desk.record(record).id)
            desk.record(record, "acme/open")
        for name in ("acme/shop", "acme/open"):
            desk.put(Kind.POLICY, "covgov.toml", POLICY, name)
            desk.put(Kind.REGISTER, "exceptions.md", "", name)
        yield
        STAGE.desk = None
    _aimed_well()


def _aimed_well() -> None:
    """A case that finds nothing proves little: every question was answered to the admin at least once."""
    unanswered = [
        label
        for (asker, label), answers in STAGE.answers.items()
        if asker == "admin" and label.startswith("GET ") and not answers[200]
    ]
    assert not unanswered, f"no case found anything: {unanswered}"


def aim(case: Case, turn: int) -> None:
    """Three of four cases go to what is there."""
    if turn % 4 == 0:
        return
    keeps = case.method not in ("DELETE", "PATCH")
    there = {
        "owner": "acme",
        "name": ("shop", "open")[turn % 2] if keeps else "empty",
        "run_id": STAGE.runs[turn % 3],
        "component": ("api", "auth", "project")[turn % 3],
    }
    parameters = case.path_parameters or {}
    parameters.update({name: value for name, value in there.items() if name in parameters})
    query = case.query or {}
    query.update({name: STAGE.runs[turn % 3] for name in ("base", "head") if name in query})
    if "path" in query and turn % 2:
        query["path"] = "src/api/a.py"


@schema.parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_nothing_fails_and_nothing_undocumented_is_answered(case: Case) -> None:
    ask(case, "admin")


@pytest.mark.security
@pytest.mark.parametrize("asker", ["reader", "nobody"])
@schema.parametrize()
@settings(
    max_examples=5,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_who_may_not_is_refused_as_documented(case: Case, asker: str) -> None:
    status = ask(case, asker)
    if case.method in ("DELETE", "PATCH", "PUT"):
        assert status in REFUSED
    if asker == "nobody" and case.operation.label not in PUBLIC and not OPEN_TO_ALL.search(case.formatted_path):
        assert status in REFUSED


def ask(case: Case, asker: str) -> int:
    aim(case, len(repr(case.query)) + len(repr(case.path_parameters)))
    response = case.call(headers=dict(STAGE.headers(asker)))
    case.validate_response(response, checks=CHECKS)
    STAGE.answers.setdefault((asker, case.operation.label), Counter())[response.status_code] += 1
    return response.status_code
