"""Whether the database takes writes: one that is full or read-only still answers whoever reads (P22)."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from outage_service.storage.failures import DATABASE_ERRORS, refuses_writes

log = structlog.get_logger(__name__)

REFUSED_AFTER_FAILURES = 3
"""In a row. One that only had to wait too long for another writer says nothing of the database."""


class WriteHealth:
    """What one process's own regular write shows; one thread at a time makes it."""

    def __init__(self) -> None:
        self._failures = 0
        self._is_refused = False

    @property
    def is_refused(self) -> bool:
        """Whether the database takes no writes, as far as this process has tried."""
        return self._is_refused

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Learns from the write made inside; its error passes through."""
        try:
            yield
        except DATABASE_ERRORS as error:
            self._failures += 1
            if refuses_writes(error) or self._failures >= REFUSED_AFTER_FAILURES:
                self._tell_refused(error)
            raise
        self._failures = 0
        if self._is_refused:
            log.warning("database_writable_again")
        self._is_refused = False

    def _tell_refused(self, error: Exception) -> None:
        if not self._is_refused:
            log.error("database_not_writable", error=type(error).__name__)
        self._is_refused = True
