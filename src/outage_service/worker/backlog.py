"""What a worker has claimed and not begun to send, in the order in which it goes."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from outage_service.clock import monotonic_seconds
from outage_service.services.sending import OwnParts, ReadyMailing
from outage_service.storage.deliveries import Claim

LOOK_AGAIN_SECONDS = 2.0
"""A message that waited longer is checked once more: its reader may have left, the news may be old."""
LOOK_AT_ONCE = 100
"""How many messages are checked together."""
PERSONALISED_AT_ONCE = 32
"""How many messages have their reader's own parts made in one go: between sends each would take longer."""
_NEVER = float("-inf")


@dataclass(slots=True, eq=False)
class Ready:
    """A claim to be sent, found to be wanted at `looked_at` (monotonic seconds).

    `own` is what of the message is the recipient's alone, once it is made.
    """

    claim: Claim
    mailing: ReadyMailing
    looked_at: float
    own: OwnParts | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether it need not be looked at again."""
        return monotonic_seconds() - self.looked_at <= LOOK_AGAIN_SECONDS

    def found_wanted(self, asked_at: float) -> None:
        """Takes the answer to a look that was begun then. It counts for a moment however slowly it came: in a
        database that is busy nothing would else ever be fresh, and nothing would leave."""
        self.looked_at = max(asked_at, monotonic_seconds() - LOOK_AGAIN_SECONDS / 2)


class Backlog:
    """Claims that wait for a connection.

    Args:
        personalise: returns a message's own parts; what it raises is left to whoever renders the message.
    """

    def __init__(self, personalise: Callable[[Ready], OwnParts]) -> None:
        self._personalise = personalise
        self._waiting: deque[Ready] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_fresh(self) -> bool:
        """Whether the next message may be sent without another look at it. The backlog must not be empty."""
        return self._waiting[0].is_fresh

    def add(self, ready: Ready) -> None:
        """Puts a message behind all others."""
        self._waiting.append(ready)

    def take(self) -> Ready:
        """Takes the next message, its own parts made. The backlog must not be empty."""
        if self._waiting[0].own is None:
            for ready in islice(self._waiting, PERSONALISED_AT_ONCE):
                with contextlib.suppress(Exception):
                    ready.own = self._personalise(ready)
        return self._waiting.popleft()

    def take_stale(self) -> list[Ready]:
        """Takes the next messages that must be looked at again, in their order."""
        group: list[Ready] = []
        while self._waiting and len(group) < LOOK_AT_ONCE and not self._waiting[0].is_fresh:
            group.append(self._waiting.popleft())
        return group

    def put_back(self, group: Iterable[Ready], looked_at: float) -> None:
        """Puts messages that were looked at before all others, in their order."""
        again = list(group)
        for ready in again:
            ready.found_wanted(looked_at)
        self._waiting.extendleft(reversed(again))

    def doubt(self) -> None:
        """Has all messages looked at again before they are sent."""
        for ready in self._waiting:
            ready.looked_at = _NEVER

    def clear(self) -> list[Ready]:
        """Takes all messages."""
        taken, self._waiting = list(self._waiting), deque()
        return taken
