"""Two short lists for administrators: addresses written to no more (P14), and regional mailboxes (R12)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outage_service.content import load_content
from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.errors import StateConflict
from outage_service.domain.texts import Language
from outage_service.rendering.words import Words
from outage_service.services import lost_letters, regional, suppressions
from outage_service.services.addresses import Address, AddressRefused, parse_address
from outage_service.services.engine import Engine
from outage_service.services.sessions import SignedIn
from outage_service.services.suppressions import AlreadySuppressed
from outage_service.storage.regional import list_recipients
from outage_service.storage.suppressions import list_suppressions
from outage_service.web.api.regional import RecipientId
from outage_service.web.cursors import DEFAULT_LIMIT, PageAsked, PageRequest, cursor_after
from outage_service.web.forms import Sent, SentForm
from outage_service.web.own_forms import sends_again
from outage_service.web.pages.console.shell import console_page, to_console
from outage_service.web.pages.site import PageLanguage
from outage_service.web.paths import SuppressionId
from outage_service.web.security import ConsoleAdmin
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/{language}/console", include_in_schema=False)
_TEXTS = "console_addresses"
_FIRST_PAGE = PageRequest(None, DEFAULT_LIMIT)


@router.get("/suppressions")
def show_suppressions(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp, page: PageAsked
) -> HTMLResponse:
    """Lists addresses that are written to no more, newest first, and a form to add one."""
    return _suppressions(engine, session, language, request, page)


def _suppressions(
    engine: Engine,
    session: SignedIn,
    language: Language,
    request: Request,
    page: PageRequest = _FIRST_PAGE,
    email: str = "",
    mistake: str = "",
) -> HTMLResponse:
    with engine.db.read() as tx:
        found = list_suppressions(tx, before_id=page.after, limit=page.one_more)
    items, last = page.cut(found)
    return console_page(
        "console/suppressions.html",
        language,
        request,
        session,
        texts=_TEXTS,
        here="subscribers",
        status=422 if mistake else 200,
        toggle=sends_again(request),
        words=Words(load_content(), language),
        suppressions=items,
        cursor=cursor_after(last.id) if last else "",
        is_first=page.after is None,
        email=email,
        mistakes={"email": mistake} if mistake else {},
    )


@router.post("/suppressions")
def suppress(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp, sent: SentForm
) -> Response:
    """Writes to an address no more, subscribed or not."""
    address, reason, actor = _address(sent), SuppressionReason.BY_HAND, session.actor.name
    mistake = "" if address else "wrong_email"
    if address and not sent.is_only_shown:
        try:
            engine.act(lambda tx: suppressions.suppress(engine, tx, address, reason, actor=actor))
        except AlreadySuppressed:
            mistake = "already_suppressed"
    if mistake or sent.is_only_shown:
        typed = sent.text("email")
        return _suppressions(engine, session, language, request, email=typed, mistake=mistake)
    return to_console(request, language, "suppressions")


def _address(sent: Sent) -> Address | None:
    try:
        return parse_address(sent.text("email"))
    except AddressRefused:
        return None


@router.post("/suppressions/{suppression_id:id}/lift")
def lift(
    session: ConsoleAdmin,
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    suppression_id: SuppressionId,
) -> Response:
    """Takes an address off the list; whoever is still subscribed with it gets bulletins again."""
    engine.act(lambda tx: suppressions.lift(engine, tx, suppression_id, actor=session.actor.name))
    return to_console(request, language, "suppressions")


@router.get("/regional")
def show_recipients(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp
) -> HTMLResponse:
    """Lists the mailboxes of regions, and a form to add one."""
    return _recipients(engine, session, language, request, "", language.value)


def _recipients(
    engine: Engine,
    session: SignedIn,
    language: Language,
    request: Request,
    email: str,
    first: str,
    mistakes: dict[str, str] | None = None,
) -> HTMLResponse:
    with engine.db.read() as tx:
        recipients, unreached = list_recipients(tx), lost_letters.unreached_regions(tx)
    return console_page(
        "console/regional.html",
        language,
        request,
        session,
        texts=_TEXTS,
        here="subscribers",
        status=422 if mistakes else 200,
        toggle=sends_again(request),
        words=Words(load_content(), language),
        recipients=recipients,
        unreached=unreached,
        email=email,
        first=first,
        mistakes=mistakes or {},
    )


@router.post("/regional")
def add_recipient(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp, sent: SentForm
) -> Response:
    """Adds a mailbox, which gets every bulletin from the next one on."""
    address, first = _address(sent), sent.text("first")
    mistakes = {} if address else {"email": "wrong_email"}
    if first not in set(Language):
        mistakes["first"] = "wrong_first"
    if address and not mistakes and not sent.is_only_shown:
        try:
            engine.act(lambda tx: regional.add_recipient(engine, tx, session.actor, address, Language(first)))
        except StateConflict as error:
            mistakes["email"] = error.code
    if mistakes or sent.is_only_shown:
        return _recipients(engine, session, language, request, sent.text("email"), first, mistakes)
    return to_console(request, language, "regional")


@router.post("/regional/{recipient_id:id}/remove")
def remove_recipient(
    session: ConsoleAdmin,
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    recipient_id: RecipientId,
) -> Response:
    """Takes a mailbox off the list; nothing more is sent to it."""
    engine.act(lambda tx: regional.remove_recipient(engine, tx, session.actor, recipient_id))
    return to_console(request, language, "regional")
