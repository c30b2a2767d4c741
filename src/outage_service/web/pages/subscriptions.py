"""Where the links in mail lead: confirm, change, leave (P27, RFC 8058).

Getting a page never changes anything, for link scanners get it too; only its button does. The path is the
right: whoever holds the link may act. A page is in the subscriber's language unless `lang` asks otherwise.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.content import load_content
from outage_service.domain.subscriptions import kinds_of_mask, systems_of_mask
from outage_service.domain.texts import Language
from outage_service.rendering.current import current_facts, headline
from outage_service.rendering.words import Words
from outage_service.services import archive, subscriptions
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, link
from outage_service.services.links import token as token_of
from outage_service.storage.subscribers import Subscriber, SubscriberState
from outage_service.web.docs import problem_pages
from outage_service.web.forms import Toggle, sends_again
from outage_service.web.json_body import StrictRoute
from outage_service.web.pages.site import Freshness, site_page
from outage_service.web.pages.subscription_form import (
    Form,
    SentForm,
    form_body,
    form_of,
    kind_hint,
    options_of,
    system_name,
)
from outage_service.web.security import LINK_HOLDER
from outage_service.web.state import EngineOfApp

Asked = Annotated[
    Language | None, Query(alias="lang", description="The language of the page; else the subscriber's.")
]

router = APIRouter(
    prefix="/subscriptions/{token}",
    tags=["links"],
    route_class=StrictRoute,
    dependencies=[LINK_HOLDER],
    default_response_class=HTMLResponse,
    responses=problem_pages(404, 422),
)


@router.get("/confirm", operation_id="show_confirmation")
def show_confirmation(token: str, request: Request, engine: EngineOfApp, asked: Asked = None) -> HTMLResponse:
    """Shows what was asked for, and a button to confirm it."""
    with engine.db.read() as tx:
        chosen = subscriptions.find_request(engine, tx, token).choices
    language = asked or chosen.language
    words = Words(load_content(), language)
    kinds = words.content.wording.subscription_kinds
    return _page(
        "confirm.html",
        language,
        request,
        engine,
        chosen_language=chosen.language,
        chosen_systems=[system_name(system, words) for system in systems_of_mask(chosen.systems)],
        chosen_kinds=[
            (words.of(kinds, kind), kind_hint(kind, language)) for kind in kinds_of_mask(chosen.kinds)
        ],
    )


@router.post("/confirm", operation_id="confirm_subscription")
def confirm_subscription(
    token: str, request: Request, engine: EngineOfApp, asked: Asked = None
) -> HTMLResponse:
    """Makes who asked a subscriber (double opt-in, P25), and shows what is open now."""
    subscriber = engine.act(lambda tx: subscriptions.confirm(engine, tx, token))
    return _confirmed(engine, request, subscriber, asked)


@router.get("/confirmed", operation_id="show_confirmed")
def show_confirmed(token: str, request: Request, engine: EngineOfApp, asked: Asked = None) -> HTMLResponse:
    """Shows once more what confirming showed; the subscription, once it is not active any more."""
    with engine.db.read() as tx:
        subscriber = subscriptions.find_by_link(engine, tx, Purpose.MANAGE, token)
    if subscriber.state is not SubscriberState.ACTIVE:
        return _manage(engine, request, subscriber, asked, form_of(subscriber.choices))
    return _confirmed(engine, request, subscriber, asked)


def _confirmed(
    engine: Engine, request: Request, subscriber: Subscriber, asked: Language | None
) -> HTMLResponse:
    choices = subscriber.choices
    with engine.db.read() as tx:
        found = archive.current_for(tx, systems=choices.systems, kinds=choices.kinds)
    language = asked or choices.language
    words = Words(load_content(), language)
    return _page(
        "confirmed.html",
        language,
        request,
        engine,
        # The link that was used to confirm has done its work.
        toggle=Toggle(path=_path_of_confirmed(engine, subscriber)),
        manage_link=_link(engine, Purpose.MANAGE, subscriber),
        current=[_shown(engine, each, words) for each in found],
    )


def _path_of_confirmed(engine: Engine, subscriber: Subscriber) -> str:
    return f"/subscriptions/{token_of(engine.secret_key, Purpose.MANAGE, _holder(subscriber))}/confirmed"


def _shown(engine: Engine, found: archive.Current, words: Words) -> dict[str, object]:
    facts = current_facts(
        found.outage, found.message, words.content, now=engine.clock(), calendar=engine.calendar
    )
    return {
        "headline": headline(facts, words),
        "message": words.pick(facts.message),
        "bulletin_id": found.bulletin_id,
    }


@router.get("/manage", operation_id="show_subscription")
def show_subscription(token: str, request: Request, engine: EngineOfApp, asked: Asked = None) -> HTMLResponse:
    """Shows a subscription in a form."""
    with engine.db.read() as tx:
        subscriber = subscriptions.find_by_link(engine, tx, Purpose.MANAGE, token)
    return _manage(engine, request, subscriber, asked, form_of(subscriber.choices))


@router.post("/manage", operation_id="change_subscription", openapi_extra=form_body(with_email=False))
def change_subscription(
    token: str, request: Request, engine: EngineOfApp, form: SentForm, asked: Asked = None
) -> HTMLResponse:
    """Changes a subscription; who had left is back again, unless the address is on the list (P14)."""
    language, is_wrong = form.language, form.language is None or bool(form.errors)
    if language is None or form.errors or form.is_only_shown:
        with engine.db.read() as tx:
            known = subscriptions.find_by_link(engine, tx, Purpose.MANAGE, token)
        return _manage(engine, request, known, asked, form, status=422 if is_wrong else 200)
    systems, kinds = form.masks
    subscriber = engine.act(
        lambda tx: subscriptions.change(engine, tx, token, language=language, systems=systems, kinds=kinds)
    )
    return _manage(engine, request, subscriber, asked, form, is_saved=True)


@router.get("/unsubscribe", operation_id="show_leaving")
def show_leaving(token: str, request: Request, engine: EngineOfApp, asked: Asked = None) -> HTMLResponse:
    """Shows a button to leave; to who has left already, that it is done."""
    with engine.db.read() as tx:
        subscriber = subscriptions.find_by_link(engine, tx, Purpose.UNSUBSCRIBE, token)
    if subscriber.state is SubscriberState.UNSUBSCRIBED:
        return _left(engine, request, subscriber, asked)
    return _page("leave.html", asked or subscriber.choices.language, request, engine)


@router.post("/unsubscribe", operation_id="unsubscribe")
def unsubscribe(token: str, request: Request, engine: EngineOfApp, asked: Asked = None) -> HTMLResponse:
    """Ends a subscription, by the button or by a mail program (RFC 8058); the body is not looked at."""
    subscriber = engine.act(lambda tx: subscriptions.unsubscribe(engine, tx, token))
    return _left(engine, request, subscriber, asked)


def _left(engine: Engine, request: Request, subscriber: Subscriber, asked: Language | None) -> HTMLResponse:
    language = asked or subscriber.choices.language
    return _page(
        "left.html", language, request, engine, manage_link=_link(engine, Purpose.MANAGE, subscriber)
    )


def _manage(
    engine: Engine,
    request: Request,
    subscriber: Subscriber,
    asked: Language | None,
    form: Form,
    *,
    is_saved: bool = False,
    status: int = 200,
) -> HTMLResponse:
    language = asked or subscriber.choices.language
    return _page(
        "manage.html",
        language,
        request,
        engine,
        status=status,
        toggle=None if is_saved else sends_again(request),
        is_saved=is_saved,
        state=subscriber.state,
        asked=asked,
        leave_link=_link(engine, Purpose.UNSUBSCRIBE, subscriber),
        options=options_of(form, language),
        errors=form.errors,
    )


def _page(
    template: str,
    language: Language,
    request: Request,
    engine: Engine,
    *,
    status: int = 200,
    toggle: Toggle | None = None,
    **values: object,
) -> HTMLResponse:
    return site_page(
        template,
        language,
        request,
        texts="subscription",
        base_url=engine.base_url,
        toggle=toggle,
        status=status,
        freshness=Freshness.PRIVATE,
        **values,
    )


def _link(engine: Engine, purpose: Purpose, subscriber: Subscriber) -> str:
    return link(engine.base_url, engine.secret_key, purpose, _holder(subscriber))


def _holder(subscriber: Subscriber) -> Holder:
    return Holder(subscriber.id, subscriber.epoch)
