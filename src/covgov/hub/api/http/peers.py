"""The identity of a client for rate limits: a token that authenticated before, else the network address."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

from covgov.hub.settings import Network

REMEMBERED = 10_000
"""Most tokens with their own rate; the least recent one is dropped first."""

HOUSEHOLD = 64
"""Leading bits of an IPv6 address that identify a client, which can use all addresses of its /64."""


class AuthenticatedClients:
    """Hashes of Authorization headers that authenticated, with the principal's name.

    Unknown headers do not count, or an invented token per request would have a fresh rate each time. A revoked token
    keeps its rate, which grants no access.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: OrderedDict[bytes, str] = OrderedDict()

    def of(self, scope: Scope) -> str | None:
        """The principal that this request's header authenticated before."""
        with self._lock:
            return self._names.get(_header_hash(scope))

    def learn(self, scope: Scope, name: str) -> None:
        """Remember that the request's header authenticated `name`."""
        with self._lock:
            key = _header_hash(scope)
            self._names[key] = name
            self._names.move_to_end(key)
            if len(self._names) > REMEMBERED:
                self._names.popitem(last=False)


def address(scope: Scope, trusted: Sequence[Network]) -> str:
    """The client's address; behind trusted proxies the last address in X-Forwarded-For that is not a trusted proxy.

    Earlier entries of the header come from the client and are ignored. IPv6 addresses are reduced to their /64.
    """
    client = scope.get("client")
    peer = client[0] if client else ""
    if not trusted:
        return _reduced(peer)
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    hops = [*(hop.strip() for hop in forwarded), peer]
    nearest = peer
    for hop in reversed(hops):
        found = _parsed(hop)
        if found is None:
            break
        nearest = hop
        if not any(found in network for network in trusted):
            break
    return _reduced(nearest)


def _reduced(hop: str) -> str:
    found = _parsed(hop)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), HOUSEHOLD), strict=False))
    return hop if found is None else str(found)


def _parsed(hop: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(hop)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _header_hash(scope: Scope) -> bytes:
    return sha256("\n".join(Headers(scope=scope).getlist("authorization")).encode()).digest()
