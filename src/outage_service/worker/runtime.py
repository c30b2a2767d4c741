"""Starts and stops a process's scheduler and sender, each in threads of its own."""

import asyncio
import threading
from collections.abc import Callable

import structlog
import uvloop
from apscheduler.schedulers.background import BackgroundScheduler

from outage_service.channels.email.pool import MailPool
from outage_service.clock import monotonic_seconds
from outage_service.services import alerts, schedule
from outage_service.services.engine import Engine
from outage_service.worker.sender import Sender, SenderOptions

log = structlog.get_logger(__name__)

GRACE_SECONDS = 30.0
"""How long messages under way may take to end when the process stops."""
SCHEDULER_SILENT_SECONDS = 10.0
"""APScheduler stops firing when the clock is set back: then ticks are made without it."""
WATCH_SECONDS = 2.0
SENDER_AGAIN_SECONDS = 5.0


class Worker:
    """The scheduler's tick every `tick_seconds`, and a sender with its own event loop.

    Args:
        refresh: called with every tick; keeps the prepared pages true.
    """

    def __init__(
        self,
        engine: Engine,
        make_pool: Callable[[], MailPool],
        options: SenderOptions,
        *,
        tick_seconds: float,
        refresh: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._make_pool = make_pool
        self._options = options
        self._tick_seconds = tick_seconds
        self._refresh = refresh
        self._ticking = threading.Lock()
        self._ticked_at = monotonic_seconds()
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sender: Sender | None = None
        self._threads: list[threading.Thread] = []
        self._steps: list[Callable[[], None]] = []
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def start(self, *, with_sender: bool = True) -> None:
        """Starts ticking and sending; neither the database nor the relay needs to be there yet.

        Without a sender, bulletins are left to other processes and only the pages are refreshed.
        """
        self._steps = [self._issue_due, self._alert, self._refresh] if with_sender else [self._refresh]
        self._engine.after_commit.append(self.wake)
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=self._tick_seconds,
            max_instances=1,
            coalesce=True,
            # The default drops a run that is a second late without a word.
            misfire_grace_time=None,
        )
        self._scheduler.start()
        for target in (self._run_sender, self._watch) if with_sender else (self._watch,):
            thread = threading.Thread(target=target, name=target.__name__.strip("_"), daemon=True)
            thread.start()
            self._threads.append(thread)

    def seconds_since_tick(self) -> float:
        """Returns how long ago the last tick ended: the scheduler's own heartbeat (P22)."""
        return monotonic_seconds() - self._ticked_at

    def wake(self) -> None:
        """Makes the sender look for work at once; may be called from any thread."""
        if self._loop is not None and self._sender is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._sender.wake)

    def stop(self) -> None:
        """Ends ticking, lets messages under way end, records them, and returns."""
        self._stopped.set()
        self._scheduler.shutdown(wait=True)
        if self._loop is not None and self._sender is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._sender.stop)
        for thread in self._threads:
            thread.join()

    def tick(self) -> None:
        """Issues what is due and refreshes the prepared pages; never two at once in a process."""
        if not self._ticking.acquire(blocking=False):
            return
        try:
            self._tick()
        finally:
            self._ticked_at = monotonic_seconds()
            self._ticking.release()

    def _tick(self) -> None:
        for step in self._steps:
            try:
                step()
            except Exception:
                # The database may be gone: the next tick finds out, and everything else goes on.
                log.exception("tick_failed", step=getattr(step, "__name__", "refresh"))

    def _issue_due(self) -> None:
        if schedule.issue_due(self._engine):
            self.wake()

    def _alert(self) -> None:
        alerts.alert_overruns(self._engine)

    def _watch(self) -> None:
        while not self._stopped.wait(WATCH_SECONDS):
            if monotonic_seconds() - self._ticked_at > max(SCHEDULER_SILENT_SECONDS, 2 * self._tick_seconds):
                log.warning("scheduler_silent")
                self.tick()

    def _run_sender(self) -> None:
        self._loop = uvloop.new_event_loop()
        try:
            while not self._stopped.is_set():
                self._send_until_stopped(self._loop)
        finally:
            self._loop.close()

    def _send_until_stopped(self, loop: asyncio.AbstractEventLoop) -> None:
        """Runs a sender; one that fails (its certificates cannot be read, say) is followed by another."""
        self._sender = Sender(self._engine, self._make_pool(), self._options)
        if self._stopped.is_set():  # `stop` may have looked for the sender a moment too early
            return
        try:
            loop.run_until_complete(self._sender.run(grace=GRACE_SECONDS))
        except Exception:
            log.exception("sender_failed")
            self._stopped.wait(SENDER_AGAIN_SECONDS)
