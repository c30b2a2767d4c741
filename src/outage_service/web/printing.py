"""Documents are made beside the event loop, a few at a time: they keep a core busy for seconds."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from outage_service.web.problems import Problem, Refusal

AT_ONCE = 2
WAITING_AT_MOST = 20
"""Whoever comes beyond these is refused at once: the wait would be too long anyway."""
_BUSY = Problem(503, "busy", "Too many documents are being made. Repeat it.", headers={"Retry-After": "5"})


class Press:
    """Makes documents in threads of its own, so that nothing else waits for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="press")
        self._room = threading.Semaphore(AT_ONCE + WAITING_AT_MOST)

    async def run(self, work: Callable[[], bytes]) -> bytes:
        """Returns what `work` made.

        Raises:
            Refusal: 503, too many are waiting already.
        """
        if not self._room.acquire(blocking=False):
            raise Refusal(_BUSY)
        making = self._threads.submit(work)
        # Also where the client is gone meanwhile: the work goes on to its end.
        making.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(making)
