"""Requests to GitLab's REST API, with retries and covgov's errors.

The token is sent in one header only: no message repeats it, redirects are not followed, and pages are requested by
number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import httpx2
import msgspec

from covgov.errors import DeliveryFailed, NotConfigured
from covgov.http.client import HttpClient, RetryPolicy, TransientFailure, one_line, seconds, split_address, unencrypted

TOKEN = "GITLAB_TOKEN"  # noqa: S105 - the name of a variable
ADDRESS = "CI_API_V4_URL"
PATIENCE = RetryPolicy(5, read=30.0, first_pause=0.5, longest_pause=15.0)
TRANSIENT = frozenset({408, 500, 502, 503, 504})
PER_PAGE = 100
MOST_PAGES = 100
"""Longer listings are refused."""

T = TypeVar("T")


class GitlabClient:
    """Requests to one GitLab. Every method raises DeliveryFailed; `once` also TransientFailure."""

    def __init__(
        self, base: str, token: str, *, patience: RetryPolicy = PATIENCE, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._base = base
        self._http = HttpClient({"PRIVATE-TOKEN": token}, patience, transport=transport)
        self.insist = self._http.insist

    def once(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None
    ) -> httpx2.Response:
        """Send one request. DELETE of a missing object succeeds."""
        request = self._http.build_json(method, self._base + path, params, body)
        what = f"{method} {path}"
        response = self._http.send(request, lambda why: _unreachable(what, why))
        if not response.is_success and (method, response.status_code) != ("DELETE", 404):
            raise _refusal(response, what)
        return response

    def get(self, path: str, kind: type[T], params: Mapping[str, str] | None = None) -> T:
        return decode(self.once("GET", path, params=params), kind)

    def post(self, path: str, kind: type[T], body: object) -> T:
        return decode(self.once("POST", path, body=body), kind)

    def pages(self, path: str, kind: type[T], params: Mapping[str, str]) -> Iterator[T]:
        """The pages of a listing, in GitLab's order."""
        for number in range(1, MOST_PAGES + 1):
            page = {**params, "per_page": str(PER_PAGE), "page": str(number)}
            response = self.once("GET", path, params=page)
            yield decode(response, kind)
            if not response.headers.get("x-next-page"):
                return
        raise DeliveryFailed("gitlab-unexpected", f"GET {path}: more than {MOST_PAGES} pages")


def connect(env: Mapping[str, str], *, transport: httpx2.BaseTransport | None = None) -> GitlabClient:
    """A client configured by CI_API_V4_URL and GITLAB_TOKEN. Raises NotConfigured (`gitlab-token-missing`)."""
    token, base = env.get(TOKEN, "").strip(), env.get(ADDRESS, "").strip()
    url = split_address(base)
    usable = token.isascii() and token.isprintable() and token != ""
    if not usable or url is None or unencrypted(url):
        raise NotConfigured(
            "gitlab-token-missing",
            f"{TOKEN} is empty or damaged, or {ADDRESS} is no address over https",
            hint=f"set the CI/CD variable {TOKEN} to a project access token; docs/ci/gitlab.md names its scopes",
        )
    return GitlabClient(base.rstrip("/"), token, transport=transport)


def decode(response: httpx2.Response, kind: type[T]) -> T:
    """The body as a value."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (ValueError, RecursionError):
        raise DeliveryFailed(
            "gitlab-unexpected",
            f"{response.request.method} {response.request.url.path}: the answer is not what GitLab documents",
            hint=f"check that {ADDRESS} is the address of a GitLab API, without a proxy that answers instead",
        ) from None


def _refusal(response: httpx2.Response, what: str) -> Exception:
    status = response.status_code
    message = f"{what}: HTTP {status}, {one_line(response.text)}".rstrip(", ")
    wait = seconds(response.headers.get("retry-after", ""))
    if status == 401:
        return DeliveryFailed("gitlab-token-refused", message, hint=f"{TOKEN} is wrong, expired or revoked")
    if status == 403:
        return DeliveryFailed(
            "gitlab-forbidden", message, hint=f"docs/ci/gitlab.md lists the role and the scope that {TOKEN} needs"
        )
    if status == 429:
        return TransientFailure(DeliveryFailed("gitlab-rate-limited", message, hint="deliver it again later"), wait)
    if status in TRANSIENT:
        return TransientFailure(_unreachable(what, f"HTTP {status}"), wait)
    return DeliveryFailed(
        "gitlab-refused", message, hint="GitLab also answers 404 when the token lacks access, see docs/ci/gitlab.md"
    )


def _unreachable(what: str, reason: str) -> DeliveryFailed:
    return DeliveryFailed("gitlab-unreachable", f"{what}: {reason}", hint="deliver it again later; nothing is lost")
