"""Every operation of the hub against what docs/openapi.json says, asked by a token of each role and by nobody, with
inputs that fit and inputs that do not.

Most cases are aimed at repositories and runs that exist; what is left over finds nothing. The document is compared with
the routes in tests/docs/test_openapi.py. `make soak` (SOAK_ROUNDS) tries many more inputs.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from covgov.hub.store.documents import DocumentKind
from covgov_testing.builders.run import NOON
from covgov_testing.hub.reading import POLICY, ReadDesk, read_desk, template
from covgov_testing.hub.runs import two_suites

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
RESPONSES = {
    f"{method.upper()} {path}": frozenset(operation["responses"])
    for path, methods in json.loads(DOCUMENT.read_bytes())["paths"].items()
    for method, operation in methods.items()
}
OPERATIONS = list(RESPONSES)
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
Case = schemathesis.Case[Any]  # of whatever kind of operation: four type parameters that say nothing here
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "1"))

ROLES = ("nobody", "reader", "uploader", "maintainer", "admin")
"""Each may what the one before it may."""
LEAST = (
    ("nobody", re.compile(r"/healthz|/readyz|/v1/tokens/exchange")),
    ("admin", re.compile(r"/v1/audit|/v1/tokens|POST /v1/repositories$|DELETE /v1/repositories/\{owner\}/\{name\}$")),
    ("maintainer", re.compile(r"PUT|PATCH|/bindings|/prune")),
    ("uploader", re.compile(r"/uploads|/history/(additions|missing)")),
    ("reader", re.compile("")),
)
"""Who may ask what, first match; the list is this test's own."""
ITS_REPOSITORY = re.compile(r"/v1/repositories/[^/]+/[^/]+")
REFUSED = frozenset({400, 401, 403, 404, 405, 408, 413, 415, 422})


class Stage:
    """The hub that the cases are sent to, what is in it, and how it answered."""

    def __init__(self, desk: ReadDesk) -> None:
        self.desk = desk
        self.runs: list[str] = []
        self.answers: dict[str, Counter[int]] = {}
        self.headers: dict[str, Mapping[str, str]] = {"nobody": {}, "reader": desk.reader, "admin": desk.admin}
        for role in ("uploader", "maintainer"):
            wanted = {"name": role, "role": role, "repositories": ["acme/shop", "acme/empty"]}
            made = desk.client.post("/v1/tokens", json=wanted, headers=dict(desk.admin))
            assert made.status_code == 201, made.text
            self.headers[role] = {"Authorization": f"Bearer {made.json()['token']}"}
        for number in range(3):
            record = two_suites(f"c{number}", at=NOON + timedelta(days=number), sources={"src/api/a.py": f"a{number}"})
            self.runs.append(desk.record(record).id)
            desk.record(record, "acme/open")
        for name in ("acme/shop", "acme/open"):
            desk.put(DocumentKind.POLICY, "covgov.toml", POLICY, name)
            desk.put(DocumentKind.REGISTER, "exceptions.md", "", name)

    def ask(self, case: Case, asker: str) -> int:
        response = case.call(headers=dict(self.headers[asker]))
        case.validate_response(response, checks=CHECKS)
        self.answers.setdefault(case.operation.label, Counter())[response.status_code] += asker == "admin"
        return response.status_code

    def is_open(self, case: Case) -> bool:
        """Whether everyone may read the case's repository, as the admin is told: cases make and open some, too."""
        asked = ITS_REPOSITORY.match(case.formatted_path)
        answer = self.desk.client.get(asked[0], headers=dict(self.desk.admin)) if asked else None
        return answer is not None and answer.status_code == 200 and answer.json()["private"] is False

    def aim(self, case: Case) -> None:
        """Three of four cases go to what is there."""
        turn = len(repr(case.query)) + len(repr(case.path_parameters))
        if turn % 4 == 0:
            return
        keeps = case.method not in ("DELETE", "PATCH")
        there = {
            "owner": "acme",
            "name": ("shop", "open")[turn % 2] if keeps else "empty",
            "run_id": self.runs[turn % 3],
            "component": ("api", "auth", "project")[turn % 3],
        }
        parameters = case.path_parameters or {}
        parameters.update({name: value for name, value in there.items() if name in parameters})
        query = case.query or {}
        query.update({name: self.runs[turn % 3] for name in ("base", "head") if name in query})
        if "path" in query and turn % 2:
            query["path"] = "src/api/a.py"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("fuzz")
    with read_desk(template(folder), folder) as desk:
        made = Stage(desk)
        yield made
    # a case that finds nothing proves little: every question was answered to the admin at least once
    unanswered = [
        label
        for label, answers in made.answers.items()
        if label.startswith("GET ") and answers.total() and not answers[200]
    ]
    assert not unanswered, f"no case found anything: {unanswered}"


