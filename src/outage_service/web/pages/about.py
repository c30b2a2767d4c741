"""What the service promises, whom to call, how to read a bulletin."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.content import load_content
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.systems import HelpLine, systems_of_line
from outage_service.rendering.rows import Row, help_card
from outage_service.rendering.titles import in_both
from outage_service.rendering.words import Words
from outage_service.web.docs import problem_pages
from outage_service.web.pages.site import PageLanguage, site_page
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp
from outage_service.web.texts import load_texts

router = APIRouter(
    prefix="/{language}/about",
    tags=["pages"],
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
    responses=problem_pages(404),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A help line (R20, R24, R25): its numbers, its hours, the systems it speaks of."""

    name: str
    systems: str
    rows: tuple[Row, ...]


@router.get("", operation_id="show_about")
async def show_about(language: PageLanguage, request: Request, engine: EngineOfApp) -> HTMLResponse:
    """What the cadence promises (R15–R17), the help lines, how to read a bulletin."""
    words = Words(load_content(), language)
    kinds = words.content.wording.kinds
    marks = {kind: in_both(text.prefix, language) if text.prefix else "" for kind, text in kinds.items()}
    example = in_both(load_texts("about")["example_title"], language)
    return site_page(
        "about.html",
        language,
        request,
        texts="about",
        base_url=engine.base_url,
        here="about",
        assume_ongoing=words.pick(words.content.wording.assume_ongoing),
        example=f"TCC26-0001 – {marks[BulletinKind.UPDATE]} – {example}",
        kinds=[(marks[kind], words.pick(text.name)) for kind, text in kinds.items()],
        observes_holidays=engine.calendar.observes_holidays,
        lines=[_line(line, words) for line in HelpLine],
    )


def _line(line: HelpLine, words: Words) -> Line:
    card = help_card(line, words)
    names = [words.name(system, "the") for system in systems_of_line(line)]
    return Line(card.name, words.joined(names), card.rows)
