"""CI tokens through the hub's HTTP application, from an issuer that signs for real and publishes its keys over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import Engine
from starlette.testclient import TestClient

from covgov.cli.hub import settings as hub_settings
from covgov.hub.app import create_app
from covgov.hub.auth_service.oidc import bindings
from covgov.hub.auth_service.oidc.bindings import Binding
from covgov.hub.auth_service.oidc.jwks import PAUSE, TTL
from covgov.hub.deps import HubDeps
from covgov.hub.eventlog import audit
from covgov.hub.settings import HubLimits, HubSettings, OidcIssuer
from covgov.hub.store.work import UnitOfWork, transaction
from covgov_testing.ci_issuer import DISCOVERY, CiIssuer, ci_issuer
from covgov_testing.fakes.auth import (
    AUDIENCE,
    NOON,
    Clock,
    CountedBytes,
    ec_key,
    repository_id,
    rsa_key,
    signed_with_hmac,
    unsigned,
)
from covgov_testing.hub import database as hub_database

pytestmark = pytest.mark.security

SHOP = "/v1/repositories/acme/shop"
EXCHANGE = "/v1/tokens/exchange"
LCOV = b"TN:\nSF:src/a.py\nDA:1,1\nDA:2,0\nend_of_record\n"
ABOUT = {"suite": "api", "commit": "c" * 40, "tree": "d" * 40, "branch": "main"}
ELSEWHERE = "https://ci.elsewhere.example"


@dataclass(frozen=True)
class Desk:
    """acme/shop is bound to main of acme/shop at GitHub and of acme/web/shop at GitLab; acme/other to nothing."""

    engine: Engine
    clock: Clock
    client: TestClient
    github: CiIssuer
    gitlab: CiIssuer

    def exchange(self, token: str) -> httpx2.Response:
        return self.client.post(EXCHANGE, headers={"Authorization": f"Bearer {token}"})

    def upload(self, token: str, path: str = SHOP, **about: str) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.post(f"{path}/uploads", params={**ABOUT, **about}, content=LCOV, headers=headers)

    def trail(self) -> list[tuple[str, str, str]]:
        """Event, actor and request of every entry that a request wrote."""
        with transaction(self.engine, write=False) as connection:
            found = audit.entries(connection)
        return [(one.event, one.actor, one.request_id) for one in found if one.request_id != "set-up"]

    def runs(self) -> int:
        return len(hub_database.history(self.engine).list())


def fetch(url: str) -> bytes:
    return httpx2.get(url, timeout=5).raise_for_status().content


def discovered(issuer: CiIssuer) -> OidcIssuer:
    """The issuer as its own discovery document tells it."""
    told = json.loads(fetch(issuer.url + DISCOVERY))
    return OidcIssuer(issuer.kind, told["issuer"], told["jwks_uri"])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = Clock()
    with ExitStack() as stack:
        engine = stack.enter_context(hub_database.database(tmp_path / "hub.db"))
        github = stack.enter_context(ci_issuer("github", clock, AUDIENCE, [rsa_key("github-1")]))
        gitlab = stack.enter_context(ci_issuer("gitlab", clock, AUDIENCE, [ec_key("gitlab-1")]))
        for name in ("acme/shop", "acme/other"):
            hub_database.make(engine, name)
        with transaction(engine, write=True) as connection:
            work = UnitOfWork(connection, clock.now, "local:root", "set-up")
            for issuer, subject in ((github, "acme/shop"), (gitlab, "acme/web/shop")):
                wanted = Binding(issuer.url, subject, "refs/heads/main")
                bindings.bind(work, repository_id(work, "acme/shop"), wanted)
        settings = HubSettings(
            str(engine.url),
            audience=AUDIENCE,
            issuers=(discovered(github), discovered(gitlab)),
            limits=HubLimits(requests_per_minute=1_000_000),
        )
        deps = HubDeps(engine, clock.read, fetch, CountedBytes(), clock.monotonic)
        client = TestClient(create_app(settings, deps), "http://hub.example", raise_server_exceptions=False)
        yield Desk(engine, clock, stack.enter_context(client), github, gitlab)


def refused(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("key", [rsa_key("another"), ec_key("another-ec")], ids=["RS256", "ES256"])
def test_a_ci_token_becomes_a_token_an_upload_and_a_recorded_run(desk: Desk, kind: str, key: RSAKey | ECKey) -> None:
    issuer: CiIssuer = getattr(desk, kind)
    issuer.local.keys.append(key)
    given = desk.exchange(issuer.token(key=key))
    assert (given.status_code, given.headers["cache-control"]) == (201, "no-store")
    told = given.json()
    assert (told["role"], told["repositories"]) == ("uploader", ["acme/shop"])
    assert told["expires_at"] == "2026-11-22T12:15:00Z"
    uploaded = desk.upload(told["token"])
    assert (uploaded.status_code, uploaded.json()["state"]) == (201, "complete")
    assert desk.runs() == 1
    actor = "oidc:acme/shop@refs/heads/main" if kind == "github" else "oidc:acme/web/shop@refs/heads/main"
    by_token = f"token:{told['id']}"
    assert [entry[:2] for entry in desk.trail()] == [
        ("token-created", actor),
        ("run-appended", by_token),
        ("upload-accepted", by_token),
    ]


def test_a_ci_token_may_be_shown_to_the_upload_itself_and_opens_nothing_else(desk: Desk) -> None:
    assert desk.upload(desk.github.token()).status_code == 201
    assert refused(desk.upload(desk.github.token(jti="2"), "/v1/repositories/acme/other")) == (
        404,
        "repository-unknown",
    )
    bearer = {"Authorization": f"Bearer {desk.github.token(jti='3')}"}
    assert refused(desk.client.delete(SHOP, headers=bearer)) == (403, "permission-missing")


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_job_of_a_proposed_change_writes_nothing_that_main_is_judged_by(desk: Desk, kind: str) -> None:
    issuer: CiIssuer = getattr(desk, kind)
    subject, ref = {
        "github": ("acme/shop", "refs/pull/7/merge"),
        "gitlab": ("acme/web/shop", "refs/merge-requests/7/head"),
    }[kind]
    with transaction(desk.engine, write=True) as connection:
        work = UnitOfWork(connection, desk.clock.now, "local:root", "set-up")
        bindings.bind(work, repository_id(work, "acme/shop"), Binding(issuer.url, subject, "refs/**"))
    assert desk.upload(issuer.token(jti="main")).status_code == 201
    told = {"ref": ref, "sub": f"repo:{subject}:pull_request"} if kind == "github" else {"ref_path": ref}
    signed = issuer.local.sign({**issuer.claims(jti="pull", sha="a" * 40), **told})
    given = desk.exchange(signed).json()
    assert given["ref"] == ref
    attacks = {
        "ci-branch": {"attempt": "2"},
        "ci-commit": {"attempt": "2", "branch": ref},
        "ci-measured": {"branch": ref, "commit": "a" * 40},
    }
    for code, about in attacks.items():
        assert refused(desk.upload(given["token"], **about)) == (409, code)
    assert desk.runs() == 1
    own = desk.upload(given["token"], branch=ref, commit="a" * 40, tree="b" * 40)
    assert (own.status_code, desk.runs()) == (201, 2)


def at(desk: Desk, **hours: float) -> int:
    return int((desk.clock.now + timedelta(**hours)).timestamp())


def hmac_forgery(desk: Desk, secret: bytes) -> str:
    return signed_with_hmac({"alg": "HS256", "kid": "github-1"}, desk.github.claims(), secret)


def public_jwk(desk: Desk) -> bytes:
    return json.dumps(desk.github.local.keys[0].as_dict(private=False)).encode()


def stolen(desk: Desk) -> str:
    """The signature of a good token under other claims."""
    head, _, signature = desk.github.token().split(".")
    other = unsigned({}, desk.github.claims(repository="acme/secret")).split(".")[1]
    return f"{head}.{other}.{signature}"


FORGERIES: dict[str, tuple[str, Callable[[Desk], str]]] = {
    "no algorithm": ("oidc-signature", lambda d: unsigned({"alg": "none", "kid": "github-1"}, d.github.claims())),
    "no algorithm, no key": ("oidc-signature", lambda d: unsigned({"alg": "None"}, d.github.claims())),
    "HS256 with the public key, PEM": (
        "oidc-signature",
        lambda d: hmac_forgery(d, d.github.local.keys[0].as_pem(private=False)),
    ),
    "HS256 with the public key, JWK": ("oidc-signature", lambda d: hmac_forgery(d, public_jwk(d))),
    "HS256 with nothing": ("oidc-signature", lambda d: hmac_forgery(d, b"")),
    "another key under a published id": (
        "oidc-signature",
        lambda d: d.github.token(key=rsa_key("evil"), header={"kid": "github-1"}),
    ),
    "a key of its own": ("oidc-signature", lambda d: d.github.token(key=rsa_key("evil"))),
    "a key of its own that it brings along": (
        "oidc-signature",
        lambda d: d.github.token(key=ec_key("evil"), header={"jwk": ec_key("evil").as_dict(private=False)}),
    ),
    "the key of the other issuer": (
        "oidc-signature",
        lambda d: d.github.token(key=d.gitlab.local.keys[0], header={"kid": "github-1"}),
    ),
    "another key type under a published id": (
        "oidc-signature",
        lambda d: d.github.token(key=ec_key("evil"), header={"kid": "github-1"}),
    ),
    "the signature of other claims": ("oidc-signature", stolen),
    "a signature cut off": ("oidc-signature", lambda d: d.github.token().rpartition(".")[0] + "."),
    "another audience": ("oidc-claims", lambda d: d.github.token(aud="https://elsewhere.example")),
    "our audience and another": ("oidc-claims", lambda d: d.github.token(aud=[AUDIENCE, "https://elsewhere.example"])),
    "no audience": ("oidc-claims", lambda d: d.github.token(aud=None)),
    "an issuer that is not configured": ("oidc-issuer", lambda d: d.github.token(iss=ELSEWHERE)),
    "an issuer spelled otherwise": ("oidc-issuer", lambda d: d.github.token(iss=d.github.url + "/")),
    "expired": (
        "oidc-expired",
        lambda d: d.github.token(iat=at(d, hours=-1), nbf=at(d, hours=-1), exp=at(d, seconds=-61)),
    ),
    "not yet valid": ("oidc-claims", lambda d: d.github.token(nbf=at(d, seconds=61), exp=at(d, hours=1))),
    "issued in the future": ("oidc-claims", lambda d: d.github.token(iat=at(d, seconds=61), exp=at(d, hours=1))),
    "without an end": ("oidc-claims", lambda d: d.github.token(exp=None)),
    "with a year to live": ("oidc-claims", lambda d: d.github.token(exp=at(d, days=365))),
    "without an id": ("oidc-claims", lambda d: d.github.token(jti=None)),
    "another repository": (
        "oidc-unbound",
        lambda d: d.github.token(repository="evil/shop", sub="repo:evil/shop:ref:refs/heads/main"),
    ),
    "another repository than its subject": (
        "oidc-claims",
        lambda d: d.github.token(sub="repo:evil/shop:ref:refs/heads/main"),
    ),
    "a repository spelled otherwise": (
        "oidc-unbound",
        lambda d: d.github.token(repository="Acme/shop", sub="repo:Acme/shop:ref:refs/heads/main"),
    ),
    "another ref": ("oidc-unbound", lambda d: d.github.token(ref="refs/heads/evil")),
    "a ref below the bound one": ("oidc-unbound", lambda d: d.github.token(ref="refs/heads/main/evil")),
    "a tag with the branch's name": ("oidc-unbound", lambda d: d.github.token(ref="refs/tags/main")),
    "a pull request": ("oidc-unbound", lambda d: d.github.token(ref="refs/pull/1/merge", event_name="pull_request")),
    "GitLab, another project": (
        "oidc-unbound",
        lambda d: d.gitlab.token(project_path="evil/shop", sub="project_path:evil/shop:ref_type:branch:ref:main"),
    ),
    "GitLab, a merge request": ("oidc-unbound", lambda d: d.gitlab.token(ref_path="refs/merge-requests/1/head")),
    "GitLab's claims from GitHub": (
        "oidc-signature",
        lambda d: d.gitlab.token(key=d.github.local.keys[0], header={"kid": "gitlab-1"}),
    ),
    "five parts": ("oidc-malformed", lambda d: d.github.token() + ".a.b"),
    "a token of the hub": ("oidc-malformed", lambda _: "cvg_" + "a" * 76),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused_records_nothing_and_spoils_nothing(desk: Desk, name: str) -> None:
    code, forge = FORGERIES[name]
    forged = forge(desk)
    for answer in (desk.exchange(forged), desk.upload(forged)):
        if name == "a token of the hub" and "uploads" in str(answer.url):
            code = "token-malformed"
        assert refused(answer) == (401, code)
        assert answer.headers["www-authenticate"] == 'Bearer realm="covgov"'
        assert forged not in answer.text
    assert (desk.runs(), desk.trail()) == (0, [])
    assert desk.exchange(desk.github.token()).status_code == 201


def test_a_replay_is_refused_and_accounted_for_with_its_request(desk: Desk) -> None:
    token = desk.github.token()
    assert desk.exchange(token).status_code == 201
    again = [desk.exchange(token), desk.upload(token)]
    assert [refused(one) for one in again] == [(401, "oidc-replayed")] * 2
    actor = "oidc:acme/shop@refs/heads/main"
    assert desk.trail()[1:] == [("oidc-replayed", actor, one.headers["x-request-id"]) for one in again]
    assert desk.runs() == 0
    desk.clock.forward(290)
    assert refused(desk.exchange(token)) == (401, "oidc-replayed")


def test_what_was_exchanged_ends_after_a_quarter_of_an_hour(desk: Desk) -> None:
    text = desk.exchange(desk.github.token()).json()["token"]
    desk.clock.forward(15 * 60)
    assert refused(desk.upload(text)) == (401, "token-expired")


def test_unknown_key_ids_make_the_issuer_be_asked_once_in_an_interval(desk: Desk) -> None:
    assert desk.exchange(desk.github.token()).status_code == 201
    assert len(desk.github.asked) == 1
    desk.clock.forward(PAUSE)
    for number in range(5):
        forged = desk.github.token(key=rsa_key("evil"), header={"kid": f"unknown-{number}"})
        assert refused(desk.exchange(forged)) == (401, "oidc-signature")
    assert len(desk.github.asked) == 2
    desk.clock.forward(PAUSE)
    assert refused(desk.exchange(desk.github.token(key=rsa_key("evil")))) == (401, "oidc-signature")
    assert len(desk.github.asked) == 3
    assert desk.gitlab.asked == []


def test_after_a_rotation_the_new_key_is_good_and_the_old_one_is_not(desk: Desk) -> None:
    old, new = desk.github.local.keys[0], rsa_key("github-2")
    assert desk.exchange(desk.github.token()).status_code == 201
    desk.github.local.keys = [new]
    assert refused(desk.exchange(desk.github.token(jti="2"))) == (401, "oidc-signature"), "asked a moment ago"
    desk.clock.forward(PAUSE)
    assert desk.exchange(desk.github.token(jti="3")).status_code == 201
    assert refused(desk.exchange(desk.github.token(jti="4", key=old))) == (401, "oidc-signature")


@pytest.mark.reliability
def test_while_keys_cannot_be_had_the_answer_is_503_and_says_when_to_come_back(desk: Desk) -> None:
    desk.github.local.broken = OSError("down")
    for _ in range(3):
        answer = desk.exchange(desk.github.token())
        assert refused(answer) == (503, "oidc-keys-unavailable")
        assert 1 <= int(answer.headers["retry-after"]) <= PAUSE
    assert len(desk.github.asked) == 1
    assert desk.exchange(desk.gitlab.token()).status_code == 201, "the other issuer is well"
    desk.github.local.broken = None
    desk.clock.forward(PAUSE)
    assert desk.exchange(desk.github.token()).status_code == 201


@pytest.mark.reliability
def test_keys_at_hand_serve_for_their_hour_and_no_longer(desk: Desk) -> None:
    assert desk.exchange(desk.github.token()).status_code == 201
    desk.github.local.broken = OSError("down")
    desk.clock.forward(TTL - 1)
    assert desk.exchange(desk.github.token(jti="2")).status_code == 201
    desk.clock.forward(1)
    assert refused(desk.exchange(desk.github.token(jti="3"))) == (503, "oidc-keys-unavailable")


@pytest.mark.reliability
def test_a_clock_that_jumps_back_lets_no_token_in_twice(desk: Desk) -> None:
    token = desk.github.token()
    assert desk.exchange(token).status_code == 201
    desk.clock.now = NOON + timedelta(hours=20)
    assert desk.exchange(desk.github.token(jti="2")).status_code == 201
    desk.clock.now = NOON
    assert refused(desk.exchange(token)) == (401, "oidc-replayed")


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_the_hub_knows_where_each_kind_publishes_its_keys(desk: Desk, kind: str) -> None:
    """It needs no discovery: what the issuers' documents say is what the settings say."""
    issuer: CiIssuer = getattr(desk, kind)
    assert discovered(issuer).jwks_url == issuer.url + hub_settings.KEYS[kind]
