"""Days that are typed in a search, as the instants at which they begin and end."""

from datetime import date, datetime, time, timedelta

from outage_service.domain.calendar import at_wall_clock
from outage_service.services.request_types import EARLIEST, LATEST

DAY = timedelta(days=1)


def midnight(
    given: str, name: str, mistakes: list[str], *, after: timedelta = timedelta(0)
) -> datetime | None:
    """Returns when an Eastern day begins, or the one `after` it; None where none was typed.

    What is no day is put among the `mistakes` by its `name`.
    """
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        mistakes.append(name)
        return None
    if not EARLIEST.date() < day < LATEST.date():
        mistakes.append(name)
        return None
    return at_wall_clock(day + after, time(0))
