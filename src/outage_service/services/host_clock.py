"""Whether this host's clock is one to issue by, where several hosts share a database (P1, P5)."""

import socket

import structlog

from outage_service.clock import Clock, system_clock
from outage_service.domain.clocks import ClockReading, may_issue
from outage_service.storage import Connection, workers
from outage_service.storage.now import database_now

log = structlog.get_logger(__name__)


class HostClock:
    """What one process knows of its machine's time of day; one thread at a time compares it.

    Args:
        now: the machine's own clock, also where the service goes by another (drills, tests).
    """

    def __init__(self, now: Clock = system_clock, *, host: str = "") -> None:
        self.now = now
        self.host = host or socket.gethostname()
        self.worker_id = ""
        """This process's worker, once there is one: its heartbeat says nothing of the others."""
        self._is_apart = False

    @property
    def is_apart(self) -> bool:
        """Whether it was not one to issue by when it was compared last."""
        return self._is_apart

    def agrees(self, tx: Connection) -> bool:
        """Returns whether it is one to issue by now, compared with those of all workers that live.

        An SQLite file is on the one host whose clock is its own: there is nothing to compare.
        """
        if tx.dialect.name == "sqlite":
            return True
        then, shown = database_now(tx), self.now()
        own = ClockReading(self.host, shown - then)
        is_apart = not may_issue(own, workers.clock_readings(tx, but=self.worker_id))
        if is_apart and not self._is_apart:
            log.error("clock_differs", seconds_ahead_of_database=round(own.ahead.total_seconds()))
        if self._is_apart and not is_apart:
            log.warning("clock_agrees_again")
        self._is_apart = is_apart
        return not is_apart
