from __future__ import annotations

import hashlib
import string
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covgov.hub.auth_service.tokens.text import PREFIX, TokenText, checksum, make, read
from covgov_testing.fakes.auth import CountedBytes

KNOWN = "cvg_aaaqeayeaudaocajbifqydiob4_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


class Counting:
    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.asked.append(size)
        return bytes(range(size))


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_a_new_token_can_be_read_back(identity: bytes, secret: bytes) -> None:
    made = make(lambda size: identity if size == 16 else secret)
    assert read(made.text) == made
    assert len(made.text) == 80
    assert made.text.startswith(PREFIX)


def test_a_token_holds_128_bits_of_id_and_256_bits_of_secret_and_a_checksum() -> None:
    source = Counting()
    made = make(source)
    assert source.asked == [16, 32]
    assert made == TokenText("aaaqeayeaudaocajbifqydiob4", KNOWN + checksum(KNOWN))


def test_the_checksum_is_crc32_in_base_62() -> None:
    assert checksum("") == "000000"
    assert checksum("123456789") == "3jZRME"  # the check value of CRC-32 is 0xCBF43926
    assert checksum(KNOWN) == "21lFhY"


@pytest.mark.security
@given(st.integers(0, 79), st.sampled_from(string.ascii_letters + string.digits + "_-.= \n"))
def test_one_wrong_character_is_found_without_the_database(position: int, wrong: str) -> None:
    text = make(CountedBytes()).text
    assume(text[position] != wrong)
    assert read(text[:position] + wrong + text[position + 1 :]) is None


@pytest.mark.security
@pytest.mark.parametrize("change", [str.upper, str.lower, lambda text: text + "\n", lambda text: " " + text])
def test_only_the_exact_text_is_read(change: Callable[[str], str]) -> None:
    assert read(change(make(CountedBytes()).text)) is None


@pytest.mark.security
@given(st.text(max_size=100))
def test_any_other_text_is_no_token(text: str) -> None:
    assert read(text) is None


def test_the_text_is_not_in_the_repr() -> None:
    made = make(CountedBytes())
    assert made.id in repr(made)
    assert made.text[31:74] not in repr(made)


def test_the_digest_is_sha_256_of_the_whole_text() -> None:
    made = make(CountedBytes())
    assert made.digest() == hashlib.sha256(made.text.encode()).hexdigest()
