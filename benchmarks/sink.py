"""A mail relay that takes everything and keeps nothing: the far side of every benchmark.

Its own process, on uvloop, because `smtp-sink` saturates before the senders do. It pipelines. `XSTAT` tells
how many messages came since `XZERO`, and when the first and the last of them did (CLOCK_MONOTONIC, which is
the same in all processes).

    python -m benchmarks.sink [SECONDS_BEFORE_EACH_REPLY]        prints its port
"""

import asyncio
import sys
import time
from typing import cast

import uvloop

_END = b"\r\n.\r\n"
_TAIL = 1024
"""Octets: the commands that may come with a final dot are shorter."""
_REPLIES = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Tally:
    """What came, for all connections."""

    count, first, last = 0, 0.0, 0.0

    def add(self) -> None:
        """Counts a message."""
        self.last = time.monotonic()
        self.first = self.first if self.count else self.last
        self.count += 1


class Sink(asyncio.Protocol):
    """One connection. A client waits for 354 before each body; what follows a final dot may come with it."""

    def __init__(self, tally: Tally, delay: float) -> None:
        self._tally, self._delay = tally, delay
        self._rest, self._is_in_body = b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._say(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        replies = b""
        if self._is_in_body:
            tail = data[-_TAIL:] if len(data) >= _TAIL else (self._rest + data)[-_TAIL:]
            end = tail.rfind(_END)
            if end < 0:
                self._rest = tail[-len(_END) + 1 :]
                return
            self._rest, self._is_in_body, data = b"", False, tail[end + len(_END) :]
            self._tally.add()
            replies = b"250 kept\r\n"
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        self._say(replies + b"".join([self._reply(line[:5].strip().upper()) for line in lines]))

    def _reply(self, verb: bytes) -> bytes:
        self._is_in_body = verb == b"DATA"
        if verb == b"XSTAT":
            return b"250 %d %.6f %.6f\r\n" % (self._tally.count, self._tally.first, self._tally.last)
        if verb == b"XZERO":
            self._tally.count = 0
        return _REPLIES.get(verb, b"250 ok\r\n")

    def _say(self, words: bytes) -> None:
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, words)
        else:
            self._transport.write(words)


async def _serve(delay: float) -> None:
    tally = Tally()
    server = await asyncio.get_running_loop().create_server(lambda: Sink(tally, delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
