"""Outcomes on their way to the ledger: those that come at nearly the same time are committed together."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

import structlog

from outage_service.services import sending
from outage_service.services.engine import Engine
from outage_service.storage.deliveries import Settlement
from outage_service.worker.patience import TRY_AGAIN_SECONDS, once

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.005
"""How long outcomes wait for one another: a commit costs nearly the same for one as for many."""
RECORD_REST_TRIES = 3


class Outcomes:
    """What a sender has to record.

    Args:
        enough: so many do not wait for others.
    """

    def __init__(self, engine: Engine, *, enough: int) -> None:
        self._engine = engine
        self._enough = enough
        self._waiting: list[Settlement] = []
        self._has_some = asyncio.Event()
        self._has_enough = asyncio.Event()

    def add(self, settlement: Settlement) -> None:
        """Has an outcome recorded."""
        self._waiting.append(settlement)
        self._has_some.set()
        if len(self._waiting) >= self._enough:
            self._has_enough.set()

    async def record(self, worker_id: str, recorded: Callable[[list[Settlement]], None]) -> None:
        """Commits what waits, all of it at once, again and again, until cancelled; tells what is durable."""
        while True:
            await self._gather()
            done, self._waiting = self._waiting, []
            try:
                await asyncio.shield(asyncio.wrap_future(sending.settling(self._engine, worker_id, done)))
            except asyncio.CancelledError:
                self._waiting = done + self._waiting
                raise
            except Exception:
                log.exception("outcomes_not_recorded", count=len(done))
                self._waiting = done + self._waiting
                await asyncio.sleep(TRY_AGAIN_SECONDS)
                self._has_some.set()
                continue
            recorded(done)

    async def _gather(self) -> None:
        """Waits for outcomes, until there are enough or the first one has waited long enough."""
        await self._has_some.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                await self._has_enough.wait()
        self._has_some.clear()
        self._has_enough.clear()

    async def record_rest(self, worker_id: str) -> None:
        """Records what is left at the end; writing a row twice changes nothing, for it is fenced."""
        settle = partial(sending.settle, self._engine, worker_id, self._waiting)
        for _ in range(RECORD_REST_TRIES if self._waiting else 0):
            if await once(settle) is not None:
                return
            await asyncio.sleep(TRY_AGAIN_SECONDS)
