from __future__ import annotations

import json
import threading
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from joserfc.jwk import ECKey, OctKey, OKPKey

from covgov.hub.auth_service.oidc.jwks import LARGEST_DOCUMENT, PAUSE, TTL, KeyCache, usable_keys
from covgov.hub.auth_service.refusals import IssuerUnavailable
from covgov_testing.fakes.auth import Clock, LocalIssuer, b64, ec_key, rsa_key

URL = "https://ci.example/jwks"


@pytest.fixture
def cache(issuer: LocalIssuer, clock: Clock) -> KeyCache:
    return KeyCache(URL, issuer.fetch, clock.monotonic)


def document(*keys: Mapping[str, object]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def rsa(**changed: object) -> dict[str, object]:
    return {**rsa_key("k1").as_dict(private=False), **changed}


def unavailable(cache: KeyCache, key_id: str = "k1") -> IssuerUnavailable:
    with pytest.raises(IssuerUnavailable) as caught:
        cache.key(key_id)
    return caught.value


def test_nothing_is_fetched_before_a_key_is_asked_for(cache: KeyCache, issuer: LocalIssuer) -> None:
    assert issuer.fetches == []
    assert cache.key("k1") is not None
    assert issuer.fetches == [URL]


def test_a_cached_key_is_not_fetched_again(cache: KeyCache, issuer: LocalIssuer, clock: Clock) -> None:
    first = cache.key("k1")
    clock.forward(TTL - 1)
    assert cache.key("k1") is first
    assert len(issuer.fetches) == 1


@pytest.mark.security
def test_a_withdrawn_key_expires_with_the_cache(cache: KeyCache, issuer: LocalIssuer, clock: Clock) -> None:
    cache.key("k1")
    issuer.keys = [rsa_key("k2")]
    clock.forward(TTL)
    assert cache.key("k1") is None
    assert cache.key("k2") is not None
    assert len(issuer.fetches) == 2


def test_a_new_key_id_triggers_a_fetch(cache: KeyCache, issuer: LocalIssuer, clock: Clock) -> None:
    cache.key("k1")
    issuer.keys = [rsa_key("k1"), ec_key("k2")]
    clock.forward(PAUSE)
    key = cache.key("k2")
    assert isinstance(key, ECKey)
    assert len(issuer.fetches) == 2


@pytest.mark.security
def test_a_thousand_unknown_key_ids_cost_the_issuer_one_fetch_a_minute(
    cache: KeyCache, issuer: LocalIssuer, clock: Clock
) -> None:
    for number in range(1000):
        assert cache.key(f"unknown-{number}") is None
    assert len(issuer.fetches) == 1
    clock.forward(PAUSE - 1)
    assert cache.key("unknown") is None
    assert len(issuer.fetches) == 1
    clock.forward(1)
    assert cache.key("unknown") is None
    assert cache.key("unknown") is None
    assert len(issuer.fetches) == 2


@pytest.mark.security
def test_unknown_key_ids_do_not_prolong_what_is_known(cache: KeyCache, issuer: LocalIssuer, clock: Clock) -> None:
    cache.key("k1")
    clock.forward(PAUSE)
    issuer.broken = TimeoutError()
    assert cache.key("unknown") is None
    clock.forward(TTL - PAUSE)
    assert unavailable(cache).code == "oidc-keys-unavailable"


@pytest.mark.security
@pytest.mark.reliability
def test_an_issuer_that_does_not_answer_is_asked_once_a_minute(
    cache: KeyCache, issuer: LocalIssuer, clock: Clock
) -> None:
    issuer.broken = ConnectionError("refused")
    refused = unavailable(cache)
    assert (refused.status, refused.code, refused.headers) == (503, "oidc-keys-unavailable", {"Retry-After": "60"})
    assert refused.message == f"the issuer's keys cannot be fetched from {URL}"
    assert refused.hint == "try again later, or use a token of the hub"
    clock.forward(20.5)
    assert unavailable(cache).headers == {"Retry-After": "39"}
    clock.forward(39)
    assert unavailable(cache).headers == {"Retry-After": "1"}
    assert len(issuer.fetches) == 1
    issuer.broken = None
    clock.forward(1)
    assert cache.key("k1") is not None
    assert len(issuer.fetches) == 2


@pytest.mark.security
@pytest.mark.reliability
def test_cached_keys_serve_during_an_outage(cache: KeyCache, issuer: LocalIssuer, clock: Clock) -> None:
    cache.key("k1")
    issuer.broken = OSError("no route")
    clock.forward(TTL - 1)
    assert cache.key("k1") is not None
    assert cache.key("k2") is None
    clock.forward(1)
    assert unavailable(cache).status == 503
    clock.forward(PAUSE)
    assert unavailable(cache).status == 503


@pytest.mark.security
@pytest.mark.reliability
@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"keys": []}', b"[]", b"\xff", b'{"keys": 1}'])
def test_an_answer_without_a_usable_key_leaves_what_is_known(
    cache: KeyCache, issuer: LocalIssuer, clock: Clock, body: bytes
) -> None:
    cache.key("k1")
    issuer.document = body
    clock.forward(PAUSE)
    assert cache.key("k2") is None
    assert cache.key("k1") is not None
    assert len(issuer.fetches) == 2


