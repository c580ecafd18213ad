"""The hub over HTTP: one request at a time, retried within bounds, every refusal in covgov's own words.

The token goes into one header and nowhere else: no message, note or error repeats it, and it is sent to no other host
than the one that the policy names (redirects are not followed).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx2
import msgspec

from covgov.errors import PolicyInvalid
from covgov.http.client import (
    LONGEST_WAIT,
    HttpClient,
    RetryPolicy,
    TransientFailure,
    one_line,
    seconds,
    split_address,
    unencrypted,
)

TOKEN = "COVGOV_HUB_TOKEN"  # noqa: S105 - the name of the variable
OWN = re.compile(r"cvg_[A-Za-z0-9_-]+")
"""What the hub's own tokens look like."""

JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""What the OIDC token of a CI job looks like."""

ATTEMPTS = 6
TRANSIENT = frozenset({408, 429, 502, 503, 504})
PART = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HubAddress:
    """base: scheme, host and path prefix of the hub, without a slash at its end."""

    base: str
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.base}/{self.owner}/{self.name}"

    @property
    def history(self) -> str:
        """Where the API keeps the history of this repository."""
        return f"{self.base}/v1/repositories/{self.owner}/{self.name}/history"


class HubRefusal(Exception):
    """The hub's last answer, or why there was none (status 0). code, hint: of its problem document."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint


class _TokenAnswer(msgspec.Struct, frozen=True):
    token: str


class _ProblemAnswer(msgspec.Struct, frozen=True):
    code: str = ""
    detail: str = ""
    hint: str = ""


def parse(text: str) -> HubAddress:
    """`https://hub.example/owner/name`. Raises PolicyInvalid (`history-store-unknown`, `history-store-insecure`)."""
    url = split_address(text)
    parts = url.path.strip("/").split("/") if url is not None else []
    if url is None or len(parts) < 2 or not all(map(PART.fullmatch, parts)):
        raise PolicyInvalid(
            "history-store-unknown",
            "[history] store = hub:...: not the address of a repository in a hub",
            hint=f"use hub:https://hub.example/owner/name; set its token in the environment variable {TOKEN}",
        )
    if unencrypted(url):
        raise PolicyInvalid(
            "history-store-insecure",
            f"[history] store = hub:http://{url.hostname}/...: the token would travel unencrypted",
            hint="use https; plain http is for a hub on this machine",
        )
    address = HubAddress("/".join((f"{url.scheme}://{url.netloc}", *parts[:-2])), parts[-2], parts[-1])
    outside = address.base.removesuffix("/v1/repositories")
    if outside != address.base:
        raise PolicyInvalid(
            "history-store-unknown",
            "[history] store = hub:...: the address that the API has for a repository, not the repository's own",
            hint=f"use hub:{outside}/{address.owner}/{address.name}",
        )
    return address


class HubClient:
    """Requests to the history of one repository. The first one opens the connection, the others reuse it."""

    def __init__(
        self,
        address: HubAddress,
        token: str,
        *,
        attempts: int = ATTEMPTS,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.address = address
        self.token_given = bool(token)
        self._foreign = token if token and not OWN.fullmatch(token) else ""
        self._unexchanged: HubRefusal | None = None
        headers = {"Accept": "application/json"}
        if token and not self._foreign:
            headers["Authorization"] = f"Bearer {token}"
        patience = RetryPolicy(attempts, read=120.0, first_pause=0.2, longest_pause=10.0)
        self._http = HttpClient(headers, patience, transport=transport)

    def get(self, path: str, kind: type[T], params: Mapping[str, str]) -> T:
        """The answer to a question. Raises HubRefusal."""
        request = self._http.build("GET", f"{self.address.history}/{path}", params=dict(params))
        return self._answer(request, kind)

    def post(self, path: str, body: object, kind: type[T]) -> T:
        """The answer to a JSON body, which is sent compressed. Raises HubRefusal."""
        request = self._http.build(
            "POST",
            f"{self.address.history}/{path}",
            content=gzip.compress(msgspec.json.encode(body), compresslevel=5, mtime=0),
            headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        )
        return self._answer(request, kind)

    def _answer(self, request: httpx2.Request, kind: type[T]) -> T:
        self._exchange()
        authorization = self._http.headers.get("Authorization")
        if authorization:
            request.headers["Authorization"] = authorization
        return self._insisted(request, kind)

    def _exchange(self) -> None:
        """A CI's OIDC token is good for one request: it is exchanged for a token of the hub, once.

        Raises HubRefusal, the same each time: without the token every later answer would be about a missing one.
        """
        if self._unexchanged is not None:
            raise self._unexchanged
        if not self._foreign:
            return
        shown, self._foreign = self._foreign, ""
        try:
            given = self._given_for(shown)
        except HubRefusal as refused:
            self._unexchanged = refused
            raise
        self._http.headers["Authorization"] = f"Bearer {given.token}"

    def _given_for(self, shown: str) -> _TokenAnswer:
        if not JWT.fullmatch(shown):
            raise HubRefusal(401, "", "the token is not a token of a hub, nor a CI's")
        headers = {"Authorization": f"Bearer {shown}"}
        named = {"repository": f"{self.address.owner}/{self.address.name}"}
        request = self._http.build("POST", f"{self.address.base}/v1/tokens/exchange", headers=headers, params=named)
        return self._insisted(request, _TokenAnswer)

    def _insisted(self, request: httpx2.Request, kind: type[T]) -> T:
        return self._http.insist(lambda: self._once(request, kind))

    def _once(self, request: httpx2.Request, kind: type[T]) -> T:
        response = self._http.send(request, lambda why: HubRefusal(0, "", f"no answer ({why})"))
        if response.status_code in TRANSIENT:
            raise TransientFailure(_refused(response), seconds(response.headers.get("retry-after", "")))
        if not response.is_success:
            raise _refused(response)
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (ValueError, RecursionError):
            raise HubRefusal(
                response.status_code, "", "the answer is not a hub's", "is this the address of a covgov hub?"
            ) from None


def _refused(response: httpx2.Response) -> HubRefusal:
    try:
        problem = msgspec.json.decode(response.content, type=_ProblemAnswer)
    except (ValueError, RecursionError):
        problem = _ProblemAnswer()
    message = problem.detail or f"HTTP {response.status_code}"
    wait = seconds(response.headers.get("retry-after", "")) or 0.0
    hint = f"try again in {wait:.0f} s" if wait > LONGEST_WAIT else problem.hint
    return HubRefusal(response.status_code, problem.code, one_line(message), one_line(hint))
