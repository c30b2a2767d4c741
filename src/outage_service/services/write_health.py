"""Whether the database takes writes: one that is full or read-only still answers whoever reads (P22).

Learnt from every write of this process (`learn`), and from a small one that it makes by itself (`trying`).
The small one alone tells that writes are taken again: another transaction may have had nothing to write.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from outage_service.clock import monotonic_seconds
from outage_service.storage.failures import DATABASE_ERRORS, lacks_room, refuses_writes

log = structlog.get_logger(__name__)

REFUSED_AFTER_FAILURES = 3
"""In a row. A single one may only have waited too long for another writer."""
NO_ROOM_SECONDS = 10.0
"""For this long after a write that found no room, a small write that succeeds proves nothing."""


class WriteHealth:
    """What one process's writes show; one thread at a time makes the small one."""

    def __init__(self) -> None:
        self._failures = 0
        self._is_refused = False
        self._no_room_until = 0.0
        self._turns = threading.Lock()

    @property
    def is_refused(self) -> bool:
        """Whether the database takes no writes, as far as this process has tried."""
        return self._is_refused

    def learn(self, error: Exception) -> None:
        """Learns from any write that has failed."""
        with self._turns:
            if refuses_writes(error) and not self._is_refused:
                self._no_room_until = monotonic_seconds() + NO_ROOM_SECONDS if lacks_room(error) else 0.0
                self._tell_refused(error)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Learns from the small write made inside; its error passes through."""
        try:
            yield
        except (*DATABASE_ERRORS, TimeoutError) as error:
            with self._turns:
                self._failures += 1
                if refuses_writes(error) or self._failures >= REFUSED_AFTER_FAILURES:
                    self._no_room_until = 0.0
                    self._tell_refused(error)
            raise
        with self._turns:
            self._failures = 0
            if monotonic_seconds() >= self._no_room_until:
                self._tell_taken()

    def _tell_refused(self, error: Exception) -> None:
        if not self._is_refused:
            log.error("database_not_writable", error=type(error).__name__)
        self._is_refused = True

    def _tell_taken(self) -> None:
        if self._is_refused:
            log.warning("database_writable_again")
        self._is_refused = False
