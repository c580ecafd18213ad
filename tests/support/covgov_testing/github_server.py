"""A FakeGithub behind a real HTTP server on loopback, in front of which somebody may check every request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

Application = Callable[[httpx2.Request], httpx2.Response]


class Handler(BaseHTTPRequestHandler):
    """One request of http.server as one of httpx2, and back. Quiet: tests read what was asked from the application."""

    protocol_version = "HTTP/1.1"
    application: Application

    def _handle(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        address = f"http://{self.headers['host']}{self.path}"
        request = httpx2.Request(
            self.command, address, headers=list(self.headers.items()), content=self.rfile.read(length)
        )
        answer = self.application(request)
        answer.read()
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        if answer.status_code != 204:
            self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gave it
        """Says nothing."""


@contextmanager
def serving(application: Application) -> Iterator[str]:
    """The address of a server that answers with `application`, for as long as the block runs."""
    handler = type("Bound", (Handler,), {"application": staticmethod(application)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
