"""Authorization header -> Principal. No header: anonymous. An invalid token: refused.

Authentication has its own short transactions before the request's: a CI token is used up even when the request then
fails, and no database lock is held while keys are fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from covgov.errors import CovgovError
from covgov.hub.auth_service.oidc import bindings, replay
from covgov.hub.auth_service.oidc.bindings import BoundRepository
from covgov.hub.auth_service.oidc.oidc import OidcVerifier, VerifiedToken
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import ANONYMOUS, Principal, PrincipalKind, RepositoryScope, principal
from covgov.hub.auth_service.refusals import AuthenticationRefusal
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.auth_service.tokens.request import TokenRequest
from covgov.hub.auth_service.tokens.text import PREFIX
from covgov.hub.auth_service.tokens.tokens import IssuedToken
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.diagnostics import logger
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.settings import HubSettings
from covgov.hub.store.work import UnitOfWork, transaction

#: Lifetime of a token that was exchanged for a CI token: one push, with retries.
EXCHANGED_LIFE: Final = timedelta(minutes=15)

#: Seconds that a request waits to record its token's last use; the next request can record it as well.
USE_PATIENCE: Final = 0.25


class AuthDependencies(Protocol):
    """External dependencies. fetch_jwks must have its own timeout; monotonic: seconds that never go back."""

    @property
    def engine(self) -> Engine: ...
    @property
    def now(self) -> Callable[[], datetime]: ...
    @property
    def fetch_jwks(self) -> Callable[[str], bytes]: ...
    @property
    def monotonic(self) -> Callable[[], float]: ...


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Authenticates the requests of an application, as `app.state.authenticator`. now: aware, UTC."""

    engine: Engine
    now: Callable[[], datetime]
    oidc: OidcVerifier

    def authenticate(self, headers: Sequence[str], request_id: str = "", repository: str | None = None) -> Principal:
        """The principal of these Authorization headers. Raises AuthenticationRefusal, IssuerUnavailable.

        More than one header is refused, because proxies could read another one than the hub. repository: that of the
        request; a CI token is valid for no other.
        """
        if not headers:
            return ANONYMOUS
        with _logged_refusals():
            bearer = _bearer(headers)
            return (
                self._by_token(bearer) if bearer.startswith(PREFIX) else self._by_oidc(bearer, request_id, repository)
            )

    def exchange(
        self,
        headers: Sequence[str],
        request_id: str,
        secrets: Callable[[int], bytes],
        repository: str | None = None,
    ) -> IssuedToken:
        """A token of the hub for 15 minutes, role uploader, in exchange for the CI token of these Authorization
        headers, which is used up.

        A job gets one CI token (GitLab), but a push is several requests. repository: the scope of the new token; None
        when there is no choice, see `bindings.chosen`. Raises as `authenticate` does, and UsageError
        `oidc-repository-unnamed`.
        """
        with _logged_refusals():
            if not headers:
                raise AuthenticationRefusal(
                    "authentication-required", "send the CI's OIDC token", hint="send it as Authorization: Bearer"
                )
            verified = self.oidc.verify(_bearer(headers))
            fitting = self._admitting(verified)
            with self._work(verified, request_id) as work:
                reached = bindings.chosen(_still_bound(work, verified, fitting), verified.identity, repository)
                if not reached.names:
                    raise _unbound(verified, repository)
                who = _used(work, verified, reached)
                if who is not None:
                    tokens.forget_exchanged(work.connection, work.now)
                    wanted = TokenRequest(who.name[:100], Role.UPLOADER, reached, EXCHANGED_LIFE, who.job)
                    signed = {"issuer": verified.identity.issuer, "subject": verified.identity.subject}
                    return tokens.issue(work, wanted, secrets, signed)
            raise _replayed()

    def record_refusal(self, asking: Principal, request_id: str, fields: Mapping[str, str | int | bool]) -> None:
        """Write a refusal to the audit trail. Raises DeliveryFailed `audit-unwritable`."""
        with transaction(self.engine, write=True) as connection:
            audit.write(
                connection,
                AuditEvent.ACCESS_REFUSED,
                at=self.now(),
                actor=asking.name,
                request_id=request_id,
                fields=fields,
            )

    def _by_token(self, bearer: str) -> Principal:
        now = self.now()
        with transaction(self.engine, write=False) as connection:
            token = tokens.find(connection, bearer, now)
        if tokens.use_is_due(token, now):
            self._record_use(token.id, now)
        return token.principal()

    def _record_use(self, token_id: str, now: datetime) -> None:
        """Only logs a failure: a full disk or a long lock must not block readers."""
        try:
            with transaction(self.engine, write=True, patience=USE_PATIENCE) as connection:
                tokens.record_use(connection, token_id, now)
        except (CovgovError, SQLAlchemyError) as error:
            logger.warning("token-use-unrecorded", token=token_id, reason=str(error))

    def _by_oidc(self, bearer: str, request_id: str, repository: str | None) -> Principal:
        verified = self.oidc.verify(bearer)
        fitting = self._admitting(verified)
        with self._work(verified, request_id) as work:
            names = _still_bound(work, verified, fitting)
            who = _used(work, verified, RepositoryScope(names & {repository}))
        if who is None:
            raise _replayed()
        return who

    def _admitting(self, verified: VerifiedToken) -> frozenset[BoundRepository]:
        """The bindings that admit the token, matched without a database lock: untrusted patterns can be slow.

        Raises AuthenticationRefusal `oidc-unbound`.
        """
        with transaction(self.engine, write=False) as connection:
            offers = bindings.offered(connection, verified.identity)
        found = frozenset(one for one in offers if one.binding.admits(verified.identity))
        if not found:
            raise _unbound(verified)
        return found

    @contextmanager
    def _work(self, verified: VerifiedToken, request_id: str) -> Iterator[UnitOfWork]:
        """One transaction to look up a CI token's bindings, use it up and issue a token for it."""
        with transaction(self.engine, write=True) as connection:
            yield UnitOfWork(connection, self.now(), verified.identity.name, request_id)


