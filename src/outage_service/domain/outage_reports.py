"""Whether the cadence was kept: each bulletin promises when the next one comes, at the latest (R15, R16)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from outage_service.domain.cadence import ON_TIME


@dataclass(frozen=True, slots=True)
class Promise:
    """A bulletin that was sent, and when it said that the next one is due; None where it said none."""

    sent_at: datetime
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A due time that came: when the bulletin followed that it promised, if one has."""

    due_at: datetime
    followed_at: datetime | None

    @property
    def lateness(self) -> timedelta | None:
        """How long after its due time the bulletin went out."""
        return None if self.followed_at is None else self.followed_at - self.due_at

    def is_missed(self, now: datetime) -> bool:
        """Returns whether no bulletin followed within what counts as on time."""
        return (self.followed_at or now) - self.due_at > ON_TIME


@dataclass(frozen=True, slots=True)
class CadenceProof:
    """The due times of a period against what went out; `missed` are those that nothing followed in time."""

    due: int
    kept: int
    missed: tuple[datetime, ...]
    latest: timedelta | None


def prove_cadence(
    promises: Iterable[Promise], *, since: datetime, until: datetime, now: datetime
) -> CadenceProof:
    """Returns whether one outage's promises of a period were kept; `promises` are in order.

    A due time that news came before was replaced by a new promise, and is none. Both ends are included.
    """
    slots = [slot for slot in _slots(tuple(promises), now) if since <= slot.due_at <= until]
    missed = tuple(slot.due_at for slot in slots if slot.is_missed(now))
    latenesses = [slot.lateness for slot in slots if slot.lateness is not None]
    # One that is due this very minute is neither kept nor missed yet.
    pending = sum(slot.followed_at is None and not slot.is_missed(now) for slot in slots)
    return CadenceProof(
        due=len(slots),
        kept=len(slots) - len(missed) - pending,
        missed=missed,
        latest=max(latenesses, default=None),
    )


def _slots(promises: tuple[Promise, ...], now: datetime) -> Iterator[Slot]:
    for promise, following in pairwise((*promises, None)):
        if promise is None or promise.next_due_at is None:
            continue
        followed_at = following.sent_at if following else None
        if promise.next_due_at <= (followed_at or now):
            yield Slot(promise.next_due_at, followed_at)
