"""The catalogue of systems, their directions, thresholds and help lines.

To add a system: one member of `System`, one entry of `CATALOGUE`, its wording in
`content/systems.yaml`. Bits are stored in the database: never reuse or renumber one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class System(StrEnum):
    """The six systems whose outage triggers bulletins (SOCP 1.1, R4)."""

    EDI = "edi"
    EMANIFEST = "emanifest"
    CERS = "cers"
    CCP = "ccp"
    CAD_API = "cad_api"
    SWI = "swi"


class InternalSystem(StrEnum):
    """CBSA-internal systems, recorded as dependencies and never subscribed to (R7)."""

    ACROSS = "across"
    CIP = "cip"
    RELEASE = "release"


class Direction(StrEnum):
    """Which way messages are affected; `both` overlaps each of the others."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"

    def overlaps(self, other: "Direction") -> bool:
        """Returns whether the two share a way."""
        return Direction.BOTH in (self, other) or self is other


class Condition(StrEnum):
    """What a system suffers; the order is that of severity."""

    DELAY = "delay"
    OUTAGE = "outage"


class HelpLine(StrEnum):
    """Telephone lines with a broadcast message (R20)."""

    TCCU = "tccu"
    CTSU = "ctsu"
    CCSH = "ccsh"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From how far behind a delay counts as an outage."""

    behind: timedelta
    inclusive: bool

    def is_reached(self, behind: timedelta) -> bool:
        """Returns whether `behind` counts as an outage; the limit itself only where inclusive."""
        return behind >= self.behind if self.inclusive else behind > self.behind


@dataclass(frozen=True, slots=True)
class SystemEntry:
    """What the rules need to know of one system; its wording is in `content`."""

    bit: int
    line: HelpLine
    has_directions: bool
    threshold: Threshold | None = None


EDI_THRESHOLD = Threshold(timedelta(minutes=60), inclusive=False)
"""Over 60 minutes behind (SOCP 4.1, R34)."""
EMANIFEST_THRESHOLD = Threshold(timedelta(minutes=60), inclusive=True)
"""60 minutes behind (SOCP 4.1, R35)."""

CATALOGUE: Mapping[System, SystemEntry] = MappingProxyType(
    {
        System.EDI: SystemEntry(1, HelpLine.TCCU, has_directions=True, threshold=EDI_THRESHOLD),
        System.EMANIFEST: SystemEntry(2, HelpLine.TCCU, has_directions=True, threshold=EMANIFEST_THRESHOLD),
        System.CERS: SystemEntry(4, HelpLine.TCCU, has_directions=True),
        System.CCP: SystemEntry(8, HelpLine.CCSH, has_directions=False),
        System.CAD_API: SystemEntry(16, HelpLine.CTSU, has_directions=False),
        System.SWI: SystemEntry(32, HelpLine.TCCU, has_directions=False),
    }
)

CTSU_SYSTEMS = frozenset({System.CAD_API, System.CCP})
"""The systems CTSU may declare on TCCU's behalf (R5)."""

FULL_OUTAGE = frozenset({System.EDI, System.EMANIFEST, System.CCP, System.CERS, System.CAD_API})
"""With internal systems down too, these make a full CBSA outage; SWI is allowed, not required (R8)."""

_BOTH_WAYS: frozenset[Direction | None] = frozenset({Direction.INBOUND, Direction.OUTBOUND})


def ways_of(direction: Direction | None) -> frozenset[Direction | None]:
    """Returns each way that `direction` stands for: None, of a system without directions, is one."""
    return _BOTH_WAYS if direction is Direction.BOTH else frozenset({direction})


def makes_full_outage(down: Iterable[tuple[System, Direction | None]]) -> bool:
    """Returns whether what is out is all of the five systems, both ways where there are two (R8)."""
    ways = {(system, way) for system, direction in down for way in ways_of(direction)}
    whole = {system: _BOTH_WAYS if CATALOGUE[system].has_directions else {None} for system in FULL_OUTAGE}
    return all((system, way) in ways for system in whole for way in whole[system])


def derived_condition(system: System, stated: Condition, behind: timedelta | None) -> Condition:
    """Returns the condition the figures make of the operator's statement (R34–R36).

    A delay that reaches its system's threshold is an outage; a delay without figures, or of a
    system without a threshold, stays a delay; a stated outage is an outage.
    """
    threshold = CATALOGUE[system].threshold
    if stated is Condition.OUTAGE or threshold is None or behind is None:
        return stated
    return Condition.OUTAGE if threshold.is_reached(behind) else Condition.DELAY


def worst_condition(conditions: Iterable[Condition]) -> Condition:
    """Returns `outage` where any of `conditions` is one, else `delay`."""
    return Condition.OUTAGE if Condition.OUTAGE in conditions else Condition.DELAY


def systems_of_line(line: HelpLine) -> tuple[System, ...]:
    """Returns the systems a help line speaks of, in the catalogue's order (R20)."""
    return tuple(system for system, entry in CATALOGUE.items() if entry.line is line)


def lines_of(systems: Iterable[System]) -> tuple[HelpLine, ...]:
    """Returns the help lines that speak of any of `systems`, without repeats, in the lines' order."""
    concerned = {CATALOGUE[system].line for system in systems}
    return tuple(line for line in HelpLine if line in concerned)


def in_catalogue_order(systems: Iterable[System]) -> tuple[System, ...]:
    """Returns `systems` without repeats in the catalogue's order."""
    wanted = set(systems)
    return tuple(system for system in CATALOGUE if system in wanted)
