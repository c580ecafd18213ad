from __future__ import annotations

import pytest

from covgov.hub.auth_service.permissions import Role
from covgov_testing.write_desk import SHOP, WriteDesk

BINDINGS = f"{SHOP}/bindings"
WANTED = {"issuer": "https://ci.github.example", "repository": "acme/shop", "ref": "refs/heads/main"}


def test_a_binding_is_made_once_shown_and_removed(desk: WriteDesk) -> None:
    made = desk.ask("POST", BINDINGS, Role.MAINTAINER, json=WANTED)
    assert (made.status_code, made.json()["ref"]) == (201, "refs/heads/main")
    assert desk.ask("POST", BINDINGS, Role.MAINTAINER, json=WANTED).json() == made.json()
    assert desk.ask("GET", BINDINGS, Role.MAINTAINER).json() == {"items": [made.json()]}
    gone = desk.ask("DELETE", f"{BINDINGS}/{made.json()['id']}", Role.MAINTAINER)
    assert gone.json() == made.json()
    assert desk.ask("GET", BINDINGS, Role.MAINTAINER).json() == {"items": []}
    assert desk.trail() == [("oidc-bound", "token"), ("oidc-unbound", "token")]


def test_a_binding_that_is_not_there_cannot_be_removed(desk: WriteDesk) -> None:
    answer = desk.ask("DELETE", f"{BINDINGS}/7", Role.MAINTAINER)
    assert answer.json()["code"] == "oidc-binding-unknown"


@pytest.mark.security
def test_an_uploader_binds_nobody(desk: WriteDesk) -> None:
    assert desk.ask("POST", BINDINGS, Role.UPLOADER, json=WANTED).status_code == 403
    assert desk.ask("GET", BINDINGS, Role.UPLOADER).status_code == 403
