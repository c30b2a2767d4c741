"""Work with a database that may be gone for a while, from an event loop that must not wait for it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

log = structlog.get_logger(__name__)
T = TypeVar("T")

TRY_AGAIN_SECONDS = 1.0


async def once(work: Callable[[], T]) -> T | None:
    """Returns what `work`, run in a thread, returned; None, logged, where it failed."""
    try:
        return await asyncio.shield(asyncio.to_thread(work))
    except Exception:
        log.exception("sender_database_error")
        return None


async def persistently(work: Callable[[], T]) -> T:
    """Returns what `work` returned, tried until the database is there; cancelled where it never is."""
    while True:
        if (found := await once(work)) is not None:
            return found
        await asyncio.sleep(TRY_AGAIN_SECONDS)
