"""Noticing that the database is an older copy, and holding its unsent mail until an operator's word (P34).

What a backup has in its queue was sent long since. What is issued from now on goes out as ever: the clock's
catch-up takes the place of whatever is held of an outage that is still open (P3). `alerts` tells operators.
Ids that links in lost mail may name are given to nobody else.
"""

import threading
from concurrent.futures import Future
from datetime import datetime, timedelta

import structlog

from outage_service.clock import monotonic_seconds
from outage_service.domain.roles import CLOCK, COMMAND_LINE
from outage_service.services.engine import Engine
from outage_service.storage import Connection, audit
from outage_service.storage import pulse as rows
from outage_service.storage.database import sqlite_path
from outage_service.storage.pulse import Place, PulseMark, PulseRecord
from outage_service.storage.subscribers import skip_ids

log = structlog.get_logger(__name__)

BEAT_EVERY_SECONDS = 30.0
FEEL_EVERY_SECONDS = 10.0
"""As often as a sender says that it lives; who makes no small write by itself knows nothing (P22)."""
FEEL_WITHIN_SECONDS = 5.0
"""So long it waits for another writer."""
SILENT_AT_MOST = timedelta(hours=1)
"""A new timeline after a shorter silence is a failover, after a longer one a recovery from a backup."""
SLACK = timedelta(minutes=1)
"""What was made within this after the last beat may be in a backup as well."""


class Pulse:
    """One process's part in the pulse. A sender must not begin before the first `beat` has returned."""

    def __init__(self, engine: Engine, *, feel_within_seconds: float = FEEL_WITHIN_SECONDS) -> None:
        self._engine = engine
        self._feel_within_seconds = feel_within_seconds
        path = sqlite_path(engine.db.url)
        self._mark = PulseMark(path.with_name(path.name + ".pulse")) if path else None
        self._beats: int | None = None
        self._beat_at = 0.0
        self._feeling: Future[None] | None = None
        self._turns = threading.Lock()

    @property
    def has_begun(self) -> bool:
        """Whether the database was looked at by this process."""
        return self._beats is not None

    def beat_if_due(self) -> None:
        """Beats half a minute apart, and more often while the database takes no writes."""
        if self._is_due(BEAT_EVERY_SECONDS):
            self.beat()

    def feel_if_due(self) -> None:
        """Where no sender runs, and nothing may beat: tries, as often as a sender does, whether it could.

        It writes what is there as it is. Other processes' writes are waited for no longer than for a moment:
        what is begun is then looked at the next time.
        """
        if self._is_due(FEEL_EVERY_SECONDS):
            with self._turns, self._engine.write_health.trying():
                self._feel()
                self._beat_at = monotonic_seconds()

    def _feel(self) -> None:
        self._feeling = feeling = self._feeling or self._engine.db.submit(rows.write_as_it_is)
        feeling.exception(self._feel_within_seconds)
        self._feeling = None
        feeling.result()

    def _is_due(self, every_seconds: float) -> bool:
        if self._engine.write_health.is_refused:
            return True
        return monotonic_seconds() - self._beat_at >= every_seconds

    def beat(self) -> None:
        """Records that the service lives, and before that holds the mail of a database that seems a copy."""
        with self._turns:
            # Before the database: it is never behind a mark that was read earlier.
            marked = self._mark.read() if self._mark else None
            with self._engine.write_health.trying():
                self._beats = self._engine.db.write(lambda tx: self._beat(tx, marked))
            self._beat_at = monotonic_seconds()
            if self._mark:
                self._mark.write(self._beats)

    def _beat(self, tx: Connection, marked: int | None) -> int:
        now, found, place = self._engine.clock(), rows.lock_pulse(tx), rows.place_of(tx)
        reason = self._suspicion(found, marked, place, now)
        if reason is not None and found.at is not None:
            _hold(self._engine, tx, reason, created_until=found.at + SLACK)
        beats = max(found.beats, marked or 0, self._beats or 0) + 1
        rows.beat(tx, beats=beats, at=now, place=place)
        return beats

    def _suspicion(
        self, found: PulseRecord, marked: int | None, place: Place | None, now: datetime
    ) -> str | None:
        """Returns why the database seems to be a copy; None where it does not."""
        if found.at is None:
            return None
        if self._beats is not None:
            return "went_back" if found.beats < self._beats else None
        if self._mark is not None:
            return "behind_its_mark" if marked is None or marked > found.beats else None
        if place is None or found.place is None:
            return None
        return _moved(found.place, place, silent_for=now - found.at)


def _moved(before: Place, now: Place, *, silent_for: timedelta) -> str | None:
    """Returns why a database on PostgreSQL seems to be a copy of what was at `before`."""
    if now.database != before.database:
        return "another_place"
    if before.table is not None and now.table != before.table:
        return "loaded_in_place"
    return "recovered" if now.timeline != before.timeline and silent_for > SILENT_AT_MOST else None


def _hold(engine: Engine, tx: Connection, reason: str, *, created_until: datetime) -> None:
    held = rows.hold_unsent(tx, created_until=created_until)
    skip_ids(tx)
    log.warning("database_seems_a_copy", reason=reason, mailings_held=held)
    if held:
        detail = {"reason": reason, "mailings": held}
        audit.record(tx, "mail_held", at=engine.clock(), actor=CLOCK, detail=detail)


def hold(engine: Engine, tx: Connection) -> int:
    """Holds whatever is not sent yet, at an operator's word; returns how many mailings."""
    held = rows.hold_unsent(tx, created_until=None)
    skip_ids(tx)
    detail = {"reason": "asked", "mailings": held}
    audit.record(tx, "mail_held", at=engine.clock(), actor=COMMAND_LINE, detail=detail)
    return held


def release(engine: Engine, tx: Connection) -> int:
    """Lets held mail go, at an operator's word; returns how many mailings."""
    released = rows.release_held(tx)
    detail = {"mailings": released}
    audit.record(tx, "mail_released", at=engine.clock(), actor=COMMAND_LINE, detail=detail)
    return released
