"""Starts and stops a process's scheduler and sender, each in threads of its own."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog
import uvloop
from apscheduler.schedulers.background import BackgroundScheduler

from outage_service.channels.email.pool import MailPool
from outage_service.clock import monotonic_seconds
from outage_service.services import alerts, due_bulletins
from outage_service.services.alerts import RelayNews, ServiceWatch
from outage_service.services.engine import Engine
from outage_service.services.pulse import Pulse
from outage_service.services.retention import Pruner
from outage_service.storage import notify
from outage_service.worker.sender import Sender, SenderOptions

log = structlog.get_logger(__name__)

GRACE_SECONDS = 30.0
"""How long messages under way may take to end when the process stops."""
SCHEDULER_SILENT_SECONDS = 10.0
"""APScheduler stops firing when the clock is set back: then ticks are made without it."""
WATCH_SECONDS = 1.0
TURN_WITHIN_SECONDS = 2.0
SENDER_AGAIN_SECONDS = 5.0
PULSE_AGAIN_SECONDS = 1.0
LISTENER_STOPS_WITHIN_SECONDS = 2.0


class Worker:
    """The scheduler's tick every `tick_seconds`, and a sender with its own event loop.

    Args:
        refresh: called with every tick; keeps the prepared pages true.
        look: called every second where other processes cannot tell that they have written (SQLite).
    """

    def __init__(
        self,
        engine: Engine,
        make_pool: Callable[[], MailPool],
        options: SenderOptions,
        *,
        tick_seconds: float,
        refresh: Callable[[], None],
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._make_pool = make_pool
        self._options = options
        self._tick_seconds = tick_seconds
        self._refresh = refresh
        self._look = look
        self._ticking = threading.Lock()
        self._ticked_at = monotonic_seconds()
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sender: Sender | None = None
        self._pool: MailPool | None = None
        self._service_watch = ServiceWatch(engine, self._relay_news)
        self._threads: list[threading.Thread] = []
        self._pulse = Pulse(engine)
        self._pruner = Pruner(engine)
        self._listener: threading.Thread | None = None
        self._steps: list[Callable[[], None]] = []
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def start(self, *, with_sender: bool = True) -> None:
        """Starts ticking and sending; neither the database nor the relay needs to be there yet.

        Without a sender, bulletins are left to other processes: the pages are kept true, and the operators
        told where nobody issues or sends them.
        """
        self._steps = [self._refresh, self._look_after]
        if with_sender:
            self._steps = [self._beat, self._issue_due, self._alert, *self._steps, self._prune]
        else:
            self._steps.append(self._feel)
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
            self._threads.append(_started(target))
        if notify.can_listen(self._engine.db.url):
            self._listener = _started(self._listen)

    def seconds_since_tick(self) -> float:
        """Returns how long ago the last tick ended: the scheduler's own heartbeat (P22)."""
        return monotonic_seconds() - self._ticked_at

    def wake(self) -> None:
        """Makes the sender look for work at once; may be called from any thread."""
        if self._sender is not None:
            self._in_loop(self._sender.wake)

    def stop(self) -> None:
        """Ends ticking, lets messages under way end, records them, and returns."""
        self._stopped.set()
        self._scheduler.shutdown(wait=True)
        if self._sender is not None:
            self._in_loop(self._sender.stop)
        for thread in self._threads:
            thread.join()
        if self._listener is not None:  # it may hang in a network that swallows everything
            self._listener.join(LISTENER_STOPS_WITHIN_SECONDS)

    def _in_loop(self, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # closed: the sender has ended, perhaps this very moment
            if self._loop is not None:
                self._loop.call_soon_threadsafe(call)

    def tick(self) -> None:
        """Issues what is due and refreshes the prepared pages; never two at once in a process.

        It waits for a moment: who hears of one commit after the other hardly ever lets go.
        """
        if not self._ticking.acquire(timeout=TURN_WITHIN_SECONDS):
            return
        try:
            self._tick()
        finally:
            self._ticked_at = monotonic_seconds()
            self._ticking.release()

    def _tick(self) -> None:
        for step in self._steps:
            self._try(step)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            # The database may be gone: the next tick finds out, and everything else goes on.
            log.exception("tick_failed", step=getattr(step, "__name__", "refresh"))

    def _issue_due(self) -> None:
        if due_bulletins.issue_due(self._engine):
            self.wake()

    def _alert(self) -> None:
        alerts.alert_overruns(self._engine)

    def _beat(self) -> None:
        self._pulse.beat_if_due()

    def _feel(self) -> None:
        self._pulse.feel_if_due()

    def _prune(self) -> None:
        self._pruner.step()

    def _look_after(self) -> None:
        self._service_watch.step()

    def _relay_news(self) -> RelayNews | None:
        sender, pool = self._sender, self._pool
        return RelayNews(sender.worker_id, pool.health()) if sender and pool else None

    def _watch(self) -> None:
        is_told = notify.can_listen(self._engine.db.url)
        while not self._stopped.wait(WATCH_SECONDS):
            if monotonic_seconds() - self._ticked_at > max(SCHEDULER_SILENT_SECONDS, 2 * self._tick_seconds):
                log.warning("scheduler_silent")
                self.tick()
            if not is_told:
                self._try(self._look)

    def _listen(self) -> None:
        notify.listen(self._engine.db.url, self._heard, self._stopped)

    def _heard(self) -> None:
        """Sends what others have issued, and tells of it, without waiting for the next look."""
        self.wake()
        with self._ticking:
            self._try(self._refresh)

    def _run_sender(self) -> None:
        self._loop = uvloop.new_event_loop()
        try:
            self._find_pulse()
            while not self._stopped.is_set():
                self._send_until_stopped(self._loop)
            if self._pulse.has_begun:  # a copy made since the last beat is told from what is left (P34)
                self._try(self._pulse.beat)
        finally:
            self._loop.close()

    def _find_pulse(self) -> None:
        """Returns once it is known whether the database is an older copy: nothing is sent before (P34)."""
        self._try(self._pulse.beat)
        while not self._pulse.has_begun and not self._stopped.wait(PULSE_AGAIN_SECONDS):
            self._try(self._pulse.beat)

    def _send_until_stopped(self, loop: asyncio.AbstractEventLoop) -> None:
        """Runs a sender; one that fails (its certificates cannot be read, say) is followed by another."""
        self._pool = self._make_pool()
        self._sender = Sender(self._engine, self._pool, self._options)
        if self._stopped.is_set():  # `stop` may have looked for the sender a moment too early
            return
        try:
            loop.run_until_complete(self._sender.run(grace=GRACE_SECONDS))
        except Exception:
            log.exception("sender_failed")
            self._stopped.wait(SENDER_AGAIN_SECONDS)


def _started(target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=target.__name__.strip("_"), daemon=True)
    thread.start()
    return thread
