from __future__ import annotations

import pytest

from covgov.hub.auth_service.permissions import Role
from covgov_testing.hub.write_desk import SHOP, WriteDesk

BINDINGS = f"{SHOP}/bindings"
WANTED = {"issuer": "https://ci.github.example", "repository": "acme/shop", "ref": "refs/heads/main"}


def test_a_binding_is_created_once_listed_and_removed(desk: WriteDesk) -> None:
    made = desk.ask("POST", BINDINGS, Role.MAINTAINER, json=WANTED)
    assert (made.status_code, made.json()["ref"]) == (201, "refs/heads/main")
    assert desk.ask("POST", BINDINGS, Role.MAINTAINER, json=WANTED).json() == made.json()
    assert desk.ask("GET", BINDINGS, Role.MAINTAINER).json() == {"items": [made.json()], "next": None}
    gone = desk.ask("DELETE", f"{BINDINGS}/{made.json()['id']}", Role.MAINTAINER)
    assert gone.json() == made.json()
    assert desk.ask("GET", BINDINGS, Role.MAINTAINER).json() == {"items": [], "next": None}
    assert desk.trail() == [("oidc-bound", "token"), ("oidc-unbound", "token")]


def test_bindings_are_paged_and_cached(desk: WriteDesk) -> None:
    refs = [f"refs/heads/b{number}" for number in range(5)]
    for ref in refs:
        assert desk.ask("POST", BINDINGS, Role.MAINTAINER, json={**WANTED, "ref": ref}).status_code == 201
    pages = desk.pages(f"{BINDINGS}?limit=2", Role.MAINTAINER)
    assert [[one["ref"] for one in page.json()["items"]] for page in pages] == [refs[:2], refs[2:4], refs[4:]]
    known = {"If-None-Match": desk.ask("GET", BINDINGS, Role.MAINTAINER).headers["etag"]}
    assert desk.ask("GET", BINDINGS, Role.MAINTAINER, headers=known).status_code == 304
    other = desk.ask(
        "GET", "/v1/repositories/acme/empty/bindings", Role.MAINTAINER, params={"after": pages[0].json()["next"]}
    )
    assert other.json()["code"] == "cursor-invalid"


def test_a_missing_binding_cannot_be_removed(desk: WriteDesk) -> None:
    answer = desk.ask("DELETE", f"{BINDINGS}/7", Role.MAINTAINER)
    assert answer.json()["code"] == "oidc-binding-unknown"


@pytest.mark.security
def test_an_uploader_cannot_create_bindings(desk: WriteDesk) -> None:
    assert desk.ask("POST", BINDINGS, Role.UPLOADER, json=WANTED).status_code == 403
    assert desk.ask("GET", BINDINGS, Role.UPLOADER).status_code == 403


@pytest.mark.security
def test_a_ref_pattern_that_could_take_minutes_to_compare_is_refused(desk: WriteDesk) -> None:
    answer = desk.ask("POST", BINDINGS, Role.MAINTAINER, json={**WANTED, "ref": "refs/" + "**/a/" * 10 + "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "oidc-binding")
    assert desk.trail() == []
