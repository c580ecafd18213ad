"""A small stand-in for GitHub on loopback: its API, which keeps what it is sent, webhooks, and a private git remote.

Whether covgov's requests are the ones that GitHub documents is proven elsewhere, against the published description.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from pathlib import Path
from types import TracebackType

Answer = tuple[int, object]
BOT = {"login": "github-actions[bot]"}


@dataclass
class Forge:
    """comments: id -> text. statuses and deleted artifacts as they came. hooks: bodies sent below /hook.

    readonly: no write is permitted. refuses: no write to paths with this word is permitted.
    """

    comments: dict[int, str] = field(default_factory=dict)
    statuses: list[Mapping[str, str]] = field(default_factory=list)
    artifacts: list[Mapping[str, object]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    run: Mapping[str, object] = field(default_factory=dict)
    pulls: list[Mapping[str, object]] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    hooks: list[Mapping[str, object]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    readonly: bool = False
    refuses: str = ""
    head: str = ""
    tokens: set[str] = field(default_factory=set)
    repository: Path | None = None
    password: str = ""

    def __enter__(self) -> Forge:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def remote(self) -> str:
        """The bare `repository` over HTTP, for those who know the `password`."""
        return f"http://{self.host}/git"

    def answer(self, method: str, path: str, body: Mapping[str, object]) -> Answer:
        """What GitHub would say, as far as these tests go; a request that it does not know is kept in `unknown`."""
        if path.startswith("/hook"):
            self.hooks.append(body)
            return 200, {}
        if method != "GET" and (self.readonly or (self.refuses and self.refuses in path)):
            return 403, {"message": "Resource not accessible by integration"}
        for verb, pattern, reply in ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return reply(self, found[1] if found.groups() else "", body)
        self.unknown.append(f"{method} {path}")
        return 404, {"message": "Not Found"}

    def list_comments(self, number: str, body: Mapping[str, object]) -> Answer:
        return 200, [{"id": key, "body": text, "user": BOT} for key, text in self.comments.items()]

    def comment(self, number: str, body: Mapping[str, object]) -> Answer:
        key = 100 + len(self.comments)
        self.comments[key] = str(body["body"])
        return 201, {"id": key, "body": body["body"], "user": BOT}

    def edit(self, key: str, body: Mapping[str, object]) -> Answer:
        self.comments[int(key)] = str(body["body"])
        return 200, {"id": int(key), "body": body["body"], "user": BOT}

    def status(self, commit: str, body: Mapping[str, object]) -> Answer:
        self.statuses.append({**{name: str(value) for name, value in body.items()}, "commit": commit})
        return 201, {"context": body["context"], "created_at": "2026-11-22T12:00:00Z"}

    def archive(self, key: str, body: Mapping[str, object]) -> Answer:
        """As from the storage that GitHub redirects to."""
        return 200, self.archives[int(key)]

    def delete(self, key: str, body: Mapping[str, object]) -> Answer:
        self.deleted.append(int(key))
        return 204, None


ROUTES: tuple[tuple[str, str, Callable[[Forge, str, Mapping[str, object]], Answer]], ...] = (
    ("GET", r"/user", lambda forge, key, body: (403, {"message": "Resource not accessible by integration"})),
    ("GET", r"/repos/acme/tiny/pulls/\d+", lambda forge, key, body: (200, {"head": {"sha": forge.head}})),
    ("GET", r"/repos/acme/tiny/issues/(\d+)/comments", Forge.list_comments),
    ("POST", r"/repos/acme/tiny/issues/(\d+)/comments", Forge.comment),
    ("PATCH", r"/repos/acme/tiny/issues/comments/(\d+)", Forge.edit),
    ("GET", r"/repos/acme/tiny/commits/(\w+)/statuses", lambda forge, key, body: (200, [])),
    ("POST", r"/repos/acme/tiny/statuses/(\w+)", Forge.status),
    ("GET", r"/repos/acme/tiny/actions/artifacts", lambda forge, key, body: (200, {"artifacts": forge.artifacts})),
    ("GET", r"/repos/acme/tiny/pulls", lambda forge, key, body: (200, forge.pulls)),
    ("GET", r"/repos/acme/tiny/actions/runs/\d+", lambda forge, key, body: (200, forge.run)),
    (
        "GET",
        r"/repos/acme/tiny/actions/runs/\d+/artifacts",
        lambda forge, key, body: (200, {"artifacts": forge.artifacts}),
    ),
    ("GET", r"/repos/acme/tiny/actions/artifacts/(\d+)/zip", lambda forge, key, body: (302, f"/storage/{key}")),
    ("GET", r"/storage/(\d+)", Forge.archive),
    ("DELETE", r"/repos/acme/tiny/actions/artifacts/(\d+)", Forge.delete),
)


def _git(forge: Forge, asked: BaseHTTPRequestHandler, sent: bytes) -> bytes:
    """The whole answer of git's own HTTP server, or a request for the password."""
    known = base64.b64encode(f"x-access-token:{forge.password}".encode()).decode()
    if forge.repository is None or asked.headers.get("Authorization") != f"Basic {known}":
        asked.close_connection = True
        return b'HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="git"\r\nContent-Length: 0\r\n\r\n'
    path, _, query = asked.path.partition("?")
    cgi = {
        "GIT_PROJECT_ROOT": str(forge.repository),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path.removeprefix("/git"),
        "REQUEST_METHOD": asked.command,
        "QUERY_STRING": query,
        "REMOTE_USER": "x",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": asked.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(sent)),
        "HTTP_CONTENT_ENCODING": asked.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": asked.headers.get("Git-Protocol", ""),
        "PATH": environ["PATH"],
    }
    done = subprocess.run(["git", "http-backend"], input=sent, env=cgi, capture_output=True, check=False)
    asked.close_connection = True
    status = re.match(rb"Status: (.*)\r\n", done.stdout)
    return b"HTTP/1.0 " + (status[1] if status else b"200 OK") + b"\r\n" + done.stdout


def _handler(forge: Forge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            if self.path.startswith("/git/"):
                self.wfile.write(_git(forge, self, sent))
                return
            forge.tokens.add(self.headers.get("Authorization", ""))
            status, reply = forge.answer(self.command, self.path.partition("?")[0], json.loads(sent) if sent else {})
            data = reply if isinstance(reply, bytes) else b"" if reply is None else json.dumps(reply).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"http://{forge.host}{reply}")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - names that the base class looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing on stderr."""

    return Handler
