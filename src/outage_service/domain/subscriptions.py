"""What a subscriber chooses, and whom a bulletin reaches (R14)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from outage_service.domain.systems import CATALOGUE, System


class SubscriptionKind(StrEnum):
    """What a subscriber may ask to be told of."""

    OUTAGE = "outage"
    DELAY = "delay"
    SCHEDULED = "scheduled"
    KNOWN_PROBLEMS = "known_problems"


_KIND_BITS = {
    SubscriptionKind.OUTAGE: 1,
    SubscriptionKind.DELAY: 2,
    SubscriptionKind.SCHEDULED: 4,
    SubscriptionKind.KNOWN_PROBLEMS: 8,
}
ALL = 0
"""The mask of somebody who chose nothing: everything, also what is added later."""


def systems_mask(systems: Iterable[System]) -> int:
    """Returns the bits of `systems`; no system gives `ALL`."""
    return sum(CATALOGUE[system].bit for system in set(systems))


def kinds_mask(kinds: Iterable[SubscriptionKind]) -> int:
    """Returns the bits of `kinds`; no kind gives `ALL`."""
    return sum(_KIND_BITS[kind] for kind in set(kinds))


def systems_of_mask(mask: int) -> tuple[System, ...]:
    """Returns the systems of a mask in the catalogue's order; `ALL` gives none."""
    return tuple(system for system, entry in CATALOGUE.items() if entry.bit & mask)


def kinds_of_mask(mask: int) -> tuple[SubscriptionKind, ...]:
    """Returns the kinds of a mask in order; `ALL` gives none."""
    return tuple(kind for kind, bit in _KIND_BITS.items() if bit & mask)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a bulletin reaches: subscribers whose systems and whose kinds both meet these (R14)."""

    systems: int
    kinds: int

    def includes(self, *, systems: int, kinds: int) -> bool:
        """Returns whether a subscriber with these masks is reached."""
        return (systems == ALL or bool(systems & self.systems)) and (kinds == ALL or bool(kinds & self.kinds))
