"""Which impacts an outage may have, and how an update's complete list replaces them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import combinations

from outage_service.domain.calendar import cut_to_minute
from outage_service.domain.errors import InvalidAct
from outage_service.domain.outages import Impact, Outage, has_direction
from outage_service.domain.systems import Condition, Direction


def with_default_direction(impact: Impact) -> Impact:
    """Returns the impact with `both` where its system has directions and none was given."""
    if impact.direction is None and has_direction(impact.system):
        return replace(impact, direction=Direction.BOTH)
    return impact


def check_impacts(impacts: Sequence[Impact], *, scheduled: bool) -> None:
    """Refuses an empty list, directions where there are none, repeats, and planned delays.

    Raises:
        InvalidAct: with the field of the impact at fault.
    """
    if not impacts:
        raise InvalidAct("no_impacts", "Name at least one system.", field="impacts")
    for index, impact in enumerate(impacts):
        _check_impact(impact, f"impacts.{index}", scheduled=scheduled)
    for (i, one), (j, other) in combinations(enumerate(map(with_default_direction, impacts)), 2):
        if one.overlaps(other):
            raise InvalidAct(
                "repeated_system",
                f"It repeats impacts.{i}: name a system and direction once.",
                field=f"impacts.{j}",
            )


def _check_impact(impact: Impact, field: str, *, scheduled: bool) -> None:
    if impact.direction is not None and not has_direction(impact.system):
        raise InvalidAct(
            "no_direction", f"{impact.system} has no direction; leave it out.", field=f"{field}.direction"
        )
    if scheduled:
        _check_scheduled_impact(impact, field)


def _check_scheduled_impact(impact: Impact, field: str) -> None:
    detail = "A scheduled impact is always an outage."
    if impact.stated is Condition.DELAY:
        raise InvalidAct("scheduled_delay", detail, field=f"{field}.condition")
    if impact.behind is not None:
        raise InvalidAct("scheduled_delay", detail, field=f"{field}.behind_minutes")
    if impact.started_at is not None:
        raise InvalidAct(
            "scheduled_start",
            "A scheduled impact starts with the window; leave this out.",
            field=f"{field}.started_at",
        )


def started_impacts(impacts: Sequence[Impact], *, started_at: datetime, now: datetime) -> tuple[Impact, ...]:
    """Returns the impacts of a new outage, each with its direction; own starts lie in the outage.

    Raises:
        InvalidAct: an impact that starts before the outage or in the future.
    """
    for index, impact in enumerate(impacts):
        if impact.started_at is not None and not started_at <= impact.started_at <= now:
            raise InvalidAct(
                "impact_start",
                "A system's start lies between the outage's start and now.",
                field=f"impacts.{index}.started_at",
            )
    return tuple(map(with_default_direction, impacts))


def merge_impacts(outage: Outage, listed: Sequence[Impact], now: datetime) -> tuple[Impact, ...]:
    """Returns the impacts after an update's complete list.

    A listed impact keeps the start it had, also where its direction changes; one that had been restored
    and is listed again began again now, unless it says when. A system that is not listed any more was
    restored now and is kept as such, so that whoever heard of it also hears of the end (R14).
    """
    new = started_impacts(listed, started_at=outage.started_at, now=now)
    systems = {impact.system for impact in new}
    gone = tuple(
        impact if impact.restored_at else _dropped(impact, outage, now)
        for impact in outage.impacts
        if impact.system not in systems or _was_restored(impact, outage)
    )
    return tuple(_with_known_start(impact, outage, now) for impact in new) + gone


def _was_restored(impact: Impact, outage: Outage) -> bool:
    # One taken off a planned outage before the start was not: it never failed.
    return impact.restored_at is not None and impact.restored_at >= outage.started_at


def _dropped(impact: Impact, outage: Outage, now: datetime) -> Impact:
    restored = cut_to_minute(now)
    if now >= outage.started_at:
        # Within the minute of its start, the minute's beginning would be an end before the start.
        restored = max(restored, impact.started_at or outage.started_at)
    return replace(impact, restored_at=restored)


def _with_known_start(impact: Impact, outage: Outage, now: datetime) -> Impact:
    if impact.started_at is not None:
        return impact
    same = [known for known in outage.impacts if known.overlaps(impact)]
    for known in same:
        if known.is_active:
            return replace(impact, started_at=known.started_at)
    ends = [known.restored_at for known in same if known.restored_at and _was_restored(known, outage)]
    return replace(impact, started_at=max(cut_to_minute(now), *ends)) if ends else impact
