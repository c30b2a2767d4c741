"""One outage: its page in either language, its calendar file, and the address that bulletins give for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from outage_service.content import load_content
from outage_service.domain.bulletins import BulletinFacts
from outage_service.domain.contingency import DeadlineName, named
from outage_service.domain.outages import ContingencyState
from outage_service.rendering.agenda import Entry, Source, agenda, entry_name, label_of, note_of
from outage_service.rendering.current import current_facts, headline
from outage_service.rendering.sections import section
from outage_service.rendering.words import Words
from outage_service.services import archive
from outage_service.services.archive import PublicRecord
from outage_service.services.engine import Engine
from outage_service.web.docs import Responses, problem_pages
from outage_service.web.languages import FirstLanguage
from outage_service.web.pages.site import PageLanguage, base_path, site_page
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp
from outage_service.web.texts import texts_in

router = APIRouter(tags=["pages"], dependencies=[PUBLIC], responses=problem_pages(404))

Number = Annotated[str, Path(pattern=r"^TCC\d{2}-\d{4,5}$", description="The number of an outage.")]
_CALENDAR: Responses = {
    200: {
        "description": "Its window, its deadlines and the next bulletin, in UTC.",
        "content": {"text/calendar": {"schema": {"type": "string"}}},
    }
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that matters, by the name of its text; `systems` names those it is for, where not for all.

    `entry` tells it apart within its outage.
    """

    name: str
    at: datetime
    entry: str
    note: str = ""
    systems: str = ""

    def titled(self, text: str) -> str:
        """Returns `text` with the systems it is for."""
        return f"{text} ({self.systems})" if self.systems else text


@router.get(
    "/outages/{number}", operation_id="find_outage_page", status_code=302, response_class=RedirectResponse
)
def find_outage_page(number: Number, engine: EngineOfApp, first: FirstLanguage) -> RedirectResponse:
    """Leads from the address in a bulletin to the page in the reader's language."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
    return RedirectResponse(f"{base_path(engine.base_url)}/{first}/outages/{number}", 302, headers)


@router.get(
    "/{language}/outages/{number}.ics",
    operation_id="get_outage_calendar",
    response_class=Response,
    responses=_CALENDAR,
)
def get_outage_calendar(number: Number, language: PageLanguage, engine: EngineOfApp) -> Response:
    """The times of an outage for a calendar; it is asked for again to be renewed."""
    record, facts = _read(engine, number)
    words, texts = Words(load_content(), language), texts_in("outage", language)
    address = f"{engine.base_url}/{language}/outages/{number}"
    end = facts.restored_at or facts.planned_end_at
    window = Entry("window", headline(facts, words).title, facts.started_at, end)
    moments = [
        Entry(each.entry, each.titled(texts[each.name]), each.at, description=each.note)
        for each in _moments(facts, words)
    ]
    source = Source(
        number=number,
        name=texts["calendar_name"].format(number=number),
        url=address,
        stamped_at=record.outage.last_bulletin_at or facts.started_at,
        version=record.outage.sequence,
        language=language,
        is_cancelled=record.outage.cancelled_at is not None,
    )
    content = agenda([window, *moments], source)
    headers = {
        "Content-Disposition": f'attachment; filename="{number}.ics"',
        "Content-Language": f"{language}-CA",
        "Cache-Control": "no-cache",
    }
    return Response(content, headers=headers, media_type="text/calendar; charset=utf-8")


@router.get("/{language}/outages/{number}", operation_id="show_outage", response_class=HTMLResponse)
def show_outage(
    number: Number, language: PageLanguage, request: Request, engine: EngineOfApp
) -> HTMLResponse:
    """Everything that is told of an outage: its state, deadlines, what to do, every bulletin."""
    record, facts = _read(engine, number)
    content = load_content()
    words = Words(content, language)
    return site_page(
        "outage.html",
        language,
        request,
        texts="outage",
        base_url=engine.base_url,
        record=record,
        words=words,
        said=section(facts, content, language, base_url=engine.base_url),
        applies=words.of(content.wording.contingency, facts.contingency.state),
        # Without them nobody went to paper, and there is nothing to put right afterwards (R5).
        may_be_followed=facts.contingency.state is not ContingencyState.NOT_INVOKED or facts.is_scheduled,
        times=_moments(facts, words),
        kinds={kind: text.name for kind, text in content.wording.kinds.items()},
    )


def _read(engine: Engine, number: str) -> tuple[PublicRecord, BulletinFacts]:
    with engine.db.read() as tx:
        record = archive.find_record(tx, number)
    now, calendar = engine.clock(), engine.calendar
    facts = current_facts(
        record.outage,
        record.message,
        load_content(),
        now=now,
        calendar=calendar,
        relapse_of=record.relapse_of,
    )
    return record, facts


def _moments(facts: BulletinFacts, words: Words) -> list[Moment]:
    """Returns the times that matter, extended relief included, soonest first (R45, R51–R54).

    A cut-off that an outage has outlived is left out.
    """
    told = [
        Moment(
            label_of(each),
            each.at,
            entry_name(each),
            words.label(note_of(each)),
            ", ".join(words.pick(words.content.systems[system].abbr) for system in each.systems),
        )
        for each in named(facts.deadlines, facts.reliefs, facts.systems)
        if not (facts.state.is_closed and each.name is DeadlineName.TRANSMIT_BY)
    ]
    if facts.next_due_at is not None:
        told.append(Moment("next_bulletin", facts.next_due_at, "next_bulletin"))
    return sorted(told, key=lambda moment: moment.at)
