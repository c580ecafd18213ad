"""From the Authorization header to a Principal. Nothing shown: anonymous. Something shown that does not hold: refused.

Authentication has its own short transactions, before the request's: a CI token is used up even when the request then
fails, and nobody waits for a database lock while keys are fetched.
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

#: How long a token lives that a CI token was exchanged for: one push, with its retries.
EXCHANGED_LIFE: Final = timedelta(minutes=15)

#: Seconds that a request waits to have its token's last use recorded, which the next request can do as well.
USE_PATIENCE: Final = 0.25


class AuthDependencies(Protocol):
    """What it takes from outside. fetch_jwks must give up in time by itself; monotonic: seconds that never go back."""

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
    """What an application authenticates with; it stands on `app.state.authenticator`. now: aware, UTC."""

    engine: Engine
    now: Callable[[], datetime]
    oidc: OidcVerifier

    def authenticate(self, headers: Sequence[str], request_id: str = "", repository: str | None = None) -> Principal:
        """Who sent these Authorization headers. Raises AuthenticationRefusal, IssuerUnavailable.

        More than one header is refused: which of them counts must not depend on who reads it. repository: what the
        request is about; a CI token reaches no other.
        """
        if not headers:
            return ANONYMOUS
        with _refusals_told():
            shown = _bearer(headers)
            return self._by_token(shown) if shown.startswith(PREFIX) else self._by_oidc(shown, request_id, repository)

    def exchange(
        self,
        headers: Sequence[str],
        request_id: str,
        secrets: Callable[[int], bytes],
        repository: str | None = None,
    ) -> IssuedToken:
        """A token of the hub for 15 minutes, role uploader, in exchange for the CI token of these Authorization
        headers, which is used up.

        A job gets one CI token (GitLab), but a push is several requests. repository: the one that it shall reach; None
        where there is no choice, see `bindings.chosen`. Raises as `authenticate` does, and UsageError
        `oidc-repository-unnamed`.
        """
        with _refusals_told():
            if not headers:
                raise AuthenticationRefusal(
                    "authentication-required", "this needs the CI's OIDC token", hint="send it as Authorization: Bearer"
                )
            verified = self.oidc.verify(_bearer(headers))
            fitting = self._fitting(verified)
            with self._work(verified, request_id) as work:
                reached = bindings.chosen(_bound_still(work, verified, fitting), verified.identity, repository)
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
        """Into the audit trail. Raises DeliveryFailed `audit-unwritable`."""
        with transaction(self.engine, write=True) as connection:
            audit.write(
                connection,
                AuditEvent.ACCESS_REFUSED,
                at=self.now(),
                actor=asking.name,
                request_id=request_id,
                fields=fields,
            )

    def _by_token(self, shown: str) -> Principal:
        now = self.now()
        with transaction(self.engine, write=False) as connection:
            token = tokens.find(connection, shown, now)
        if tokens.use_is_due(token, now):
            self._record_use(token.id, now)
        return token.principal()

    def _record_use(self, token_id: str, now: datetime) -> None:
        """A full disk or a long lock must not make the hub unreadable, so this may fail."""
        try:
            with transaction(self.engine, write=True, patience=USE_PATIENCE) as connection:
                tokens.record_use(connection, token_id, now)
        except (CovgovError, SQLAlchemyError) as error:
            logger.warning("token-use-unrecorded", token=token_id, reason=str(error))

    def _by_oidc(self, shown: str, request_id: str, repository: str | None) -> Principal:
        verified = self.oidc.verify(shown)
        fitting = self._fitting(verified)
        with self._work(verified, request_id) as work:
            names = _bound_still(work, verified, fitting)
            who = _used(work, verified, RepositoryScope(names & {repository}))
        if who is None:
            raise _replayed()
        return who

    def _fitting(self, verified: VerifiedToken) -> frozenset[BoundRepository]:
        """The bindings that admit the token, compared while no lock is held: the patterns are other people's.

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
        """Looking up what a CI token opens, using it up and giving a token for it are one: nothing comes in between."""
        with transaction(self.engine, write=True) as connection:
            yield UnitOfWork(connection, self.now(), verified.identity.name, request_id)


def authenticator(settings: HubSettings, deps: AuthDependencies) -> Authenticator:
    """The one of an application. Raises ValueError when the settings ask for a skew beyond five minutes."""
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
    scheme, _, shown = headers[0].strip().partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not shown.strip():
        raise AuthenticationRefusal(
            "authorization-malformed",
            "the Authorization header must stand once and say Bearer and a token",
            hint="send Authorization: Bearer with a token of the hub",
        )
    return shown.strip()


def _bound_still(work: UnitOfWork, verified: VerifiedToken, fitting: frozenset[BoundRepository]) -> frozenset[str]:
    """Repositories of the hub that are bound as they were a moment ago. Raises AuthenticationRefusal `oidc-unbound`."""
    names = frozenset(one.repository for one in fitting & bindings.offered(work.connection, verified.identity))
    if not names:
        raise _unbound(verified)
    return names


def _used(work: UnitOfWork, verified: VerifiedToken, reached: RepositoryScope) -> Principal | None:
    """Who a verified CI token speaks for, once; None when it was used before, which is accounted for.

    To be committed in each case; the caller refuses who is None afterwards.
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
def _refusals_told() -> Iterator[None]:
    """The audit trail is closed to strangers, who could fill it; the operator still learns what they tried."""
    try:
        yield
    except AuthenticationRefusal as refused:
        logger.info("authentication-refused", code=refused.code, reason=refused.message)
        raise


def _replayed() -> AuthenticationRefusal:
    return AuthenticationRefusal(
        "oidc-replayed",
        "this CI token was used before, if only for an answer that got lost",
        hint="ask the CI for a new one; where a job gets only one, run the job again",
    )


def _unbound(verified: VerifiedToken, wanted: str | None = None) -> AuthenticationRefusal:
    identity = verified.identity
    return AuthenticationRefusal(
        "oidc-unbound",
        f"no repository {wanted or 'of the hub'} is bound to {identity.repository} at {identity.ref}",
        hint="a maintainer binds it: issuer, repository and ref pattern",
    )
