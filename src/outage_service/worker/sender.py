"""The sender's loop: claim a batch, hand it out, send over the pool, record in groups.

    feed → backlog → lanes (one a connection) → outcomes → ledger

Everything that touches the database runs in threads, and no transaction is open while mail is sent
(P16). The window bounds the messages that are accepted or under way and not committed: it is what a
crash can repeat (P8). A worker that was silent for too long drops what it holds, for others may have
taken it over (P9). A lane that is kept busy goes from message to message without waking its task.
"""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from outage_service.channels.email.envelope import Envelope
from outage_service.channels.email.pool import MailPool
from outage_service.clock import monotonic_seconds
from outage_service.domain.deliveries import DeliveryState, Verdict
from outage_service.services import sending
from outage_service.services.engine import Engine
from outage_service.services.heartbeats import Heartbeats
from outage_service.services.sending import ReadyMailing
from outage_service.storage.deliveries import CHUNK, Claim, ClaimKey, Settlement
from outage_service.worker.backlog import Backlog, Ready
from outage_service.worker.mailings import RecentMailings
from outage_service.worker.outcomes import Outcomes
from outage_service.worker.patience import TRY_AGAIN_SECONDS, once, persistently
from outage_service.worker.window import Lane, Window

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
SILENT_AT_MOST_SECONDS = 45.0
"""Without a good heartbeat for this long nothing is sent: at 60 s others take this worker for dead."""
RESCUE_SECONDS = 15.0
REFILL_BELOW = 250
"""A claim takes as long as sending some dozens of messages: the next one is made while so many are left."""
_OF_A_PAUSE = {Verdict.CONTENT_REFUSED, Verdict.REFUSED}
LEFT_TO_OTHERS_AFTER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """How a sender works.

    Args:
        lanes: messages under way at once; the pool's connections.
        window: messages accepted or under way and not committed, at most.
        is_alone: whether no other process sends (SQLite): what was claimed before is free at once.
        poll_seconds: the longest time between two looks for work, if nobody wakes the sender.
        left_to_others_after: seconds without a relay after which others may take what was claimed.
    """

    lanes: int
    window: int
    is_alone: bool
    poll_seconds: float = POLL_SECONDS
    left_to_others_after: float = LEFT_TO_OTHERS_AFTER_SECONDS


