"""The pool: persistent connections to one relay, opened when needed and reused.

`send` is all the sender calls. It never raises for what a relay does: every outcome is an `Attempt`. It is
also the one place that hands an address to SMTP, and so where test mode is enforced (P33).
"""

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import Final

from outage_service.channels.email.breaker import Breaker, RelayHealth
from outage_service.channels.email.envelope import UNWANTED, Envelope, Run
from outage_service.channels.email.relay import Relay, Timeouts
from outage_service.channels.email.session import RelayUnavailableError, open_connection
from outage_service.channels.email.transaction import QUIT_SECONDS, MailConnection
from outage_service.clock import monotonic_seconds
from outage_service.domain.deliveries import Attempt, Fault, Stage, Verdict, classify

CONNECTIONS: Final = 8
MESSAGES_PER_CONNECTION: Final = 1000
GROW_AGAIN_SECONDS: Final = 10.0
"""A relay that refuses one more connection while others work is asked again after this."""
ANNOUNCE_AGAIN_SECONDS: Final = 60.0
"""A relay that refused to begin another message on a connection gets one at a time for this long."""
_CLOSING = Attempt(classify(Stage.CONNECT, Fault.CLOSING), Stage.CONNECT, None, "the sender is shutting down")
_DROPPED = Attempt(
    classify(Stage.CONNECT, Fault.DROPPED), Stage.CONNECT, None, "the relay closed the new connection"
)
_GREETED = Attempt(Verdict.ACCEPTED, Stage.CONNECT)
_WITHHELD = Attempt(Verdict.WITHHELD, Stage.CONNECT, None, "test mode: not one of the test recipients")


