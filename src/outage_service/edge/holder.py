"""The snapshot a process serves, and how long ago it was last known to be true (P21)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from outage_service.clock import monotonic_seconds
from outage_service.domain.calendar import iso_utc
from outage_service.edge.snapshot import Snapshot

STALE_AFTER_SECONDS = 30.0
"""Without a successful check for this long, nothing is told as known any more."""


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot and its last successful check: in service time to be told, in monotonic time to count.

    `as_of_json` is `checked_at` as a JSON value; it is told as known from `told_from` to `told_until`.
    """

    snapshot: Snapshot
    checked_at: datetime | None
    checked_seconds: float
    as_of_json: bytes
    told_from: datetime
    told_until: datetime

    def is_stale(self, now: datetime, seconds: float) -> bool:
        """Returns whether it can no longer be told as known, at `now` by service and monotonic time."""
        if seconds - self.checked_seconds > STALE_AFTER_SECONDS:
            return True
        return not self.told_from <= now < self.told_until


class SnapshotHolder:
    """Keeps the current snapshot for any number of readers; they never wait.

    Builds are made one after another under a lock, so that the one that read the database last is the
    one that stays: a slow build cannot put an older state over a newer one.

    Args:
        unknown: what is said until the first build, and if all else fails.
        monotonic: seconds that never go back.
    """

    def __init__(self, unknown: Snapshot, *, monotonic: Callable[[], float] = monotonic_seconds) -> None:
        self.unknown = unknown
        self.monotonic = monotonic
        self._lock = threading.Lock()
        self._failed = False
        self._held = _held(unknown, None, monotonic())

    def current(self) -> Held:
        """Returns what is held, in one piece."""
        return self._held

    def refresh(self, build: Callable[[], Snapshot]) -> Snapshot:
        """Puts the snapshot `build` returns in place of the current one, and returns it.

        `build` reads the database; where it raises, the error passes through, the former snapshot
        stays, and `confirm` does not renew it until a build succeeds.
        """
        with self._lock:
            started = self.monotonic()
            try:
                snapshot = build()
            except BaseException:
                self._failed = True
                raise
            self._failed = False
            self._held = _held(snapshot, snapshot.as_of, started)
            return snapshot

    def confirm(self, now: datetime, seconds: float) -> None:
        """Notes that nothing had been written since the last build when the database was about to be asked.

        That was at `now` by service and `seconds` by monotonic time: what comes between question and answer
        is no longer known. It does nothing where a build has read the database later than that.
        """
        with self._lock:
            snapshot = self._held.snapshot
            if not self._failed and snapshot.as_of is not None and seconds >= self._held.checked_seconds:
                self._held = _held(snapshot, now, seconds)

    def is_refresh_due(self, now: datetime) -> bool:
        """Returns whether to build although nothing was written: never built, failed, or too old."""
        return self._failed or self._held.snapshot.is_due(now)

    def is_stale(self, now: datetime) -> bool:
        """Returns whether what is held can no longer be told as known."""
        return self._held.is_stale(now, self.monotonic())


def _held(snapshot: Snapshot, checked_at: datetime | None, checked_seconds: float) -> Held:
    as_of = b'"%b"' % iso_utc(checked_at).encode() if checked_at else b"null"
    return Held(
        snapshot,
        checked_at,
        checked_seconds,
        as_of,
        told_from=snapshot.told_from,
        told_until=snapshot.told_until,
    )
