"""What may be done to an outage: each act returns the outage after its bulletin, or refuses.

Every act here issues exactly one bulletin, so each ends in `_after_bulletin`, which counts it,
restarts the clock and invokes procedures: invocation and bulletin are one act (R5). A note issues
none and is not here.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from outage_service.domain.cadence import ON_TIME, Slot, periodic_slot
from outage_service.domain.calendar import BusinessCalendar, cut_to_minute
from outage_service.domain.deadlines import paper_accepted_until
from outage_service.domain.errors import InvalidAct, StateConflict
from outage_service.domain.grace import Extension, check_extension
from outage_service.domain.impacts import check_impacts, merge_impacts, started_impacts, without_known_starts
from outage_service.domain.outages import (
    ContingencyState,
    Impact,
    Outage,
    OutageKind,
    OutageState,
    ends_by,
)
from outage_service.domain.subscriptions import SubscriptionKind
from outage_service.domain.systems import Condition, InternalSystem

_KIND_OF = {Condition.OUTAGE: SubscriptionKind.OUTAGE, Condition.DELAY: SubscriptionKind.DELAY}


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an operator declares. An unscheduled start defaults to now; a scheduled one has both plans."""

    kind: OutageKind
    impacts: tuple[Impact, ...]
    started_at: datetime | None = None
    planned_start_at: datetime | None = None
    planned_end_at: datetime | None = None
    internal_systems: frozenset[InternalSystem] = frozenset()
    relapse_of: int | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What an update changes besides its message; None leaves a thing as it is."""

    impacts: tuple[Impact, ...] | None = None
    planned_start_at: datetime | None = None
    planned_end_at: datetime | None = None
    problem_identified: bool | None = None
    estimated_resolution_at: datetime | None = None


def declare(request: Declaration, *, number: str, now: datetime, calendar: BusinessCalendar) -> Outage:
    """Returns the declared outage after its first bulletin (R2, R5, R17–R19).

    Raises:
        InvalidAct: times missing, out of order, or impossible for its kind; wrong impacts.
    """
    started_at, planned_end = _declared_times(request, now)
    check_impacts(request.impacts, scheduled=request.kind is OutageKind.SCHEDULED, has_started=False)
    outage = Outage(
        number=number,
        kind=request.kind,
        impacts=started_impacts(request.impacts, started_at=started_at, now=now),
        started_at=started_at,
        planned_end_at=planned_end,
        internal_systems=request.internal_systems,
        relapse_of=request.relapse_of,
        reminders_after=cut_to_minute(now) if request.kind is OutageKind.SCHEDULED else None,
    )
    return _after_bulletin(outage, now=now, nominal=cut_to_minute(now), calendar=calendar)


def _declared_times(request: Declaration, now: datetime) -> tuple[datetime, datetime | None]:
    if request.kind is OutageKind.SCHEDULED:
        return _planned_window(request, now)
    _refuse_window(request.planned_start_at, request.planned_end_at)
    started_at = request.started_at or cut_to_minute(now)
    if started_at > now:
        raise InvalidAct(
            "start_in_future", "An outage cannot have started in the future.", field="started_at"
        )
    return started_at, None


def _refuse_window(planned_start: datetime | None, planned_end: datetime | None) -> None:
    for field, given in (("planned_start_at", planned_start), ("planned_end_at", planned_end)):
        if given is not None:
            raise InvalidAct("not_scheduled", "Only a scheduled outage has a planned window.", field=field)


def _planned_window(request: Declaration, now: datetime) -> tuple[datetime, datetime]:
    if request.started_at is not None:
        raise InvalidAct(
            "scheduled_start",
            "A scheduled outage starts at planned_start_at; leave this out.",
            field="started_at",
        )
    if request.planned_start_at is None or request.planned_end_at is None:
        raise InvalidAct(
            "window_missing",
            "A scheduled outage needs a planned start and end.",
            field="planned_end_at" if request.planned_start_at else "planned_start_at",
        )
    start, end = cut_to_minute(request.planned_start_at), cut_to_minute(request.planned_end_at)
    if start <= now:
        raise InvalidAct(
            "start_in_past",
            "The planned start has passed; declare it as unscheduled.",
            field="planned_start_at",
        )
    _check_order(start, end, field="planned_end_at")
    return start, end


def _check_order(start: datetime, end: datetime, *, field: str) -> None:
    if end <= start:
        raise InvalidAct("end_before_start", "The planned end must be after the start.", field=field)


def update(outage: Outage, news: News, *, now: datetime, calendar: BusinessCalendar) -> Outage:
    """Returns the outage after an update's bulletin (R17, R18, R36).

    Raises:
        StateConflict: it is closed.
        InvalidAct: a window of an unscheduled outage, in the past, already come or the wrong way round; an
            estimate in the past or before the problem is identified (R18); wrong impacts.
    """
    _require_unclosed(outage)
    changed = _with_window(outage, news, now)
    changed = _with_estimate(changed, news, now)
    if news.impacts is not None:
        listed = without_known_starts(news.impacts, outage) if outage.is_scheduled else news.impacts
        has_started = now >= outage.started_at
        check_impacts(listed, scheduled=outage.is_scheduled, has_started=has_started, known=outage.impacts)
        changed = replace(changed, impacts=merge_impacts(changed, listed, now))
    return _after_bulletin(changed, now=now, nominal=cut_to_minute(now), calendar=calendar)


def _with_window(outage: Outage, news: News, now: datetime) -> Outage:
    if outage.planned_end_at is None:
        _refuse_window(news.planned_start_at, news.planned_end_at)
        return outage
    start = cut_to_minute(news.planned_start_at or outage.started_at)
    end = cut_to_minute(news.planned_end_at or outage.planned_end_at)
    if start != outage.started_at:
        _check_movable(start, outage.started_at, now, field="planned_start_at")
    if end != outage.planned_end_at:
        _check_movable(end, outage.planned_end_at, now, field="planned_end_at")
    _check_order(start, end, field="planned_end_at" if news.planned_end_at else "planned_start_at")
    moved = replace(outage, started_at=start, planned_end_at=end)
    if start != outage.started_at:
        # The reminders are those of the new start, as if announced now (R17).
        moved = replace(moved, reminders_after=cut_to_minute(now), reminded_until=None)
    return moved


def _check_movable(new: datetime, old: datetime, now: datetime, *, field: str) -> None:
    if old <= now:
        raise InvalidAct("window_passed", "This time has come already and cannot be moved.", field=field)
    if new <= now:
        raise InvalidAct("window_in_past", "The new time is not in the future.", field=field)


def _with_estimate(outage: Outage, news: News, now: datetime) -> Outage:
    identified = outage.problem_identified if news.problem_identified is None else news.problem_identified
    estimate = news.estimated_resolution_at
    if estimate is not None and not identified:
        raise InvalidAct(
            "problem_not_identified",
            "No time of resolution can be estimated before problem_identified is true.",
            field="estimated_resolution_at",
        )
    if estimate is not None and estimate <= now:
        raise InvalidAct(
            "estimate_in_past",
            "The estimated resolution must be in the future.",
            field="estimated_resolution_at",
        )
    kept = outage.estimated_resolution_at if identified else None
    return replace(outage, problem_identified=identified, estimated_resolution_at=estimate or kept)


def resolve(
    outage: Outage,
    *,
    now: datetime,
    restored_at: datetime | None,
    remains_in_effect: bool,
    confirm_past_deadlines: bool,
    calendar: BusinessCalendar,
) -> Outage:
    """Returns the outage after its resolved bulletin, which ends its clock (R6, R10, R54).

    Raises:
        StateConflict: closed, not started (cancel it), or no procedures to keep in effect.
        InvalidAct: `restored_at` in the future, before a system failed or was back, or so early that paper
            acceptance would be over.
    """
    _require_unclosed(outage)
    if outage.state_at(now) is OutageState.SCHEDULED:
        raise StateConflict("not_started", "It has not started: cancel it instead.")
    contingency = outage.contingency_at(now)
    if remains_in_effect and not contingency.applies:
        raise StateConflict(
            "not_invoked", "No procedures are in effect that could remain so.", field="contingency"
        )
    earliest = outage.earliest_end(now)
    restored = restored_at or max(cut_to_minute(now), earliest)
    _check_between(restored, earliest, now, field="restored_at")
    has_deadlines = contingency.state is not ContingencyState.NOT_INVOKED and not remains_in_effect
    if has_deadlines and not confirm_past_deadlines:
        _check_deadlines_ahead(restored, now, field="restored_at")
    resolved = replace(
        outage,
        restored_at=restored,
        remained_in_effect=remains_in_effect,
        # What it was until now: its state no longer tells that it had overrun (R14, R17).
        kinds_ever=outage.kinds_ever | _kinds_at(outage, now),
    )
    return _after_bulletin(resolved, now=now, nominal=cut_to_minute(now), calendar=calendar)


def _check_between(instant: datetime, earliest: datetime, latest: datetime, *, field: str) -> None:
    if instant < earliest:
        raise InvalidAct("too_early", f"This cannot be earlier than {earliest.isoformat()}.", field=field)
    if instant > latest:
        raise InvalidAct("too_late", f"This cannot be later than {latest.isoformat()}.", field=field)


def _check_deadlines_ahead(anchor: datetime, now: datetime, *, field: str) -> None:
    if paper_accepted_until(anchor) <= now:
        raise InvalidAct(
            "deadlines_past",
            "Paper would no longer be accepted although clients could not know: give a later time, "
            "or set confirm_past_deadlines.",
            field=field,
        )


def revoke(
    outage: Outage,
    *,
    now: datetime,
    effective_at: datetime | None,
    confirm_past_deadlines: bool,
    calendar: BusinessCalendar,
) -> Outage:
    """Returns the outage after the bulletin that revokes its procedures (R6).

    Raises:
        StateConflict: no procedures are in effect, or a system is still out.
        InvalidAct: `effective_at` before the restoration, the invocation or the end of a system that was
            out, in the future, or so early that paper acceptance would be over.
    """
    contingency = outage.contingency_at(now)
    if not contingency.applies or contingency.invoked_at is None:
        raise StateConflict("not_in_effect", "No procedures are in effect.")
    if not outage.is_closed and outage.condition is Condition.OUTAGE:
        raise StateConflict("still_out", "A system is still out: resolve, or report the delay first.")
    ends = ends_by(now, (i for i in outage.impacts if i.condition is Condition.OUTAGE))
    earliest = max([contingency.invoked_at, outage.restored_at or contingency.invoked_at, *ends])
    effective = effective_at or max(cut_to_minute(now), earliest)
    _check_between(effective, earliest, now, field="effective_at")
    if outage.is_closed and not confirm_past_deadlines:
        _check_deadlines_ahead(effective, now, field="effective_at")
    revoked = replace(outage, revoked_at=effective)
    return _after_bulletin(revoked, now=now, nominal=cut_to_minute(now), calendar=calendar)


def cancel(outage: Outage, *, now: datetime, calendar: BusinessCalendar) -> Outage:
    """Returns the scheduled outage after the bulletin that calls it off.

    Raises:
        StateConflict: closed, not scheduled, or started already (resolve it).
    """
    _require_unclosed(outage)
    if outage.state_at(now) is not OutageState.SCHEDULED:
        raise StateConflict("already_started", "Only a scheduled outage can be cancelled, before its start.")
    cancelled = replace(outage, cancelled_at=cut_to_minute(now))
    return _after_bulletin(cancelled, now=now, nominal=cut_to_minute(now), calendar=calendar)


def correct(
    outage: Outage, *, now: datetime, restored_at: datetime | None, calendar: BusinessCalendar
) -> Outage:
    """Returns the outage after a correction, also of a closed one; a new `restored_at` moves its deadlines.

    Raises:
        StateConflict: `restored_at` for an outage that is not resolved.
        InvalidAct: `restored_at` in the future, before a system failed or was back, or after the revocation.
    """
    corrected = outage
    if restored_at is not None:
        if outage.restored_at is None:
            raise StateConflict(
                "not_resolved", "Only a resolved outage has a restoration.", field="restored_at"
            )
        latest = outage.revoked_at if outage.remained_in_effect and outage.revoked_at else now
        _check_between(restored_at, outage.earliest_end(now), latest, field="restored_at")
        corrected = replace(outage, restored_at=restored_at)
    return _after_bulletin(corrected, now=now, nominal=cut_to_minute(now), calendar=calendar)


def extend_relief(
    outage: Outage, extension: Extension, *, now: datetime, calendar: BusinessCalendar
) -> Outage:
    """Returns the outage after the bulletin that extends relief, also of a resolved one (R51, R54).

    Raises:
        StateConflict: procedures were never invoked, so that there is no relief to extend.
        InvalidAct: a system that it never had; see also `check_extension`.
    """
    if outage.contingency_at(now).state is ContingencyState.NOT_INVOKED:
        raise StateConflict("not_invoked", "No procedures were invoked: there is no relief to extend.")
    if not extension.systems or not set(extension.systems) <= set(outage.systems_ever):
        raise InvalidAct("unknown_system", "Name systems of this outage.", field="systems")
    known = outage.deadlines_at(now, calendar)
    check_extension(extension, known=known, granted=outage.extensions, now=now)
    extended = replace(outage, extensions=(*outage.extensions, extension))
    return _after_bulletin(extended, now=now, nominal=cut_to_minute(now), calendar=calendar)


def due_slot(outage: Outage, due: datetime, *, now: datetime, calendar: BusinessCalendar) -> Slot:
    """Returns what becomes of the slot `due` (not after `now`) of an outage, as the clock finds it (R17, P3).

    Missed reminders are one reminder, at any hour until the start; from the start on, none.
    """
    missed = [at for at in outage.pending_reminders(now) if at <= now]
    if missed:
        return Slot(_reminder_time(outage, missed[-1], now))
    if outage.is_scheduled and due < outage.started_at:
        # A reminder nobody needs any more; the overrun slot in its place may have come by now, too.
        overrun = outage.due_after(now, calendar)
        if overrun is None or overrun > now:
            return Slot(None, overrun)
        due = overrun
    return periodic_slot(due, now, calendar)


def _reminder_time(outage: Outage, due: datetime, now: datetime) -> datetime:
    if now - due > ON_TIME:
        return cut_to_minute(now)
    # News may have gone out between: bulletins never count backwards, nor from a clock that was ahead (P5).
    latest = max(due, outage.last_bulletin_at or due)
    return latest if latest <= now else due


def issue_due(outage: Outage, *, nominal: datetime, now: datetime, calendar: BusinessCalendar) -> Outage:
    """Returns the outage after a periodic bulletin or reminder of this nominal time."""
    settled = replace(outage, reminded_until=now) if outage.pending_reminders(now) else outage
    return _after_bulletin(settled, now=now, nominal=nominal, calendar=calendar)


def _after_bulletin(
    outage: Outage, *, now: datetime, nominal: datetime, calendar: BusinessCalendar
) -> Outage:
    issued = replace(
        outage,
        sequence=outage.sequence + 1,
        last_bulletin_at=nominal,
        kinds_ever=outage.kinds_ever | _kinds_at(outage, now),
    )
    if _must_invoke(outage):
        issued = replace(issued, invoked_at=nominal, revoked_at=None)
    return replace(issued, next_due_at=issued.due_after(now, calendar))


def _must_invoke(outage: Outage) -> bool:
    if outage.is_scheduled or outage.is_closed or outage.condition is not Condition.OUTAGE:
        return False
    return outage.invoked_at is None or outage.revoked_at is not None


def _kinds_at(outage: Outage, now: datetime) -> frozenset[SubscriptionKind]:
    if outage.is_scheduled and outage.state_at(now) is not OutageState.OVERRUN:
        return frozenset({SubscriptionKind.SCHEDULED})
    # A maintenance that overruns is an outage nobody planned: those who asked for outages hear of it.
    # Every system counts, not only the worst: who asked for delays hears of one beside an outage.
    return frozenset(_KIND_OF[impact.condition] for impact in outage.active_impacts)


def _require_unclosed(outage: Outage) -> None:
    if outage.is_closed:
        raise StateConflict("closed", "The outage is closed; it cannot be updated, resolved or cancelled.")