@pytest.fixture(scope="module")
def document(stage: Stage) -> BaseSchema:
    schema = schemathesis.openapi.from_path(DOCUMENT)
    schema.app = stage.desk.app
    return schema


def every_case(document: BaseSchema, operation: str, answered: Callable[[Case], None], chosen: settings) -> None:
    """Run `answered` on cases of one operation.

    `schema.parametrize()` would make all cases of all operations while tests are collected, in every worker, which
    takes longer than answering them; `schemathesis.pytest.from_fixture`, which makes them late, does not know pytest 9.
    """
    method, _, path = operation.partition(" ")
    build_operation_test(
        config=document.config,
        operation=document[path][method],
        test_func=answered,
        given_kwargs={},
        feedback=FeedbackSources(),
        explicit_settings=settings(
            chosen, deadline=None, derandomize=ROUNDS == 1, suppress_health_check=list(HealthCheck)
        ),
    )()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_fails_and_nothing_undocumented_is_answered(document: BaseSchema, stage: Stage, operation: str) -> None:
    def answered(case: Case) -> None:
        stage.aim(case)
        stage.ask(case, "admin")

    every_case(document, operation, answered, settings(max_examples=8 * ROUNDS))


@pytest.mark.security
@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_may_not_is_refused_as_documented(document: BaseSchema, stage: Stage, operation: str) -> None:
    least = next(role for role, pattern in LEAST if pattern.search(operation))

    def answered(case: Case) -> None:
        stage.aim(case)
        for asker in ROLES[:-1]:
            status = stage.ask(case, asker)
            if ROLES.index(asker) < ROLES.index(least) and status not in REFUSED:
                assert least == "reader", f"{asker}: {status}"
                assert stage.is_open(case), f"{asker}: {status}"

    every_case(document, operation, answered, settings(max_examples=5 * ROUNDS, phases=[Phase.generate]))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("header", "status"), [({"Content-Encoding": "br"}, 415), ({"Content-Length": "1" + "0" * 12}, 413)]
)
def test_a_header_that_no_case_sends_is_refused_as_documented(
    stage: Stage, operation: str, header: Mapping[str, str], status: int
) -> None:
    method, _, path = operation.partition(" ")
    assert stage.desk.client.request(method, path, headers={**stage.desk.admin, **header}).status_code == status
    assert str(status) in RESPONSES[operation]


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation.startswith("GET ")])
def test_what_the_asker_has_already_is_said_as_documented_and_only_where_it_is(stage: Stage, operation: str) -> None:
    there = {"owner": "acme", "name": "shop", "run_id": stage.runs[0], "component": "api"}
    path = operation.removeprefix("GET ").format_map(there)
    query = {"path": "src/api/a.py", "base": stage.runs[0], "head": stage.runs[1]}
    headers = {**stage.desk.admin, "If-None-Match": "*"}
    answer = stage.desk.client.get(path, params=query, headers=headers)
    assert answer.status_code == (304 if "304" in RESPONSES[operation] else 200), answer.text
    assert ("etag" in answer.headers) == (answer.status_code == 304)
