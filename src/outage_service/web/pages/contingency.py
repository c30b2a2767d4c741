"""What to do on paper now: three questions, and a checklist to tick or to print (R45–R109)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outage_service.content import load_content
from outage_service.content.procedures import load_procedures
from outage_service.domain.contingency import ClientRole, Flow, Mode, Timeframe, is_concerned
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.checklists import ChecklistWriter, Client, Known, Shown, checklist_pdf, printed
from outage_service.rendering.current import current_facts
from outage_service.rendering.sections import Section, section
from outage_service.rendering.words import Words
from outage_service.services import contingency
from outage_service.services.contingency import Checklist, Standing
from outage_service.services.engine import Engine
from outage_service.storage.failures import DATABASE_ERRORS, Failure, failure_of
from outage_service.web.docs import problem_pages
from outage_service.web.pages.site import Freshness, PageLanguage, site_page
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp, StateOfApp
from outage_service.web.texts import texts_in

HERE, TEXTS = "contingency", "contingency"
PDF = "application/pdf"
QUESTIONS: Mapping[str, type[StrEnum]] = {"role": ClientRole, "mode": Mode, "flow": Flow}
M = TypeVar("M", bound=StrEnum)

router = APIRouter(
    prefix="/{language}/contingency",
    tags=["pages"],
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
    responses=problem_pages(404),
)

RoleAsked = Annotated[str, Query(description="What the client does: `carrier`, `importer`, …")]
ModeAsked = Annotated[str, Query(description="How the goods move: `highway`, `rail`, `air` or `marine`.")]
FlowAsked = Annotated[str, Query(description="`import`, `export`, `in_bond`, `release` or `warehouse`.")]


def _answers(role: RoleAsked = "", mode: ModeAsked = "", flow: FlowAsked = "") -> dict[str, str]:
    return {"role": role, "mode": mode, "flow": flow}


AnswersAsked = Annotated[dict[str, str], Depends(_answers)]


@router.get("", operation_id="show_contingency")
def show_contingency(
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    answers: AnswersAsked,
) -> HTMLResponse:
    """Asks the three questions; answers given already are kept."""
    return _questions(request, language, engine, answers, errors=())


@router.get("/checklist", operation_id="show_checklist", responses=problem_pages(422))
def show_checklist(
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    answers: AnswersAsked,
) -> HTMLResponse:
    """Shows what such a client has to do, for the outages there are now, or in general (R45–R117)."""
    client = client_of(answers)
    if isinstance(client, tuple):
        return _questions(request, language, engine, answers, errors=client)
    made = _made(engine, client, language)
    return site_page(
        "contingency_checklist.html",
        language,
        request,
        texts=TEXTS,
        base_url=engine.base_url,
        here=HERE,
        freshness=Freshness.PRIVATE,
        answers=answers,
        words=made.words,
        as_of=made.as_of,
        plan=made.plan,
        shown=made.shown,
        outages=made.outages,
        assume_ongoing=made.words.pick(made.words.content.wording.assume_ongoing),
        is_running=made.is_running,
        is_known=made.is_known,
    )


@router.get(
    "/checklist.pdf",
    operation_id="print_checklist",
    response_class=Response,
    responses=problem_pages(422, 501)
    | {200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def print_checklist(
    language: PageLanguage,
    request: Request,
    state: StateOfApp,
    answers: AnswersAsked,
) -> Response:
    """Makes the checklist as a PDF, for printing."""
    client = client_of(answers)
    if isinstance(client, tuple):
        return _questions(request, language, state.engine, answers, errors=client)
    made = await state.press.run(lambda: _pdf(_made(state.engine, client, language), language))
    name = f"checklist-{client.role}-{client.mode}-{client.flow}"
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(made, media_type=PDF, headers=headers)


def client_of(answers: Mapping[str, str]) -> Client | tuple[str, ...]:
    """Returns who asks, or the questions without a usable answer."""
    wrong = tuple(name for name, members in QUESTIONS.items() if answers[name] not in set(members))
    if wrong:
        return wrong
    return Client(ClientRole(answers["role"]), Mode(answers["mode"]), Flow(answers["flow"]))


@dataclass(frozen=True, slots=True)
class Option:
    """An answer to choose."""

    code: str
    label: str
    hint: str
    is_chosen: bool


def _questions(
    request: Request,
    language: Language,
    engine: Engine,
    answers: Mapping[str, str],
    *,
    errors: Sequence[str],
) -> HTMLResponse:
    names = load_procedures().names
    shown = {
        "role": _options(names.roles, {}, answers["role"], language),
        "mode": _options(names.modes, {}, answers["mode"], language),
        "flow": _options(names.flows, names.flow_hints, answers["flow"], language),
    }
    return site_page(
        "contingency.html",
        language,
        request,
        texts=TEXTS,
        base_url=engine.base_url,
        here=HERE,
        status=422 if errors else 200,
        questions=shown,
        errors=errors,
    )


def _options(
    names: Mapping[M, Bilingual], hints: Mapping[M, Bilingual], chosen: str, language: Language
) -> list[Option]:
    return [
        Option(code, name[language], hints[code][language] if hints else "", code == chosen)
        for code, name in names.items()
    ]


@dataclass(frozen=True, slots=True)
class OutageNow:
    """An outage that concerns the reader, as a bulletin of this minute would tell of it."""

    standing: Standing
    section: Section


@dataclass(frozen=True, slots=True)
class Made:
    """A checklist with all that surrounds it, in one language."""

    words: Words
    as_of: str
    plan: Checklist
    shown: Shown
    outages: tuple[OutageNow, ...]
    is_running: bool
    is_known: bool


def _made(engine: Engine, client: Client, language: Language) -> Made:
    now = engine.clock()
    plan, is_known = _plan(engine, client)
    words = Words(load_content(), language)
    known: Known = [
        (each.outage.number, contingency.known_deadlines(engine, each.outage)) for each in plan.standings
    ]
    systems = {s for each in plan.standings for s in each.systems} or set(System)
    writer = ChecklistWriter(load_procedures(), words, client)
    return Made(
        words=words,
        as_of=words.moment(now),
        plan=plan,
        shown=writer.write(plan.procedures, known, [s for s in systems if is_concerned(s, plan.situation)]),
        outages=tuple(_outage(engine, each, language) for each in plan.standings),
        is_running=any(_is_running(each) for each in plan.standings),
        is_known=is_known,
    )


def _is_running(standing: Standing) -> bool:
    """Whether clients wait for its resolved bulletin (R11); procedures can outlive that one (R6)."""
    return standing.phase is Timeframe.DURING and not standing.outage.is_closed


def _plan(engine: Engine, client: Client) -> tuple[Checklist, bool]:
    """Returns the checklist, and whether the outages there are now are known.

    What to do on paper needs no database: who looks for it while that is gone is not sent away (R11).
    """
    asked = (client.role, client.mode, client.flow)
    try:
        with engine.db.read() as tx:
            return contingency.checklist(engine, tx, *asked), True
    except DATABASE_ERRORS as error:
        if failure_of(error) is Failure.FAULT:
            raise
        return contingency.general_checklist(*asked), False


def _outage(engine: Engine, standing: Standing, language: Language) -> OutageNow:
    content = load_content()
    facts = current_facts(standing.outage, None, content, now=engine.clock(), calendar=engine.calendar)
    return OutageNow(standing, section(facts, content, language, base_url=engine.base_url))


def _standing_of(section: Section) -> str:
    """Returns an outage and its procedures in a line: nothing else on paper says whether they apply."""
    return " ".join([f"{section.number} – {section.title}.", *section.procedures])


def _pdf(made: Made, language: Language) -> bytes:
    texts = texts_in(TEXTS, language)
    notes = [texts["print_note"].format(when=made.as_of)]
    notes += [texts["general" if made.is_known else "unknown"]] if made.plan.is_general else []
    notes += [_standing_of(each.section) for each in made.outages]
    notes += [made.words.pick(made.words.content.wording.assume_ongoing)] if made.is_running else []
    return checklist_pdf(printed(made.shown, texts, language, notes))
