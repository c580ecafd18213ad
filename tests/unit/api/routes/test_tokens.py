from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from httpx2 import Response

from covgov.hub.auth_service.authenticate import Authenticator
from covgov.hub.auth_service.permissions import Role
from covgov.model.run import RunRecord
from covgov_testing.fakes.auth import GITHUB, LocalIssuer, verifier_of
from covgov_testing.hub.runs import two_suites
from covgov_testing.hub.write_desk import COMMIT, HISTORY, SHOP, TREE, UPLOADS, WriteDesk, proposal

TOKENS = "/v1/tokens"
MAIN, PULL, MERGE = "refs/heads/main", "refs/pull/7/merge", "f" * 40
LCOV = b"TN:\nSF:src/a.py\nDA:1,1\nDA:2,0\nend_of_record\n"
NEW = {"name": "ci", "role": "uploader", "repositories": ["acme/shop"], "days": 30}


def test_a_new_token_is_shown_once_and_works(desk: WriteDesk) -> None:
    given = desk.ask("POST", TOKENS, Role.ADMIN, json=NEW)
    assert given.status_code == 201
    assert given.headers["cache-control"] == "no-store"
    text = given.json()["token"]
    assert desk.ask("GET", SHOP, None, headers={"Authorization": f"Bearer {text}"}).status_code == 200
    listed = desk.ask("GET", TOKENS, Role.ADMIN)
    assert given.json()["id"] in [one["id"] for one in listed.json()["items"]]
    assert text not in listed.text
    assert desk.trail() == [("token-created", "token")]


def test_tokens_are_paged_oldest_first_and_cached(desk: WriteDesk) -> None:
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


def test_an_admins_token_can_reach_everything(desk: WriteDesk) -> None:
    given = desk.ask("POST", TOKENS, Role.ADMIN, json={"name": "ops", "role": "admin"}).json()
    assert given["repositories"] is None


@pytest.mark.security
@pytest.mark.parametrize(
    "body", [{"name": "x", "role": "uploader"}, {"name": "x", "role": "root"}, {**NEW, "days": 0}, {**NEW, "name": ""}]
)
def test_an_invalid_token_request_is_refused(desk: WriteDesk, body: dict[str, object]) -> None:
    assert desk.ask("POST", TOKENS, Role.ADMIN, json=body).status_code in (400, 422)
    assert desk.trail() == []


def test_a_rotated_token_works_for_the_overlap_only(desk: WriteDesk) -> None:
    old = desk.ask("POST", TOKENS, Role.ADMIN, json=NEW).json()
    new = desk.ask("POST", f"{TOKENS}/{old['id']}/rotate", Role.ADMIN, json={"overlap_hours": 1}).json()
    assert (new["name"], new["repositories"]) == ("ci", ["acme/shop"])
    old_bearer = {"Authorization": f"Bearer {old['token']}"}
    assert desk.ask("GET", SHOP, None, headers=old_bearer).status_code == 200
    desk.clock.now += timedelta(hours=2)
    assert desk.ask("GET", SHOP, None, headers=old_bearer).json()["code"] == "token-expired"
    assert desk.ask("GET", SHOP, None, headers={"Authorization": f"Bearer {new['token']}"}).status_code == 200


