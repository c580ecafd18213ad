"""The hub's settings; `covgov hub serve` reads them from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class OidcIssuer:
    """An accepted OIDC issuer. kind: `github` or `gitlab`, which name repository and ref in different claims."""

    kind: str
    issuer: str
    jwks_url: str


@dataclass(frozen=True, slots=True)
class HubLimits:
    """Sizes in bytes, counts, seconds. A request that exceeds one is refused with a problem document.

    document: a body, packed and unpacked. body, unpacked: the same for uploads and additions.
    repository: all stored data of one repository.
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
    """database_url: a SQLAlchemy URL. public_url: the hub's address for clients. audience: required in OIDC tokens.

    The audience must be unique to this hub, or another hub could replay its tokens here.
    """

    database_url: str
    public_url: str = "http://127.0.0.1:8399"
    audience: str = "http://127.0.0.1:8399"
    issuers: tuple[OidcIssuer, ...] = ()
    clock_skew: int = 60
    limits: HubLimits = field(default_factory=HubLimits)
    trusted_proxies: tuple[Network, ...] = ()
    """Proxies whose X-Forwarded-For is trusted."""
