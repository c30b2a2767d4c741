"""The sender's loop: claim a batch, look once more, send over the pool, record in groups.

    feed → backlog → inspect → ready → lanes (one a connection) → outcomes → record

Everything that touches the database runs in threads, and no transaction is open while mail is sent
(P16). The window bounds the messages that are accepted or under way and not committed: it is what a
crash can repeat (P8). A worker that was silent for too long drops what it holds, for others may have
taken it over (P9).
"""

import asyncio
import contextlib
import gc
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import structlog

from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.transaction import Envelope
from outage_service.clock import monotonic_seconds
from outage_service.domain.deliveries import DeliveryState
from outage_service.services import sending
from outage_service.services.engine import Engine
from outage_service.services.sending import ReadyMailing
from outage_service.storage import DatabaseError
from outage_service.storage.deliveries import CHUNK, Claim, ClaimKey, Settlement

log = structlog.get_logger(__name__)
T = TypeVar("T")

POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
SILENT_AT_MOST_SECONDS = 45.0
"""Without a good heartbeat for this long nothing is sent: at 60 s others take this worker for dead."""
RESCUE_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 2.0
"""Whoever waited longer for the relay is looked at once more: they may have left, the news may be old."""
TRY_AGAIN_SECONDS = 1.0
REFILL_BELOW = 250
"""A claim takes as long as sending some dozens of messages: the next one is made while so many are left."""
LOOK_AT_ONCE = 100
"""How many messages are looked at together, and wait for a lane at most."""
MAILINGS_IN_MEMORY = 8


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """How a sender works.

    Args:
        lanes: messages under way at once; the pool's connections.
        window: messages accepted or under way and not committed, at most.
        is_alone: whether no other process sends (SQLite): what was claimed before is free at once.
    """

    lanes: int
    window: int
    is_alone: bool


class Job(NamedTuple):
    """A claim, and the heartbeat generation it was taken in."""

    claim: Claim
    generation: int


class Ready(NamedTuple):
    """A job to be sent, found to be wanted at `looked_at` (monotonic seconds)."""

    job: Job
    mailing: ReadyMailing
    looked_at: float