@pytest.mark.security
def test_a_revoked_token_is_refused(desk: WriteDesk) -> None:
    given = desk.ask("POST", TOKENS, Role.ADMIN, json=NEW).json()
    revoked = desk.ask("POST", f"{TOKENS}/{given['id']}/revoke", Role.ADMIN)
    assert revoked.json()["revoked_at"]
    refused = desk.ask("GET", SHOP, None, headers={"Authorization": f"Bearer {given['token']}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "token-revoked")
    assert refused.headers["www-authenticate"].startswith("Bearer")


def test_revocation_lists_active_successors(desk: WriteDesk) -> None:
    old = desk.ask("POST", TOKENS, Role.ADMIN, json=NEW).json()
    new = desk.ask("POST", f"{TOKENS}/{old['id']}/rotate", Role.ADMIN, json={}).json()
    for _ in range(2):
        revoked = desk.ask("POST", f"{TOKENS}/{old['id']}/revoke", Role.ADMIN).json()
        assert (revoked["replaced_by"], revoked["active_successors"]) == (new["id"], [new["id"]])
    assert desk.ask("POST", f"{TOKENS}/{new['id']}/revoke", Role.ADMIN).json()["active_successors"] == []
    assert desk.ask("POST", f"{TOKENS}/{old['id']}/revoke", Role.ADMIN).json()["active_successors"] == []


@pytest.mark.security
def test_token_names_cannot_use_the_ci_prefix(desk: WriteDesk) -> None:
    answer = desk.ask("POST", TOKENS, Role.ADMIN, json={**NEW, "name": "oidc:acme/shop@refs/heads/main"})
    assert (answer.status_code, answer.json()["code"]) == (400, "token-name")


@pytest.mark.security
@pytest.mark.parametrize("role", [Role.READER, Role.UPLOADER, Role.MAINTAINER])
def test_only_an_admin_issues_tokens(desk: WriteDesk, role: Role) -> None:
    assert desk.ask("POST", TOKENS, role, json=NEW).status_code == 403
    assert desk.ask("GET", TOKENS, role).status_code == 403


@pytest.mark.security
def test_a_ci_token_is_exchanged_once_for_an_upload_token(desk: WriteDesk) -> None:
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
@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ([], "authentication-required"),
        (["Basic eDp5"], "authorization-malformed"),
        (["Bearer "], "authorization-malformed"),
        (["Bearer a.b.c"] * 2, "authorization-malformed"),
        (["Bearer not.a.jwt"], "oidc-malformed"),
        (["Bearer a.b.c"], "oidc-malformed"),
    ],
)
def test_only_a_ci_signed_token_is_exchanged(desk: WriteDesk, shown: list[str], code: str) -> None:
    headers = [("Authorization", header) for header in shown]
    answer = desk.client.post(f"{TOKENS}/exchange", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["content-type"] == "application/problem+json"


@dataclass
class Forge:
    """A CI whose jobs push to the hub."""

    desk: WriteDesk
    issuer: LocalIssuer
    jobs: int = 0

    def signed(self, ref: str, sha: str = "") -> str:
        self.jobs += 1
        claims = self.issuer.github(ref=ref, sub="repo:acme/shop:x", jti=f"job-{self.jobs}", sha=sha or None)
        return self.issuer.sign(claims)

    def exchange(self, ref: str, sha: str = "", path: str = f"{TOKENS}/exchange") -> Response:
        return self.desk.ask("POST", path, None, headers=bearer(self.signed(ref, sha)))

    def token(self, ref: str, sha: str = "") -> dict[str, str]:
        return bearer(self.exchange(ref, sha).json()["token"])

    def upload(self, who: Mapping[str, str], **about: object) -> Response:
        said = {"suite": "api", "commit": COMMIT, "tree": TREE, "branch": "main", "expected": "api", **about}
        return self.desk.ask("POST", UPLOADS, None, content=LCOV, params=said, headers=who)

    def add(self, who: Mapping[str, str], record: RunRecord) -> Response:
        body = proposal(self.desk.history().view(), record)
        return self.desk.ask("POST", f"{HISTORY}/additions", None, json=body, headers=who)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def told(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture
def forge(desk: WriteDesk) -> Forge:
    issuer = LocalIssuer(desk.clock)
    desk.app.state.authenticator = Authenticator(desk.engine, desk.clock.read, verifier_of(issuer))
    binding = {"issuer": GITHUB.issuer, "repository": "acme/shop", "ref": "refs/**"}
    assert desk.ask("POST", f"{SHOP}/bindings", Role.MAINTAINER, json=binding).status_code == 201
    return Forge(desk, issuer)


@pytest.mark.security
@pytest.mark.parametrize("direct", [False, True])
def test_a_pull_requests_job_writes_no_history_of_main(forge: Forge, direct: bool) -> None:
    """The attack: a workflow that the pull request itself brings measures main's commit once more."""
    assert forge.upload(forge.token(MAIN), branch="main").status_code == 201
    before = forge.desk.history().list()

    def who() -> dict[str, str]:
        return bearer(forge.signed(PULL, MERGE)) if direct else forge.token(PULL, MERGE)

    assert told(forge.upload(who(), branch="main", attempt=2)) == (409, "ci-branch")
    assert told(forge.upload(who(), branch=PULL, attempt=2)) == (409, "ci-commit")
    assert told(forge.upload(who(), branch=PULL, commit=MERGE)) == (409, "ci-measured")
    record = replace(two_suites("ab"), commit=MERGE, branch="main")
    assert told(forge.add(who(), record)) == (409, "ci-branch")
    assert told(forge.add(who(), replace(record, branch=PULL, commit=COMMIT))) == (409, "ci-commit")
    assert told(forge.add(who(), replace(record, branch=PULL, tree=TREE))) == (409, "ci-measured")
    assert forge.desk.history().list() == before
    refused = [entry for entry in forge.desk.trail() if entry[0] == "access-refused"]
    assert refused == [("access-refused", "oidc" if direct else "token")] * 6


@pytest.mark.security
def test_a_pull_requests_run_does_not_block_mains_run_of_the_same_tree(forge: Forge) -> None:
    pull, main = forge.token(PULL, MERGE), forge.token(MAIN)
    first = forge.upload(pull, branch=PULL, commit=MERGE)
    assert (first.status_code, first.json()["state"]) == (201, "complete")
    second = forge.upload(main, branch="main", commit="e" * 40)
    assert (second.status_code, second.json()["state"]) == (201, "complete")
    runs = [(run.branch, run.attempt) for run in forge.desk.history().list()]
    assert runs == [(PULL, 1), ("main", 2)]
    again = forge.upload(pull, branch=PULL, commit=MERGE)
    assert (again.status_code, again.json()["run"]) == (200, first.json()["run"]), "a repeated request is no new run"
    assert told(forge.upload(pull, branch=PULL, commit=MERGE, attempt=2)) == (409, "ci-measured")
    assert ("run-appended", "token") in forge.desk.trail()


@pytest.mark.security
def test_a_pull_requests_job_can_neither_complete_nor_block_a_run_of_main(forge: Forge) -> None:
    both = {"expected": ["api", "auth"]}
    pull, main = forge.token(PULL, MERGE), forge.token(MAIN)
    assert forge.upload(pull, branch=PULL, commit=MERGE, suite="auth", **both).json()["state"] == "pending"
    assert forge.upload(main, commit="e" * 40, suite="api", **both).json()["state"] == "pending"
    assert forge.upload(pull, branch=PULL, commit=MERGE, suite="auth", name="more", **both).json()["state"] == "pending"
    assert forge.upload(main, commit="e" * 40, suite="auth", **both).json()["state"] == "complete"
    [run] = forge.desk.history().list()
    assert (run.branch, run.commit) == ("main", "e" * 40)


@pytest.mark.security
def test_an_exchange_names_the_repository_that_it_is_for(forge: Forge) -> None:
    path = f"{TOKENS}/exchange?repository="
    given = forge.exchange(PULL, path=f"{path}acme/shop").json()
    assert (given["repositories"], given["ref"]) == (["acme/shop"], PULL)
    assert told(forge.exchange(PULL, path=f"{path}acme/empty")) == (401, "oidc-unbound")
    assert told(forge.exchange(PULL, path=f"{path}nonsense")) == (422, "request-invalid")


@pytest.mark.security
def test_a_ci_token_lists_no_repositories_that_strangers_bound_to_its_ci(forge: Forge) -> None:
    binding = {"issuer": GITHUB.issuer, "repository": "acme/shop", "ref": "refs/**"}
    empty = "/v1/repositories/acme/empty"
    assert forge.desk.ask("POST", f"{empty}/bindings", Role.MAINTAINER, json=binding).status_code == 201
    listed = forge.desk.ask("GET", "/v1/repositories", None, headers=bearer(forge.signed(MAIN))).text
    assert "acme/empty" not in listed
    assert forge.exchange(MAIN).json()["repositories"] == ["acme/shop"]
