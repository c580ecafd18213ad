"""Requests to GitHub's REST API, with retries and covgov's errors.

The token is sent in one header only: no message repeats it, redirects are not followed, and pages are requested
by number, so that no link in an answer decides where the token is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx2
import msgspec

from covgov.errors import DeliveryFailed, NotConfigured
from covgov.http.client import HttpClient, RetryPolicy, TransientFailure, one_line, seconds, split_address, unencrypted

PUBLIC_API = "https://api.github.com"
ADDRESS = "GITHUB_API_URL"
TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
"""Variables with the token; the first that is set counts."""

API_VERSION = "2022-11-28"
ATTEMPTS = 5
SECONDARY_WAIT = 60.0
"""GitHub's documented wait for a secondary rate limit without a time."""

TRANSIENT = frozenset({408, 500, 502, 503, 504})

T = TypeVar("T")


class _ErrorDocument(msgspec.Struct, frozen=True):
    """GitHub's error document."""

    message: str = ""
    errors: msgspec.Raw = msgspec.Raw(b"")


class GithubClient:
    """Requests to one GitHub. The connection is opened by the first request and kept."""

    def __init__(
        self, base: str, token: str, *, attempts: int = ATTEMPTS, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._base = base
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": API_VERSION,
        }
        patience = RetryPolicy(attempts, read=30.0, first_pause=0.5, longest_pause=15.0)
        self._http = HttpClient(headers, patience, transport=transport)
        self._elsewhere = HttpClient({"Accept-Encoding": "identity"}, patience, transport=transport)
        self.insist = self._http.insist

    def once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        redirect: bool = False,
    ) -> httpx2.Response:
        """Send one request. Raises TransientFailure, or DeliveryFailed when a retry does not help.

        DELETE of a missing object succeeds. redirect: whether one is an answer, too.
        """
        request = self._http.build_json(method, self._base + path, params, body)
        what = f"{method} {path}"
        response = self._http.send(request, lambda why: _silent(what, why))
        expected = response.is_success or (method, response.status_code) == ("DELETE", 404)
        if not expected and not (redirect and response.is_redirect):
            raise _refusal(response, what)
        return response

    def redirected(self, path: str, most: int) -> bytes:
        """What GitHub stores elsewhere: at most `most` bytes and one more. The token is not sent there."""
        answer = self.once("GET", path, redirect=True)
        what, address = f"GET {path}", answer.headers.get("location", "")
        if not answer.is_redirect or not _safe(address):
            raise _unexpected(answer)
        request = self._elsewhere.build("GET", address)
        status, data = self._elsewhere.beginning(request, most, lambda why: _silent(what, why))
        if status != 200:
            raise TransientFailure(_silent(what, f"HTTP {status} from the storage"))
        return data


def connect(env: Mapping[str, str], *, transport: httpx2.BaseTransport | None = None) -> GithubClient:
    """A client configured by GITHUB_API_URL (GitHub's own by default) and GITHUB_TOKEN or GH_TOKEN.

    Raises NotConfigured (`github-token-missing`) and DeliveryFailed (`github-api-address`).
    """
    token = next((env[name].strip() for name in TOKENS if env.get(name, "").strip()), "")
    if not token.isascii() or not token.isprintable() or not token:
        raise NotConfigured(
            "github-token-missing",
            f"no usable token for GitHub: {' and '.join(TOKENS)} are empty or damaged",
            hint="in a workflow pass it to the step: `env: GITHUB_TOKEN: ${{ github.token }}`",
        )
    return GithubClient(_base(env.get(ADDRESS, "") or PUBLIC_API), token, transport=transport)


def decode(response: httpx2.Response, kind: type[T]) -> T:
    """The body as a value. Raises DeliveryFailed (`github-unexpected`)."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (ValueError, RecursionError):
        raise _unexpected(response) from None


def _unexpected(response: httpx2.Response) -> DeliveryFailed:
    return DeliveryFailed(
        "github-unexpected",
        f"{response.request.method} {response.request.url.path}: the answer is not what GitHub documents",
        hint=f"check that {ADDRESS} is the address of a GitHub API, without a proxy that answers instead",
    )


def _safe(address: str) -> bool:
    """Whether a redirect leads to an address that is encrypted, or to this machine."""
    url = split_address(address.partition("?")[0])
    return url is not None and not unencrypted(url)


def has_next(response: httpx2.Response) -> bool:
    """Whether there is another page."""
    return "next" in response.links


def _base(text: str) -> str:
    url = split_address(text)
    if url is None:
        raise DeliveryFailed(
            "github-api-address",
            f"{ADDRESS} is not the address of an API",
            hint=f"leave it to the runner, or use {PUBLIC_API} or https://HOST/api/v3",
        )
    if unencrypted(url):
        raise DeliveryFailed(
            "github-api-address",
            f"{ADDRESS} is {text}: the token would travel unencrypted",
            hint="use https; plain http is for this machine",
        )
    return text.rstrip("/")


def _refusal(response: httpx2.Response, what: str) -> Exception:
    """The error of a failed request: TransientFailure or DeliveryFailed."""
    reason = _reason(response)
    message = f"{what}: {reason}"
    status = response.status_code
    if status == 401:
        return DeliveryFailed(
            "github-token-refused", message, hint="the token is wrong, expired or revoked: use a new one"
        )
    if status == 429 or (status == 403 and _limited(response, reason)):
        wait = _wait(response)
        hint = f"GitHub asks to wait {wait:.0f} s" if wait < float("inf") else "GitHub gives no time"
        return TransientFailure(
            DeliveryFailed("github-rate-limited", message, hint=f"{hint}; deliver again later"), wait
        )
    if status == 403:
        return DeliveryFailed(
            "github-forbidden",
            message,
            hint="give the job the permission that docs/github.md lists; tokens of pull requests from forks only read",
        )
    if status in TRANSIENT:
        return TransientFailure(_silent(what, reason), seconds(response.headers.get("retry-after", "")))
    return DeliveryFailed(
        "github-refused", message, hint="GitHub also answers 404 when the token lacks access, see docs/github.md"
    )


def _silent(what: str, reason: str) -> DeliveryFailed:
    return DeliveryFailed("github-unreachable", f"{what}: {reason}", hint="deliver it again later; nothing is lost")


def _reason(response: httpx2.Response) -> str:
    """The status and GitHub's message, as one printable line."""
    try:
        document = msgspec.json.decode(response.content, type=_ErrorDocument)
    except (ValueError, RecursionError):
        document = _ErrorDocument()
    words = " ".join(filter(None, (document.message, bytes(document.errors).decode("utf-8", "replace"))))
    line = one_line(words)
    return f"HTTP {response.status_code}" + (f", {line}" if line else "")


def _limited(response: httpx2.Response, reason: str) -> bool:
    headers = response.headers
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in reason.lower()


def _wait(response: httpx2.Response) -> float:
    """Seconds until a rate limit ends; infinite without a date in the answer."""
    asked = seconds(response.headers.get("retry-after", ""))
    if asked is not None:
        return asked
    reset = seconds(response.headers.get("x-ratelimit-reset", ""))
    if response.headers.get("x-ratelimit-remaining") != "0" or reset is None:
        return SECONDARY_WAIT
    try:
        clock = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except ValueError:
        return float("inf")
    return max(0.0, reset - clock) + 1.0
