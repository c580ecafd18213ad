"""Planted secrets do not come out, in whatever shape of a field they are put in."""

from __future__ import annotations

import base64
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.hub.eventlog.redaction import DEEPEST, GONE, LONGEST, blank_credentials, redact, redact_text
from covgov_testing.fakes.eventlog import Unshowable

CORE = "5ecretCORE9"
"""What must never come out; every planted secret holds it."""
WIDE = f"{CORE}{'x' * 40}"
SECRETS = {
    "token of the hub": f"cvg_{'a2' * 13}_{WIDE}Ab12Cd",
    "half a token of the hub": f"cvg_{CORE}",
    "GitHub token": f"ghp_{WIDE}",
    "fine-grained GitHub token": f"github_pat_{WIDE}",
    "GitLab token": f"glpat-{WIDE}",
    "Slack token": f"xoxb-{WIDE}",
    "Slack web hook": f"https://hooks.slack.com/services/T0/B0/{CORE}",
    "bearer": f"Bearer {CORE}",
    "bearer in lower case": f"bearer {CORE}=",
    "basic": f"Basic {CORE}dXNlcjpwYXNz==",
    "digest": f'Digest username="u", response="{CORE}"',
    "negotiate": f"Negotiate {CORE}YII=",
    "JWT": f"eyJhbGciOiJSUzI1NiJ9.{CORE}.{CORE}",
    "URL with a password": f"postgresql+psycopg://covgov:{CORE}@db.example/hub",
    "URL with @ and / in the password": f"postgresql://covgov:a@b/{CORE}@db.example/hub",
    "URL with a token as user": f"https://{CORE}@git.example/a.git",
    "query parameter": f"GET /v1/x?access_token={CORE}&page=2",
    "assignment": f"password={CORE}",
    "quoted assignment": f'{{"client_secret": "{CORE} and {CORE}"}}',
    "header line": f"Authorization: Custom word {CORE}",
    "cookie line": f"Cookie: a=1; session={CORE}; b=2",
    "header among others": f"Host: x\r\nX-Api-Key: {CORE}\r\nAccept: */*",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{CORE}\n{CORE}\n-----END RSA PRIVATE KEY-----",
    "cut private key": f"-----BEGIN PRIVATE KEY-----\n{CORE}",
}


@dataclass
class Holder:
    said: str


class Word(StrEnum):
    SAID = f"cvg_{CORE}"


class Failure(Exception):
    pass


SHAPES: dict[str, Callable[[str], object]] = {
    "text": lambda secret: secret,
    "inside a sentence": lambda secret: f"could not send '{secret}' to the server",
    "bytes": lambda secret: secret.encode(),
    "bytearray": lambda secret: bytearray(secret.encode()),
    "memoryview": lambda secret: memoryview(secret.encode()),
    "list": lambda secret: [1, secret],
    "tuple": lambda secret: (secret, 2, 3),
    "set": lambda secret: {secret},
    "frozenset": lambda secret: frozenset([secret]),
    "mapping": lambda secret: {"said": secret},
    "ordered mapping": lambda secret: OrderedDict(said=secret),
    "read-only mapping": lambda secret: MappingProxyType({"said": secret}),
    "key of a mapping": lambda secret: {secret: 1},
    "key as bytes": lambda secret: {secret.encode(): 1},
    "key that is a pair": lambda secret: {(1, secret): 1},
    "deep": lambda secret: {"a": [{"b": ({"c": [secret]},)}]},
    "exception": lambda secret: Failure(f"cannot use {secret}"),
    "dataclass": lambda secret: Holder(secret),
    "list of pairs": lambda secret: [("x-note", secret), (b"x-note", secret.encode())],
}


def shown(value: object) -> str:
    """As the line has it."""
    return msgspec.json.encode(redact(value)).decode()


@pytest.mark.security
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_redacted_in_any_structure(secret: str, shape: str) -> None:
    text = shown(SHAPES[shape](SECRETS[secret]))
    assert CORE not in text
    assert GONE in text


@pytest.mark.security
@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "set-cookie",
        "password",
        "passwd",
        "db_password",
        "pwd",
        "passphrase",
        "client_secret",
        "secrets",
        "credentials",
        "api_key",
        "X-Api-Key",
        "private_key",
        "token",
        "access_token",
        "COVGOV_HUB_TOKEN",
        "id-token",
        "jwt",
        "bearer",
        "dsn",
        "X-Hub-Signature-256",
    ],
)
@pytest.mark.parametrize("value", [CORE, CORE.encode(), [CORE], {"a": CORE}, 4711, (1, CORE)])
def test_values_of_secret_keys_are_dropped(name: str, value: object) -> None:
    assert redact({name: value}) == {name: GONE}
    assert redact([(name, value)]) == [[name, GONE]]
    assert redact([(name.encode(), value)]) == [[name, GONE]]


