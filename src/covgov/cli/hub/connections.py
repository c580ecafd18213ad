"""Connections to the hub that say nothing, or too little, are closed; uvicorn itself waits for them for ever."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS = 1000
"""Open at the same time; further ones get a 503. Each uses one of the file descriptors of the service."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 in which a request's headers are complete `header_seconds` after the connection was made or the request
    begun, and in which what is left of a body after its answer is waited for no longer than that.

    A body that is being read has its own deadline (`Limits.body_seconds`), idle connections have uvicorn's.
    """

    header_seconds = 10.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("HTTP needs a transport that reads and writes")
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def _watch(self) -> None:
        """The time runs while no request is being answered, and no byte that comes meanwhile sets it back."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._rest()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.header_seconds, self._close)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        self._deadline = None
        self.transport.close()
