"""A mail relay for tests: real SMTP on loopback, with PIPELINING, STARTTLS, AUTH, and every fault on demand.

    script = Script().on("RCPT", "550 no such user", address="gone@example.ca").on("END", Drop(), times=1)
    async with SmtpServer(script) as server: ...          # on the test's own event loop
    with running_smtp_server(script) as server: ...       # on a thread, for tests that have no loop

What it got is in `server.messages`, what was asked in `server.commands`, how it was cut in `server.chunks`.
"""

import asyncio
import base64
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Drop:
    """Resets the connection, after `reply` if there is one."""

    reply: str | None = None


@dataclass(frozen=True)
class Hang:
    """Never answers."""


@dataclass(frozen=True)
class Wait:
    """Answers after `seconds`, with `then` or as usual."""

    seconds: float
    then: "str | Drop | None" = None


Action = str | Drop | Hang | Wait
"""A text is a reply; several lines in it are one answer, written as they are."""

_CHANNEL = {"CONNECT", "EHLO", "HELO", "STARTTLS", "AUTH", "NOOP", "QUIT"}
_TRANSACTION = {"MAIL", "RCPT", "DATA", "BODY", "END", "LONE_DOT", "RSET"}


@dataclass
class _Rule:
    verb: str
    action: Action
    address: str | None
    times: int | None
    after: int


@dataclass
class Script:
    """What the relay offers and where it misbehaves; one that trickles answers octet by octet.

    `CONNECT` is the greeting, `BODY` comes once the body has begun, `END` after its final dot, `LONE_DOT`
    after an empty one for nobody.
    """

    pipelining: bool = True
    trickles: bool = False
    knows_ehlo: bool = True
    starttls: ssl.SSLContext | None = None
    implicit_tls: ssl.SSLContext | None = None
    users: dict[str, str] = field(default_factory=dict)
    offers_auth: bool = True
    _rules: list[_Rule] = field(default_factory=list)

    def on(
        self,
        verb: str,
        action: Action,
        *,
        address: str | None = None,
        times: int | None = None,
        after: int = 0,
    ) -> "Script":
        """Adds a fault: at `verb`, for `address` (of MAIL or RCPT) or any, `times` times, once `after`
        others have passed. The first rule that fits counts."""
        assert verb in _CHANNEL | _TRANSACTION, verb
        self._rules.append(_Rule(verb, action, address, times, after))
        return self

    def forget(self) -> None:
        """Drops all rules: the relay is well again."""
        self._rules.clear()

    def action(self, verb: str, address: str | None) -> Action | None:
        """Returns what is scripted for this moment, and counts it."""
        for rule in self._rules:
            if rule.verb != verb or rule.address not in {None, address} or rule.times == 0:
                continue
            if rule.after:
                rule.after -= 1
                return None
            if rule.times is not None:
                rule.times -= 1
            return rule.action
        return None


@dataclass(frozen=True)
class Received:
    """A message the relay accepted; `content` has its dots unstuffed."""

    mail_from: str
    recipient: str
    content: bytes
    is_encrypted: bool
    user: str | None
    connection: int


class SmtpServer:
    """The relay. Use it as an async context manager, or through `running_smtp_server`."""

    def __init__(self, script: Script | None = None, *, host: str = HOST) -> None:
        self.script = script or Script()
        self.host = host
        self.messages: list[Received] = []
        self.commands: list[str] = []
        self.chunks: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._sessions: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def url(self, *, credentials: str = "", options: str = "", scheme: str = "smtp") -> str:
        """Returns an SMTP_URL that leads here."""
        at = f"{credentials}@" if credentials else ""
        return f"{scheme}://{at}{self.host}:{self.port}" + (f"?{options}" if options else "")

    @property
    def recipients(self) -> list[str]:
        """Who got mail, in order of arrival."""
        return [message.recipient for message in self.messages]

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._sessions)

    def asked(self, verb: str) -> int:
        """Returns how many commands began with `verb`."""
        return sum(command.upper().startswith(verb) for command in self.commands)

    async def received(self, count: int, *, seconds: float = 5.0) -> list[Received]:
        """Waits until `count` messages are in."""
        async with asyncio.timeout(seconds):
            while len(self.messages) < count:  # noqa: ASYNC110 - also filled from another thread
                await asyncio.sleep(0.005)
        return self.messages

    def wait_for(self, count: int, *, seconds: float = 5.0) -> list[Received]:
        """Waits until `count` messages are in; for tests without an event loop."""
        end = time.monotonic() + seconds
        while len(self.messages) < count:
            assert time.monotonic() < end, f"{len(self.messages)} of {count} messages came"
            time.sleep(0.005)
        return self.messages

    async def __aenter__(self) -> "SmtpServer":
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, ssl=self.script.implicit_tls, limit=2**20
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._sessions.values():
            writer.transport.abort()
        sessions = list(self._sessions)
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    def drop_all(self) -> None:
        """Resets every open connection, as a relay does that is restarted."""
        for writer in self._sessions.values():
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions[task] = writer
        self.connections += 1
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            del self._sessions[task]
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()


