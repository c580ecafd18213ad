"""Who asks, as far as limits are concerned: by the token that proved itself lately, else by network address."""

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
"""Tokens whose bearers have a rate of their own; the one that was shown longest ago is forgotten first."""

HOUSEHOLD = 64
"""Leading bits of an IPv6 address that belong to one client: it can have all addresses below them."""


class AuthenticatedClients:
    """Authorization headers that authenticated somebody, by their hash, and whom.

    A header that was never taken proves nothing: who makes up a new token for each request would have a fresh rate for
    each. What was taken once and is revoked now has a rate of its own still, which opens nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: OrderedDict[bytes, str] = OrderedDict()

    def of(self, scope: Scope) -> str | None:
        """Whom this request's header authenticated before."""
        with self._lock:
            return self._names.get(_shown(scope))

    def learn(self, scope: Scope, name: str) -> None:
        """The request's header authenticated `name`."""
        with self._lock:
            shown = _shown(scope)
            self._names[shown] = name
            self._names.move_to_end(shown)
            if len(self._names) > REMEMBERED:
                self._names.popitem(last=False)


def address(scope: Scope, trusted: Sequence[Network]) -> str:
    """The client's address: who connected; behind trusted proxies the last one in X-Forwarded-For that is none of them.

    What stands before that one was written by the client, and counts for nothing. IPv6 is told as its /64.
    """
    client = scope.get("client")
    peer = client[0] if client else ""
    if not trusted:
        return _household(peer)
    told = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    hops = [*(hop.strip() for hop in told), peer]
    nearest = peer
    for hop in reversed(hops):
        found = _parsed(hop)
        if found is None:
            break
        nearest = hop
        if not any(found in network for network in trusted):
            break
    return _household(nearest)


def _household(hop: str) -> str:
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


def _shown(scope: Scope) -> bytes:
    return sha256("\n".join(Headers(scope=scope).getlist("authorization")).encode()).digest()
