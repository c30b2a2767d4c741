"""A mail catcher: a real SMTP server on this machine that keeps what it gets and hands nothing on."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
LARGEST = 10 * 1024 * 1024
READY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Caught:
    """One message as it came over SMTP, to one recipient; line ends are CRLF."""

    sender: str
    recipient: str
    content: bytes


class MailCatcher:
    """Listens on a free port of 127.0.0.1 from entering to leaving its `with` block."""

    def __init__(self) -> None:
        self.port = 0
        self._caught: list[Caught] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail-catcher", daemon=True)

    def __enter__(self) -> "MailCatcher":
        self._thread.start()
        if not self._is_ready.wait(READY_SECONDS):
            raise TimeoutError("the mail catcher did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        """What OUTAGE_SMTP_URL is set to."""
        return f"smtp://{HOST}:{self.port}"

    def caught(self) -> list[Caught]:
        """Returns every message so far, in the order of arrival."""
        with self._lock:
            return list(self._caught)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Keeps a message; the name is aiosmtpd's."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        with self._lock:
            self._caught += [Caught(str(envelope.mail_from), to, content) for to in envelope.rcpt_tos]
        return "250 2.0.0 Caught"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(self._protocol(), HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(_end_all())
        self._loop.close()

    def _protocol(self) -> Callable[[], SMTP]:
        # With a name of its own it asks no DNS for one.
        return lambda: SMTP(self, hostname="localhost", data_size_limit=LARGEST, loop=self._loop)


async def _end_all() -> None:
    """Ends the connections that are still open."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
