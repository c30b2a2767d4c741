"""An outage in the console: what is so, what comes next, what was said, and what can be done."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from outage_service.domain.roles import OPERATORS
from outage_service.rendering.current import current_facts
from outage_service.rendering.sections import section
from outage_service.services import archive, outages, queries
from outage_service.services.archive import PublicRecord
from outage_service.services.board import bar_of
from outage_service.services.form_keys import Form, made_once, new_key
from outage_service.services.queries import OutageView
from outage_service.services.requests import NoteBody
from outage_service.storage.mailings import Progress
from outage_service.web.forms import RESUME, SentForm
from outage_service.web.pages.console.act_kinds import possible_acts
from outage_service.web.pages.console.acts import Number
from outage_service.web.pages.console.desk import ActsDesk
from outage_service.web.pages.console.form_fields import Mistake, WrongForm, body_of, key_typed
from outage_service.web.pages.console.live import tag_of, unless_seen
from outage_service.web.pages.console.shell import PageFrame
from outage_service.web.security import ConsoleOperator, ConsoleReader

router = APIRouter(prefix="/{language}/console/outages/{number}", include_in_schema=False)


@router.get("")
def show_console_outage(session: ConsoleReader, number: Number, frame: PageFrame, sent: str = "") -> Response:
    """Shows an outage; `sent` is the sequence of the bulletin that an act has just issued."""
    desk = ActsDesk.of(session, frame)
    return _page(desk, number, sent=sent)


@router.post("/notes")
def add_note(session: ConsoleOperator, number: Number, frame: PageFrame, form: SentForm) -> Response:
    """Records an internal note, which sends nothing; one that was interrupted is shown again."""
    desk = ActsDesk.of(session, frame)
    if form.text("go") == RESUME or (form.is_only_shown and form.text("text").strip()):
        return _page(desk, number, note_text=form.text("text"))
    try:
        body = _noted(form.text("text"))
    except WrongForm as wrong:
        return _page(desk, number, wrong=wrong, note_text=form.text("text"))
    with frame.engine.db.read() as tx:
        outage = archive.find_record(tx, number).outage
    once = Form(key_typed(form), session.user_id)
    frame.engine.act(
        lambda tx: made_once(
            frame.engine,
            tx,
            once,
            lambda: outages.note(frame.engine, tx, session.actor, outage.id, body.text).id,
        )
    )
    return frame.lead_to(f"outages/{number}#notes")


def _noted(text: str) -> NoteBody:
    if not text.strip():
        raise WrongForm([Mistake("text", "missing")])
    return body_of(NoteBody, {"text": text})


def _page(
    desk: ActsDesk, number: str, *, sent: str = "", wrong: WrongForm | None = None, note_text: str = ""
) -> Response:
    with desk.engine.db.read() as tx:
        record = archive.find_record(tx, number)
        view = queries.find_outage(tx, record.outage.id)
        newest = queries.report_deliveries(tx, record.bulletins[-1].id, after_recipient=0, limit=1)
    tag = _tag(desk, record, view, newest.progress)

    def make() -> HTMLResponse:
        return desk.show(
            "outage.html",
            status=422 if wrong else 200,
            record=record,
            notes=view.notes,
            bar=bar_of(newest.progress),
            progress=newest.progress,
            tag=tag,
            sent=sent if sent in {str(bulletin.sequence) for bulletin in record.bulletins} else "",
            note_text=note_text,
            once=new_key(),
            mistakes=desk.told(wrong.mistakes, ()) if wrong else [],
            **_told(desk, record),
        )

    return make() if wrong else unless_seen(desk.request, tag, make)


def _told(desk: ActsDesk, record: PublicRecord) -> dict[str, Any]:
    engine, outage, actor = desk.engine, record.outage, desk.session.actor
    now, content = engine.clock(), desk.words.content
    facts = current_facts(outage, record.message, content, now=now, calendar=engine.calendar)
    acts = possible_acts(outage, actor, engine)
    return {
        "said": section(facts, content, desk.language, base_url=engine.base_url),
        "contingency": outage.contingency_at(now),
        "reminders": outage.pending_reminders(now),
        "acts": acts,
        "may_relapse": bool(acts) and outage.restored_at is not None,
        "may_note": bool(acts) and actor.role in OPERATORS,
    }


def _tag(desk: ActsDesk, record: PublicRecord, view: OutageView, progress: Progress) -> str:
    outage, now = record.outage, desk.engine.clock()
    return tag_of(
        desk.language,
        desk.session.actor,
        record,
        view.notes,
        progress,
        outage.state_at(now),
        outage.contingency_at(now).state,
    )
