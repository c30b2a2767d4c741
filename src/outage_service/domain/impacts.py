"""Which impacts an outage may have, and how an update's complete list replaces them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import combinations

from outage_service.domain.calendar import cut_to_minute
from outage_service.domain.errors import InvalidAct
from outage_service.domain.outages import Impact, Outage, has_direction
from outage_service.domain.systems import Condition, Direction, ways_of


def with_default_direction(impact: Impact) -> Impact:
    """Returns the impact with `both` where its system has directions and none was given."""
    if impact.direction is None and has_direction(impact.system):
        return replace(impact, direction=Direction.BOTH)
    return impact


def without_known_starts(listed: Sequence[Impact], outage: Outage) -> tuple[Impact, ...]:
    """Returns what is listed of a scheduled outage without the starts that were answered: they are no news.

    Without one a system still follows the window, also where the same update moves it.
    """
    return tuple(replace(i, started_at=None) if _has_known_start(i, outage) else i for i in listed)


def _has_known_start(impact: Impact, outage: Outage) -> bool:
    return any(
        known.overlaps(impact)
        and known.restored_at == impact.restored_at
        and (known.started_at or outage.started_at) == impact.started_at
        for known in outage.impacts
    )


def check_impacts(
    impacts: Sequence[Impact], *, scheduled: bool, has_started: bool, known: Sequence[Impact] = ()
) -> None:
    """Refuses a list with nothing left to restore, directions where there are none, repeats, planned delays.

    Args:
        impacts: what is listed.
        scheduled: whether the outage is.
        has_started: whether it has: before, a scheduled one's systems have no times of their own (R17).
        known: what is on record: an end of it may be listed again.

    Raises:
        InvalidAct: with the field of the impact at fault.
    """
    if not impacts:
        raise InvalidAct("no_impacts", "Name at least one system.", field="impacts")
    for index, impact in enumerate(impacts):
        is_planned = scheduled and not _is_on_record(with_default_direction(impact), known)
        _check_impact(impact, f"impacts.{index}")
        if is_planned:
            _check_scheduled_impact(impact, f"impacts.{index}", has_started=has_started)
    if not any(impact.is_active for impact in impacts):
        raise InvalidAct(
            "all_restored", "Every system is restored: resolve the outage instead.", field="impacts"
        )
    for (i, one), (j, other) in combinations(enumerate(map(with_default_direction, impacts)), 2):
        # What failed again stands beside its first time.
        if one.overlaps(other) and one.restored_at == other.restored_at:
            raise InvalidAct(
                "repeated_system",
                f"It repeats impacts.{i}: name a system and direction once.",
                field=f"impacts.{j}",
            )


def _check_impact(impact: Impact, field: str) -> None:
    if impact.direction is not None and not has_direction(impact.system):
        raise InvalidAct(
            "no_direction", f"{impact.system} has no direction; leave it out.", field=f"{field}.direction"
        )


def _check_scheduled_impact(impact: Impact, field: str, *, has_started: bool) -> None:
    detail = "A scheduled impact is always an outage."
    if impact.stated is Condition.DELAY:
        raise InvalidAct("scheduled_delay", detail, field=f"{field}.condition")
    if impact.behind is not None:
        raise InvalidAct("scheduled_delay", detail, field=f"{field}.behind_minutes")
    if has_started:
        return
    if impact.started_at is not None:
        raise InvalidAct(
            "scheduled_start",
            "A scheduled impact starts with the window; leave this out.",
            field=f"{field}.started_at",
        )
    if impact.restored_at is not None:
        raise InvalidAct(
            "scheduled_end",
            "Before its start a scheduled impact has no end of its own: leave out a system that is spared.",
            field=f"{field}.restored_at",
        )


def started_impacts(impacts: Sequence[Impact], *, started_at: datetime, now: datetime) -> tuple[Impact, ...]:
    """Returns the impacts of a new outage, each with its direction; own starts and ends lie in the outage.

    Raises:
        InvalidAct: an impact that starts before the outage, ends before its start, or does so in the future.
    """
    for index, impact in enumerate(impacts):
        _check_start(impact, index, started_at=started_at, now=now)
        _check_end(impact, index, started_at=started_at, now=now)
    return tuple(map(with_default_direction, impacts))


def _check_start(impact: Impact, index: int, *, started_at: datetime, now: datetime) -> None:
    if impact.started_at is not None and not started_at <= impact.started_at <= now:
        raise InvalidAct(
            "impact_start",
            "A system's start lies between the outage's start and now.",
            field=f"impacts.{index}.started_at",
        )


def _check_end(impact: Impact, index: int, *, started_at: datetime, now: datetime) -> None:
    began = impact.started_at or started_at
    if impact.restored_at is not None and not began <= impact.restored_at <= now:
        raise InvalidAct(
            "impact_end",
            f"A system's end lies between its start, {began.isoformat()}, and now; "
            "where it began at another time, say when.",
            field=f"impacts.{index}.restored_at",
        )


def merge_impacts(outage: Outage, listed: Sequence[Impact], now: datetime) -> tuple[Impact, ...]:
    """Returns the impacts after an update's complete list.

    A listed impact keeps the start it had, also where its direction changes; one that had been restored
    and is listed again began again now, unless it says when. What is not listed any more, a system or one
    of its directions, was restored now, one listed with an end was restored then; either is kept as such,
    so that whoever heard of it also hears of the end (R14). To list an end that is on record changes
    nothing; another end in its place, with the same start or none, puts it right.
    """
    for index, impact in enumerate(listed):
        _check_start(impact, index, started_at=outage.started_at, now=now)
    stated = [_as_stated(impact, outage) for impact in map(with_default_direction, listed)]
    new = [
        (index, replace(impact, started_at=_start_of(impact, outage, stated, now)))
        for index, impact in enumerate(stated)
        if not _is_on_record(impact, outage.impacts)
    ]
    for index, impact in new:
        _check_end(impact, index, started_at=outage.started_at, now=now)
    told = tuple(impact for _, impact in new)
    kept = tuple(
        known if known.restored_at else _dropped(known, outage, now)
        for known in _untold(told, outage)
        if _is_on_record(known, stated) or not _is_put_right(known, told, outage)
    )
    return told + kept


def _as_stated(impact: Impact, outage: Outage) -> Impact:
    """Returns what is listed as a delay where that is what was stated and its figures made it an outage.

    What is read has a start, and the condition that the figures make (R36): to send that back states nothing.
    """
    is_as_read = impact.started_at is not None and impact.behind is not None
    if is_as_read and any(
        known.overlaps(impact) and known.stated is Condition.DELAY and known.condition is Condition.OUTAGE
        for known in outage.active_impacts
    ):
        return replace(impact, stated=Condition.DELAY)
    return impact


def _is_on_record(impact: Impact, known: Sequence[Impact]) -> bool:
    return impact.restored_at is not None and any(
        (one.system, one.direction, one.restored_at) == (impact.system, impact.direction, impact.restored_at)
        for one in known
    )


def _untold(told: Sequence[Impact], outage: Outage) -> Iterator[Impact]:
    """Yields what stays on record: what was restored, and what `told` says nothing of."""
    for known in outage.impacts:
        own = [one for one in told if one.system is known.system]
        if _was_restored(known, outage):
            yield known
        elif not any(_goes_on_as(one, known, outage) for one in own):
            ended = [one for one in own if one.restored_at and not _ended_before(one, known, outage)]
            yield from _not_among(ended, known)


def _goes_on_as(listed: Impact, known: Impact, outage: Outage) -> bool:
    """Returns whether an impact listed of the same system says that `known` goes on.

    One of a direction that did not suffer says so too: the system's direction has changed.
    """
    has_turned = not any(each.overlaps(listed) for each in outage.active_impacts)
    return listed.is_active and (listed.overlaps(known) or has_turned)


def _not_among(ended: Sequence[Impact], known: Impact) -> Iterator[Impact]:
    """Yields an impact whole where none of its ways has ended, else with the one that has not, if any."""
    ways, ended_ways = ways_of(known.direction), {way for one in ended for way in ways_of(one.direction)}
    if ways.isdisjoint(ended_ways):
        yield known
    else:
        for way in ways - ended_ways:
            yield replace(known, direction=way)


def _is_put_right(known: Impact, told: Sequence[Impact], outage: Outage) -> bool:
    """Returns whether an end is told instead of the one that is on record."""
    return known.restored_at is not None and any(
        one.restored_at is not None
        and (one.system, one.direction) == (known.system, known.direction)
        and _began(one, outage) == _began(known, outage)
        for one in told
    )


def _began(impact: Impact, outage: Outage) -> datetime:
    return impact.started_at or outage.started_at


def _ended_before(impact: Impact, known: Impact, outage: Outage) -> bool:
    return impact.restored_at is not None and impact.restored_at < _began(known, outage)


def _was_restored(impact: Impact, outage: Outage) -> bool:
    # One taken off a planned outage before the start was not: it never failed.
    return impact.restored_at is not None and impact.restored_at >= outage.started_at


def _dropped(impact: Impact, outage: Outage, now: datetime) -> Impact:
    restored = cut_to_minute(now)
    if now >= outage.started_at:
        # Within the minute of its start, the minute's beginning would be an end before the start.
        restored = max(restored, _began(impact, outage))
    return replace(impact, restored_at=restored)


def _start_of(impact: Impact, outage: Outage, listed: Sequence[Impact], now: datetime) -> datetime | None:
    """Returns when a listed impact began: as it says, else as is on record, else now if it had been restored.

    None is the outage's own start.
    """
    if impact.started_at is not None:
        return impact.started_at
    same = [
        known for known in outage.impacts if known.overlaps(impact) or _turned(known, impact, listed, outage)
    ]
    if known := _meant(impact, [each for each in same if not _is_on_record(each, listed)], outage):
        return known.started_at
    ends = [known.restored_at for known in same if known.restored_at and _was_restored(known, outage)]
    return max(cut_to_minute(now), *ends) if ends else None


def _turned(known: Impact, impact: Impact, listed: Sequence[Impact], outage: Outage) -> bool:
    """Returns whether one that goes on is listed with the other direction only: that was put right."""
    return (
        known.system is impact.system
        and known.is_active
        and impact.is_active
        and not any(one.overlaps(known) and not _ended_before(one, known, outage) for one in listed)
    )


def _meant(impact: Impact, same: Sequence[Impact], outage: Outage) -> Impact | None:
    """Returns which of `same` a listed impact is news of.

    That is what goes on, since the first of its directions failed. Where an end is listed, it can also be the
    last that had begun by then: its end on record is put right.
    """
    by_start = sorted(same, key=lambda known: _began(known, outage))
    candidates = [known for known in by_start if known.is_active][:1]
    if impact.restored_at is not None:
        candidates += [known for known in reversed(by_start) if not known.is_active]
        fitting = [known for known in candidates if _began(known, outage) <= impact.restored_at]
        candidates = fitting or candidates
    return candidates[0] if candidates else None
