from __future__ import annotations

from datetime import timedelta

import pytest

from covgov.hub.auth_service.authenticate import Authenticator
from covgov.hub.auth_service.permissions import Role
from covgov_testing.fakes_auth import GITHUB, LocalIssuer, verifier_of
from covgov_testing.write_desk import SHOP, WriteDesk

TOKENS = "/v1/tokens"
NEW = {"name": "ci", "role": "uploader", "repositories": ["acme/shop"], "days": 30}


def test_a_token_is_shown_once_and_works(desk: WriteDesk) -> None:
    given = desk.ask("POST", TOKENS, Role.ADMIN, json=NEW)
    assert given.status_code == 201
    assert given.headers["cache-control"] == "no-store"
    text = given.json()["token"]
    assert desk.ask("GET", SHOP, None, headers={"Authorization": f"Bearer {text}"}).status_code == 200
    listed = desk.ask("GET", TOKENS, Role.ADMIN)
    assert given.json()["id"] in [one["id"] for one in listed.json()["items"]]
    assert text not in listed.text
    assert desk.trail() == [("token-created", "token")]


def test_tokens_come_in_pages_oldest_first_and_are_not_sent_again_when_known(desk: WriteDesk) -> None:
    for number in range(3):
        desk.ask("POST", TOKENS, Role.ADMIN, json={**NEW, "name": f"n{number}"})
        desk.clock.forward(number)  # the first two of the same second
    everything = desk.ask("GET", TOKENS, Role.ADMIN)
    pages = desk.pages(f"{TOKENS}?limit=2", Role.ADMIN)
    assert [one for page in pages for one in page.json()["items"]] == everything.json()["items"]
    assert [len(page.json()["items"]) for page in pages] == [2, 2, 2, 1]
    assert everything.json()["items"][-1]["name"] == "n2"
    known = {"If-None-Match": everything.headers["etag"]}
    assert desk.ask("GET", TOKENS, Role.ADMIN, headers=known).status_code == 304


def test_an_admin_s_token_may_reach_everything(desk: WriteDesk) -> None:
    given = desk.ask("POST", TOKENS, Role.ADMIN, json={"name": "ops", "role": "admin"}).json()
    assert given["repositories"] is None


@pytest.mark.security
@pytest.mark.parametrize(
    "body", [{"name": "x", "role": "uploader"}, {"name": "x", "role": "root"}, {**NEW, "days": 0}, {**NEW, "name": ""}]
)
def test_a_token_that_may_not_be_is_refused(desk: WriteDesk, body: dict[str, object]) -> None:
    assert desk.ask("POST", TOKENS, Role.ADMIN, json=body).status_code in (400, 422)
    assert desk.trail() == []


def test_a_rotated_token_works_on_for_the_overlap_only(desk: WriteDesk) -> None:
    old = desk.ask("POST", TOKENS, Role.ADMIN, json=NEW).json()
    new = desk.ask("POST", f"{TOKENS}/{old['id']}/rotate", Role.ADMIN, json={"overlap_hours": 1}).json()
    assert (new["name"], new["repositories"]) == ("ci", ["acme/shop"])
    old_bearer = {"Authorization": f"Bearer {old['token']}"}
    assert desk.ask("GET", SHOP, None, headers=old_bearer).status_code == 200
    desk.clock.now += timedelta(hours=2)
    assert desk.ask("GET", SHOP, None, headers=old_bearer).json()["code"] == "token-expired"
    assert desk.ask("GET", SHOP, None, headers={"Authorization": f"Bearer {new['token']}"}).status_code == 200


@pytest.mark.security
def test_a_revoked_token_opens_nothing(desk: WriteDesk) -> None:
    given = desk.ask("POST", TOKENS, Role.ADMIN, json=NEW).json()
    revoked = desk.ask("POST", f"{TOKENS}/{given['id']}/revoke", Role.ADMIN)
    assert revoked.json()["revoked_at"]
    refused = desk.ask("GET", SHOP, None, headers={"Authorization": f"Bearer {given['token']}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "token-revoked")
    assert refused.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.security
@pytest.mark.parametrize("role", [Role.READER, Role.UPLOADER, Role.MAINTAINER])
def test_only_an_admin_issues_tokens(desk: WriteDesk, role: Role) -> None:
    assert desk.ask("POST", TOKENS, role, json=NEW).status_code == 403
    assert desk.ask("GET", TOKENS, role).status_code == 403


@pytest.mark.security
def test_a_ci_token_is_exchanged_once_for_what_uploads_and_does_nothing_else(desk: WriteDesk) -> None:
    issuer = LocalIssuer(desk.clock)
    desk.app.state.authenticator = Authenticator(desk.engine, desk.clock.read, verifier_of(issuer))
    binding = {"issuer": GITHUB.issuer, "repository": "acme/shop", "ref": "refs/heads/main"}
    assert desk.ask("POST", f"{SHOP}/bindings", Role.MAINTAINER, json=binding).status_code == 201
    signed = {"Authorization": f"bearer  {issuer.sign(issuer.github())} "}
    given = desk.ask("POST", f"{TOKENS}/exchange", None, headers=signed)
    assert (given.status_code, given.headers["cache-control"]) == (201, "no-store")
    assert (given.json()["role"], given.json()["repositories"]) == ("uploader", ["acme/shop"])
    bearer = {"Authorization": f"Bearer {given.json()['token']}"}
    assert desk.ask("GET", SHOP, None, headers=bearer).status_code == 200
    assert desk.ask("DELETE", SHOP, None, headers=bearer).status_code == 403
    assert desk.ask("GET", f"{SHOP}/../empty", None, headers=bearer).status_code == 404
    again = desk.ask("POST", f"{TOKENS}/exchange", None, headers=signed)
    assert (again.status_code, again.json()["code"]) == (401, "oidc-replayed")
    assert ("oidc-replayed", "oidc") in desk.trail()


@pytest.mark.security
@pytest.mark.parametrize("header", [None, "Basic eDp5", "Bearer ", "Bearer not.a.jwt", "Bearer a.b.c"])
def test_nothing_is_exchanged_for_what_no_ci_signed(desk: WriteDesk, header: str | None) -> None:
    headers = {"Authorization": header} if header is not None else {}
    answer = desk.ask("POST", f"{TOKENS}/exchange", None, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
