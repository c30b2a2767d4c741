"""Who lives, whatever the database's clock does: heartbeats are in its time, and it may be set (P5, P9)."""

from collections.abc import Callable
from datetime import datetime

from outage_service.clock import monotonic_seconds
from outage_service.storage import Connection, workers


class Heartbeats:
    """The heartbeats of all workers, as one process saw them last, and when that was by its own time.

    A clock that is set ahead makes everybody look dead until they beat again, and two would send the same;
    one that is set back lets a dead worker look alive until the time it was seen at has come once more.
    """

    def __init__(self, own_seconds: Callable[[], float] = monotonic_seconds) -> None:
        self._own_seconds = own_seconds
        self._seen: dict[str, datetime] = {}
        self._looked_at = float("-inf")

    def put_right(self, tx: Connection) -> None:
        """Looks at them, and counts as seen now who has beaten since the last look or is seen in the future.

        Where the last look is too long ago it proves nothing: then they are judged by database time alone.
        """
        seen, looked_at = workers.heartbeats(tx), self._own_seconds()
        is_telling = looked_at - self._looked_at < workers.DEAD_AFTER.total_seconds()
        have_beaten = {one for one, at in seen.items() if self._seen.get(one) != at} if is_telling else set()
        workers.count_as_seen_now(tx, have_beaten)
        self._seen, self._looked_at = seen, looked_at
