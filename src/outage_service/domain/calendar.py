"""Eastern wall-clock time: periods of the cadence, business hours, holidays.

The only module besides rendering that knows America/Toronto. Arithmetic is done in UTC:
adding a timedelta to a zoned datetime moves its wall clock, not the elapsed time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/Toronto")

BUSINESS_OPEN = time(8)
BUSINESS_CLOSE = time(17)
"""08:00 <= t < 17:00, Monday to Friday: the plan's only definition of business hours (SOCP 1.1)."""
SATURDAY = 5

HolidayTest = Callable[[date], bool]


def no_holidays(_: date) -> bool:
    """The literal reading of the plan, which never mentions a holiday: the default."""
    return False


class Period(StrEnum):
    """The periods of the cadence (R15)."""

    BUSINESS = "business"
    AFTER = "after"
    QUIET = "quiet"


def eastern(instant: datetime) -> datetime:
    """Returns `instant` as Toronto wall-clock time."""
    return instant.astimezone(EASTERN)


def at_wall_clock(day: date, clock: time) -> datetime:
    """Returns the UTC instant at which Toronto's clocks show `clock` on `day` (the first, if twice)."""
    return datetime.combine(day, clock, tzinfo=EASTERN).astimezone(UTC)


def iso_utc(instant: datetime) -> str:
    """Returns an instant as the API prints it: in UTC, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cut_to_minute(instant: datetime) -> datetime:
    """Returns `instant` in UTC without its seconds: the nominal time of what happens in that minute."""
    return instant.astimezone(UTC).replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days count as business days; with `no_holidays`, every weekday."""

    is_holiday: HolidayTest = no_holidays

    @property
    def observes_holidays(self) -> bool:
        """Whether any weekday may be off."""
        return self.is_holiday is not no_holidays

    def is_business_day(self, day: date) -> bool:
        """Returns whether `day` is a weekday and no observed holiday."""
        return day.weekday() < SATURDAY and not self.is_holiday(day)

    def is_business_time(self, instant: datetime) -> bool:
        """Returns whether business hours run at `instant`; 08:00 is inside, 17:00 is not."""
        local = eastern(instant)
        return self.is_business_day(local.date()) and BUSINESS_OPEN <= local.time() < BUSINESS_CLOSE

    def add_business_hours(self, start: datetime, amount: timedelta) -> datetime:
        """Returns the instant at which `amount` (positive) of business time has passed since `start`.

        An amount that ends with a business day ends at 17:00 of that day, not at 08:00 of the next.
        """
        left, day = amount, eastern(start).date()
        while True:
            if self.is_business_day(day):
                opens = max(at_wall_clock(day, BUSINESS_OPEN), start.astimezone(UTC))
                room = at_wall_clock(day, BUSINESS_CLOSE) - opens
                if room >= left:
                    return opens + left
                left -= max(room, timedelta(0))
            day += timedelta(days=1)
