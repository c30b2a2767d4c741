"""The addresses that are written to no more, for administrators: put on the list, taken off it (P14)."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from outage_service.domain.bounces import SuppressionReason
from outage_service.services import suppressions
from outage_service.services.sessions import SignedIn
from outage_service.services.suppressions import AlreadySuppressed
from outage_service.storage.suppressions import list_suppressions
from outage_service.web.cursors import DEFAULT_LIMIT, PageAsked, PageRequest, cursor_after
from outage_service.web.forms import SentForm, sends_again
from outage_service.web.pages.console.form_fields import address_typed
from outage_service.web.pages.console.shell import Frame, PageFrame
from outage_service.web.paths import SuppressionId
from outage_service.web.security import ConsoleAdmin

router = APIRouter(prefix="/{language}/console", include_in_schema=False)
_TEXTS = "console_addresses"
_FIRST_PAGE = PageRequest(None, DEFAULT_LIMIT)


@router.get("/suppressions")
def show_suppressions(session: ConsoleAdmin, frame: PageFrame, page: PageAsked) -> HTMLResponse:
    """Lists addresses that are written to no more, newest first, and a form to add one."""
    return _suppressions(frame, session, page)


def _suppressions(
    frame: Frame,
    session: SignedIn,
    page: PageRequest = _FIRST_PAGE,
    email: str = "",
    mistake: str = "",
) -> HTMLResponse:
    with frame.engine.db.read() as tx:
        found = list_suppressions(tx, before_id=page.after, limit=page.one_more)
    items, last = page.cut(found)
    return frame.page(
        "console/suppressions.html",
        session,
        texts=_TEXTS,
        here="subscribers",
        status=422 if mistake else 200,
        toggle=sends_again(frame.request),
        suppressions=items,
        cursor=cursor_after(last.id) if last else "",
        is_first=page.after is None,
        email=email,
        mistakes={"email": mistake} if mistake else {},
    )


@router.post("/suppressions")
def suppress(session: ConsoleAdmin, frame: PageFrame, sent: SentForm) -> Response:
    """Writes to an address no more, subscribed or not."""
    address, reason, actor = address_typed(sent), SuppressionReason.BY_HAND, session.actor.name
    mistake = "" if address else "wrong_email"
    if address and not sent.is_only_shown:
        try:
            frame.engine.act(lambda tx: suppressions.suppress(frame.engine, tx, address, reason, actor=actor))
        except AlreadySuppressed:
            mistake = "already_suppressed"
    if mistake or sent.is_only_shown:
        typed = sent.text("email")
        return _suppressions(frame, session, email=typed, mistake=mistake)
    return frame.lead_to("suppressions")


@router.post("/suppressions/{suppression_id:id}/lift")
def lift(session: ConsoleAdmin, frame: PageFrame, suppression_id: SuppressionId) -> Response:
    """Takes an address off the list; whoever is still subscribed with it gets bulletins again."""
    frame.engine.act(lambda tx: suppressions.lift(frame.engine, tx, suppression_id, actor=session.actor.name))
    return frame.lead_to("suppressions")
