"""Importing subscribers from CSV at the console: looked at first, then committed.

The file goes back into the page between the two, so that nothing of it is kept here meanwhile.
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outage_service.domain.texts import Language
from outage_service.services import subscriber_files
from outage_service.services.sessions import SignedIn
from outage_service.services.subscriber_files import ImportPlan, WrongHeader
from outage_service.web.forms import Sent, SentForm
from outage_service.web.pages.console.shell import console_page
from outage_service.web.pages.site import PageLanguage, thousands
from outage_service.web.security import ConsoleAdmin
from outage_service.web.state import EngineOfApp

FILE_AT_MOST = 512 * 1024
"""Bytes: some ten thousand people; longer lists go through the command line."""
BODY_AT_MOST = 2 * FILE_AT_MOST
"""Bytes of the form around it, in which line ends are two characters."""
IMPORT_PATHS = tuple(f"/{language}/console/subscribers/import" for language in Language)
LINES_TOLD = 100

router = APIRouter(prefix="/{language}/console/subscribers/import", include_in_schema=False)


@router.get("")
def show_import(session: ConsoleAdmin, language: PageLanguage, request: Request) -> HTMLResponse:
    """Shows the form for a file."""
    return _page(session, language, request)


@router.post("")
def import_subscribers(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp, sent: SentForm
) -> Response:
    """Shows what a file would come to; once that was seen, imports its good lines."""
    text, mistake = _text(sent)
    if mistake:
        return _page(session, language, request, mistake=mistake)
    try:
        plan = subscriber_files.read_file(text.splitlines())
    except WrongHeader:
        return _page(session, language, request, mistake="wrong_header")
    if sent.text("seen"):
        done = subscriber_files.import_parts(engine, plan.parts(), actor=session.actor.name)
        return _page(session, language, request, imported=done.added)
    with engine.db.read() as tx:
        known = subscriber_files.refuse_known(tx, plan)
    return _page(session, language, request, plan=plan, known=known, text=text)


def _text(sent: Sent) -> tuple[str, str]:
    """Returns the text of the file, or the key of what is wrong with it."""
    file = sent.file("file")
    if file is None:
        text = sent.text("csv")
        return text, "" if text else "no_file"
    raw = file.file.read(FILE_AT_MOST + 1)
    if len(raw) > FILE_AT_MOST:
        return "", "file_too_large"
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return "", "not_utf8"


def _page(
    session: SignedIn,
    language: Language,
    request: Request,
    *,
    mistake: str = "",
    plan: ImportPlan | None = None,
    known: int = 0,
    text: str = "",
    imported: int | None = None,
) -> HTMLResponse:
    return console_page(
        "console/subscriber_import.html",
        language,
        request,
        session,
        texts="console_subscribers",
        here="subscribers",
        status=422 if mistake else 200,
        mistake=mistake,
        plan=plan,
        known=known,
        text=text,
        imported=imported,
        counted=lambda number: thousands(number, language),
        lines_told=LINES_TOLD,
    )
