"""Every forgery that is known for signed tokens, against an issuer that signs for real."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from covgov.hub.auth_service.oidc.oidc import LONGEST_TOKEN, OidcVerifier
from covgov.hub.auth_service.refusals import AuthenticationRefusal, IssuerUnavailable
from covgov_testing.fakes.auth import (
    AUDIENCE,
    GITHUB,
    GITLAB,
    NOON,
    Clock,
    LocalIssuer,
    b64,
    ec_key,
    rsa_key,
    signed_with_hmac,
    unsigned,
    verifier_of,
)
from covgov_testing.laws import examples

NOW = int(NOON.timestamp())
NO_JWT = "oidc-malformed: the token is not a signed JWT"
SIGNATURE = "oidc-signature: the token's signature is invalid"


@pytest.fixture
def verifier(issuer: LocalIssuer) -> OidcVerifier:
    return verifier_of(issuer)


def refusal(verifier: OidcVerifier, token: str) -> str:
    with pytest.raises(AuthenticationRefusal) as caught:
        verifier.verify(token)
    assert caught.value.status == 401
    assert caught.value.hint == "see docs/hub.md on tokens from CI"
    assert not token or token not in str(caught.value)
    return f"{caught.value.code}: {caught.value.message}"


def test_a_genuine_token_of_github_is_accepted(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    verified = verifier.verify(issuer.sign(issuer.github()))
    assert (verified.identity.issuer, verified.identity.repository) == (GITHUB.issuer, "acme/shop")
    assert (verified.identity.ref, verified.identity.token_id) == ("refs/heads/main", "token-1")
    assert verified.expires_at == NOON + timedelta(seconds=360)
    assert issuer.fetches == [GITHUB.jwks_url]


def test_a_genuine_token_of_gitlab_is_accepted_by_its_own_issuers_keys(
    verifier: OidcVerifier, issuer: LocalIssuer
) -> None:
    assert verifier.verify(issuer.sign(issuer.gitlab())).identity.repository == "acme/web/shop"
    assert issuer.fetches == [GITLAB.jwks_url]


def test_an_issuer_can_sign_with_an_elliptic_curve(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    issuer.keys = [ec_key("e1")]
    assert verifier.verify(issuer.sign(issuer.github())).identity.repository == "acme/shop"


def test_after_a_rotation_the_new_key_is_fetched(verifier: OidcVerifier, issuer: LocalIssuer, clock: Clock) -> None:
    verifier.verify(issuer.sign(issuer.github()))
    issuer.keys = [rsa_key("k2")]
    clock.forward(60)
    assert verifier.verify(issuer.sign(issuer.github())).identity.repository == "acme/shop"
    assert len(issuer.fetches) == 2


# -- the signature ---------------------------------------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_without_a_signature_is_refused(verifier: OidcVerifier, issuer: LocalIssuer, algorithm: str) -> None:
    token = unsigned({"alg": algorithm, "kid": "k1"}, issuer.github())
    assert refusal(verifier, token) == "oidc-signature: the token's algorithm is not one of RS256, ES256"
    assert issuer.fetches == []


@pytest.mark.security
@pytest.mark.parametrize("encoding", ["PEM", "DER", "n"])
def test_the_public_key_is_not_accepted_as_a_secret(verifier: OidcVerifier, issuer: LocalIssuer, encoding: str) -> None:
    public = {
        "PEM": rsa_key("k1").as_pem(private=False),
        "DER": rsa_key("k1").as_der(private=False),
        "n": str(rsa_key("k1").as_dict(private=False)["n"]).encode(),
    }[encoding]
    token = signed_with_hmac({"alg": "HS256", "kid": "k1"}, issuer.github(), public)
    assert refusal(verifier, token) == "oidc-signature: the token's algorithm is not one of RS256, ES256"


@pytest.mark.security
@pytest.mark.parametrize("algorithm", ["HS512", "RS1", "RS384", "PS256", "ES512", "EdDSA", "dir", 256, None, ["RS256"]])
def test_only_two_algorithms_are_accepted(verifier: OidcVerifier, issuer: LocalIssuer, algorithm: object) -> None:
    token = unsigned({"alg": algorithm, "kid": "k1"}, issuer.github(), b"x" * 256)
    assert refusal(verifier, token) == "oidc-signature: the token's algorithm is not one of RS256, ES256"


@pytest.mark.security
def test_a_token_without_an_algorithm_is_refused(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    assert refusal(verifier, unsigned({"kid": "k1"}, issuer.github())) == NO_JWT


@pytest.mark.security
def test_another_key_under_the_issuers_key_id_is_refused(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    token = issuer.sign(issuer.github(), key=rsa_key("foreign"), kid="k1")
    assert refusal(verifier, token) == SIGNATURE


@pytest.mark.security
def test_a_key_inside_the_token_is_not_used(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    foreign = rsa_key("foreign")
    own = {name: value for name, value in foreign.as_dict(private=False).items() if name in ("kty", "n", "e")}
    token = issuer.sign(issuer.github(), key=foreign, kid="k1", jwk=own)
    assert refusal(verifier, token).startswith("oidc-")


@pytest.mark.security
def test_a_key_url_in_the_token_is_not_followed(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    token = issuer.sign(issuer.github(), key=rsa_key("foreign"), kid="k1", jku="https://evil.example/jwks")
    assert refusal(verifier, token) == SIGNATURE
    assert issuer.fetches == [GITHUB.jwks_url]


@pytest.mark.security
def test_the_algorithm_must_fit_the_key(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    issuer.keys = [rsa_key("k1"), ec_key("e1")]
    for algorithm, key_id in (("ES256", "k1"), ("RS256", "e1")):
        token = unsigned({"alg": algorithm, "kid": key_id}, issuer.github(), b"x" * 64)
        assert refusal(verifier, token) == "oidc-signature: the issuer has no such key"


@pytest.mark.security
@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_one_altered_part_is_refused(verifier: OidcVerifier, issuer: LocalIssuer, part: int) -> None:
    token = issuer.sign(issuer.github()).split(".")
    other = issuer.sign(issuer.github(repository="acme/other", sub="x"), typ="other").split(".")
    token[part] = other[part]
    assert refusal(verifier, ".".join(token)) == SIGNATURE


@pytest.mark.security
def test_a_truncated_signature_is_refused(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    body = issuer.sign(issuer.github()).rpartition(".")[0]
    assert refusal(verifier, body + ".") == SIGNATURE
    assert refusal(verifier, body) == "oidc-malformed: the token is not a signed JWT"


@pytest.mark.security
def test_an_unknown_extension_that_the_token_calls_critical_is_refused(
    verifier: OidcVerifier, issuer: LocalIssuer
) -> None:
    token = unsigned({"alg": "RS256", "kid": "k1", "crit": ["exp"], "exp": 1}, issuer.github(), b"x" * 256)
    assert refusal(verifier, token).startswith("oidc-")


# -- key ids ---------------------------------------------------------------------------------------------------------


@pytest.mark.security
def test_unknown_key_ids_cannot_be_used_to_hammer_the_issuer(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    for number in range(50):
        token = unsigned({"alg": "RS256", "kid": f"unknown-{number}"}, issuer.github(), b"x" * 256)
        assert refusal(verifier, token) == "oidc-signature: the issuer has no such key"
    assert len(issuer.fetches) == 1


@pytest.mark.security
@pytest.mark.parametrize("key_id", [None, "", "k" * 201, 1, ["k1"]])
def test_a_token_must_name_its_key(verifier: OidcVerifier, issuer: LocalIssuer, key_id: object) -> None:
    header = {"alg": "RS256"} if key_id is None else {"alg": "RS256", "kid": key_id}
    token = unsigned(header, issuer.github(), b"x" * 256)
    assert refusal(verifier, token) == "oidc-signature: the token names no key"
    assert issuer.fetches == []


@pytest.mark.parametrize("length", [1, 200])
def test_a_key_id_may_have_1_to_200_characters(verifier: OidcVerifier, issuer: LocalIssuer, length: int) -> None:
    issuer.keys = [rsa_key("k" * length)]
    assert verifier.verify(issuer.sign(issuer.github())).identity.repository == "acme/shop"


@pytest.mark.security
@pytest.mark.reliability
def test_without_the_issuers_keys_nothing_is_accepted(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    issuer.broken = TimeoutError()
    with pytest.raises(IssuerUnavailable):
        verifier.verify(issuer.sign(issuer.github()))


# -- issuer and audience ---------------------------------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize(
    "name", ["https://evil.example", GITHUB.issuer + "/", GITHUB.issuer.upper(), GITHUB.issuer + ".evil.example"]
)
def test_an_issuer_that_is_not_configured_is_refused_and_not_asked(
    verifier: OidcVerifier, issuer: LocalIssuer, name: str
) -> None:
    token = issuer.sign(issuer.github(iss=name))
    assert refusal(verifier, token) == "oidc-issuer: the token's issuer is not configured here"
    assert issuer.fetches == []


@pytest.mark.security
def test_one_issuers_key_does_not_sign_for_another(clock: Clock) -> None:
    github, gitlab = LocalIssuer(clock), LocalIssuer(clock, [rsa_key("k1b")])
    verifier = OidcVerifier(
        (GITHUB, GITLAB),
        AUDIENCE,
        lambda url: (github if url == GITHUB.jwks_url else gitlab).fetch(url),
        now=clock.read,
        monotonic=clock.monotonic,
    )
    assert refusal(verifier, gitlab.sign(gitlab.github())) == "oidc-signature: the issuer has no such key"


def test_a_token_with_two_issuers_is_checked_against_one(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    """Two readers of one JSON text may differ in which of two equal names counts; it must not matter which does."""
    claims = issuer.github()
    del claims["iss"]
    doubled = f'{{"iss": "{GITLAB.issuer}", "iss": "{GITHUB.issuer}", ' + json.dumps(claims)[1:]
    header = {"alg": "RS256", "kid": "k1"}
    token = _signed_payload(header, doubled.encode(), rsa_key("k1"))
    assert verifier.verify(token).identity.issuer == GITHUB.issuer


@pytest.mark.security
@pytest.mark.parametrize(
    "audience", ["covgov", AUDIENCE + "/", "", 1, {}, [], [AUDIENCE, "other"], ["other", AUDIENCE], [[AUDIENCE]]]
)
def test_a_token_for_somebody_else_or_for_others_too_is_refused(
    verifier: OidcVerifier, issuer: LocalIssuer, audience: object
) -> None:
    token = issuer.sign(issuer.github(aud=audience))
    assert refusal(verifier, token) == f"oidc-claims: the token's audience is not {AUDIENCE}"


@pytest.mark.security
def test_a_token_without_an_audience_is_refused(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    token = issuer.sign(issuer.github(aud=None))
    assert refusal(verifier, token) == f"oidc-claims: the token's audience is not {AUDIENCE}"


def test_an_audience_can_be_a_list_of_one(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    assert verifier.verify(issuer.sign(issuer.github(aud=[AUDIENCE]))).identity.repository == "acme/shop"


# -- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.security
def test_an_expired_token_is_refused_beyond_the_skew(verifier: OidcVerifier, issuer: LocalIssuer, clock: Clock) -> None:
    token = issuer.sign(issuer.github())
    clock.forward(359)
    assert verifier.verify(token).identity.repository == "acme/shop"
    clock.forward(1)
    assert refusal(verifier, token) == "oidc-expired: the token has expired"


@pytest.mark.security
@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_that_is_not_yet_valid_is_refused_beyond_the_skew(
    verifier: OidcVerifier, issuer: LocalIssuer, claim: str
) -> None:
    assert verifier.verify(issuer.sign(issuer.github(**{claim: NOW + 60}))).identity.repository == "acme/shop"
    said = refusal(verifier, issuer.sign(issuer.github(**{claim: NOW + 61})))
    why = "The token is not yet valid" if claim == "nbf" else "The token was issued in the future"
    assert said == f"oidc-claims: the token's times are invalid: invalid_claim: {why}"


@pytest.mark.security
def test_without_skew_the_clock_counts_to_the_second(issuer: LocalIssuer, clock: Clock) -> None:
    strict = verifier_of(issuer, skew=0)
    assert strict.verify(issuer.sign(issuer.github())).expires_at == NOON + timedelta(seconds=300)
    assert refusal(strict, issuer.sign(issuer.github(nbf=NOW + 1))).startswith("oidc-claims")
    clock.forward(300)
    assert refusal(strict, issuer.sign(issuer.github(exp=NOW + 300))).startswith("oidc-expired")


@pytest.mark.security
@pytest.mark.parametrize("skew", [-1, 301])
def test_the_skew_is_bounded(issuer: LocalIssuer, skew: int) -> None:
    with pytest.raises(ValueError, match="skew of 0 to 300 seconds"):
        verifier_of(issuer, skew=skew)


@pytest.mark.parametrize("skew", [0, 300])
def test_the_bounds_of_the_skew_are_allowed(issuer: LocalIssuer, skew: int) -> None:
    assert verifier_of(issuer, skew=skew).verify(issuer.sign(issuer.github())).identity.repository == "acme/shop"


def test_the_default_skew_is_a_minute(issuer: LocalIssuer, clock: Clock) -> None:
    usual = OidcVerifier([GITHUB], AUDIENCE, issuer.fetch, now=clock.read)
    assert usual.verify(issuer.sign(issuer.github())).expires_at == NOON + timedelta(seconds=360)


@pytest.mark.security
def test_a_verifier_needs_an_audience(clock: Clock, issuer: LocalIssuer) -> None:
    with pytest.raises(ValueError, match="an audience"):
        OidcVerifier([GITHUB], "", issuer.fetch, now=clock.read)


@pytest.mark.security
@pytest.mark.parametrize("claim", ["exp", "iat"])
@pytest.mark.parametrize("value", [None, "1", True, {}, float("nan"), float("inf")])
def test_time_claims_must_be_present_and_valid(
    verifier: OidcVerifier, issuer: LocalIssuer, claim: str, value: object
) -> None:
    said = refusal(verifier, issuer.sign(issuer.github(**{claim: value})))
    assert said.startswith(("oidc-claims: the token's times are invalid: ", "oidc-expired: the token has expired"))


@pytest.mark.security
@pytest.mark.parametrize(("claim", "value"), [("exp", 10**30), ("iat", -(10**30)), ("exp", 10**12)])
def test_times_beyond_the_calendar_are_refused(
    verifier: OidcVerifier, issuer: LocalIssuer, claim: str, value: int
) -> None:
    said = refusal(verifier, issuer.sign(issuer.github(**{claim: value})))
    assert said == "oidc-claims: the token's times are not dates"


def test_a_token_without_nbf_is_valid_from_its_issue(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    assert verifier.verify(issuer.sign(issuer.github(nbf=None))).identity.repository == "acme/shop"


@pytest.mark.security
def test_a_ci_token_valid_for_more_than_a_day_is_refused(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    verified = verifier.verify(issuer.sign(issuer.github(exp=NOW + 86400)))
    assert verified.expires_at == NOON + timedelta(seconds=86460)
    said = refusal(verifier, issuer.sign(issuer.github(exp=NOW + 86401)))
    assert said == "oidc-claims: the token is valid for more than a day"


# -- other claims and shapes -----------------------------------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize("claim", ["sub", "jti", "repository", "ref"])
def test_a_token_that_lacks_a_claim_is_refused(verifier: OidcVerifier, issuer: LocalIssuer, claim: str) -> None:
    said = refusal(verifier, issuer.sign(issuer.github(**{claim: None})))
    assert said == f"oidc-claims: the claim {claim} is missing or not a text of 1 to 300 characters"


@pytest.mark.security
def test_a_token_whose_subject_is_another_repository_is_refused(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    said = refusal(verifier, issuer.sign(issuer.github(sub="repo:acme/other:ref:refs/heads/main")))
    assert said == "oidc-claims: the claim sub names another repository than the repository claim"


@pytest.mark.security
def test_a_huge_token_is_refused_before_it_is_read(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    token = issuer.sign(issuer.github(padding="x" * LONGEST_TOKEN))
    assert refusal(verifier, token) == "oidc-malformed: the token is longer than 8192 characters or not ASCII"
    assert refusal(verifier, "x" * 10_000_000).startswith("oidc-malformed")
    assert issuer.fetches == []


def test_a_token_of_8192_characters_is_read(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    """Payloads grow by 4 characters for 3 bytes, so a header of a fitting length makes up for the rest."""
    tokens = (
        issuer.sign(issuer.github(padding="x" * size), typ="J" * more)
        for more in range(1, 5)
        for size in range(5600, 5620)
    )
    token = next(token for token in tokens if len(token) == LONGEST_TOKEN)
    assert verifier.verify(token).identity.repository == "acme/shop"


@pytest.mark.security
@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        b64(b"{}") + "..",
        b64(b"[]") + "." + b64(b"{}") + ".",
        b64(b'{"alg":"RS256"}') + "." + b64(b"no json") + "." + b64(b"x"),
        b64(b'{"alg":"RS256"}') + "." + b64(b"[1]") + "." + b64(b"x"),
        b64(b'{"alg":"RS256"}') + "." + b64(b'{"iss": 1}') + "." + b64(b"x"),
        b64(b'{"alg":"RS256"}') + "." + b64(b"\xff") + "." + b64(b"x"),
        b64(b'{"alg":"RS256"}') + "." + b64(b"[" * 5000) + "." + b64(b"x"),
        b64(b"[" * 5000) + "." + b64(b"{}") + "." + b64(b"x"),
        b64(b'{"protected":"x"}'),
    ],
)
def test_a_malformed_jwt_is_refused(verifier: OidcVerifier, token: str) -> None:
    expected = "oidc-malformed: the token is longer than 8192 characters or not ASCII"
    assert refusal(verifier, token) == (NO_JWT if token.isascii() else expected)


@pytest.mark.security
def test_an_encrypted_token_is_refused(verifier: OidcVerifier) -> None:
    assert refusal(verifier, "a.b.c.d.e").startswith("oidc-malformed")


@pytest.mark.security
def test_a_deeply_nested_claim_is_refused(verifier: OidcVerifier, issuer: LocalIssuer) -> None:
    claims = json.dumps(issuer.github())[:-1] + ', "deep": ' + "[" * 2500 + "]" * 2500 + "}"
    token = _signed_payload({"alg": "RS256", "kid": "k1"}, claims.encode(), rsa_key("k1"))
    assert refusal(verifier, token).startswith(("oidc-malformed", "oidc-signature"))


@pytest.mark.security
@settings(max_examples=examples(30))
@given(st.text(alphabet="abcABC012_-.=", max_size=200))
def test_any_text_is_refused_in_order(text: str) -> None:
    with pytest.raises(AuthenticationRefusal):
        verifier_of(LocalIssuer(Clock())).verify(text)


def _signed_payload(header: Mapping[str, object], payload: bytes, key: RSAKey) -> str:
    body = f"{b64(json.dumps(header).encode())}.{b64(payload)}"
    private = key.private_key
    assert private is not None
    return f"{body}.{b64(private.sign(body.encode(), PKCS1v15(), SHA256()))}"
