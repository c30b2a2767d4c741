"""When to leave a relay alone: a circuit breaker over monotonic seconds."""

from collections.abc import Callable
from dataclasses import dataclass

from outage_service.domain.deliveries import Attempt, Stage, Verdict

BACKOFF_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Waits between probes; the last one repeats."""
BACKOFF_JITTER = 0.2
FAULTS_BEFORE_PAUSE = 3
"""Connections lost one after the other without anything getting through. One may be chance."""

_PROBE_UNDER_WAY_SECONDS = 0.1
_FAULTS = (Verdict.RELAY_DOWN, Verdict.UNCERTAIN, Verdict.MISCONFIGURED)


@dataclass(frozen=True, slots=True)
class RelayHealth:
    """What operators are told about the relay.

    Args:
        cause: why it is left alone; None while mail flows.
        paused_seconds: for how long.
        retry_in_seconds: until it is of use to try again; 0 when it is now, also while mail flows.
        connections: open ones.
    """

    cause: Attempt | None
    paused_seconds: float
    retry_in_seconds: float
    connections: int

    @property
    def is_paused(self) -> bool:
        """Whether sends are answered without asking the relay."""
        return self.cause is not None


class Breaker:
    """Closed, mail flows. Open, nothing is tried until the backoff ends; then one probe decides.

    Args:
        monotonic: seconds that never go back.
        jitter: returns a number in [0, 1).
    """

    def __init__(self, monotonic: Callable[[], float], jitter: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._jitter = jitter
        self._faults = 0
        self._openings = 0
        self._opened_at = self._probe_at = 0.0
        self._is_probing = False
        self.cause: Attempt | None = None

    @property
    def is_at_ease(self) -> bool:
        """Whether there is nothing that one more accepted message could mend."""
        return self.cause is None and not (self._faults or self._openings)

    def admits_probe(self) -> bool:
        """Takes the one place for a probe and returns True, where the breaker is open and it is time.

        Whoever takes the place must end it with `record` or `give_up_probe`.
        """
        if self.cause is None or self._is_probing or self._monotonic() < self._probe_at:
            return False
        self._is_probing = True
        return True

    def seconds_to_wait(self) -> float:
        """Returns how long to wait before it is of use to try; 0 when it is now."""
        if self.cause is None:
            return 0.0
        if self._is_probing:
            return _PROBE_UNDER_WAY_SECONDS
        return max(0.0, self._probe_at - self._monotonic())

    def give_up_probe(self) -> None:
        """Frees the place: the probe ended without asking the relay."""
        self._is_probing = False

    def record(self, attempt: Attempt, *, is_probe: bool) -> None:
        """Learns from an attempt; one that began before the breaker opened neither closes nor extends it.

        A connection that cannot be made, or not with this configuration, opens the breaker at once.
        """
        if is_probe:
            self._is_probing = False
        elif self.cause is not None:
            return
        if not _is_fault(attempt):
            self._faults = self._openings = 0
            self.cause = None
            return
        self._faults += 1
        is_plain = attempt.verdict is Verdict.MISCONFIGURED or attempt.stage is Stage.CONNECT
        if is_probe or is_plain or self._faults >= FAULTS_BEFORE_PAUSE:
            self._open(attempt)

    def _open(self, attempt: Attempt) -> None:
        """Leaves the relay alone because of `attempt`, each time in a row for longer."""
        now = self._monotonic()
        if self.cause is None:
            self._opened_at = now
        wait = BACKOFF_SECONDS[min(self._openings, len(BACKOFF_SECONDS) - 1)]
        self._probe_at = now + wait * (1 + BACKOFF_JITTER * (2 * self._jitter() - 1))
        self._openings += 1
        self._faults = 0
        self.cause = attempt

    def health(self, connections: int) -> RelayHealth:
        """Returns the present state."""
        now = self._monotonic()
        return RelayHealth(
            cause=self.cause,
            paused_seconds=now - self._opened_at if self.cause else 0.0,
            retry_in_seconds=self.seconds_to_wait(),
            connections=connections,
        )


def _is_fault(attempt: Attempt) -> bool:
    """A message handed over and never answered speaks against the relay as much as a refused connection."""
    return attempt.verdict in _FAULTS
