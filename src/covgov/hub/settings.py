"""The hub's settings as one frozen value; read from the environment by `covgov hub serve` only."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class OidcIssuer:
    """An OIDC issuer whose CI tokens are accepted. kind: `github` or `gitlab`: which claims say repository and ref."""

    kind: str
    issuer: str
    jwks_url: str


@dataclass(frozen=True, slots=True)
class HubLimits:
    """Sizes in bytes, counts, seconds. A request that exceeds one is refused with a problem document.

    document: of a body that is neither an upload nor an addition, as sent and unpacked. body, unpacked: of these two.
    repository: of all that one repository keeps.
    """

    document: int = 2 * 1024 * 1024
    body: int = 64 * 1024 * 1024
    unpacked: int = 512 * 1024 * 1024
    files: int = 20_000
    page: int = 200
    requests_per_minute: int = 600
    body_seconds: float = 60.0
    repository: int = 10 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HubSettings:
    """database_url: a SQLAlchemy URL. public_url: how clients reach the hub. audience: what an OIDC token must name.

    The audience is this hub's alone: what is sent to another hub could be passed on to this one otherwise.
    """

    database_url: str
    public_url: str = "http://127.0.0.1:8399"
    audience: str = "http://127.0.0.1:8399"
    issuers: tuple[OidcIssuer, ...] = ()
    clock_skew: int = 60
    limits: HubLimits = field(default_factory=HubLimits)
    trusted_proxies: tuple[Network, ...] = ()
    """From where X-Forwarded-For is believed."""
