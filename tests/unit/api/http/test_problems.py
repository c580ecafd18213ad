from __future__ import annotations

from pathlib import Path

import pytest

from covgov import errors
from covgov.hub.api.http import problems
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.refusals import VisibilityRefusal
from covgov.hub.store.work import transaction
from covgov_testing.builders.run import run
from covgov_testing.hub.write_desk import SHOP, WriteDesk

MEMBERS = set(problems.SCHEMA["required"])  # type: ignore[call-overload]  # a list, as JSON Schema has it


FAULTS = Path(__file__).resolve().parents[4] / "docs" / "hub-faults.md"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "route-unknown"),
        ("PUT", "/v1/repositories", 405, "method-not-allowed"),
        ("GET", "/v1/repositories/acme/none", 404, "repository-unknown"),
        ("GET", "/v1/repositories?limit=x", 422, "request-invalid"),
    ],
)
def test_every_refusal_is_a_problem_document(desk: WriteDesk, method: str, path: str, status: int, code: str) -> None:
    answer = desk.ask(method, path)
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(told) >= MEMBERS
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["type"] == f"urn:covgov:problem:{code}"
    assert told["instance"] == path.partition("?")[0]


@pytest.mark.parametrize("code", [code for code, status in problems.BY_CODE.items() if status == 507])
def test_every_507_is_documented(code: str) -> None:
    rows = [line for line in FAULTS.read_text(encoding="utf-8").splitlines() if f"| 507 `{code}`" in line]
    assert [f"`{code}` with `Retry-After`" in row for row in rows] == [code in problems.WAIT]
    assert all(row.endswith("| nothing |") for row in rows)


def test_method_not_allowed_lists_the_methods(desk: WriteDesk) -> None:
    assert "GET" in desk.ask("PUT", "/healthz", None).headers["allow"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UsageError("x", ""), 400),
        (errors.PolicyInvalid("x", ""), 422),
        (errors.RegisterInvalid("x", ""), 422),
        (errors.InputError("x", ""), 422),
        (errors.InputError("run-unknown", ""), 404),
        (errors.DeliveryFailed("x", ""), 503),
        (errors.DeliveryFailed("history-contended", ""), 409),
        (errors.DeliveryFailed("audit-unwritable", ""), 500),
        (errors.DeliveryFailed("hub-storage-full", ""), 507),
        (errors.Undetermined("x", ""), 422),
        (errors.CovgovError("x", ""), 500),
        (VisibilityRefusal("repository-unknown", ""), 404),
    ],
)
def test_every_error_of_covgov_has_one_status(error: errors.CovgovError, status: int) -> None:
    assert problems.status_of(error) == status


def test_the_faults_of_a_policy_are_listed(desk: WriteDesk) -> None:
    body = {"path": "covgov.toml", "text": "[policy]\nfail_under = 101\nmax_dorp = 1\n"}
    told = desk.ask("PUT", f"{SHOP}/policy", Role.MAINTAINER, json=body).json()
    assert told["code"] == "policy-faults"
    assert len(told["faults"]) == 3


@pytest.mark.reliability
@pytest.mark.parametrize("code", ["hub-storage-full", "hub-database-busy"])
def test_transient_errors_set_retry_after(desk: WriteDesk, code: str) -> None:
    @desk.app.get("/failing")
    def failing() -> None:
        raise errors.DeliveryFailed(code, "now", hint="later")

    answer = desk.client.get("/failing")
    assert answer.json()["code"] == code
    assert answer.headers["retry-after"] == str(problems.WAIT[code])


@pytest.mark.reliability
def test_a_locked_database_answers_retry_after_and_changes_nothing(desk: WriteDesk) -> None:
    desk.ask("GET", SHOP)  # the token's first use is recorded now, and not again within the minute
    desk.impatient()
    with transaction(desk.engine, write=True):
        answer = desk.ask("POST", "/v1/repositories", Role.ADMIN, json={"owner": "a", "name": "b"})
        refused = desk.ask("POST", f"{SHOP}/uploads", content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (503, "hub-database-busy")
    assert answer.headers["retry-after"] == str(problems.WAIT["hub-database-busy"])
    assert refused.status_code == 422
    assert desk.add(run("c1")).status_code == 201
