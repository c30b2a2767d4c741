"""The mailboxes of CBSA regional operations, for administrators: added, taken off (R12)."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from outage_service.domain.errors import StateConflict
from outage_service.domain.texts import Language
from outage_service.services import lost_letters, regional
from outage_service.services.sessions import SignedIn
from outage_service.storage.regional import list_recipients
from outage_service.web.api.regional import RecipientId
from outage_service.web.forms import SentForm, sends_again
from outage_service.web.pages.console.form_fields import address_typed
from outage_service.web.pages.console.shell import Frame, PageFrame
from outage_service.web.security import ConsoleAdmin

router = APIRouter(prefix="/{language}/console", include_in_schema=False)
_TEXTS = "console_addresses"


@router.get("/regional")
def show_recipients(session: ConsoleAdmin, frame: PageFrame) -> HTMLResponse:
    """Lists the mailboxes of regions, and a form to add one."""
    return _recipients(frame, session, "", frame.language.value)


def _recipients(
    frame: Frame,
    session: SignedIn,
    email: str,
    first: str,
    mistakes: dict[str, str] | None = None,
) -> HTMLResponse:
    with frame.engine.db.read() as tx:
        recipients, unreached = list_recipients(tx), lost_letters.unreached_regions(tx)
    return frame.page(
        "console/regional.html",
        session,
        texts=_TEXTS,
        here="subscribers",
        status=422 if mistakes else 200,
        toggle=sends_again(frame.request),
        recipients=recipients,
        unreached=unreached,
        email=email,
        first=first,
        mistakes=mistakes or {},
    )


@router.post("/regional")
def add_recipient(session: ConsoleAdmin, frame: PageFrame, sent: SentForm) -> Response:
    """Adds a mailbox, which gets every bulletin from the next one on."""
    address, first = address_typed(sent), sent.text("first")
    mistakes = {} if address else {"email": "wrong_email"}
    if first not in set(Language):
        mistakes["first"] = "wrong_first"
    if address and not mistakes and not sent.is_only_shown:
        try:
            frame.engine.act(
                lambda tx: regional.add_recipient(frame.engine, tx, session.actor, address, Language(first))
            )
        except StateConflict as error:
            mistakes["email"] = error.code
    if mistakes or sent.is_only_shown:
        return _recipients(frame, session, sent.text("email"), first, mistakes)
    return frame.lead_to("regional")


@router.post("/regional/{recipient_id:id}/remove")
def remove_recipient(session: ConsoleAdmin, frame: PageFrame, recipient_id: RecipientId) -> Response:
    """Takes a mailbox off the list; nothing more is sent to it."""
    frame.engine.act(lambda tx: regional.remove_recipient(frame.engine, tx, session.actor, recipient_id))
    return frame.lead_to("regional")
