"""Whose clock is right where those of several hosts differ: the one that most others agree with (P1, P5)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

AGREE_WITHIN = timedelta(minutes=5)
"""As late as a bulletin may be and still count as issued at its due time."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """How far a host's clock is ahead of the database's; less than nothing: behind."""

    host: str
    ahead: timedelta


def may_issue(own: ClockReading, others: Collection[ClockReading]) -> bool:
    """Returns whether a host's clock is one to issue by; of any clocks at least one is."""
    return _agree(own.ahead, _reference([own, *others]))


def hosts_apart(readings: Collection[ClockReading]) -> set[str]:
    """Returns the hosts whose clock is not one to issue by."""
    if not readings:
        return set()
    reference = _reference(readings)
    return {one.host for one in readings if not _agree(one.ahead, reference)}


def is_database_apart(readings: Collection[ClockReading]) -> bool:
    """Returns whether all hosts agree with one another, and not with the database's clock."""
    return bool(readings) and not hosts_apart(readings) and not _agree(_reference(readings), timedelta(0))


def _reference(readings: Collection[ClockReading]) -> timedelta:
    """Returns the clock that most hosts agree with; of several the one nearest to the database's.

    Each host counts once, however many workers it runs: they share its clock. The database's own clock only
    decides a tie: where all hosts agree with one another it is the one that is wrong.
    """

    def weight(ahead: timedelta) -> tuple[int, timedelta, timedelta]:
        agreeing = {one.host for one in readings if _agree(one.ahead, ahead)}
        return len(agreeing), -abs(ahead), ahead

    return max((one.ahead for one in readings), key=weight)


def _agree(one: timedelta, other: timedelta) -> bool:
    return abs(one - other) <= AGREE_WITHIN
