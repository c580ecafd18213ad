"""Verifies CI tokens (OpenID Connect): signature, issuer, audience, times. No database access.

The hub chooses the algorithm, not the token: RS256 and ES256, with a key that the configured issuer publishes. Keys
in a token's header (`jwk`, `jku`, `x5u`) are ignored.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwt import JWTClaimsRegistry

from covgov.hub.auth_service.oidc.claims import CiIdentity, ClaimFault, identity
from covgov.hub.auth_service.oidc.jwks import KeyCache, PublicKey
from covgov.hub.auth_service.refusals import AuthenticationRefusal
from covgov.hub.settings import OidcIssuer

ALGORITHMS: Final = ("RS256", "ES256")
LONGEST_TOKEN: Final = 8192
LONGEST_LIFE: Final = timedelta(hours=24)
LARGEST_SKEW: Final = 300

_KEY_TYPES: Final = {"RS256": "RSA", "ES256": "EC"}


class _IssuerClaim(msgspec.Struct):
    iss: str


class _TimeClaims(msgspec.Struct):
    exp: int | float
    iat: int | float


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token with a valid signature, audience and time. expires_at: skew included."""

    identity: CiIdentity
    expires_at: datetime


class OidcVerifier:
    """Verifies the tokens of some issuers. audience: their only audience. skew: seconds, at most 300.

    fetch: the JWKS document behind an issuer's URL. now: aware, UTC. Safe to share between threads.
    """

    def __init__(
        self,
        issuers: Iterable[OidcIssuer],
        audience: str,
        fetch: Callable[[str], bytes],
        *,
        now: Callable[[], datetime],
        skew: int = 60,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 <= skew <= LARGEST_SKEW or not audience:
            raise ValueError(f"an audience and a skew of 0 to {LARGEST_SKEW} seconds are needed")
        self._issuers = {one.issuer: (one, KeyCache(one.jwks_url, fetch, monotonic)) for one in issuers}
        self._audience = audience
        self._now = now
        self._skew = skew

    def verify(self, token: str) -> VerifiedToken:
        """Raises AuthenticationRefusal (`oidc-malformed`, `oidc-issuer`, `oidc-signature`, `oidc-expired`,
        `oidc-claims`) and IssuerUnavailable (`oidc-keys-unavailable`)."""
        header, issuer_name = _unverified(token)
        if issuer_name not in self._issuers:
            raise _refused("oidc-issuer", "the token's issuer is not configured here")
        issuer, keys = self._issuers[issuer_name]
        claims = _signed_claims(token, _key(header, keys))
        expires_at = self._check_times(claims)
        try:
            self._check_audience(claims)
            return VerifiedToken(identity(issuer.kind, claims), expires_at)
        except ClaimFault as fault:
            raise _refused("oidc-claims", str(fault)) from fault

    def _check_times(self, claims: dict[str, object]) -> datetime:
        registry = JWTClaimsRegistry(now=int(self._now().timestamp()), leeway=self._skew)
        try:
            times = msgspec.convert(claims, type=_TimeClaims)
            registry.validate({name: claims[name] for name in ("exp", "iat", "nbf") if name in claims})
        except ExpiredTokenError as error:
            raise _refused("oidc-expired", "the token has expired") from error
        except (JoseError, msgspec.ValidationError) as error:
            raise _refused("oidc-claims", f"the token's times are invalid: {error}") from error
        issued, expires = _instant(times.iat), _instant(times.exp)
        if expires - issued > LONGEST_LIFE:
            raise _refused("oidc-claims", "the token is valid for more than a day")
        return expires + timedelta(seconds=self._skew)

    def _check_audience(self, claims: Mapping[str, object]) -> None:
        """Refuses further audiences: one of those could pass the token on."""
        if claims.get("aud") not in (self._audience, [self._audience]):
            raise ClaimFault(f"the token's audience is not {self._audience}")


def _unverified(token: str) -> tuple[Mapping[str, object], str]:
    """Header and issuer of an unverified token, to choose the key for its verification only."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise _refused("oidc-malformed", f"the token is longer than {LONGEST_TOKEN} characters or not ASCII")
    try:
        parts = jws.extract_compact(token.encode("ascii"))
        # the same JSON reader as in `jwt.decode`: another one might see another issuer in the same bytes
        return parts.headers(), msgspec.convert(json.loads(parts.payload), type=_IssuerClaim).iss
    except (JoseError, ValueError, RecursionError) as error:
        raise _refused("oidc-malformed", "the token is not a signed JWT") from error


def _key(header: Mapping[str, object], keys: KeyCache) -> PublicKey:
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise _refused("oidc-signature", f"the token's algorithm is not one of {', '.join(ALGORITHMS)}")
    if not isinstance(key_id, str) or not 1 <= len(key_id) <= 200:
        raise _refused("oidc-signature", "the token names no key")
    key = keys.key(key_id)
    if key is None or key.key_type != _KEY_TYPES[str(algorithm)]:
        raise _refused("oidc-signature", "the issuer has no such key")
    return key


def _signed_claims(token: str, key: PublicKey) -> dict[str, object]:
    try:
        return dict(jwt.decode(token, key, algorithms=ALGORITHMS).claims)
    except (JoseError, ValueError, RecursionError) as error:
        raise _refused("oidc-signature", "the token's signature is invalid") from error


def _instant(value: float) -> datetime:
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise _refused("oidc-claims", "the token's times are not dates") from error


def _refused(code: str, message: str) -> AuthenticationRefusal:
    return AuthenticationRefusal(code, message, hint="see docs/hub.md on tokens from CI")
