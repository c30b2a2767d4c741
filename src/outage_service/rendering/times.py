"""Eastern time in words, in both languages: tables, prose and speech.

Printed times are on the 24-hour clock. In the hour that the autumn change repeats, every form names
standard or daylight time, so that no printed instant can be read as two.
"""

from datetime import date, datetime, timedelta
from typing import Final

from outage_service.domain.calendar import eastern
from outage_service.domain.texts import Language

NBSP: Final = "\u00a0"

_WEEKDAYS = {
    Language.EN: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    Language.FR: ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_MONTHS = {
    Language.EN: (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    Language.FR: (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
}
_ARTICLE = {Language.EN: "", Language.FR: "le "}
_ZONES = {
    Language.EN: {None: "ET", True: "EDT", False: "EST"},
    Language.FR: {None: "HE", True: "HAE", False: "HNE"},
}
_SPOKEN_ZONES = {
    Language.EN: {None: "Eastern Time", True: "Eastern Daylight Time", False: "Eastern Standard Time"},
    Language.FR: {None: "heure de l’Est", True: "heure avancée de l’Est", False: "heure normale de l’Est"},
}


def table_time(instant: datetime, language: Language) -> str:
    """Returns `2026-11-26 10:20 (ET)` / `2026-11-26 10:20 (HE)`."""
    return f"{eastern(instant):%Y-%m-%d %H:%M} ({_zone(instant, language)})"


def table_date(instant: datetime) -> str:
    """Returns the Eastern date, `2026-11-26`."""
    return f"{eastern(instant):%Y-%m-%d}"


def prose_time(instant: datetime, language: Language) -> str:
    """Returns `Thursday, November 26, 2026, 10:20 (ET)` / `le jeudi 26 novembre 2026 à 10 h 20 (HE)`."""
    return f"{_ARTICLE[language]}{moment(instant, language)}"


def moment(instant: datetime, language: Language) -> str:
    """Returns `prose_time` without its French article, for a sentence that has its own (`du`, `au`)."""
    if language is Language.EN:
        return f"{_day(eastern(instant), language)}, {eastern(instant).year}, {clock_time(instant, language)}"
    return f"{_day(eastern(instant), language)} {eastern(instant).year} à {clock_time(instant, language)}"


def prose_date(day: date, language: Language) -> str:
    """Returns `Thursday, November 26, 2026` / `le jeudi 26 novembre 2026`."""
    year = f", {day.year}" if language is Language.EN else f" {day.year}"
    return f"{_ARTICLE[language]}{_day(day, language)}{year}"


def clock_time(instant: datetime, language: Language) -> str:
    """Returns `10:20 (ET)` / `10 h 20 (HE)`."""
    local = eastern(instant)
    clock = f"{local:%H:%M}" if language is Language.EN else _french_clock(local)
    return f"{clock}{NBSP}({_zone(instant, language)})"


def spoken_date(instant: datetime, language: Language) -> str:
    """Returns `Thursday, November 26` / `le jeudi 26 novembre`."""
    return f"{_ARTICLE[language]}{_day(eastern(instant), language)}"


def spoken_time(instant: datetime, language: Language) -> str:
    """Returns `10:20 a.m. Eastern Time` / `10 h 20, heure de l’Est`; `12 noon`, for "12 p.m." is misheard."""
    local = eastern(instant)
    zone = _SPOKEN_ZONES[language][_daylight_if_ambiguous(instant)]
    if language is Language.FR:
        return f"{_french_clock(local)}, {zone}"
    if (local.hour, local.minute) == (12, 0):
        return f"12 noon {zone}"
    return f"{local.hour % 12 or 12}:{local:%M} {'a.m.' if local.hour < 12 else 'p.m.'} {zone}"


def minutes_behind(behind: timedelta) -> str:
    """Returns `45 min`, `60 min 1 s` or `3 h 20 min`, in both languages alike; part seconds count as one."""
    seconds = -(-behind // timedelta(seconds=1))
    minutes, seconds = divmod(seconds, 60)
    if minutes < 120:
        return f"{minutes}{NBSP}min" + (f"{NBSP}{seconds}{NBSP}s" if seconds else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours}{NBSP}h" + (f"{NBSP}{minutes}{NBSP}min" if minutes else "")


def _day(day: date, language: Language) -> str:
    weekday, month = _WEEKDAYS[language][day.weekday()], _MONTHS[language][day.month - 1]
    if language is Language.EN:
        return f"{weekday}, {month} {day.day}"
    return f"{weekday} {'1er' if day.day == 1 else day.day} {month}"


def _french_clock(local: datetime) -> str:
    minutes = f"{NBSP}{local:%M}" if local.minute else ""
    return f"{local.hour}{NBSP}h{minutes}"


def _zone(instant: datetime, language: Language) -> str:
    return _ZONES[language][_daylight_if_ambiguous(instant)]


def _daylight_if_ambiguous(instant: datetime) -> bool | None:
    """Returns whether daylight time holds, or None where the wall clock alone tells the instant."""
    local = eastern(instant)
    twin = local.replace(fold=1 - local.fold)
    return bool(local.dst()) if twin.utcoffset() != local.utcoffset() else None