def authenticator(settings: HubSettings, deps: AuthDependencies) -> Authenticator:
    """The authenticator of an application. Raises ValueError for a clock skew beyond five minutes."""
    verifier = OidcVerifier(
        settings.issuers,
        settings.audience,
        deps.fetch_jwks,
        now=deps.now,
        skew=settings.clock_skew,
        monotonic=deps.monotonic,
    )
    return Authenticator(deps.engine, deps.now, verifier)


def _bearer(headers: Sequence[str]) -> str:
    scheme, _, bearer = headers[0].strip().partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not bearer.strip():
        raise AuthenticationRefusal(
            "authorization-malformed",
            "the request needs exactly one Authorization header, with Bearer and a token",
            hint="send Authorization: Bearer with a token of the hub",
        )
    return bearer.strip()


def _still_bound(work: UnitOfWork, verified: VerifiedToken, fitting: frozenset[BoundRepository]) -> frozenset[str]:
    """Repositories of the bindings that still exist. Raises AuthenticationRefusal `oidc-unbound`."""
    names = frozenset(one.repository for one in fitting & bindings.offered(work.connection, verified.identity))
    if not names:
        raise _unbound(verified)
    return names


def _used(work: UnitOfWork, verified: VerifiedToken, reached: RepositoryScope) -> Principal | None:
    """The principal of a verified CI token; None when it was used before, which is audited.

    Commit in both cases, then refuse None.
    """
    identity = verified.identity
    if replay.first_use(
        work.connection, identity.issuer, identity.token_id, expires_at=verified.expires_at, now=work.now
    ):
        return principal(PrincipalKind.OIDC, identity.name, Role.UPLOADER, reached, identity.job)
    fields = {
        "issuer": identity.issuer,
        "token_id": identity.token_id,
        "repository": identity.repository,
        "subject": identity.subject,
    }
    audit.account(work, AuditEvent.OIDC_REPLAYED, fields)
    return None


@contextmanager
def _logged_refusals() -> Iterator[None]:
    """Logs refusals for the operator; the audit trail has none, because anonymous requests could fill it."""
    try:
        yield
    except AuthenticationRefusal as refused:
        logger.info("authentication-refused", code=refused.code, reason=refused.message)
        raise


def _replayed() -> AuthenticationRefusal:
    return AuthenticationRefusal(
        "oidc-replayed",
        "this CI token was used before, possibly by a request whose answer was lost",
        hint="request a new token from the CI, or run the job again",
    )


def _unbound(verified: VerifiedToken, wanted: str | None = None) -> AuthenticationRefusal:
    identity = verified.identity
    return AuthenticationRefusal(
        "oidc-unbound",
        f"no repository {wanted or 'of the hub'} is bound to {identity.repository} at {identity.ref}",
        hint="ask a maintainer to bind issuer, repository and ref pattern",
    )
