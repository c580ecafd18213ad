"""A hub's database, clock and CI issuer for tests of who may do what. The issuer signs for real."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import Engine, insert, select

from covgov.hub.auth_service.authenticate import Authenticator
from covgov.hub.auth_service.oidc import bindings
from covgov.hub.auth_service.oidc.oidc import OidcVerifier
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import EVERYWHERE, RepositoryScope
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.auth_service.tokens.request import TokenRequest
from covgov.hub.eventlog import audit
from covgov.hub.settings import OidcIssuer
from covgov.hub.store.engine import open_engine
from covgov.hub.store.schema import METADATA, REPOSITORIES
from covgov.hub.store.work import UnitOfWork, stamp, transaction

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
AUDIENCE = "https://hub.example"
GITHUB = OidcIssuer("github", "https://ci.github.example", "https://ci.github.example/jwks")
GITLAB = OidcIssuer("gitlab", "https://gitlab.example", "https://gitlab.example/oauth/discovery/keys")
DAY = timedelta(days=1)

Claims = dict[str, object]


@dataclass
class Clock:
    """Two hands: `now` may be set to anything, `monotonic` only goes on."""

    now: datetime = NOON
    elapsed: float = 1000.0

    def read(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.elapsed

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds


class CountedBytes:
    """A source of secrets that never repeats itself and can be foretold."""

    def __init__(self, after: int = 0) -> None:
        self.given = after

    def __call__(self, size: int) -> bytes:
        self.given += 1
        return hashlib.sha256(str(self.given).encode()).digest()[:size]


@cache
def rsa_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def ec_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(header: Mapping[str, object], claims: Mapping[str, object], signature: bytes = b"") -> str:
    """A JWS put together by hand, as a forger does."""
    return ".".join([b64(json.dumps(header).encode()), b64(json.dumps(claims).encode()), b64(signature)])


def signed_with_hmac(header: Mapping[str, object], claims: Mapping[str, object], secret: bytes) -> str:
    body = unsigned(header, claims).rpartition(".")[0]
    return f"{body}.{b64(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


@dataclass
class LocalIssuer:
    """An OIDC issuer: publishes keys, signs claims, counts how often it is asked for its keys."""

    clock: Clock
    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [rsa_key("k1")])
    fetches: list[str] = field(default_factory=list)
    broken: Exception | None = None
    document: bytes | None = None

    def fetch(self, url: str) -> bytes:
        self.fetches.append(url)
        if self.broken is not None:
            raise self.broken
        if self.document is not None:
            return self.document
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()

    def sign(self, claims: Claims, *, key: RSAKey | ECKey | None = None, **header: object) -> str:
        used = key or self.keys[0]
        algorithm = "RS256" if isinstance(used, RSAKey) else "ES256"
        return jwt.encode({"alg": algorithm, "kid": used.kid, **header}, claims, used, algorithms=["RS256", "ES256"])

    def github(self, **changed: object) -> Claims:
        """The claims of a push to main of acme/shop; a value of None leaves the claim out."""
        return self._claims(
            {
                "iss": GITHUB.issuer,
                "sub": "repo:acme/shop:ref:refs/heads/main",
                "repository": "acme/shop",
                "ref": "refs/heads/main",
            },
            changed,
        )

    def gitlab(self, **changed: object) -> Claims:
        return self._claims(
            {
                "iss": GITLAB.issuer,
                "sub": "project_path:acme/web/shop:ref_type:branch:ref:main",
                "project_path": "acme/web/shop",
                "ref": "main",
                "ref_type": "branch",
                "ref_path": "refs/heads/main",
            },
            changed,
        )

    def _claims(self, own: Claims, changed: Mapping[str, object]) -> Claims:
        now = int(self.clock.now.timestamp())
        times: Claims = {"aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300, "jti": "token-1"}
        return {name: value for name, value in {**times, **own, **changed}.items() if value is not None}


@dataclass
class AuthDesk:
    """A hub with three repositories: acme/shop and other/thing are private, acme/open is not."""

    engine: Engine
    clock: Clock
    issuer: LocalIssuer
    authenticator: Authenticator
    secrets: Callable[[int], bytes]

    @contextmanager
    def work(self, actor: str = "local:root") -> Iterator[UnitOfWork]:
        with transaction(self.engine, write=True) as connection:
            yield UnitOfWork(connection, self.clock.now, actor, "request-1")

    def token(
        self, role: Role = Role.ADMIN, *repositories: str, lifetime: timedelta = 30 * DAY, name: str = "a name"
    ) -> tokens.IssuedToken:
        scope = RepositoryScope(frozenset(repositories)) if repositories else EVERYWHERE
        with self.work() as work:
            return tokens.issue(work, TokenRequest(name, role, scope, lifetime), self.secrets)

    def token_now(self, token_id: str) -> tokens.Token:
        with transaction(self.engine, write=False) as connection:
            return tokens.get(connection, token_id)

    def bind(
        self, repository: str = "acme/shop", subject: str = "acme/shop", ref: str = "refs/heads/**", issuer: str = ""
    ) -> bindings.Binding:
        with self.work() as work:
            wanted = bindings.Binding(issuer or GITHUB.issuer, subject, ref)
            return bindings.bind(work, repository_id(work, repository), wanted)

    def audited(self) -> list[tuple[str, str, dict[str, object]]]:
        """(event, actor, fields) of every entry of the audit trail, oldest first."""
        with transaction(self.engine, write=False) as connection:
            return [(one.event, one.actor, json.loads(one.fields)) for one in audit.entries(connection)]


def repository_id(work: UnitOfWork, repository: str) -> int:
    owner, name = repository.split("/")
    query = select(REPOSITORIES.c.id).where(REPOSITORIES.c.owner == owner, REPOSITORIES.c.name == name)
    return int(work.connection.execute(query).scalar_one())


def prepared_database(folder: Path) -> Path:
    """A database file with the tables and the three repositories, to be copied for each test."""
    path = folder / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    METADATA.create_all(engine)
    rows = [("acme", "shop", True), ("acme", "open", False), ("other", "thing", True)]
    with transaction(engine, write=True) as connection:
        for owner, name, private in rows:
            values = {"owner": owner, "name": name, "private": private, "created_at": stamp(NOON)}
            connection.execute(insert(REPOSITORIES).values(values))
    engine.dispose()
    return path


@contextmanager
def auth_desk(template: Path, folder: Path, clock: Clock) -> Iterator[AuthDesk]:
    path = folder / "hub.db"
    shutil.copyfile(template, path)
    engine = open_engine(f"sqlite:///{path}")
    issuer = LocalIssuer(clock)
    verifier = verifier_of(issuer)
    try:
        yield AuthDesk(engine, clock, issuer, Authenticator(engine, clock.read, verifier), CountedBytes())
    finally:
        engine.dispose()


def verifier_of(issuer: LocalIssuer, *, skew: int = 60) -> OidcVerifier:
    return OidcVerifier(
        (GITHUB, GITLAB),
        AUDIENCE,
        issuer.fetch,
        now=issuer.clock.read,
        skew=skew,
        monotonic=issuer.clock.monotonic,
    )
