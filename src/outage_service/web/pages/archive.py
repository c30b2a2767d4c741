"""Outages present and past: the search, and how each system fared over the last days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.content import load_content
from outage_service.domain.history import Day
from outage_service.domain.outages import OutageState
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual
from outage_service.rendering.current import Headline, current_facts, headline
from outage_service.rendering.times import minutes_behind
from outage_service.rendering.words import Words
from outage_service.services import archive
from outage_service.services.archive import Found
from outage_service.services.engine import Engine
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.docs import problem_pages
from outage_service.web.pages.archive_search import Search, SearchAsked
from outage_service.web.pages.site import PageLanguage, base_path, site_page
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(
    prefix="/{language}",
    tags=["pages"],
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
    responses=problem_pages(404, 422),
)

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Item:
    """One outage of the list."""

    headline: Headline
    started_at: datetime
    ended_at: datetime | None
    message: Bilingual | None


@router.get("/outages", operation_id="search_outages")
def search_outages(
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    page: PageAsked,
    asked: Search,
) -> HTMLResponse:
    """Outages by words, number, system, state and date, newest first; blanks leave none out."""
    items: list[Found] = []
    last: Found | None = None
    if not asked.errors:
        with engine.db.read() as tx:
            found = archive.search(engine, tx, asked.wanted, before_id=page.after, limit=page.one_more)
        items, last = page.cut(found)
    content = load_content()
    words = Words(content, language)
    path = f"{base_path(engine.base_url)}/{language}/outages"
    return site_page(
        "archive.html",
        language,
        request,
        texts="archive",
        base_url=engine.base_url,
        here="outages",
        status=422 if asked.errors else 200,
        words=words,
        asked=asked,
        systems=[(code, words.heading(content.systems[code].full.plain)) for code in System],
        states=[(code, words.of(content.wording.states, code)) for code in OutageState],
        found=[_item(engine, each, words) for each in items],
        is_first=page.after is None,
        newest=_link(path, asked, page.limit, None),
        older=_link(path, asked, page.limit, last.outage.id) if last else None,
    )


def _item(engine: Engine, found: Found, words: Words) -> Item:
    facts = current_facts(
        found.outage, found.message, words.content, now=engine.clock(), calendar=engine.calendar
    )
    outage = found.outage
    ended_at = outage.restored_at or outage.cancelled_at or outage.planned_end_at
    if outage.is_scheduled and not outage.restored_at:
        ended_at = outage.planned_end_at
    return Item(headline(facts, words), outage.started_at, ended_at, found.message)


def _link(path: str, asked: SearchAsked, limit: int, after: int | None) -> str:
    query = [*asked.query(), ("limit", str(limit))]
    if after is not None:
        query.append(("cursor", cursor_after(after)))
    return f"{path}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class DayShown:
    """One day of the table, its durations in words; blank where there was none."""

    date: date
    outage: str
    delay: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One system's history: every day for the picture, those with something to tell for the table."""

    code: str
    name: str
    days: Sequence[Day]
    told: Sequence[DayShown]
    outage: str
    delay: str
    outage_days: int
    delay_days: int


@router.get("/history", operation_id="show_history")
def show_history(language: PageLanguage, request: Request, engine: EngineOfApp) -> HTMLResponse:
    """The last 90 days of every system, as a picture with a table behind it."""
    with engine.db.read() as tx:
        found = archive.history(engine, tx)
    words = Words(load_content(), language)
    days = next(iter(found.values()))
    return site_page(
        "history.html",
        language,
        request,
        texts="history",
        base_url=engine.base_url,
        charts=[_chart(system, days, words) for system, days in found.items()],
        first=days[0].date,
        last=days[-1].date,
    )


def _chart(system: System, days: Sequence[Day], words: Words) -> Chart:
    told = [day for day in reversed(days) if day.worst]
    return Chart(
        code=system,
        name=words.heading(words.content.systems[system].full.plain),
        days=days,
        told=[DayShown(day.date, _duration(day.outage), _duration(day.delay)) for day in told],
        outage=_duration(sum((day.outage for day in days), timedelta())) or minutes_behind(timedelta()),
        delay=_duration(sum((day.delay for day in days), timedelta())) or minutes_behind(timedelta()),
        outage_days=sum(bool(day.outage) for day in days),
        delay_days=sum(bool(day.delay) and not day.outage for day in days),
    )


def _duration(time: timedelta) -> str:
    """Returns a time in words, to the minute begun; blank for none."""
    return minutes_behind(-(-time // _MINUTE) * _MINUTE) if time else ""
