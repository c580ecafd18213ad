from __future__ import annotations

import re
from pathlib import Path

import pytest

from covgov.hub.api.routes.repositories import RepositoryDeletion
from covgov.hub.auth_service.permissions import Role
from covgov.hub.eventlog.vocabulary import SHAPES, AuditEvent
from covgov.hub.store.work import transaction
from covgov_testing.builders.run import run
from covgov_testing.hub.write_desk import SHOP, WriteDesk

ALL = "/v1/repositories"


def names(desk: WriteDesk, role: Role) -> list[str]:
    return [f"{one['owner']}/{one['name']}" for one in desk.ask("GET", ALL, role).json()["items"]]


def test_a_repository_is_created_shown_and_audited(desk: WriteDesk) -> None:
    made = desk.ask("POST", ALL, Role.ADMIN, json={"owner": "acme", "name": "new", "default_branch": "trunk"})
    assert made.status_code == 201
    shown = desk.ask("GET", f"{ALL}/acme/new", Role.ADMIN)
    assert shown.json() == made.json()
    assert shown.json()["default_branch"] == "trunk"
    assert shown.json()["private"] is True
    assert desk.trail() == [("repository-created", "token")]


def test_a_repository_name_is_unique(desk: WriteDesk) -> None:
    answer = desk.ask("POST", ALL, Role.ADMIN, json={"owner": "acme", "name": "shop"})
    assert (answer.status_code, answer.json()["code"]) == (409, "repository-exists")
    assert desk.trail() == []


@pytest.mark.parametrize("body", [{}, {"owner": "a/b", "name": "x"}, {"owner": "a", "name": "x", "public": True}])
def test_a_repository_that_does_not_fit_is_refused(desk: WriteDesk, body: dict[str, object]) -> None:
    answer = desk.ask("POST", ALL, Role.ADMIN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")
    assert answer.json()["errors"]


@pytest.mark.parametrize("name", ["..", "."])
def test_a_name_that_is_a_path_is_refused(desk: WriteDesk, name: str) -> None:
    answer = desk.ask("POST", ALL, Role.ADMIN, json={"owner": "acme", "name": name})
    assert (answer.status_code, answer.json()["code"]) == (422, "repository-name-invalid")


@pytest.mark.security
def test_everyone_sees_readable_repositories_only(desk: WriteDesk) -> None:
    desk.ask("POST", ALL, Role.ADMIN, json={"owner": "secret", "name": "plans"})
    assert names(desk, Role.ADMIN) == ["acme/empty", "acme/open", "acme/shop", "secret/plans"]
    assert names(desk, Role.READER) == ["acme/empty", "acme/open", "acme/shop"]
    assert desk.ask("GET", f"{ALL}/secret/plans", Role.READER).status_code == 404
    assert desk.ask("GET", f"{ALL}/acme/open", None).status_code == 200


@pytest.mark.security
@pytest.mark.parametrize(("method", "path"), [("POST", ALL), ("PATCH", SHOP), ("DELETE", SHOP)])
def test_an_uploader_cannot_change_settings(desk: WriteDesk, method: str, path: str) -> None:
    body = {"owner": "acme", "name": "new"} if method == "POST" else {}
    answer = desk.ask(method, path, Role.UPLOADER, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission-missing")
    assert desk.trail() == [("access-refused", "token")]


def test_pages_follow_one_another(desk: WriteDesk) -> None:
    for number in range(5):
        desk.ask("POST", ALL, Role.ADMIN, json={"owner": "many", "name": f"r{number}"})
    seen: list[str] = []
    cursor = ""
    while True:
        page = desk.ask("GET", ALL, Role.ADMIN, params={"limit": "3", "after": cursor})
        seen += [f"{one['owner']}/{one['name']}" for one in page.json()["items"]]
        cursor = page.json()["next"]
        if not cursor:
            break
        assert 'rel="next"' in page.headers["link"]
    assert seen == ["acme/empty", "acme/open", "acme/shop", *(f"many/r{n}" for n in range(5))]


def test_settings_change_one_at_a_time(desk: WriteDesk) -> None:
    assert desk.ask("PATCH", SHOP, Role.MAINTAINER, json={"private": False}).json()["private"] is False
    changed = desk.ask("PATCH", SHOP, Role.MAINTAINER, json={"default_branch": "trunk"}).json()
    assert (changed["default_branch"], changed["private"]) == ("trunk", False)
    assert desk.trail() == [("repository-changed", "token")] * 2


def test_deleting_removes_the_history_and_keeps_the_audit_trail(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    gone = desk.ask("DELETE", SHOP, Role.ADMIN)
    assert gone.json()["runs"] == 1
    assert gone.json()["erased"] is True
    assert desk.ask("GET", SHOP, Role.ADMIN).status_code == 404
    assert desk.trail()[-1] == ("repository-deleted", "token")
    assert desk.ask("POST", ALL, Role.ADMIN, json={"owner": "acme", "name": "shop"}).status_code == 201
    assert list(desk.history().view().names()) == []


def test_deletion_counts_agree_in_answer_trail_and_documentation() -> None:
    shape = SHAPES[AuditEvent.REPOSITORY_DELETED]
    page = (Path(__file__).resolve().parents[4] / "docs" / "hub-faults.md").read_text(encoding="utf-8")
    counted = re.findall(r"the answer counts (\w+), (\w+) and (\w+), but no", page)
    assert [set(words) for words in counted] == [RepositoryDeletion.model_fields.keys() - {"erased"}]
    assert {*shape.required, *shape.optional} == {"repository", *counted[0]}


@pytest.mark.security
def test_old_tokens_do_not_reach_a_reused_name(desk: WriteDesk) -> None:
    answers = {
        names: desk.ask("POST", "/v1/tokens", Role.ADMIN, json={"name": "t", "role": "reader", "repositories": names})
        for names in (("acme/shop",), ("acme/shop", "acme/empty"))
    }
    desk.ask("DELETE", SHOP, Role.ADMIN)
    desk.ask("POST", ALL, Role.ADMIN, json={"owner": "acme", "name": "shop"})
    bearers = [{"Authorization": f"Bearer {one.json()['token']}"} for one in answers.values()]
    assert [desk.ask("GET", SHOP, None, headers=one).status_code for one in bearers] == [401, 404]
    assert desk.ask("GET", f"{ALL}/acme/empty", None, headers=bearers[1]).status_code == 200
    # the desk's own tokens of each role reach acme/empty too
    changed = [event for event, _ in desk.trail() if event in ("token-revoked", "token-narrowed")]
    assert sorted(changed) == ["token-narrowed"] * 4 + ["token-revoked"]


@pytest.mark.reliability
def test_bytes_that_a_reader_still_holds_are_reported_as_not_yet_erased(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    desk.impatient()
    with transaction(desk.engine, write=False) as reader:
        reader.exec_driver_sql("SELECT count(*) FROM blobs").scalar()
        gone = desk.ask("DELETE", SHOP, Role.ADMIN)
    assert gone.status_code == 200
    assert gone.json()["erased"] is False
    assert desk.ask("GET", SHOP, Role.ADMIN).status_code == 404


def test_a_repository_answer_is_cached_by_etag(desk: WriteDesk) -> None:
    first = desk.ask("GET", SHOP)
    again = desk.ask("GET", SHOP, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