@pytest.mark.parametrize(
    "name", ["token_id", "tokens", "request_id", "authors", "passed", "path", "actor", "secretary_"]
)
def test_harmless_names_keep_their_values_unless_they_hold_a_secret_s_name(name: str) -> None:
    kept = redact({name: "api"})
    assert kept == ({name: GONE} if "secret" in name else {name: "api"})


def test_the_id_of_a_token_is_no_secret() -> None:
    identity = "abcdefghijklmnopqrstuvwx23"
    assert redact({"token": identity, "actor": f"token:{identity}"}) == {
        "token": identity,
        "actor": f"token:{identity}",
    }
    assert redact({"token": f"{identity}4"}) == {"token": GONE}


@pytest.mark.parametrize("value", [None, True, False])
def test_the_presence_of_a_secret_can_be_logged(value: object) -> None:
    assert redact({"password": value}) == {"password": value}


@pytest.mark.parametrize(
    "text",
    [
        "weekly digest report",
        "basic coverage of the api",
        "the bearer of bad news",
        "tokens: 12",
        "https://hub.example/acme/shop?page=2",
        "mail owner@example.invalid about it",
        "token:abcdefghijklmnopqrstuvwxyz",
        "2f6f7d5a6bd1d6e3a4c8b21b2b6d6f7d5a6bd1d6e3a4c8b21b2b6d6f7d5a6bd1",
        "src/covgov/hub/auth_service/tokens/tokens.py",
    ],
)
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert redact_text(text) == text
    assert blank_credentials(text) == text


def test_an_audit_entry_keeps_assignments_that_hold_no_credential() -> None:
    assert blank_credentials("token=short") == "token=short"
    assert redact_text("token=short") == f"token={GONE}"


def test_the_text_around_a_secret_stays() -> None:
    assert redact_text(f"GET /x?token={CORE}&page=2") == f"GET /x?token={GONE}&page=2"
    assert redact_text(f"open postgresql://u:{CORE}@db/hub now") == f"open postgresql://{GONE}@db/hub now"


@pytest.mark.security
@given(st.integers(min_value=0, max_value=len(SECRETS["GitHub token"]) + 5))
def test_shortening_never_cuts_a_token_open(before: int) -> None:
    text = redact_text("y" * (LONGEST - before) + " " + SECRETS["GitHub token"] + " end" * 50)
    assert CORE not in text
    assert "[shortened, had " in text


def test_shortened_text_states_its_length() -> None:
    assert redact_text("y" * (LONGEST + 7)) == f"{'y' * LONGEST}[shortened, had {LONGEST + 7} characters]"
    assert redact_text("y" * LONGEST) == "y" * LONGEST


@pytest.mark.reliability
@pytest.mark.parametrize(
    "piece",
    ["y", "a.", "a://", "eyJ-", "bearer ", "token", 'token="', "password: ", "://a:", "-----BEGIN PRIVATE ", "Cookie:"],
)
def test_redaction_of_hostile_text_is_linear(piece: str) -> None:
    before = time.process_time()
    redact_text(piece * 100_000)
    assert time.process_time() - before < 2.0


def test_a_recursive_value_is_cut() -> None:
    loop: dict[str, object] = {}
    loop["again"] = loop
    assert "[too deep]" in shown(loop)


def test_the_deepest_text_is_redacted_too() -> None:
    value: object = f"Bearer {CORE}"
    for _ in range(DEEPEST):
        value = [0, 0, value]
    assert CORE not in shown(value)
    assert GONE in shown(value)


def test_an_object_that_cannot_be_shown_says_so() -> None:
    assert redact(Unshowable()) == "<Unshowable that cannot be shown: RuntimeError>"


class Level(IntEnum):
    HIGH = 3


def test_numbers_and_enumerations_become_plain() -> None:
    assert redact([1, 2.5, Level.HIGH, True, None]) == [1, 2.5, 3, True, None]
    assert type(redact(Level.HIGH)) is int
    assert redact(2**70) == str(2**70)
    assert redact(Word.SAID) == GONE


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.binary() | st.integers(), inner),
    max_leaves=12,
)


@given(json_like)
def test_redacted_values_are_json(value: object) -> None:
    encoded = msgspec.json.encode(redact(value))
    assert b"\n" not in encoded
    msgspec.json.decode(encoded)


@pytest.mark.parametrize("text", ["\ud800", "a\udcffb"])
def test_broken_unicode_is_shown_escaped(text: str) -> None:
    assert "\\ud" in str(redact(text))
    assert "\\\\ud" in shown({text: [Holder(text), text]})


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


@pytest.mark.security
@given(st.binary(min_size=12, max_size=60), st.sampled_from(["Basic ", "Bearer "]))
def test_credentials_of_any_bytes_are_blanked(secret: bytes, scheme: str) -> None:
    text = base64.b64encode(secret).decode()
    wanted = any(not letter.islower() for letter in text)
    assert (text not in redact_text(f"sent {scheme}{text} to it")) or not wanted
