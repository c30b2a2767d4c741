"""When the next bulletin of an outage is due: the plan's cadence, decided exactly (R15–R17).

The cadence is data: to change it, append a `CadencePolicy` with the instant from which it holds.
Bulletins record the version that timed them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from outage_service.domain.calendar import BusinessCalendar, Period, at_wall_clock, cut_to_minute, eastern
from outage_service.domain.systems import Condition

ON_TIME = timedelta(minutes=5)
"""A slot issued no later than this counts as issued at its due time (no drift)."""
OVERRUN_AFTER = timedelta(minutes=15)
"""A scheduled outage without a resolved bulletin is overrun this long after its planned end (R17)."""
REMINDER_LEADS = (timedelta(hours=72), timedelta(hours=24), timedelta(hours=4))
"""Before a planned start; 4 h so that the 2 h of R45 remain (R17)."""
REMINDER_FALLBACK = time(21)
"""A reminder that would fall in quiet hours moves earlier, to the last 21:00 (R17)."""


@dataclass(frozen=True, slots=True)
class CadencePolicy:
    """Windows and intervals of one edition of the plan, in force from `effective_at` (included)."""

    version: str
    effective_at: datetime
    quiet_from: time
    quiet_until: time
    intervals: Mapping[tuple[Condition, Period], timedelta]

    def period(self, instant: datetime, calendar: BusinessCalendar) -> Period:
        """Returns the period of `instant`; `quiet_from` sharp is not quiet yet, `quiet_until` no more."""
        clock = eastern(instant).time()
        if clock > self.quiet_from or clock < self.quiet_until:
            return Period.QUIET
        return Period.BUSINESS if calendar.is_business_time(instant) else Period.AFTER

    def next_morning(self, instant: datetime) -> datetime:
        """Returns the first end of the quiet hours after `instant`."""
        local = eastern(instant)
        day = local.date() if local.time() < self.quiet_until else local.date() + timedelta(days=1)
        return at_wall_clock(day, self.quiet_until)


POLICIES = (
    CadencePolicy(
        version="carm-1",
        # The plan's own dates are blank (R13): the first edition holds from the beginning of time.
        effective_at=datetime.min.replace(tzinfo=UTC),
        quiet_from=time(22),
        quiet_until=time(8),
        intervals=MappingProxyType(
            {
                (Condition.OUTAGE, Period.BUSINESS): timedelta(hours=2),
                (Condition.OUTAGE, Period.AFTER): timedelta(hours=4),
                # Below the threshold only: a delay beyond it is an outage (R44).
                (Condition.DELAY, Period.BUSINESS): timedelta(hours=4),
                (Condition.DELAY, Period.AFTER): timedelta(hours=4),
            }
        ),
    ),
)


def policy_at(instant: datetime, editions: Iterable[CadencePolicy] = POLICIES) -> CadencePolicy:
    """Returns the policy in force at `instant`, in whatever order the editions stand."""
    return max((p for p in editions if p.effective_at <= instant), key=lambda p: p.effective_at)


def next_due(last: datetime, condition: Condition, calendar: BusinessCalendar) -> datetime:
    """Returns when the bulletin after one of nominal time `last` is due, in UTC (R15, R16).

    The interval is that of the period in which the last bulletin went out; nothing is due in
    quiet hours, whose slots move to the next 08:00.
    """
    policy = policy_at(last)
    period = policy.period(last, calendar)
    if period is Period.QUIET:
        morning = policy.next_morning(last)
        interval = policy.intervals[condition, policy.period(morning, calendar)]
        due = max(morning, last.astimezone(UTC) + interval)
    else:
        due = last.astimezone(UTC) + policy.intervals[condition, period]
    return policy.next_morning(due) if policy.period(due, calendar) is Period.QUIET else due


def latest_due(now: datetime) -> datetime:
    """Returns the latest due time that a bulletin of nominal time `now` or earlier can have led to (R15)."""
    policy = policy_at(now)
    due = now.astimezone(UTC) + max(policy.intervals.values())
    is_quiet = policy.period(due, BusinessCalendar()) is Period.QUIET
    return policy.next_morning(due) if is_quiet else due


@dataclass(frozen=True, slots=True)
class Slot:
    """What to do about a due time that has come: issue with this nominal time, or wait until `retimed_to`."""

    nominal_at: datetime | None
    retimed_to: datetime | None = None


def periodic_slot(due: datetime, now: datetime, calendar: BusinessCalendar) -> Slot:
    """Returns what becomes of a periodic bulletin due at `due`, looked at no earlier than that.

    Up to 5 min late it goes out as if on time, even if it is quiet by now. Later, it goes out now
    and counts from now; in quiet hours it waits until 08:00, which becomes its due time. So any
    downtime is followed by one bulletin, never a burst (P3).
    """
    if now - due <= ON_TIME:
        return Slot(due)
    nominal, policy = cut_to_minute(now), policy_at(now)
    if policy.period(nominal, calendar) is Period.QUIET:
        return Slot(None, policy.next_morning(nominal))
    return Slot(nominal)


def reminder_times(planned_start: datetime, announced_at: datetime) -> tuple[datetime, ...]:
    """Returns when a scheduled outage is recalled, in order, all after `announced_at` (R17)."""
    moved = (_out_of_quiet_hours(planned_start.astimezone(UTC) - lead) for lead in REMINDER_LEADS)
    return tuple(at for at in moved if at > announced_at)


def _out_of_quiet_hours(instant: datetime) -> datetime:
    policy = policy_at(instant)
    local = eastern(instant)
    if policy.quiet_until <= local.time() <= policy.quiet_from:
        return instant
    day = local.date() if local.time() > policy.quiet_from else local.date() - timedelta(days=1)
    return at_wall_clock(day, REMINDER_FALLBACK)
