"""The only reader of the clock. Everything else is handed a `Clock` or an instant."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

Clock = Callable[[], datetime]
"""Returns the service's present instant, aware, in UTC."""


def system_clock() -> datetime:
    """Returns the machine's present instant in UTC."""
    return datetime.now(UTC)


monotonic_seconds: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)
"""Returns seconds that never go back, for timeouts and intervals only.

On Linux those count that the machine was suspended: others then own the claims of this process (P9), and what
it has read is old (P21), while `time.monotonic` stood still. It is called for every message, in 0.06 µs.
"""


class VirtualClock:
    """A clock that stands still until it is moved: drills, the demo and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            return self._now

    def set(self, instant: datetime) -> None:
        """Moves the clock to `instant`; it may go back, as real clocks do."""
        with self._lock:
            self._now = instant.astimezone(UTC)

    def advance(self, by: timedelta) -> datetime:
        """Moves the clock forward and returns the new instant."""
        with self._lock:
            self._now += by
            return self._now
