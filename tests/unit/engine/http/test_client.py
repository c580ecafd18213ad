from __future__ import annotations

import pytest

from covgov.http.client import LONGEST_WAIT, MOST_TOLD, loopback, one_line, pause, seconds


@pytest.mark.security
@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, *, here: bool) -> None:
    assert loopback(host) is here


@pytest.mark.security
def test_the_words_of_a_server_are_one_harmless_line_of_bounded_length() -> None:
    assert one_line("no\n::error::\x1b[31m\u202eéé") == "no ::error:: [31m éé"
    assert len(one_line("x" * 10_000)) == MOST_TOLD


@pytest.mark.parametrize(
    ("header", "expected"),
    [("0", 0.0), ("7", 7.0), ("9" * 400, float("inf")), ("", None), ("-1", None), ("1.5", None), ("Sun, 22 Nov", None)],
)
def test_a_wait_is_a_whole_number_of_seconds(header: str, expected: float | None) -> None:
    assert seconds(header) == expected


@pytest.mark.reliability
@pytest.mark.parametrize("header", ["²", "٣", "१"])
def test_digits_that_are_no_number_in_a_header_are_no_wait(header: str) -> None:
    assert seconds(header) is None


def test_a_server_that_says_nothing_is_asked_again_and_one_that_says_too_long_is_not() -> None:
    assert pause(None) is True
    assert pause(0.0) == 0.0
    assert pause(LONGEST_WAIT) == LONGEST_WAIT
    assert pause(LONGEST_WAIT + 1) is False
