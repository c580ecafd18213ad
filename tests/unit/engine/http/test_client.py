from __future__ import annotations

import httpx2
import pytest

from covgov.http.client import (
    LONGEST_LINE,
    LONGEST_WAIT,
    HttpClient,
    RetryPolicy,
    TransientFailure,
    loopback,
    one_line,
    pause,
    seconds,
    split_address,
    unencrypted,
)


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
def test_a_servers_message_becomes_one_short_printable_line() -> None:
    assert one_line("no\n::error::\x1b[31m\u202eéé") == "no ::error:: [31m éé"
    assert len(one_line("x" * 10_000)) == LONGEST_LINE


@pytest.mark.parametrize(
    ("header", "expected"),
    [("0", 0.0), ("7", 7.0), ("9" * 400, float("inf")), ("", None), ("-1", None), ("1.5", None), ("Sun, 22 Nov", None)],
)
def test_a_wait_is_a_whole_number_of_seconds(header: str, expected: float | None) -> None:
    assert seconds(header) == expected


@pytest.mark.reliability
@pytest.mark.parametrize("header", ["²", "٣", "१"])
def test_non_ascii_digits_in_a_header_are_ignored(header: str) -> None:
    assert seconds(header) is None


def test_retries_follow_retry_after_within_the_limit() -> None:
    failure = ValueError("busy")
    assert pause(TransientFailure(failure)) is True
    assert pause(TransientFailure(failure, 0.0)) == 0.0
    assert pause(TransientFailure(failure, LONGEST_WAIT)) == LONGEST_WAIT
    assert pause(TransientFailure(failure, LONGEST_WAIT + 1)) is False
    assert pause(failure) is False


@pytest.mark.reliability
def test_an_unsupported_scheme_is_not_retried() -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        raise httpx2.UnsupportedProtocol("ftp")

    client = HttpClient({}, RetryPolicy(3, 1.0, 0.0, 0.0), transport=httpx2.MockTransport(answer))
    with pytest.raises(LookupError, match="UnsupportedProtocol: ftp"):
        client.insist(lambda: client.send(client.build("GET", "https://hub.example"), LookupError))
    assert len(asked) == 1


@pytest.mark.reliability
def test_a_lost_connection_is_retried_within_the_limit() -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        raise httpx2.ConnectError("refused")

    client = HttpClient({}, RetryPolicy(3, 1.0, 0.0, 0.0), transport=httpx2.MockTransport(answer))
    with pytest.raises(LookupError, match="ConnectError: refused"):
        client.insist(lambda: client.send(client.build("GET", "https://hub.example"), LookupError))
    assert len(asked) == 3


@pytest.mark.security
@pytest.mark.parametrize(
    "text", ["", "hub.example", "ftp://x", "https://u:p@x", "https://x?q=1", "https://x#f", "https://[", "https://x:0"]
)
def test_only_a_plain_http_address_is_an_address(text: str) -> None:
    assert split_address(text) is None


@pytest.mark.security
@pytest.mark.parametrize(
    ("text", "open_"), [("http://hub.example", True), ("http://127.0.0.1:8", False), ("https://hub.example", False)]
)
def test_plain_http_to_another_machine_is_unencrypted(text: str, *, open_: bool) -> None:
    url = split_address(text)
    assert url is not None
    assert unencrypted(url) is open_
