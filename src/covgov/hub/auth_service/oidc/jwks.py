"""The public keys of an issuer, fetched when needed, at a limited rate.

Keys are cached for TTL seconds. An unknown key id triggers a new fetch (the issuer has
rotated), but never sooner than PAUSE seconds after the last attempt. When the issuer
cannot be reached, cached keys serve until their TTL ends; then tokens are refused until a fetch succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int

from covgov.hub.auth_service.refusals import IssuerUnavailable

TTL: Final = 3600.0
PAUSE: Final = 60.0
LARGEST_DOCUMENT: Final = 256 * 1024
SHORTEST_RSA: Final = 2048

PublicKey = RSAKey | ECKey


class _Jwk(msgspec.Struct):
    kty: str = ""
    kid: str = ""
    use: str = "sig"
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


class _KeySet(msgspec.Struct):
    keys: list[_Jwk]


@dataclass(frozen=True, slots=True)
class _CachedKeys:
    keys: Mapping[str, PublicKey]
    until: float


class KeyCache:
    """One issuer's keys. fetch: returns the document at `url`, can raise anything; monotonic: seconds.

    Safe to share between threads; only one of them fetches at a time.
    """

    def __init__(self, url: str, fetch: Callable[[str], bytes], monotonic: Callable[[], float]) -> None:
        self._url = url
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = Lock()
        self._held = _CachedKeys({}, float("-inf"))
        self._next_attempt = float("-inf")

    def key(self, key_id: str) -> PublicKey | None:
        """The key with this id, None when the issuer has none. Raises IssuerUnavailable (`oidc-keys-unavailable`)."""
        held = self._held
        if self._monotonic() < held.until and key_id in held.keys:
            return held.keys[key_id]
        with self._lock:
            if self._held is held:
                self._refresh()
            return self._held.keys.get(key_id)

    def _refresh(self) -> None:
        now = self._monotonic()
        fresh = now < self._held.until
        if now < self._next_attempt:
            if fresh:
                return
            raise self._unavailable(now)
        self._next_attempt = now + PAUSE
        keys = self._fetched()
        if keys:
            self._held = _CachedKeys(keys, now + TTL)
        elif not fresh:
            raise self._unavailable(now)

    def _unavailable(self, now: float) -> IssuerUnavailable:
        wait = max(1, int(self._next_attempt - now))
        return IssuerUnavailable(f"the issuer's keys cannot be fetched from {self._url}", retry_after=wait)

    def _fetched(self) -> Mapping[str, PublicKey]:
        """The issuer's current usable keys; empty when it does not answer."""
        try:
            body = self._fetch(self._url)
        except Exception:  # noqa: BLE001 - whatever an HTTP client raises, there are no keys
            return {}
        return usable_keys(body)


def usable_keys(document: bytes) -> Mapping[str, PublicKey]:
    """Key id -> key of a JWKS document (RFC 7517): public RSA keys of 2048 bits and more, and P-256 keys, for signing.

    All other keys are left out, symmetric ones above all; an unreadable document has none.
    """
    if len(document) > LARGEST_DOCUMENT:
        return {}
    try:
        found = msgspec.json.decode(document, type=_KeySet).keys
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    keys = {jwk.kid: _imported(jwk) for jwk in found if jwk.kid and jwk.use == "sig"}
    return {kid: key for kid, key in keys.items() if key is not None}


def _imported(jwk: _Jwk) -> PublicKey | None:
    try:
        match jwk.kty:
            case "RSA":
                if base64_to_int(jwk.n).bit_length() < SHORTEST_RSA:
                    return None
                return RSAKey.import_key({"kty": "RSA", "n": jwk.n, "e": jwk.e})
            case "EC" if jwk.crv == "P-256":
                return ECKey.import_key({"kty": "EC", "crv": jwk.crv, "x": jwk.x, "y": jwk.y})
            case _:
                return None
    except (JoseError, ValueError):
        return None
