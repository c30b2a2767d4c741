"""Connections that are given up: whoever does not finish a request's header in time, or ever (P23).

uvicorn limits how long an idle connection stays, and nothing before the header of a request is complete.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with limits to how long a header may take and how long it may become.

    The clock is looked at now and then: a timer set anew for each request would cost every one of them.
    """

    head_within_seconds = 10.0
    head_at_most = 64 * 1024
    """Bytes that may come before a header is complete; browsers send some hundreds."""

    _awaited_since: float | None = None
    """When a request's header began to be awaited (loop time); None while a request is under way."""
    _is_in_head = False
    _head_bytes = 0
    _next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first header."""
        super().connection_made(transport)
        self._awaited_since = self.loop.time()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Looks no more."""
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes what came; whatever trickles in before a header is complete gains no time."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.head_at_most:
                self._give_up(_TOO_LONG)

    def on_message_begin(self) -> None:
        """Begins a header."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begins a request: its body and its answer are the application's business."""
        self._is_in_head, self._awaited_since = False, None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Ends a request; the rest of it, and the next one's header, are waited for from here."""
        if not self.pipeline:
            self._awaited_since = self.loop.time()
        super().on_response_complete()

    def _look(self) -> None:
        since = self._awaited_since
        if since is not None and self.loop.time() - since >= self.head_within_seconds:
            self._give_up(_TOO_SLOW if self._is_in_head else b"")
        elif not self.transport.is_closing():
            self._next_look = self.loop.call_later(self.head_within_seconds / 4, self._look)

    def _give_up(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