class Sender:
    """One process's sender; lives in one event loop."""

    def __init__(self, engine: Engine, pool: MailPool, options: SenderOptions) -> None:
        self._engine = engine
        self._pool = pool
        self._options = options
        self._worker_id = ""
        self._generation = 0
        self._last_beat = monotonic_seconds()
        self._mailings = RecentMailings(engine)
        self._backlog = Backlog(lambda ready: sending.own_parts(engine, ready.mailing, ready.claim))
        self._held: set[ClaimKey] = set()
        self._lanes: list[Lane] = []
        self._let_go_at = 0.0
        self._outcomes = Outcomes(engine, enough=options.window - options.lanes)
        self._wake = asyncio.Event()
        self._has_news = asyncio.Event()
        self._is_stale = asyncio.Event()
        self._window = Window(options.window, is_silent=self._is_silent, look=self._is_stale.set)
        self._stopping = asyncio.Event()

    @property
    def worker_id(self) -> str:
        """This worker's id; blank until it runs."""
        return self._worker_id

    def wake(self) -> None:
        """Makes the sender look for work at once; to be called in its event loop."""
        self._wake.set()

    def stop(self) -> None:
        """Makes `run` end after what is under way; to be called in its event loop."""
        self._stopping.set()
        self._wake.set()
        self._has_news.set()

    async def run(self, *, grace: float) -> None:
        """Sends until `stop`, then lets messages under way end for up to `grace` seconds and records them.

        Raises what one of its loops died of, after the same: a sender that lacks one only looks alive (P22).
        """
        await self._pool.start()
        try:
            if await self._begin():
                await self._work(grace)
        finally:
            if self._worker_id:
                await once(lambda: sending.sign_off(self._engine, self._worker_id))

    async def _begin(self) -> bool:
        """Waits for the turn to send, becomes known, frees what the dead held; False if stopped before."""
        return (
            await self._insist(self._engine.db.take_sending_turn)
            and await self._insist(self._register)
            and await self._insist(self._rescue_first)
        )

    def _register(self) -> bool:
        self._last_beat = monotonic_seconds()
        self._worker_id = sending.register(self._engine)
        return True

    def _rescue_first(self) -> bool:
        sending.rescue(self._engine, everything=self._options.is_alone)
        return True

    async def _work(self, grace: float) -> None:
        # What is loaded by now stays: a full collection over it would hold up a fan-out for 0.1 s.
        gc.freeze()
        feeding = asyncio.create_task(self._feed())
        tasks = [asyncio.create_task(loop()) for loop in (self._inspect, self._beat, self._rescue)]
        tasks += [asyncio.create_task(self._lane()) for _ in range(self._options.lanes)]
        tasks.append(asyncio.create_task(self._outcomes.record(self._worker_id, self._recorded)))
        told = asyncio.create_task(self._stopping.wait())
        ended, _ = await asyncio.wait([told, feeding, *tasks], return_when=asyncio.FIRST_COMPLETED)
        self.stop()
        await asyncio.wait([feeding])
        await self._pool.close(grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._outcomes.record_rest(self._worker_id)
        await asyncio.gather(told, *ended)

    # From the ledger to the lanes

    async def _feed(self) -> None:
        while not self._stopping.is_set():
            self._leave_to_others()
            if not (len(self._backlog) < REFILL_BELOW and await self._refill()):
                await self._pause()

    async def _refill(self) -> bool:
        """Claims another batch; one row at a time while a paused relay is only probed, or none at all."""
        if monotonic_seconds() >= self._let_go_at:
            await self._let_go()
        health = self._pool.health()
        if health.is_paused and (health.retry_in_seconds > 0 or self._backlog):
            return False
        generation, looked_at = self._generation, monotonic_seconds()
        found = await once(partial(self._claim, 1 if health.is_paused else CHUNK))
        if found is None or generation != self._generation:  # they may have been made all the same
            self._let_go_at = 0.0
            return False
        claims, mailings = found
        self._held.update([claim.key for claim in claims])
        for claim in claims:
            if mailing := mailings.get(claim.mailing_id):
                self._backlog.add(Ready(claim, mailing, looked_at))
            else:
                self._end(sending.after_fault(claim, "the mailing cannot be used"))
        if claims:
            self._has_news.set()
        elif health.is_paused:
            self._pool.ask()
        return bool(claims)

    def _claim(self, limit: int) -> tuple[list[Claim], dict[int, ReadyMailing]]:
        claims = sending.claim(self._engine, self._worker_id, limit=limit)
        return claims, self._mailings.of({claim.mailing_id for claim in claims})

    async def _let_go(self) -> None:
        """Queues what is this worker's by the ledger and not in its hands: since it lives, nobody else will.

        Called only where claims are made, so that none is under way meanwhile.
        """
        held = frozenset(self._held)
        freed = await once(lambda: sending.let_go(self._engine, self._worker_id, held))
        if freed is not None:
            self._let_go_at = monotonic_seconds() + RESCUE_SECONDS
        if freed:
            log.warning("claims_let_go", count=freed)

    def _leave_to_others(self) -> None:
        """Drops what waits where this worker has no relay: newer news would wait behind it, too (P12).

        What is claimed to ask the relay again, once it is time, is kept.
        """
        health = self._pool.health()
        is_left = health.paused_seconds > self._options.left_to_others_after and health.retry_in_seconds > 0
        if is_left and not self._options.is_alone:
            self._drop(self._backlog.clear())

    def _drop(self, some: Collection[Ready]) -> None:
        """Forgets claims that are not to be sent any more; what still is this worker's is let go."""
        if some:
            self._held.difference_update([ready.claim.key for ready in some])
            self._let_go_at = 0.0

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.poll_seconds):
                await self._wake.wait()
        self._wake.clear()

    async def _inspect(self) -> None:
        """Looks once more whether messages that had to wait are still wanted (P12, P14)."""
        while True:
            await self._is_stale.wait()
            self._is_stale.clear()
            lanes, group = self._window.stale(), self._backlog.take_stale()
            claims = [*lanes.values(), *(ready.claim for ready in group)]
            generation, looked_at = self._generation, monotonic_seconds()
            withdrawn = await persistently(partial(sending.withdrawn, self._engine, claims))
            for lane, claim in lanes.items():
                lane.looked_again(claim, looked_at, is_wanted=claim not in withdrawn)
            if generation == self._generation:
                self._put_back(group, withdrawn, looked_at)
            else:
                self._drop(group)
            self._window.let_go()
            self._has_news.set()

    def _put_back(self, group: list[Ready], withdrawn: Mapping[Claim, DeliveryState], at: float) -> None:
        self._backlog.put_back([ready for ready in group if ready.claim not in withdrawn], at)
        for ready in group:
            if ready.claim in withdrawn:
                self._end(sending.ended(ready.claim, withdrawn[ready.claim]))

    # Sending

    async def _lane(self) -> None:
        lane = Lane(self._window, self._next, self._outcomes.add)
        self._lanes.append(lane)
        while not self._stopping.is_set():
            if self._backlog:
                await self._until_sendable()
            if envelope := lane.take():
                await self._send(lane, envelope)
            else:
                self._has_news.clear()
                await self._has_news.wait()

    async def _send(self, lane: Lane, envelope: Envelope) -> None:
        """Sends a message, and over the same connection those that may follow it at once."""
        try:
            lane.done(await self._pool.send(envelope, lane))
        except Exception as error:
            log.exception("delivery_fault")
            lane.fail(type(error).__name__)

    async def _until_sendable(self) -> None:
        """Waits while the relay is left alone, or while this worker may be taken for dead."""
        while not self._stopping.is_set():
            wait = self._pool.seconds_to_wait()
            if wait == 0 and not self._is_silent():
                return
            await asyncio.sleep(min(max(wait, 0.1), TRY_AGAIN_SECONDS))

    def _is_silent(self) -> bool:
        return monotonic_seconds() - self._last_beat > SILENT_AT_MOST_SECONDS

    def _next(self) -> tuple[Ready, Envelope] | None:
        """Returns the next message; None where none may be sent just now."""
        while ready := self._take():
            claim = ready.claim
            try:
                wire = sending.render(self._engine, ready.mailing, claim, ready.own)
                return ready, Envelope(self._engine.return_path, claim.address, wire)
            except Exception as error:
                log.exception("delivery_fault", mailing_id=claim.mailing_id, recipient_id=claim.recipient_id)
                self._end(sending.after_fault(claim, type(error).__name__))
        return None

    def _take(self) -> Ready | None:
        if not self._backlog or self._stopping.is_set() or self._is_silent():
            return None
        if not self._backlog.is_fresh:
            self._is_stale.set()
            return None
        if len(self._backlog) <= REFILL_BELOW:
            self._wake.set()
        return self._backlog.take()

    # Back to the ledger

    def _end(self, settlement: Settlement) -> None:
        """Has a claim recorded that is not sent: nothing of it is uncertain, so it need not wait for room."""
        self._window.give()
        self._outcomes.add(settlement)

    def _recorded(self, done: list[Settlement]) -> None:
        """Lets go of what is durable, and opens the window by as much."""
        self._held.difference_update([settlement.claim.key for settlement in done])
        self._doubt(done)
        self._window.take_back(len(done))

    def _doubt(self, done: Iterable[Settlement]) -> None:
        """Has what is left looked at again where everybody was refused: the mailing may be paused."""
        verdicts = [one.verdict for one in done]
        if Verdict.ACCEPTED not in verdicts and not _OF_A_PAUSE.isdisjoint(verdicts):
            self._backlog.doubt()

    # Among other workers

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            started = monotonic_seconds()
            if await once(lambda: sending.beat(self._engine, self._worker_id)) is None:
                continue
            if started - self._last_beat > SILENT_AT_MOST_SECONDS:
                log.warning("worker_was_silent", worker_id=self._worker_id)
                self._generation += 1
                self._drop(self._backlog.clear())
                for lane in self._lanes:
                    lane.forbid()
            self._last_beat = started
            self._window.let_go()
            self._has_news.set()

    async def _rescue(self) -> None:
        heartbeats = Heartbeats()
        while True:
            await asyncio.sleep(RESCUE_SECONDS)
            freed = await once(lambda: sending.rescue(self._engine, heartbeats=heartbeats))
            if freed:
                log.warning("claims_rescued", count=freed)
                self._wake.set()

    # The database, from the event loop

    async def _insist(self, work: Callable[[], bool]) -> bool:
        """Returns True once `work` has; False if the process stops before."""
        while not self._stopping.is_set():
            if await once(work):
                return True
            await self._pause()
        return False
