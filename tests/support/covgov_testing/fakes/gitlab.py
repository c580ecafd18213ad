"""A GitLab in memory: merge requests and their notes, in the shapes that GitLab documents, and nothing else.

The shapes were written down from https://docs.gitlab.com/api/notes/, /api/merge_requests/, /api/users/ and
/api/rest/ (pagination). A request that they do not allow is answered with 400 and kept in `wrong`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import httpx2

API = "https://gitlab.example/api/v4"
PROJECT = "acme/shop"
HEAD = "c0ffee" + "0" * 34
BOT = "project_1_bot"
NOTES = "/projects/acme%2Fshop/merge_requests/7/notes"
REQUEST = NOTES.removesuffix("/notes")

Json = dict[str, object]


@dataclass(frozen=True)
class Operation:
    """query: allowed parameters. body: its required text field, "" for none."""

    method: str
    path: str
    query: frozenset[str] = frozenset()
    body: str = ""


PAGES = frozenset({"page", "per_page", "sort", "order_by"})
OPERATIONS = (
    Operation("GET", "/user"),
    Operation("GET", REQUEST),
    Operation("GET", NOTES, PAGES),
    Operation("POST", NOTES, body="body"),
    Operation("PUT", rf"{NOTES}/\d+", body="body"),
    Operation("DELETE", rf"{NOTES}/\d+"),
)
LIMIT = 1_000_000
"""Characters of a note."""


@dataclass
class FakeGitlab:
    """faults: answers to the next requests, of any method. read_only: the token may only read."""

    head: str = HEAD
    read_only: bool = False
    notes: list[Json] = field(default_factory=list)
    asked: list[httpx2.Request] = field(default_factory=list)
    faults: list[httpx2.Response] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if self.faults:
            fault = self.faults.pop(0)
            return httpx2.Response(fault.status_code, headers=fault.headers, content=fault.content)
        if self.read_only and request.method != "GET":
            return httpx2.Response(403, json={"message": "403 Forbidden"})
        fault_found, operation = self._checked(request)
        if operation is None:
            self.wrong.append(fault_found)
            return httpx2.Response(400, json={"message": fault_found})
        self.used.add((operation.method, operation.path))
        return self._answer(request)

    def say(self, body: str, *, author: str = BOT, system: bool = False) -> int:
        """Somebody writes a note; its id."""
        number = next(self.numbers)
        self.notes.append({"id": number, "body": body, "author": {"username": author, "id": 1}, "system": system})
        return number

    def bodies(self) -> list[str]:
        return [str(one["body"]) for one in self.notes]

    def _checked(self, request: httpx2.Request) -> tuple[str, Operation | None]:
        path = request.url.raw_path.decode().partition("?")[0].removeprefix("/api/v4")
        for one in OPERATIONS:
            if one.method == request.method and re.fullmatch(one.path, path):
                sent: Mapping[str, object] = json.loads(request.content) if request.content else {}
                text = sent.get(one.body, "") if one.body else ""
                fits = (
                    set(request.url.params) <= one.query
                    and set(sent) == ({one.body} if one.body else set())
                    and (not one.body or (isinstance(text, str) and 0 < len(text) <= LIMIT))
                    and (not one.body or request.headers["content-type"] == "application/json")
                )
                return ("", one) if fits else (f"{one.method} {path}: {sent}", None)
        return f"{request.method} {path} is not documented", None

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path.endswith("/user"):
            return httpx2.Response(200, json={"id": 1, "username": BOT, "state": "active"})
        if path.endswith("/merge_requests/7"):
            return httpx2.Response(200, json={"iid": 7, "sha": self.head, "author": {"username": "author"}})
        if request.method == "GET":
            return self._page(request)
        if request.method == "POST":
            self.say(str(json.loads(request.content)["body"]))
            return httpx2.Response(201, json=self.notes[-1])
        number = int(path.rpartition("/")[2])
        found = next((one for one in self.notes if one["id"] == number), None)
        if found is None:
            return httpx2.Response(404, json={"message": "404 Not found"})
        if request.method == "DELETE":
            self.notes.remove(found)
            return httpx2.Response(204)
        found["body"] = json.loads(request.content)["body"]
        return httpx2.Response(200, json=found)

    def _page(self, request: httpx2.Request) -> httpx2.Response:
        page, size = int(request.url.params["page"]), int(request.url.params["per_page"])
        rest = self.notes[page * size :]
        following = str(page + 1) if rest else ""
        return httpx2.Response(
            200, json=self.notes[(page - 1) * size : page * size], headers={"X-Next-Page": following}
        )
