"""A TCP proxy on loopback that misbehaves as networks do: holds back, trickles, resets, loses an answer.

In front of PostgreSQL it also strikes at a chosen commit.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from tests.chaos.commits import Spoken

T = TypeVar("T")


class Mode(StrEnum):
    """What happens to the octets of all connections, present and new."""

    PASS = "pass"
    HOLD = "hold"
    """Nothing comes through and nobody is told: what a network does that swallows everything."""
    TRICKLE = "trickle"
    """One octet at a time from the server."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A blow at one commit: before the server hears of it, or once it is made and before the client hears."""

    at_commit: int
    is_made: bool
    blow: Callable[[], object]


class ChaosProxy:
    """A running proxy in front of one server; its methods may be called from any thread."""

    def __init__(self, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.port = 0
        self._target = port
        self._loop = loop
        self._mode = Mode.PASS
        self._refuses = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._deaf: set[asyncio.StreamWriter] = set()
        self._cut: tuple[bytes, bytes] | None = None
        self.cuts = 0
        self._strike: Strike | None = None
        self.commits = 0

    def set_mode(self, mode: Mode) -> None:
        """Changes what happens from now on; what was held back comes through after a return to `pass`."""
        self._loop.call_soon_threadsafe(self._set_mode, mode)

    def _set_mode(self, mode: Mode) -> None:
        self._mode = mode
        if mode is Mode.HOLD:
            self._flowing.clear()
        else:
            self._flowing.set()

    def reset(self, *, refuse: bool = False) -> None:
        """Resets all connections; with `refuse` also every new one, until the next call."""
        self._loop.call_soon_threadsafe(self._reset, refuse)

    def _reset(self, refuse: bool) -> None:
        self._refuses = refuse
        for writer in list(self._writers):
            _abort(writer)

    def cut_answer(self, *, after: bytes, having_said: bytes) -> None:
        """Lets the next request with `after` through to the server, and its answer to nobody, where the
        client had said `having_said` on that connection before: a commit that happened and looks failed."""
        self._cut = (having_said, after)

    def strike(self, strike: Strike) -> None:
        """Counts the commits over all connections made from now on, and strikes at one of them."""
        self._strike, self.commits = strike, 0

    def spare(self) -> None:
        """Strikes no more; a blow that was under way has fallen once this returns."""
        asyncio.run_coroutine_threadsafe(self._spare(), self._loop).result(10)

    async def _spare(self) -> None:
        self._strike = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Joins one client to the server until either ends."""
        self._writers.add(writer)
        try:
            if self._refuses:
                return
            theirs, ours = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(ours)
            try:
                await self._join(reader, writer, theirs, ours)
            finally:
                self._writers.discard(ours)
                _abort(ours)
        except (OSError, asyncio.CancelledError):
            pass  # the end of a connection is nobody's business here
        finally:
            self._writers.discard(writer)
            _abort(writer)

    async def _join(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        ways = {
            asyncio.create_task(self._forth(client, to_server, to_client)),
            asyncio.create_task(self._back(server, to_client)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _forth(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        spoken, has_said = (Spoken() if self._strike else None), False
        while chunk := await reader.read(2**16):
            await self._flowing.wait()
            has_said = has_said or (self._cut is not None and self._cut[0] in chunk)
            is_cut = has_said and self._cut is not None and self._cut[1] in chunk
            if is_cut:
                self._cut = None
                self._deaf.add(client)
            if spoken and spoken.commits(chunk) and (strike := self._next_strike()):
                if not strike.is_made:
                    self._blow(strike)
                    return
                self._deaf.add(client)
            writer.write(chunk)
            await writer.drain()
            if is_cut:
                await asyncio.sleep(0.5)  # the server acts on what it got before it sees the end
                self.cuts += 1
                return

    def _next_strike(self) -> Strike | None:
        """Counts a commit, and returns the strike if it is this one's."""
        self.commits += 1
        return self._strike if self._strike and self._strike.at_commit == self.commits else None

    def _blow(self, strike: Strike) -> None:
        """Strikes; meanwhile nothing goes over any connection."""
        self._strike = None
        strike.blow()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(2**16):
            await self._flowing.wait()
            if writer in self._deaf:
                if self._strike:
                    self._blow(self._strike)
                continue
            pieces = [chunk[i : i + 1] for i in range(len(chunk))] if self._mode is Mode.TRICKLE else [chunk]
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                if len(pieces) > 1:
                    await asyncio.sleep(0.002)


def _abort(writer: asyncio.StreamWriter) -> None:
    """Ends a connection with RST, not FIN."""
    with suppress(OSError):
        held = writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def running_proxy(port: int) -> Iterator[ChaosProxy]:
    """Runs a proxy in front of 127.0.0.1:`port` on a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="chaos-proxy", daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    proxy = ChaosProxy(port, loop)
    server = run(asyncio.start_server(proxy.serve, "127.0.0.1", 0))
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(server.close)
        run(_end_all())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
