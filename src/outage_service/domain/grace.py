"""Relief extended for some systems of an outage, beyond what the plan gives (R51, R54).

What the plan gives follows from the outage (`deadlines`); an extension is an instant an operator granted.
In force is whichever is later, system by system.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outage_service.domain.deadlines import Deadlines
from outage_service.domain.errors import InvalidAct
from outage_service.domain.systems import System, in_catalogue_order

AHEAD_AT_MOST = timedelta(days=31)
"""An extension further ahead is taken for a typing mistake."""
FIELDS = ("paper_accepted_until", "penalty_relief_until")


@dataclass(frozen=True, slots=True)
class Extension:
    """What was granted to some systems by one bulletin; None is not extended by it. Times in UTC."""

    systems: tuple[System, ...]
    paper_accepted_until: datetime | None
    penalty_relief_until: datetime | None


@dataclass(frozen=True, slots=True)
class Relief:
    """What is in force for one system; None where only the outage's end will tell."""

    system: System
    paper_accepted_until: datetime | None
    penalty_relief_until: datetime | None


def relief_of(system: System, known: Deadlines, extensions: Iterable[Extension]) -> Relief:
    """Returns what is in force for `system`: the plan's deadline or an extension, whichever is later."""
    granted = [extension for extension in extensions if system in extension.systems]
    return Relief(
        system,
        _latest(known.paper_accepted_until, *(each.paper_accepted_until for each in granted)),
        _latest(known.penalty_relief_until, *(each.penalty_relief_until for each in granted)),
    )


def _latest(*instants: datetime | None) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)


def extended_reliefs(known: Deadlines, extensions: tuple[Extension, ...]) -> tuple[Relief, ...]:
    """Returns what is in force for every system that was ever granted an extension."""
    systems = in_catalogue_order(system for extension in extensions for system in extension.systems)
    return tuple(relief_of(system, known, extensions) for system in systems)


def check_extension(
    wanted: Extension, *, known: Deadlines, granted: tuple[Extension, ...], now: datetime
) -> None:
    """Refuses an extension that gives nothing, or too much.

    Raises:
        InvalidAct: no time at all; one that is past, more than 31 days ahead, or no later than what is in
            force for one of its systems.
    """
    if wanted.paper_accepted_until is None and wanted.penalty_relief_until is None:
        raise InvalidAct("no_extension", "Give at least one of the two times.", field=FIELDS[0])
    for field in FIELDS:
        until: datetime | None = getattr(wanted, field)
        if until is not None:
            in_force = [getattr(relief_of(system, known, granted), field) for system in wanted.systems]
            _check_time(until, _latest(*in_force), now, field=field)


def _check_time(until: datetime, in_force: datetime | None, now: datetime, *, field: str) -> None:
    if until <= now:
        raise InvalidAct("extension_past", "This time has passed.", field=field)
    if until > now + AHEAD_AT_MOST:
        raise InvalidAct("extension_too_long", "This is more than 31 days ahead.", field=field)
    if in_force is not None and until <= in_force:
        raise InvalidAct(
            "no_extension", f"This is no later than what is in force, {in_force.isoformat()}.", field=field
        )
