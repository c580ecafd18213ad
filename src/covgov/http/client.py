"""The one HTTP client: headers, timeouts and retries.

A token is sent in one header only: no message repeats it, and redirects are not followed, so that no
other host gets it. A server's message is shown as one printable line.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import httpx2
import msgspec
import stamina
from stamina.instrumentation import set_on_retry_hooks

from covgov import __version__

LONGEST_WAIT = 120.0
"""Limit in seconds of one wait, and of all attempts together; a longer wait is reported as an error."""

LONGEST_LINE = 500
_CHUNK = 2**16

T = TypeVar("T")


class TransientFailure(Exception):
    """A failure that a retry can solve.

    failure: raised when no attempt is left. seconds: the server's Retry-After, None without
    one.
    """

    def __init__(self, failure: Exception, seconds: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Number of attempts, and timeouts and pauses in seconds."""

    attempts: int
    read: float
    first_pause: float
    longest_pause: float


class HttpClient:
    """Requests to one server. The connection is opened by the first request and kept."""

    def __init__(
        self, headers: Mapping[str, str], patience: RetryPolicy, *, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._patience = patience
        timeout = httpx2.Timeout(10.0, read=patience.read, write=60.0)
        agent = {"User-Agent": f"covgov/{__version__}"}
        self._http = httpx2.Client(headers={**agent, **headers}, timeout=timeout, transport=transport)
        self.headers = self._http.headers
        self.build = self._http.build_request
        set_on_retry_hooks([])  # stamina would print each retry to stdout, which belongs to the result

    def __del__(self) -> None:
        http = getattr(self, "_http", None)
        if http is not None:
            http.close()

    def build_json(self, method: str, address: str, params: Mapping[str, str] | None, body: object) -> httpx2.Request:
        """A request with `body` as JSON, None for no body."""
        content = None if body is None else msgspec.json.encode(body)
        headers = None if body is None else {"Content-Type": "application/json"}
        return self._http.build_request(method, address, params=dict(params or {}), content=content, headers=headers)

    def send(self, request: httpx2.Request, no_answer: Callable[[str], Exception]) -> httpx2.Response:
        """Send one request; any status is an answer. Raises TransientFailure with `no_answer(reason)`."""
        try:
            return self._http.send(request)
        except httpx2.UnsupportedProtocol as error:
            raise no_answer(f"{type(error).__name__}: {error}") from None
        except httpx2.TransportError as error:
            raise TransientFailure(no_answer(f"{type(error).__name__}: {error}")) from None

    def beginning(self, request: httpx2.Request, most: int, no_answer: Callable[[str], Exception]) -> tuple[int, bytes]:
        """The status, and of the answer at most `most` bytes and one more, so that a longer one is noticed. Raises
        TransientFailure with `no_answer(reason)`."""
        data = bytearray()
        try:
            response = self._http.send(request, stream=True)
            try:
                for chunk in response.iter_raw(_CHUNK):
                    data += chunk[: most + 1 - len(data)]
                    if len(data) > most:
                        break
            finally:
                response.close()
        except httpx2.TransportError as error:
            raise TransientFailure(no_answer(f"{type(error).__name__}: {error}")) from None
        return response.status_code, bytes(data)

    def insist(self, step: Callable[[], T]) -> T:
        """Run a step of one or more requests, repeated as a whole until it succeeds or no attempt is left.

        So a step that searches before it creates does not create twice when an answer is lost. Raises what the
        step raises, and the failure of the last TransientFailure.
        """
        patience = self._patience
        attempts = stamina.retry_context(
            on=pause,
            attempts=patience.attempts,
            timeout=LONGEST_WAIT,
            wait_initial=patience.first_pause,
            wait_max=patience.longest_pause,
        )
        try:
            for attempt in attempts:
                with attempt:
                    return step()
        except TransientFailure as later:
            raise later.failure from None
        raise AssertionError("stamina ends with an answer or an error")


def pause(error: Exception) -> bool | float:
    """Wait before the next attempt: the server's seconds, True for the default, False for no further attempt."""
    if not isinstance(error, TransientFailure):
        return False
    if error.seconds is None:
        return True
    return error.seconds if error.seconds <= LONGEST_WAIT else False


def split_address(text: str) -> SplitResult | None:
    """A plain http(s) address without user, query or fragment; None for anything else."""
    try:
        url = urlsplit(text)
        plain = bool(url.hostname) and url.username is None and not url.query and not url.fragment and url.port != 0
    except ValueError:
        return None
    return url if plain and url.scheme in ("http", "https") else None


def unencrypted(url: SplitResult) -> bool:
    """Whether a token would travel unencrypted over a network."""
    return url.scheme == "http" and not loopback(url.hostname or "")


def loopback(host: str) -> bool:
    """Whether the host is this machine, so that unencrypted data does not leave it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def one_line(text: str) -> str:
    """A server's message for a terminal: one line, no control characters, limited length."""
    return "".join(character if character.isprintable() else " " for character in text)[:LONGEST_LINE]


def seconds(header: str) -> float | None:
    """A header's number of seconds; None for anything else, like a date."""
    return float(header) if header.isascii() and header.isdigit() else None