class Sender:
    """One process's sender; lives in one event loop."""

    def __init__(self, engine: Engine, pool: MailPool, options: SenderOptions) -> None:
        self._engine = engine
        self._pool = pool
        self._options = options
        self._worker_id = ""
        self._generation = 0
        self._last_beat = monotonic_seconds()
        self._mailings: dict[int, ReadyMailing] = {}
        self._backlog: deque[Job] = deque()
        self._ready: asyncio.Queue[Ready] = asyncio.Queue(maxsize=LOOK_AT_ONCE)
        self._held: set[ClaimKey] = set()
        self._let_go_at = 0.0
        self._outcomes: list[Settlement] = []
        self._window = asyncio.Semaphore(options.window)
        self._wake = asyncio.Event()
        self._has_backlog = asyncio.Event()
        self._has_outcomes = asyncio.Event()
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
                await self._once(lambda: sending.sign_off(self._engine, self._worker_id))

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
        tasks.append(asyncio.create_task(self._record()))
        told = asyncio.create_task(self._stopping.wait())
        ended, _ = await asyncio.wait([told, feeding, *tasks], return_when=asyncio.FIRST_COMPLETED)
        self.stop()
        await asyncio.wait([feeding])
        await self._pool.close(grace)
        await _cancel(tasks)
        await self._record_rest()
        await asyncio.gather(told, *ended)

    # From the ledger to the lanes

    async def _feed(self) -> None:
        while not self._stopping.is_set():
            if not (len(self._backlog) < REFILL_BELOW and await self._refill()):
                await self._pause()

    async def _refill(self) -> bool:
        """Claims another batch; one row at a time while a paused relay is only probed."""
        if monotonic_seconds() >= self._let_go_at:
            await self._let_go()
        health = self._pool.health()
        if health.is_paused and health.retry_in_seconds > 0:
            return False
        generation, limit = self._generation, 1 if health.is_paused else CHUNK
        claims = await self._once(lambda: sending.claim(self._engine, self._worker_id, limit=limit))
        if claims is None:  # they may have been made all the same
            self._let_go_at = 0.0
            return False
        if claims:
            self._held.update(claim.key for claim in claims)
            self._backlog.extend(Job(claim, generation) for claim in claims)
            self._has_backlog.set()
        return bool(claims)

    async def _let_go(self) -> None:
        """Queues what is this worker's by the ledger and not in its hands: since it lives, nobody else will.

        Called only where claims are made, so that none is under way meanwhile.
        """
        held = frozenset(self._held)
        freed = await self._once(lambda: sending.let_go(self._engine, self._worker_id, held))
        if freed is not None:
            self._let_go_at = monotonic_seconds() + RESCUE_SECONDS
        if freed:
            log.warning("claims_let_go", count=freed)

    def _drop(self, jobs: Iterable[Job]) -> None:
        """Forgets claims that are not to be sent any more; what still is this worker's is let go."""
        self._held.difference_update(job.claim.key for job in jobs)
        self._let_go_at = 0.0

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        self._wake.clear()

    async def _inspect(self) -> None:
        """Looks once more, shortly before sending, whether each message is still wanted (P12, P14)."""
        while True:
            await self._has_backlog.wait()
            group = [self._backlog.popleft() for _ in range(min(len(self._backlog), LOOK_AT_ONCE))]
            if not group:
                self._has_backlog.clear()
                continue
            if len(self._backlog) < REFILL_BELOW:
                self._wake.set()
            claims = [job.claim for job in group]
            looked_at = monotonic_seconds()
            withdrawn, mailings = await self._persistently(partial(self._look, claims))
            for job in group:
                mailing = mailings.get(job.claim.mailing_id)
                if job.claim not in withdrawn and mailing is not None:
                    await self._ready.put(Ready(job, mailing, looked_at))
                else:
                    await self._end(job.claim, withdrawn.get(job.claim))

    async def _end(self, claim: Claim, withdrawn: DeliveryState | None) -> None:
        """Records a claim that is not sent: withdrawn, or failed since its mailing cannot be used."""
        await self._window.acquire()
        if withdrawn is not None:
            self._settle(sending.ended(claim, withdrawn))
        else:
            self._settle(sending.after_fault(claim, "the mailing cannot be used"))

    def _look(self, claims: list[Claim]) -> tuple[dict[Claim, DeliveryState], dict[int, ReadyMailing]]:
        return sending.withdrawn(self._engine, claims), self._prepare(claims)

    def _prepare(self, claims: list[Claim]) -> dict[int, ReadyMailing]:
        """Returns the mailings of `claims`, the last few from memory; without those that cannot be used."""
        wanted = {claim.mailing_id for claim in claims}
        known = {mailing_id: self._mailings[mailing_id] for mailing_id in wanted & self._mailings.keys()}
        read = {mailing_id: self._read_mailing(mailing_id) for mailing_id in wanted - known.keys()}
        found = known | {mailing_id: mailing for mailing_id, mailing in read.items() if mailing}
        self._mailings = dict(list((self._mailings | found).items())[-MAILINGS_IN_MEMORY:])
        return found

    def _read_mailing(self, mailing_id: int) -> ReadyMailing | None:
        try:
            return sending.prepare(self._engine, mailing_id)
        except DatabaseError:
            raise
        except Exception:
            # Its deliveries fail and are set aside (P10); the others must not wait for it.
            log.exception("mailing_fault", mailing_id=mailing_id)
            return None

    # Sending

    async def _lane(self) -> None:
        while True:
            ready = await self._ready.get()
            await self._window.acquire()
            settlement = await self._send_if_wanted(ready)
            if settlement is None:
                self._drop([ready.job])
                self._window.release()
            else:
                self._settle(settlement)

    async def _send_if_wanted(self, ready: Ready) -> Settlement | None:
        """Returns what became of a claim; None where it is no longer for this worker to send."""
        claim, looked_at = ready.job.claim, ready.looked_at
        while True:
            await self._until_sendable()
            if self._stopping.is_set() or ready.job.generation != self._generation:
                return None
            if monotonic_seconds() - looked_at <= LOOK_AGAIN_SECONDS:
                return await self._send(claim, ready.mailing)
            withdrawn = await self._persistently(partial(sending.withdrawn, self._engine, [claim]))
            if claim in withdrawn:
                return sending.ended(claim, withdrawn[claim])
            looked_at = monotonic_seconds()

    async def _until_sendable(self) -> None:
        """Waits while the relay is left alone, or while this worker may be taken for dead."""
        while not self._stopping.is_set():
            silent = monotonic_seconds() - self._last_beat
            wait = self._pool.seconds_to_wait()
            if silent <= SILENT_AT_MOST_SECONDS and wait == 0:
                return
            await asyncio.sleep(min(max(wait, 0.1), TRY_AGAIN_SECONDS))

    async def _send(self, claim: Claim, mailing: ReadyMailing) -> Settlement:
        try:
            wire = sending.render(self._engine, mailing, claim)
            envelope = Envelope(self._engine.sender.address, claim.address, wire)
            attempt = await self._pool.send(envelope)
        except Exception as error:
            log.exception("delivery_fault", mailing_id=claim.mailing_id, recipient_id=claim.recipient_id)
            return sending.after_fault(claim, type(error).__name__)
        return sending.after_attempt(claim, attempt)

    # Back to the ledger

    def _settle(self, settlement: Settlement) -> None:
        self._outcomes.append(settlement)
        self._has_outcomes.set()

    async def _record(self) -> None:
        """Commits whatever is done, all of it at once, and opens the window by as much."""
        while True:
            await self._has_outcomes.wait()
            self._has_outcomes.clear()
            done, self._outcomes = self._outcomes, []
            try:
                await self._in_thread(partial(sending.settle, self._engine, self._worker_id, done))
            except asyncio.CancelledError:
                self._outcomes = done + self._outcomes
                raise
            except Exception:
                log.exception("outcomes_not_recorded", count=len(done))
                self._outcomes = done + self._outcomes
                await asyncio.sleep(TRY_AGAIN_SECONDS)
                self._has_outcomes.set()
                continue
            for settlement in done:
                self._held.discard(settlement.claim.key)
                self._window.release()

    async def _record_rest(self) -> None:
        """Records what is left at the end; writing a row twice changes nothing, for it is fenced."""
        if self._outcomes:
            rest = self._outcomes
            await self._once(lambda: sending.settle(self._engine, self._worker_id, rest))

    # Among other workers

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            started = monotonic_seconds()
            if await self._once(lambda: sending.beat(self._engine, self._worker_id)) is None:
                continue
            if started - self._last_beat > SILENT_AT_MOST_SECONDS:
                log.warning("worker_was_silent", worker_id=self._worker_id)
                self._generation += 1
                self._drop(self._backlog)
                self._backlog.clear()
            self._last_beat = started

    async def _rescue(self) -> None:
        while True:
            await asyncio.sleep(RESCUE_SECONDS)
            freed = await self._once(lambda: sending.rescue(self._engine))
            if freed:
                log.warning("claims_rescued", count=freed)
                self._wake.set()

    # The database, from the event loop

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.shield(asyncio.to_thread(work))

    async def _insist(self, work: Callable[[], bool]) -> bool:
        """Returns True once `work` has; False if the process stops before."""
        while not self._stopping.is_set():
            if await self._once(work):
                return True
            await self._pause()
        return False

    async def _once(self, work: Callable[[], T]) -> T | None:
        """Returns what `work` returned, or None, logged, where it failed."""
        try:
            return await self._in_thread(work)
        except Exception:
            log.exception("sender_database_error")
            return None

    async def _persistently(self, work: Callable[[], T]) -> T:
        """Returns what `work` returned, tried until the database is there; cancelled where it never is."""
        while True:
            try:
                return await self._in_thread(work)
            except Exception:
                log.exception("sender_database_error")
                await asyncio.sleep(TRY_AGAIN_SECONDS)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