def test_two_threads_that_need_the_same_keys_fetch_them_once(clock: Clock, issuer: LocalIssuer) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(url: str) -> bytes:
        entered.set()
        assert go_on.wait(10)
        return issuer.fetch(url)

    cache = KeyCache(URL, slow, clock.monotonic)
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(cache.key("k1"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert [key is not None for key in got] == [True, True, True]
    assert len(issuer.fetches) == 1


def test_keys_for_signing_are_used_of_both_kinds() -> None:
    keys = usable_keys(document(rsa(), ec_key("e1").as_dict(private=False), rsa(kid="no-use", use="sig")))
    assert {kid: key.key_type for kid, key in keys.items()} == {"k1": "RSA", "e1": "EC", "no-use": "RSA"}


def test_a_key_without_a_use_is_for_signing() -> None:
    key = rsa()
    del key["use"]
    assert set(usable_keys(document(key))) == {"k1"}


@pytest.mark.security
def test_a_symmetric_key_is_never_used() -> None:
    assert usable_keys(document(OctKey.generate_key(256, {"kid": "k", "use": "sig"}).as_dict(private=True))) == {}


@pytest.mark.security
@pytest.mark.parametrize(
    "key",
    [
        rsa(use="enc"),
        rsa(kid=""),
        rsa(n=""),
        rsa(n="!!!"),
        rsa(e=""),
        rsa(e="AA"),
        rsa(kty="unknown"),
        rsa(kty=""),
        {"kid": "k"},
        {**ec_key("e").as_dict(private=False), "crv": "P-384"},
        {**ec_key("e").as_dict(private=False), "x": "AAAA"},
        OKPKey.generate_key("Ed25519", {"kid": "o", "use": "sig"}).as_dict(private=False),
    ],
)
def test_an_unusable_key_is_skipped(key: dict[str, object]) -> None:
    assert usable_keys(document(key)) == {}
    assert set(usable_keys(document(key, rsa(kid="good")))) == {"good"}


def rsa_of(bits: int) -> dict[str, object]:
    numbers = generate_private_key(65537, bits).public_key().public_numbers()
    return {"kty": "RSA", "kid": "k", "n": b64(numbers.n.to_bytes(bits // 8, "big")), "e": "AQAB"}


@pytest.mark.security
def test_rsa_keys_under_2048_bits_are_left_out() -> None:
    for bits in (1024, 2040):
        assert usable_keys(document(rsa_of(bits))) == {}
    assert set(usable_keys(document(rsa_of(2048)))) == {"k"}


def test_private_parts_that_an_issuer_leaks_are_not_taken_in() -> None:
    taken = usable_keys(document(rsa_key("k1").as_dict(private=True)))["k1"]
    assert not taken.is_private


@pytest.mark.security
def test_a_document_beyond_the_limit_has_no_keys() -> None:
    body = document(rsa())
    assert set(usable_keys(body + b" " * (LARGEST_DOCUMENT - len(body)))) == {"k1"}
    assert usable_keys(body + b" " * (LARGEST_DOCUMENT - len(body) + 1)) == {}


@pytest.mark.security
def test_a_deeply_nested_document_has_no_keys() -> None:
    assert usable_keys(b'{"keys":' + b"[" * 100_000) == {}
    assert usable_keys(b'{"x":' * 40_000) == {}
