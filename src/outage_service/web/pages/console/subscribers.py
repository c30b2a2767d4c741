"""The list of subscribers, for administrators: looked through, added to, changed, erased, taken along.

Nothing here sends mail. Erasing asks for a typed word, in the language of the page.
"""

from dataclasses import dataclass, replace

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response, StreamingResponse

from outage_service.domain.texts import Language
from outage_service.services import subscribers
from outage_service.services.engine import Engine
from outage_service.services.errors import Overtaken
from outage_service.services.sessions import SignedIn
from outage_service.services.subscribers import AlreadySubscribed, Edit
from outage_service.storage.subscribers import Choices, Subscriber, SubscriberState, list_subscribers
from outage_service.web.api.subscriber_files import exported
from outage_service.web.cursors import PageAsked, cursor_after
from outage_service.web.forms import Sent, SentForm, sends_again
from outage_service.web.pages.console.live import tag_of
from outage_service.web.pages.console.shell import Frame, PageFrame
from outage_service.web.pages.site import PageLanguage
from outage_service.web.pages.subscription_form import Form, address_of, form_of, options_of
from outage_service.web.pages.subscription_form import SentForm as SubscriptionForm
from outage_service.web.paths import SubscriberId
from outage_service.web.security import ConsoleAdmin
from outage_service.web.state import EngineOfApp
from outage_service.web.texts import texts_in

router = APIRouter(prefix="/{language}/console/subscribers", include_in_schema=False)
TYPED = {Language.EN: "ERASE", Language.FR: "SUPPRIMER"}
"""What has to be typed, exactly, to erase somebody."""


@router.get("")
def show_subscribers(
    session: ConsoleAdmin,
    frame: PageFrame,
    page: PageAsked,
    q: str = Query("", max_length=254),
) -> HTMLResponse:
    """Lists subscribers of any state; `q` is a part of an address."""
    part = "".join(each for each in q if each.isprintable()).strip()
    with frame.engine.db.read() as tx:
        found = list_subscribers(tx, after_id=page.after or 0, limit=page.one_more, part=part)
    items, last = page.cut(found)
    return frame.page(
        "console/subscribers.html",
        session,
        texts="console_subscribers",
        here="subscribers",
        q=part,
        subscribers=items,
        cursor=cursor_after(last.id) if last else "",
        is_first=page.after is None,
    )


@router.get("/new")
def show_new(session: ConsoleAdmin, frame: PageFrame) -> HTMLResponse:
    """Shows the form to add somebody, with the language of the page first."""
    return _page(frame, session, Shown(Form("", frame.language, (), (), ())))


@router.post("/new")
def add(session: ConsoleAdmin, frame: PageFrame, form: SubscriptionForm) -> Response:
    """Adds somebody who counts as confirmed."""
    choices, errors = _choices(form)
    if choices is None or form.is_only_shown:
        return _page(frame, session, Shown(form, errors=errors))
    try:
        frame.engine.act(lambda tx: subscribers.add(frame.engine, tx, session.actor, choices))
    except AlreadySubscribed as known:
        found = _get(frame.engine, known.subscriber_id)
        is_sent_twice = (found.choices, found.state) == (choices, SubscriberState.ACTIVE)
        if not is_sent_twice:
            return _page(frame, session, Shown(form, known=known.subscriber_id))
    return frame.lead_to("subscribers")


