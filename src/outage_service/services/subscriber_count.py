"""How many people subscribe, for whoever asks often and needs only about the right figure."""

from collections.abc import Callable

from outage_service.clock import monotonic_seconds
from outage_service.storage import Connection
from outage_service.storage.subscribers import count_active

COUNTED_AGAIN_SECONDS = 600.0
"""To count a million takes a tenth of a second, and on SQLite everybody waits for it."""


class SubscriberCount:
    """The number of active subscribers, remembered for some minutes.

    Args:
        monotonic: seconds that never go back.
    """

    def __init__(self, monotonic: Callable[[], float] = monotonic_seconds) -> None:
        self._monotonic = monotonic
        self._counted: tuple[float, int] | None = None

    def active(self, tx: Connection) -> int:
        """Returns how many subscribers are active, or were a few minutes ago."""
        now = self._monotonic()
        if self._counted is None or now - self._counted[0] >= COUNTED_AGAIN_SECONDS:
            self._counted = (now, count_active(tx))
        return self._counted[1]
