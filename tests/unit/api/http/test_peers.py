from __future__ import annotations

from ipaddress import IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.hub.api.http import peers
from covgov.hub.api.http.peers import AuthenticatedClients, address

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def scope(peer: str | None, *forwarded: str, authorization: str = "") -> dict[str, object]:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    if authorization:
        headers.append((b"authorization", authorization.encode()))
    return {"type": "http", "client": (peer, 1) if peer is not None else None, "headers": headers}


@pytest.mark.security
@given(st.ip_addresses(v=4).map(str))
def test_untrusted_clients_cannot_choose_their_address(said: str) -> None:
    assert address(scope("192.0.2.1", said), ()) == "192.0.2.1"
    assert address(scope("192.0.2.1", said), PROXIES) == "192.0.2.1"


@pytest.mark.security
@given(st.lists(st.ip_addresses(v=4).map(str) | st.text("abc:., ", max_size=8), max_size=4).map(", ".join))
def test_behind_proxies_the_client_is_the_last_untrusted_hop(said: str) -> None:
    assert address(scope("10.0.0.1", f"{said},192.0.2.7,10.9.9.9"), PROXIES) == "192.0.2.7"


def test_several_headers_are_one_list() -> None:
    assert address(scope("10.0.0.1", "192.0.2.7", "192.0.2.8, fd00::1"), PROXIES) == "192.0.2.8"


@pytest.mark.security
@pytest.mark.parametrize("said", ["", "unknown", "192.0.2.7:80", "192.0.2.7, "])
def test_an_invalid_hop_ends_the_search(said: str) -> None:
    assert address(scope("10.0.0.1", f"{said},10.0.0.2"), PROXIES) == "10.0.0.2"


def test_odd_forwarded_headers_have_a_client() -> None:
    assert address(scope("10.0.0.1", "10.0.0.3, 10.0.0.2"), PROXIES) == "10.0.0.3"
    assert address(scope("10.0.0.1"), PROXIES) == "10.0.0.1"
    assert address(scope(None), ()) == ""
    assert address(scope("testclient"), PROXIES) == "testclient"


@pytest.mark.security
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_an_ipv6_household_are_one_client(one: int, other: int) -> None:
    network = IPv6Network("2001:db8:0:1::/64")
    assert {address(scope(str(network[low])), ()) for low in (one, other)} == {str(network)}


def test_an_ipv4_mapped_address_is_the_ipv4_address() -> None:
    assert address(scope("::ffff:192.0.2.1"), ()) == "192.0.2.1"


@pytest.mark.security
def test_only_accepted_headers_are_remembered_and_their_number_is_bounded() -> None:
    proven = AuthenticatedClients()
    first = scope("192.0.2.1", authorization="Bearer one")
    assert proven.of(first) is None
    proven.learn(first, "token:one")
    assert proven.of(first) == "token:one"
    assert proven.of(scope("192.0.2.1", authorization="Bearer two")) is None
    for number in range(peers.REMEMBERED):
        proven.learn(scope("192.0.2.1", authorization=f"Bearer {number}"), "token:x")
    assert proven.of(first) is None