def _choices(form: Form) -> tuple[Choices | None, tuple[str, ...]]:
    """Returns what a form chooses, or the fields that are wrong."""
    address = address_of(form)
    if address is None or form.language is None or form.errors:
        return None, form.errors if address else ("email", *form.errors)
    return Choices(address.wire, address.key, form.language, *form.masks), ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as it is shown: what stands in it, of whom, and what is wrong with it.

    Args:
        state_before: the state when the form was first shown.
        known: the subscriber who has the address already.
    """

    form: Form
    subscriber: Subscriber | None = None
    state: str = ""
    state_before: str = ""
    errors: tuple[str, ...] = ()
    known: int | None = None
    is_wrongly_typed: bool = False
    is_overtaken: bool = False


def _page(frame: Frame, session: SignedIn, shown: Shown) -> HTMLResponse:
    is_wrong = bool(shown.errors or shown.known or shown.is_wrongly_typed)
    return frame.page(
        "console/subscriber.html",
        session,
        texts="console_subscribers",
        here="subscribers",
        status=409 if shown.is_overtaken else 422 if is_wrong else 200,
        toggle=None if shown.is_wrongly_typed else sends_again(frame.request),
        s=texts_in("subscription", frame.language),
        options=options_of(shown.form, frame.language),
        email=shown.form.email,
        errors=shown.errors,
        known=shown.known,
        subscriber=shown.subscriber,
        state=shown.state,
        state_before=shown.state_before,
        states=tuple(SubscriberState),
        seen=tag_of(shown.subscriber.choices) if shown.subscriber else "",
        is_overtaken=shown.is_overtaken,
        on_record=options_of(form_of(shown.subscriber.choices), frame.language) if shown.subscriber else None,
        typed=TYPED[frame.language],
        is_wrongly_typed=shown.is_wrongly_typed,
    )


@router.post("/export")
def export(session: ConsoleAdmin, _: PageLanguage, engine: EngineOfApp) -> StreamingResponse:
    """Sends the active subscribers as CSV, and records that they were taken along."""
    return exported(engine, actor=session.actor.name)


@router.get("/{subscriber_id:id}")
def show_subscriber(session: ConsoleAdmin, frame: PageFrame, subscriber_id: SubscriberId) -> HTMLResponse:
    """Shows one subscriber in a form."""
    found = _get(frame.engine, subscriber_id)
    state = found.state.value
    return _page(frame, session, Shown(form_of(found.choices), found, state, state))


def _get(engine: Engine, subscriber_id: int) -> Subscriber:
    with engine.db.read() as tx:
        return subscribers.get(tx, subscriber_id)


@router.post("/{subscriber_id:id}")
def change(
    session: ConsoleAdmin,
    frame: PageFrame,
    subscriber_id: SubscriberId,
    form: SubscriptionForm,
    sent: SentForm,
) -> Response:
    """Changes a subscriber, unless another has done so since the page was made (P19)."""
    choices, errors = _choices(form)
    if sent.text("state") not in set(SubscriberState):
        errors = (*errors, "state")
    shown = _shown(form, sent, _get(frame.engine, subscriber_id), errors)
    if choices is None or errors or form.is_only_shown:
        return _page(frame, session, shown)
    wanted = _state_wanted(sent)
    edited = Edit(lambda _: choices, SubscriberState(wanted) if wanted else None, _expected(sent))
    try:
        frame.engine.act(lambda tx: subscribers.edit(frame.engine, tx, session.actor, subscriber_id, edited))
    except AlreadySubscribed as known:
        return _page(frame, session, replace(shown, known=known.subscriber_id))
    except Overtaken:
        now = _get(frame.engine, subscriber_id)
        if now.choices != choices or wanted not in (None, now.state):  # else the form was sent twice
            return _page(frame, session, _shown(form, sent, now))
    return frame.lead_to("subscribers")


def _state_wanted(sent: Sent) -> str | None:
    """Returns the state that was chosen; None where it was left as it was shown.

    Then it must not undo what has happened since: they may have left (P14).
    """
    state = sent.text("state")
    return state if state != sent.text("state_before") else None


def _expected(sent: Sent) -> subscribers.Expected:
    """Returns whether somebody is still as the page showed them; of the state, where it is changed."""
    state = sent.text("state_before") if _state_wanted(sent) else None
    return lambda found: sent.text("seen") == tag_of(found.choices) and state in (None, found.state.value)


def _shown(form: Form, sent: Sent, found: Subscriber, errors: tuple[str, ...] = ()) -> Shown:
    """Returns the form with what was typed, and whether somebody else has changed what it was made of."""
    state, before = sent.text("state"), sent.text("state_before")
    if _expected(sent)(found):
        return Shown(form, found, state, before, errors)
    now = found.state.value
    return Shown(form, found, _state_wanted(sent) or now, now, errors, is_overtaken=True)


@router.post("/{subscriber_id:id}/erase")
def erase(session: ConsoleAdmin, frame: PageFrame, subscriber_id: SubscriberId, sent: SentForm) -> Response:
    """Erases a subscriber once the word was typed, if it is still who the page showed."""
    is_expected, is_typed = _expected(sent), sent.text("typed").strip() == TYPED[frame.language]
    try:
        if is_typed:
            frame.engine.act(
                lambda tx: subscribers.erase(
                    frame.engine, tx, session.actor, subscriber_id, is_expected=is_expected
                )
            )
            return frame.lead_to("subscribers")
    except Overtaken:
        pass  # the page says so
    found = _get(frame.engine, subscriber_id)
    state, is_overtaken = found.state.value, not is_expected(found)
    shown = Shown(
        form_of(found.choices),
        found,
        state,
        state,
        is_wrongly_typed=not is_typed,
        is_overtaken=is_overtaken,
    )
    return _page(frame, session, shown)
