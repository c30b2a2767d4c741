"""The rules of time once more, the slow way: minute by minute through UTC, reading Toronto's clocks at each.

Written from the rules' words, not from the code under test, and without its calendar: no interval is added
to a wall clock, no window is computed. Whole minutes only, as bulletins count them.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from outage_service.domain.systems import Condition

TORONTO = ZoneInfo("America/Toronto")
FIRST_YEAR, LAST_YEAR = 2007, 2040
HolidayTest = Callable[[date], bool]


def minute_of(instant: datetime) -> int:
    """Returns the number of the minute an instant lies in."""
    return int(instant.timestamp() // 60)


def instant_of(minute: int) -> datetime:
    """Returns the instant at which a minute begins."""
    return datetime.fromtimestamp(minute * 60, UTC)


@lru_cache(maxsize=200_000)
def wall(minute: int) -> datetime:
    """Returns what Toronto's clocks show in a minute."""
    return instant_of(minute).astimezone(TORONTO).replace(tzinfo=None)


@lru_cache(maxsize=200_000)
def is_quiet(minute: int) -> bool:
    """Quiet is after 22:00 sharp and before 08:00."""
    clock = wall(minute).time()
    return clock > time(22, 0) or clock < time(8, 0)


def is_business(minute: int, is_holiday: HolidayTest) -> bool:
    """Business is Monday to Friday from 08:00 to before 17:00."""
    shown = wall(minute)
    return shown.weekday() <= 4 and 8 <= shown.hour <= 16 and not is_holiday(shown.date())


def forward_to(minute: int, clock: time) -> int:
    """Walks on to the next minute in which the clocks show `clock`."""
    while wall(minute).time() != clock:
        minute += 1
    return minute


def back_to(minute: int, clock: time) -> int:
    """Walks back to the last minute in which the clocks showed `clock`."""
    while wall(minute).time() != clock:
        minute -= 1
    return minute


def _interval(minute: int, condition: Condition, is_holiday: HolidayTest) -> int:
    if condition is Condition.OUTAGE and is_business(minute, is_holiday):
        return 2 * 60
    return 4 * 60


def next_due(last: int, condition: Condition, is_holiday: HolidayTest) -> int:
    """Walks from the last bulletin's minute to that in which the next one is due (R15, R16)."""
    not_before = forward_to(last, time(8)) if is_quiet(last) else last
    wait = _interval(not_before, condition, is_holiday)
    passed, due = 0, last
    while due < not_before or passed < wait:
        due, passed = due + 1, passed + 1
    return forward_to(due, time(8)) if is_quiet(due) else due


def reminders(start: int, announced: int) -> list[int]:
    """Walks back from a planned start by 72, 24 and 4 hours, and on to 21:00 where that is quiet (R17)."""
    found = []
    for hours in (72, 24, 4):
        minute = start
        for _ in range(hours * 60):
            minute -= 1
        if is_quiet(minute):
            minute = back_to(minute, time(21))
        if minute > announced:
            found.append(minute)
    return found


def add_business_minutes(start: int, amount: int, is_holiday: HolidayTest) -> int:
    """Walks on until `amount` business minutes have gone by."""
    gone, minute = 0, start
    while gone < amount:
        gone += is_business(minute, is_holiday)
        minute += 1
    return minute


def change_nights(years: Iterable[int] = range(FIRST_YEAR, LAST_YEAR + 1)) -> list[date]:
    """Returns the Sundays on which the clocks change by law: the second of March, the first of November."""
    return [night for year in years for night in (_sunday(year, 3, 2), _sunday(year, 11, 1))]


def _sunday(year: int, month: int, nth: int) -> date:
    day, seen = date(year, month, 1), 0
    while True:
        seen += day.weekday() == 6
        if seen == nth:
            return day
        day += timedelta(days=1)