class _Session:
    """One connection."""

    def __init__(
        self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.script = server.script
        self.reader = reader
        self.writer = writer
        self.number = server.connections
        self.buffer = b""
        self.user: str | None = None
        self.mail_from: str | None = None
        self.recipient: str | None = None

    async def run(self) -> None:
        await self.answer("CONNECT", "220 relay.test ESMTP")
        while True:
            line = (await self.read_until(b"\r\n")).decode("utf-8", "replace")
            self.server.commands.append(line)
            verb = line.split(" ", 1)[0].upper()
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler is None:
                await self.reply("502 5.5.2 not known")
            else:
                await handler(line)
            if verb == "QUIT":
                return

    async def read_until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            await self.fill()
        found, _, self.buffer = self.buffer.partition(end)
        return found

    async def fill(self) -> None:
        chunk = await self.reader.read(2**16)
        if not chunk:
            raise ConnectionResetError
        self.server.chunks.append(chunk)
        self.buffer += chunk

    async def reply(self, text: str) -> None:
        answer = text.encode() + b"\r\n"
        for piece in (bytes([octet]) for octet in answer) if self.script.trickles else (answer,):
            self.writer.write(piece)
            await asyncio.sleep(0.0005 if self.script.trickles else 0)
        await self.writer.drain()

    async def answer(self, verb: str, usual: str, address: str | None = None) -> int:
        """Does what is scripted, else gives the usual answer; returns the code that was given."""
        action = self.script.action(verb, address)
        if isinstance(action, Wait):
            await asyncio.sleep(action.seconds)
            action = action.then
        if isinstance(action, Hang):
            await asyncio.Event().wait()
        if isinstance(action, Drop):
            if action.reply:
                await self.reply(action.reply)
            self.writer.transport.abort()
            raise ConnectionResetError
        text = action if isinstance(action, str) else usual
        await self.reply(text)
        return int(text[:3]) if text[:3].isdigit() else 0

    async def on_ehlo(self, line: str) -> None:  # noqa: ARG002 - the name is of no interest
        if not self.script.knows_ehlo:
            await self.reply("502 5.5.2 what is EHLO")
            return
        offers = ["relay.test", "8BITMIME", "ENHANCEDSTATUSCODES"]
        offers += ["PIPELINING"] * self.script.pipelining
        offers += ["STARTTLS"] * (self.script.starttls is not None and not self.is_encrypted)
        offers += ["AUTH PLAIN LOGIN"] * (bool(self.script.users) and self.script.offers_auth)
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        await self.answer("EHLO", "\r\n".join(lines))

    async def on_helo(self, line: str) -> None:  # noqa: ARG002
        await self.answer("HELO", "250 relay.test")

    @property
    def is_encrypted(self) -> bool:
        return self.writer.get_extra_info("sslcontext") is not None

    async def on_starttls(self, line: str) -> None:  # noqa: ARG002
        if await self.answer("STARTTLS", "220 go ahead") == 220 and self.script.starttls:
            await self.writer.start_tls(self.script.starttls)

    async def on_auth(self, line: str) -> None:
        method = line.split()[1].upper()
        if method == "PLAIN":
            _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
        else:
            user = base64.b64decode(line.split()[2]).decode()
            await self.reply("334 " + base64.b64encode(b"Password:").decode())
            password = base64.b64decode(await self.read_until(b"\r\n")).decode()
        is_right = self.script.users.get(user) == password
        usual = "235 2.7.0 welcome" if is_right else "535 5.7.8 bad credentials"
        if await self.answer("AUTH", usual) == 235:
            self.user = user

    async def on_mail(self, line: str) -> None:
        address = _address(line)
        if 200 <= await self.answer("MAIL", "250 2.1.0 sender ok", address) < 300:
            self.mail_from = address

    async def on_rcpt(self, line: str) -> None:
        address = _address(line)
        if self.mail_from is None:
            await self.reply("503 5.5.1 MAIL first")
        elif 200 <= await self.answer("RCPT", "250 2.1.5 recipient ok", address) < 300:
            self.recipient = address

    async def on_data(self, line: str) -> None:  # noqa: ARG002
        usual = "354 end with a dot" if self.recipient else "554 5.5.1 no valid recipients"
        if await self.answer("DATA", usual) != 354:
            return
        content = await self.read_body()
        if self.mail_from is None or self.recipient is None:
            await self.answer("LONE_DOT", "554 5.5.1 no valid recipients")
        elif 200 <= await self.answer("END", f"250 2.0.0 kept as {len(self.server.messages) + 1}") < 300:
            self.keep(content)
        self.mail_from = self.recipient = None

    async def read_body(self) -> bytes:
        await self.fill_some()
        action = self.script.action("BODY", self.recipient)
        if isinstance(action, str):  # answers in the middle and reads no more
            await self.reply(action)
            await asyncio.Event().wait()
        if action is not None:
            self.writer.transport.abort()
            raise ConnectionResetError
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return b""
        stuffed = await self.read_until(b"\r\n.\r\n") + b"\r\n"
        return re.sub(rb"(?m)^\.", b"", stuffed)

    async def fill_some(self) -> None:
        if not self.buffer:
            await self.fill()

    def keep(self, content: bytes) -> None:
        assert self.mail_from is not None
        assert self.recipient is not None
        message = Received(self.mail_from, self.recipient, content, self.is_encrypted, self.user, self.number)
        self.server.messages.append(message)

    async def on_rset(self, line: str) -> None:  # noqa: ARG002
        self.mail_from = self.recipient = None
        await self.answer("RSET", "250 2.0.0 forgotten")

    async def on_noop(self, line: str) -> None:  # noqa: ARG002
        await self.answer("NOOP", "250 2.0.0 ok")

    async def on_quit(self, line: str) -> None:  # noqa: ARG002
        await self.answer("QUIT", "221 2.0.0 bye")


def _address(line: str) -> str:
    match = re.search(r"<([^>]*)>", line)
    assert match, line
    return match[1]


@contextmanager
def running_smtp_server(script: Script | None = None) -> Iterator[SmtpServer]:
    """Runs a relay on a thread of its own."""
    server = SmtpServer(script)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="smtp-server", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(5)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
