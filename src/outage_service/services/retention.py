"""What is kept no longer is removed, a little with every tick, once an hour anew.

Never bulletins, outages or the audit log. What is suppressed stays so: its digests are kept.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog

from outage_service.services.engine import Engine
from outage_service.services.sessions import IDLE_AT_MOST, LASTS_AT_MOST
from outage_service.services.subscriptions import REQUEST_VALID_FOR
from outage_service.storage import Connection, retention
from outage_service.storage.idempotency import KEPT_FOR
from outage_service.storage.now import database_now
from outage_service.storage.sessions import delete_old_sessions
from outage_service.storage.workers import FORGOTTEN_AFTER

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
TRUSTED_GAP = timedelta(hours=26)
"""After a longer pause the clock may be wrong: nothing is removed until it says the same an hour later."""
LETTERS_KEPT = timedelta(days=30)
ALLOWANCES_KEPT = timedelta(days=1)
_JOB = "pruning"


class Pruner:
    """One process's part in pruning; any number of processes may have one.

    Each `step` is one short transaction at most, so that no tick waits for it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._work: Iterator[int] | None = None

    def step(self) -> int:
        """Removes the next rows; returns 0 once there are no more of their kind, or none are due to go."""
        if self._work is None and self._is_due():
            self._work = self._prune()
        removed = next(self._work, None) if self._work is not None else None
        if removed is None:
            self._work = None
        return removed or 0

    def _is_due(self) -> bool:
        now = self._engine.clock()
        with self._engine.db.read() as tx:
            if not retention.is_job_due(tx, _JOB, every=EVERY, now=now):
                return False
        before = self._engine.db.write(lambda tx: retention.claim_job(tx, _JOB, every=EVERY, now=now))
        return before is not None and now - TRUSTED_GAP <= before <= now

    def _prune(self) -> Iterator[int]:
        for prune in self._kinds():
            removed = retention.BATCH
            while removed >= retention.BATCH:
                removed = self._engine.db.write(prune)
                yield removed
        log.info("pruned")

    def _kinds(self) -> Iterator[Callable[[Connection], int]]:
        now, kept = self._engine.clock(), self._engine.retention
        yield lambda tx: retention.prune_deliveries(tx, closed_before=now - kept)
        yield lambda tx: retention.blank_letters(tx, created_before=now - LETTERS_KEPT)
        yield lambda tx: retention.prune_requests(tx, requested_before=now - REQUEST_VALID_FOR)
        yield lambda tx: retention.prune_answers(tx, created_before=now - KEPT_FOR)
        yield lambda tx: retention.prune_allowances(tx, ended_before=now - ALLOWANCES_KEPT)
        yield lambda tx: retention.prune_workers(tx, seen_before=database_now(tx) - FORGOTTEN_AFTER)
        yield lambda tx: _prune_sessions(tx, now - LASTS_AT_MOST, now - IDLE_AT_MOST)


def _prune_sessions(tx: Connection, created_before: datetime, seen_before: datetime) -> int:
    delete_old_sessions(tx, created_before=created_before, seen_before=seen_before)
    return 0  # they are few: all went at once
