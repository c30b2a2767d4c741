"""The status of every system as JSON objects, and as the page that outlives the service (P21)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape

from outage_service.content.voice import load_voice
from outage_service.domain.calendar import iso_utc
from outage_service.domain.outages import Impact
from outage_service.domain.status import OutageStatus, StatusFacts, SystemStatus
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.broadcasts import LineMessage


def status_object(facts: StatusFacts, *, is_stale: bool) -> dict[str, object]:
    """Returns `GET /v1/status` without `as_of` and `age_seconds`, which only the answer knows.

    Give `domain.status.last_known(facts)` where `is_stale`.
    """
    return {
        "stale": is_stale,
        "systems": [_system(system) for system in facts.systems],
        "outages": [_outage(outage, is_stale=is_stale) for outage in facts.outages],
        "procedures_remain": [_outage(outage, is_stale=is_stale) for outage in facts.procedures_remain],
    }


def _system(status: SystemStatus) -> dict[str, object]:
    return {
        "code": status.system.value,
        "condition": status.condition.value,
        "inbound": status.inbound and status.inbound.value,
        "outbound": status.outbound and status.outbound.value,
        "outage": status.outage and status.outage.id,
        "outage_number": status.outage and status.outage.number,
    }


def _outage(status: OutageStatus, *, is_stale: bool) -> dict[str, object]:
    outage = status.outage
    return {
        "id": outage.id,
        "number": outage.number,
        "kind": outage.kind.value,
        "state": status.state.value,
        "condition": outage.condition.value,
        "impacts": [_impact(impact) for impact in outage.active_impacts],
        "contingency": status.contingency and status.contingency.state.value,
        "started_at": _iso(outage.started_at),
        "planned_start_at": _iso(outage.started_at) if outage.is_scheduled else None,
        "planned_end_at": _iso(outage.planned_end_at),
        "next_bulletin_due_at": None if is_stale else _iso(outage.next_due_at),
        "message": _bilingual(status.message),
    }


def _impact(impact: Impact) -> dict[str, object]:
    return {
        "system": impact.system.value,
        "direction": impact.direction and impact.direction.value,
        "condition": impact.condition.value,
        "behind_minutes": _minutes(impact.behind),
    }


def _minutes(behind: timedelta | None) -> int | float | None:
    if behind is None:
        return None
    minutes = round(behind.total_seconds() / 60, 2)
    return int(minutes) if minutes.is_integer() else minutes


def _bilingual(text: Bilingual | None) -> dict[str, str] | None:
    return {"en": text.en, "fr": text.fr} if text else None


def _iso(instant: datetime | None) -> str | None:
    return iso_utc(instant) if instant else None


def last_known_page(messages: Iterable[LineMessage]) -> str:
    """Returns the page a web server shows while the service is down, English then French.

    Give it the last known messages: the page cannot know how old it is.
    """
    told = list(messages)
    halves = "\n".join(_half(told, language) for language in Language)
    title = load_voice().page.title
    return (
        '<!doctype html>\n<html lang="en-CA">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title.en)} – {escape(title.fr)}</title>\n</head>\n"
        f"<body>\n<main>\n{halves}\n</main>\n</body>\n</html>\n"
    )


def _half(messages: list[LineMessage], language: Language) -> str:
    page = load_voice().page
    said = "\n".join(f"<p>{escape(message.text[language])}</p>" for message in messages)
    return (
        f'<section lang="{language}-CA">\n<h1>{escape(page.title[language])}</h1>\n'
        f"<p>{escape(page.about[language])}</p>\n{said}\n</section>"
    )