class MailPool:
    """Connections to `relay`, used by one event loop.

    Args:
        relay: where to hand mail over.
        only_to: in test mode the only addresses that mail may go to; None where mail is real.
        connections: the most that are open at once.
        messages_per_connection: after so many a connection is replaced; relays have limits of their own.
        timeouts: how long to wait at each stage.
        monotonic: seconds that never go back.
        jitter: returns a number in [0, 1), for the backoff.
    """

    def __init__(
        self,
        relay: Relay,
        *,
        only_to: Collection[str] | None,
        connections: int = CONNECTIONS,
        messages_per_connection: int = MESSAGES_PER_CONNECTION,
        timeouts: Timeouts | None = None,
        monotonic: Callable[[], float] = monotonic_seconds,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._relay = relay
        self._only_to = None if only_to is None else frozenset(address.lower() for address in only_to)
        self._limit = connections
        self._messages_per_connection = messages_per_connection
        self._timeouts = timeouts or Timeouts()
        self._monotonic = monotonic
        self._breaker = Breaker(monotonic, jitter)
        self._context: ssl.SSLContext | None = None
        self._idle: list[MailConnection] = []
        self._open: set[MailConnection] = set()
        self._leaving: set[MailConnection] = set()
        self._opening: set[asyncio.Task[MailConnection]] = set()
        self._waiters: deque[asyncio.Future[MailConnection | None]] = deque()
        self._grow_at = 0.0
        self._announce_at = 0.0
        self._busy = 0
        self._is_closing = False
        self._changed = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Reads the certificates. Connections are opened by the first messages: the relay may be down.

        Raises:
            RelayError: the relay's `cafile` cannot be used.
        """
        self._context = self._relay.tls_context()

    def health(self) -> RelayHealth:
        """Returns whether the relay is left alone, why, and until when."""
        return self._breaker.health(len(self._open))

    def seconds_to_wait(self) -> float:
        """Returns how long the relay is left alone still; 0 while mail flows."""
        return self._breaker.seconds_to_wait()

    async def send(self, envelope: Envelope, run: Run | None = None) -> Attempt:
        """Hands one message to the relay and returns what came of it.

        With `run` it also hands over what that gives, as long as all goes well and nobody else wants the
        connection; it then returns what came of the last one.

        Cancelled before the final dot, it raises `CancelledError` and nothing was sent. Cancelled after it,
        it still returns, with an uncertain outcome: a cancellation must not lose the fact.
        """
        if self._only_to is not None and envelope.recipient.lower() not in self._only_to:
            return _WITHHELD
        is_probe = self._breaker.admits_probe()
        if not is_probe and self._breaker.cause is not None:
            return self._breaker.cause
        self._busy += 1
        try:
            attempt = await self._send(envelope, run, is_probe=is_probe)
        except RelayUnavailableError as unavailable:
            attempt = unavailable.attempt
        except BaseException:
            if is_probe:
                self._breaker.give_up_probe()
            raise
        finally:
            self._busy -= 1
            self._changed.set()
        self.learn(attempt, is_probe=is_probe)
        return attempt

    def ask(self) -> asyncio.Task[None] | None:
        """Connects to a relay that is left alone, if it is time, and takes what comes of it for an answer.

        For whoever has no message to ask it with. Returns the asking, which ends with `close` at the latest;
        None where it is not time, or where connecting was not what had failed: that would prove nothing.
        """
        cause = self._breaker.cause
        if cause is None or cause.stage is not Stage.CONNECT or not self._breaker.admits_probe():
            return None
        self._asking = asyncio.create_task(self._ask())
        return self._asking

    async def _ask(self) -> None:
        try:
            connection = await self._acquire(is_probe=True)
            self._release(connection)
            attempt = _GREETED
        except RelayUnavailableError as unavailable:
            attempt = unavailable.attempt
        except BaseException:
            self._breaker.give_up_probe()
            raise
        self.learn(attempt, is_probe=True)

    async def close(self, grace: float) -> None:
        """Lets messages under way end for up to `grace` seconds, then breaks them off, and says QUIT.

        Every `send` still waiting returns: with an uncertain outcome if its dot had gone out, otherwise
        as if the relay were down.
        """
        self._is_closing = True
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
        self._wake_all()
        await self._until(lambda: not self._busy, grace)
        for task in self._opening:
            task.cancel()
        for connection in list(self._open):
            if connection.is_idle:
                self._retire(connection)
            else:
                connection.abandon("the sender was shut down")
        await self._until(lambda: not (self._busy or self._leaving), QUIT_SECONDS + 1)

    async def _send(self, envelope: Envelope, run: Run | None, *, is_probe: bool) -> Attempt:
        """A connection that was used before may have been closed by the relay meanwhile, or may have served
        enough of them: that is nobody's fault, and another one is taken. Safe, since the relay had not even
        taken MAIL."""
        attempt, in_vain = _CLOSING, 0
        while in_vain <= self._limit:
            connection = await self._acquire(is_probe=is_probe)
            watched = None if run is None else _WatchedRun(self, connection, run)
            attempt = await self._deliver(connection, envelope, watched)
            if watched is not None and watched.last is not None:
                envelope, in_vain = watched.last, 0
            if not _speaks_of(connection, attempt) or attempt.verdict is Verdict.DEFERRED:
                break
            if attempt.verdict is Verdict.MISCONFIGURED:
                self._announce_at = self._monotonic() + ANNOUNCE_AGAIN_SECONDS
            in_vain += 1
        return attempt

    def is_wanted(self, connection: MailConnection) -> bool:
        """Returns whether a connection is to be given back after the message under way."""
        return (
            self._is_closing
            or self._only_to is not None  # whoever follows would not have passed by `send`
            or bool(self._waiters)
            or self._breaker.cause is not None
            or connection.delivered >= self._messages_per_connection
            or (self._announce_at > 0 and self._monotonic() < self._announce_at)
        )

    async def _deliver(self, connection: MailConnection, envelope: Envelope, run: Run | None) -> Attempt:
        outcome = connection.deliver(envelope, run)
        try:
            attempt = await outcome
        except asyncio.CancelledError:
            known = connection.abandon("the sender was interrupted")
            if outcome.done() and not outcome.cancelled():
                return outcome.result()
            if known is None or known.verdict is Verdict.RELAY_DOWN:
                raise
            return known
        if _speaks_of(connection, attempt) and connection.is_usable:
            self._retire(connection)
        else:
            self._release(connection)
        return attempt

    def learn(self, attempt: Attempt, *, is_probe: bool) -> None:
        """Takes note of what an attempt says about the relay."""
        if attempt.verdict is Verdict.ACCEPTED and self._breaker.is_at_ease:  # once a message
            return
        if self._is_closing:
            self._breaker.give_up_probe()
            return
        if attempt is UNWANTED:  # it was we who broke off
            if is_probe:
                self._breaker.give_up_probe()
            return
        self._breaker.record(attempt, is_probe=is_probe)
        if self._breaker.cause is not None:
            self._wake_all()

    # Connections

    async def _acquire(self, *, is_probe: bool) -> MailConnection:
        """Returns a connection for one message: an idle one, a new one, or the next to become idle."""
        while True:
            self._check_open_for(is_probe=is_probe)
            if self._idle:
                return self._idle.pop()
            connection = await self._grow() if self._may_grow() else await self._wait()
            if connection is None or not connection.is_usable:
                continue
            try:
                self._check_open_for(is_probe=is_probe)
            except RelayUnavailableError:
                self._release(connection)
                raise
            return connection

    def _check_open_for(self, *, is_probe: bool) -> None:
        if self._is_closing:
            raise RelayUnavailableError(_CLOSING)
        if self._breaker.cause is not None and not is_probe:
            raise RelayUnavailableError(self._breaker.cause)

    def _may_grow(self) -> bool:
        if len(self._open) + len(self._opening) >= self._limit:
            return False
        return not self._open or self._monotonic() >= self._grow_at

    async def _grow(self) -> MailConnection | None:
        """Returns a new connection; None where the relay refuses more than it has given us already."""
        timeouts = self._timeouts
        if self._open:  # a message waits for this one although another would do
            timeouts = replace(timeouts, greeting=timeouts.connect)
        task = asyncio.create_task(open_connection(self._relay, context=self._context, timeouts=timeouts))
        self._opening.add(task)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            task.add_done_callback(_look_at)  # it may have failed at the same moment
            self._wake_one(None)
            raise
        finally:
            self._opening.discard(task)
        if task.cancelled():
            raise RelayUnavailableError(_CLOSING)
        try:
            connection = task.result()
        except RelayUnavailableError:
            if self._is_closing or not self._open:
                raise
            self._grow_at = self._monotonic() + GROW_AGAIN_SECONDS
            return None
        if not connection.is_usable:
            raise RelayUnavailableError(_DROPPED)
        self._open.add(connection)
        connection.on_lost = self._lost
        return connection

    async def _wait(self) -> MailConnection | None:
        """Returns the next connection to become idle; None when it is worth looking again."""
        waiter: asyncio.Future[MailConnection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            given = waiter.result() if waiter.done() and not waiter.cancelled() else None
            if given is not None:
                self._release(given)
            raise

    def _release(self, connection: MailConnection) -> None:
        """Takes back a connection; one that is lost is known already (`_lost`)."""
        if not connection.is_usable:
            return
        if self._is_closing or connection.delivered >= self._messages_per_connection:
            self._retire(connection)
        elif not self._wake_one(connection):
            self._idle.append(connection)

    def _retire(self, connection: MailConnection) -> None:
        """Says QUIT; the place is free at once."""
        self._lost(connection)
        self._leaving.add(connection)
        connection.on_lost = self._left
        connection.say_goodbye()

    def _lost(self, connection: MailConnection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._wake_one(None)

    def _left(self, connection: MailConnection) -> None:
        self._leaving.discard(connection)
        self._changed.set()

    def _wake_one(self, connection: MailConnection | None) -> bool:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    def _wake_all(self) -> None:
        while self._wake_one(None):
            pass

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()


def _look_at(task: asyncio.Task[MailConnection]) -> None:
    """Takes note of how a task ended that nobody waits for: asyncio reports what nobody has looked at."""
    if not task.cancelled():
        task.exception()


def _speaks_of(connection: MailConnection, attempt: Attempt) -> bool:
    """Returns whether it may be only that this connection, used before, begins no more messages."""
    return connection.delivered > 1 and attempt.stage is Stage.MAIL


class _WatchedRun:
    """A run over one connection, from which the pool learns too. `last` is the last message it gave."""

    def __init__(self, pool: MailPool, connection: MailConnection, run: Run) -> None:
        self._pool = pool
        self._connection = connection
        self._run = run
        self.last: Envelope | None = None
        self.admit = run.admit

    def take(self) -> Envelope | None:
        if self._pool.is_wanted(self._connection):
            return None
        following = self._run.take()
        self.last = following or self.last
        return following

    def done(self, attempt: Attempt) -> None:
        self._pool.learn(attempt, is_probe=False)
        self._run.done(attempt)
