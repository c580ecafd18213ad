"""Two administrators who do the same thing at once: one is first, the other is told; nothing is half of each."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from hashlib import sha256

import httpx2
import pytest
from sqlalchemy import func, select

from covgov.hub.store.schema import BLOBS, HISTORY_FILES, REPOSITORIES, RUNS, UPLOADS
from covgov.hub.store.work import transaction
from covgov_testing.hub.server import LCOV, HubServer, at_once, policy, refused, running, whole

TIMES = 20 if "SOAK_ROUNDS" in os.environ else 3
"""How often each race is run."""

pytestmark = pytest.mark.reliability


class Admin:
    """One administrator at a machine of their own."""

    def __init__(self, server: HubServer) -> None:
        self.token = server.issue()
        self.http = server.client(self.token)

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Callable[[], httpx2.Response]:
        """The request, to be made later."""
        return lambda: self.http.request(method, path, json=body, headers=headers)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    with running(tmp_path_factory.mktemp("hub")) as one:
        yield one
        assert whole(one.engine) == []


@pytest.fixture(scope="module")
def admins(server: HubServer) -> Iterator[tuple[Admin, Admin]]:
    ann, bob = Admin(server), Admin(server)
    with ann.http, bob.http:
        yield ann, bob


@pytest.fixture
def shop(server: HubServer) -> str:
    return server.repository()


def trail(admin: Admin, after: int = 0) -> list[dict[str, object]]:
    """The audit trail, `fields` read."""
    lines = admin.http.get("/v1/audit", params={"after": after, "limit": 10_000}).text.splitlines()
    return [{**entry, "fields": json.loads(entry["fields"])} for entry in map(json.loads, lines)]


def told(admin: Admin, event: str, **fields: object) -> list[dict[str, object]]:
    """Entries of this event that hold these fields, oldest first."""
    found = [dict(one["fields"]) for one in trail(admin) if one["event"] == event and isinstance(one["fields"], dict)]
    return [one for one in found if fields.items() <= one.items()]


def statuses(answers: list[httpx2.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def new_token(admin: Admin, shop: str, role: str = "uploader") -> dict[str, str]:
    answer = admin.http.post("/v1/tokens", json={"name": "ci", "role": role, "repositories": [shop]})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_token_that_two_rotate_has_one_successor(admins: tuple[Admin, Admin], shop: str) -> None:
    for _ in range(TIMES):
        old = new_token(admins[0], shop)["id"]
        answers = at_once(*(one.ask("POST", f"/v1/tokens/{old}/rotate", {"overlap_hours": 1}) for one in admins))
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert won.status_code == 201
        refused(lost, 400, "token-inactive")
        assert [one["replaced_by"] for one in told(admins[0], "token-rotated", token=old)] == [won.json()["id"]]


def test_a_token_that_two_revoke_is_revoked_once_and_both_are_told_when(admins: tuple[Admin, Admin], shop: str) -> None:
    for _ in range(TIMES):
        old = new_token(admins[0], shop)
        answers = at_once(*(one.ask("POST", f"/v1/tokens/{old['id']}/revoke") for one in admins))
        assert statuses(answers) == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert len(told(admins[0], "token-revoked", token=old["id"])) == 1
        shown = {"Authorization": f"Bearer {old['token']}"}
        refused(admins[0].http.get("/v1/repositories", headers=shown), 401, "token-revoked")


def test_whoever_revokes_a_token_that_is_being_rotated_is_told_of_its_successor(
    admins: tuple[Admin, Admin], shop: str
) -> None:
    for _ in range(TIMES):
        old = new_token(admins[0], shop)["id"]
        revoked, rotated = at_once(
            admins[0].ask("POST", f"/v1/tokens/{old}/revoke"), admins[1].ask("POST", f"/v1/tokens/{old}/rotate", {})
        )
        assert revoked.status_code == 200
        if rotated.status_code == 201:
            assert revoked.json()["replaced_by"] == rotated.json()["id"]
        else:
            refused(rotated, 400, "token-inactive")
            assert revoked.json()["replaced_by"] is None


def test_tokens_made_at_once_under_one_name_are_two(admins: tuple[Admin, Admin], shop: str) -> None:
    wanted = {"name": "ci", "role": "reader", "repositories": [shop]}
    first, second = at_once(*(one.ask("POST", "/v1/tokens", wanted) for one in admins))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    for made in (first, second):
        assert len(told(admins[0], "token-created", token=made.json()["id"])) == 1


def test_a_repository_that_two_make_is_made_once(admins: tuple[Admin, Admin], shop: str) -> None:
    for number in range(TIMES):
        wanted = {"owner": shop.partition("/")[0], "name": f"new{number}"}
        answers = at_once(*(one.ask("POST", "/v1/repositories", wanted) for one in admins))
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert won.status_code == 201
        refused(lost, 409, "repository-exists")


def test_settings_that_two_change_at_once_are_both_changed(admins: tuple[Admin, Admin], shop: str) -> None:
    for number in range(TIMES):
        here = f"/v1/repositories/{shop}"
        answers = at_once(
            admins[0].ask("PATCH", here, {"private": bool(number % 2)}),
            admins[1].ask("PATCH", here, {"default_branch": f"b{number}"}),
        )
        assert statuses(answers) == [200, 200]
        found = admins[0].http.get(here).json()
        assert (found["private"], found["default_branch"]) == (bool(number % 2), f"b{number}")


def test_a_policy_that_two_put_is_one_of_them_whole_and_the_trail_tells_what_it_replaced(
    admins: tuple[Admin, Admin], shop: str
) -> None:
    here = f"/v1/repositories/{shop}/policy"
    for number in range(TIMES):
        texts = [policy(50 + number), policy(90 - number)]
        answers = at_once(*(one.ask("PUT", here, text) for one, text in zip(admins, texts, strict=True)))
        assert statuses(answers) == [200, 200]
        by_hash = {sha256(text["text"].encode()).hexdigest(): text["text"] for text in texts}
        first, second = told(admins[0], "policy-put", repository=shop)[-2:]
        assert {first["sha256"], second["sha256"]} == set(by_hash)
        assert second["previous"] == first["sha256"], "whoever came second can see whose policy was replaced"
        assert admins[0].http.get(here).json()["text"] == by_hash[str(second["sha256"])]


def test_of_two_who_put_on_top_of_what_they_read_one_is_told_that_it_changed(
    admins: tuple[Admin, Admin], shop: str
) -> None:
    here = f"/v1/repositories/{shop}/policy"
    admins[0].http.put(here, json=policy(50))
    for number in range(TIMES):
        read = {"If-Match": admins[0].http.get(here).headers["etag"]}
        texts = [policy(51 + 2 * number), policy(52 + 2 * number)]
        answers = at_once(*(one.ask("PUT", here, text, read) for one, text in zip(admins, texts, strict=True)))
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert won.status_code == 200
        refused(lost, 412, "document-changed")
        assert admins[0].http.get(here).json()["text"] == won.json()["text"]


def test_a_repository_that_two_delete_is_deleted_once(admins: tuple[Admin, Admin], server: HubServer) -> None:
    for _ in range(TIMES):
        shop = server.repository()
        assert server.upload(shop, LCOV).status_code == 201
        answers = at_once(*(one.ask("DELETE", f"/v1/repositories/{shop}") for one in admins))
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert (won.status_code, won.json()["runs"]) == (200, 1)
        refused(lost, 404, "repository-unknown")
        assert len(told(admins[0], "repository-deleted", repository=shop)) == 1
        assert remains(server, shop) == 0


def test_a_policy_put_while_the_repository_is_deleted_goes_with_it_or_is_refused(
    admins: tuple[Admin, Admin], server: HubServer
) -> None:
    for _ in range(TIMES):
        shop = server.repository()
        here = f"/v1/repositories/{shop}"
        put, gone = at_once(admins[0].ask("PUT", f"{here}/policy", policy(50)), admins[1].ask("DELETE", here))
        assert gone.status_code == 200
        if put.status_code != 200:
            refused(put, 404, "repository-unknown")
        refused(admins[0].http.get(f"{here}/policy"), 404, "repository-unknown")
        assert remains(server, shop) == 0


def test_a_repository_deleted_while_a_client_uploads_leaves_nothing_and_the_client_is_told(
    admins: tuple[Admin, Admin], server: HubServer
) -> None:
    for _ in range(TIMES):
        shop = server.repository()
        kept: list[str] = []

        def uploading(shop: str = shop, kept: list[str] = kept) -> httpx2.Response:
            for number in range(1, 1000):
                answer = server.upload(shop, LCOV, tree=f"{number:040}", commit=f"{number:040}")
                if answer.status_code != 201:
                    return answer
                kept.append(answer.json()["run"])
            return answer

        def deleting(shop: str = shop, kept: list[str] = kept) -> httpx2.Response:
            while len(kept) < 3:
                time.sleep(0.001)
            return admins[0].http.delete(f"/v1/repositories/{shop}")

        last, gone = at_once(uploading, deleting)
        refused(last, 404, "repository-unknown")
        assert (gone.status_code, gone.json()["runs"]) == (200, len(kept)), gone.text
        assert remains(server, shop) == 0


def test_an_admin_whose_token_another_revokes_is_refused_from_the_next_request(
    server: HubServer, admins: tuple[Admin, Admin], shop: str
) -> None:
    going = Admin(server)
    mine = next(one["id"] for one in admins[0].http.get("/v1/tokens").json()["items"] if one["id"] in going.token)
    here = f"/v1/repositories/{shop}/policy"
    with going.http:
        put, revoked = at_once(going.ask("PUT", here, policy(50)), admins[0].ask("POST", f"/v1/tokens/{mine}/revoke"))
        assert revoked.status_code == 200
        assert put.status_code in (200, 401), "what was let in before ends as it began"
        refused(going.http.put(here, json=policy(60)), 401, "token-revoked")
    assert len(told(admins[0], "policy-put", repository=shop)) == (put.status_code == 200)


def remains(server: HubServer, shop: str) -> int:
    """Rows of a repository, of anything that belonged to one, or of its owner's content."""
    owner, _, name = shop.partition("/")
    with transaction(server.engine, write=False) as connection:
        known = select(REPOSITORIES.c.id)
        orphans = [
            select(func.count()).select_from(table).where(table.c.repository_id.not_in(known))
            for table in (UPLOADS, HISTORY_FILES, RUNS)
        ]
        mine = (REPOSITORIES.c.owner == owner) & (REPOSITORIES.c.name == name)
        own = [
            select(func.count()).select_from(REPOSITORIES).where(mine),
            select(func.count()).select_from(BLOBS).where(BLOBS.c.owner == owner),
        ]
        return sum(int(connection.execute(query).scalar_one()) for query in [*orphans, *own])
