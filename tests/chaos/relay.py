"""A fast relay that keeps what a relay really keeps: a message is its own from the final dot on.

It logs a message before it answers, and also if nobody is there any more to hear the answer: the worst case
for repeats, and no message that a sender took for accepted can be missing here.
"""

import asyncio
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

_END = b"\r\n.\r\n"
_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID:\s*<([^>]+)>")
_BULLETIN = re.compile(r"outage-(\d+)-(\d+)-(\d+)-[0-9a-f]{24}@")
_GREETING = b"220 relay.test ESMTP\r\n"
_REPLIES = {
    b"EHLO": b"250-relay.test\r\n250 PIPELINING\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
    b"DATA": b"354 end with a dot\r\n",
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message the relay took. `outage_id` and `sequence` are those of its Message-ID."""

    recipient: str
    message_id: str
    outage_id: int
    sequence: int
    digest: str
    at: float


class ChaosRelay:
    """A running relay. `answer_after` are the seconds between a final dot and its answer."""

    def __init__(self, answer_after: float) -> None:
        self.answer_after = answer_after
        self.accepted: list[Accepted] = []
        self.port = 0
        self.transports: set[asyncio.Transport] = set()

    @property
    def url(self) -> str:
        """Returns the SMTP_URL that leads here."""
        return f"smtp://127.0.0.1:{self.port}"

    def wait_for(self, count: int, *, seconds: float = 60.0) -> None:
        """Waits until so many messages were accepted, repeats included."""
        give_up_at = time.monotonic() + seconds
        while len(self.accepted) < count:
            assert time.monotonic() < give_up_at, f"{len(self.accepted)} of {count} messages came"
            time.sleep(0.001)

    def copies(self) -> dict[tuple[int, int, str], list[Accepted]]:
        """Returns what came, by outage, sequence and recipient, each in order of arrival."""
        found: dict[tuple[int, int, str], list[Accepted]] = defaultdict(list)
        for one in list(self.accepted):
            found[one.outage_id, one.sequence, one.recipient].append(one)
        return found


class _Conversation(asyncio.Protocol):
    def __init__(self, relay: ChaosRelay) -> None:
        self._relay = relay
        self._buffer = b""
        self._recipient = ""
        self._is_in_body = self._is_answering = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._relay.transports.add(transport)
        transport.write(_GREETING)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a sender that is gone is usual
        if self._transport is not None:
            self._relay.transports.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        while not self._is_answering and self._take(_END if self._is_in_body else b"\r\n"):
            pass

    def _take(self, end: bytes) -> bool:
        found, separator, rest = self._buffer.partition(end)
        if not separator:
            return False
        self._buffer = rest
        if self._is_in_body:
            self._keep(found)
        else:
            self._answer_command(found)
        return True

    def _answer_command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        self._is_in_body = verb == b"DATA"
        self._say(_REPLIES.get(verb, b"250 2.0.0 ok\r\n"))

    def _keep(self, content: bytes) -> None:
        self._is_in_body, self._is_answering = False, True
        self._relay.accepted.append(_accepted(self._recipient, content))
        asyncio.get_running_loop().call_later(self._relay.answer_after, self._answer)

    def _answer(self) -> None:
        self._is_answering = False
        self._say(b"250 2.0.0 kept\r\n")
        self._go_on()

    def _say(self, reply: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply)


def _accepted(recipient: str, content: bytes) -> Accepted:
    found = _MESSAGE_ID.search(content)
    assert found, content[:200]
    message_id = found[1].decode()
    parts = _BULLETIN.match(message_id)
    outage_id, sequence = (int(parts[1]), int(parts[2])) if parts else (0, 0)
    digest = sha256(content).hexdigest()
    return Accepted(recipient, message_id, outage_id, sequence, digest, time.monotonic())


@contextmanager
def running_relay(*, answer_after: float = 0.0) -> Iterator[ChaosRelay]:
    """Runs a relay on a thread of its own."""
    relay = ChaosRelay(answer_after)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="chaos-relay", daemon=True)
    thread.start()
    serving = loop.create_server(lambda: _Conversation(relay), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(serving, loop).result(5)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        asyncio.run_coroutine_threadsafe(_end(server, relay), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _end(server: asyncio.Server, relay: ChaosRelay) -> None:
    server.close()
    for transport in list(relay.transports):
        transport.abort()
    await asyncio.sleep(0)  # what was aborted is closed in the next round
    await asyncio.sleep(0)
