"""Where the links in mail lead: confirm, change, leave (P27, RFC 8058).

Getting a page never changes anything, for link scanners get it too; only its button does. The path is the
right: whoever holds the link may act.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outage_service.content import load_content
from outage_service.domain.subscriptions import (
    SubscriptionKind,
    kinds_mask,
    kinds_of_mask,
    systems_mask,
    systems_of_mask,
)
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language
from outage_service.services import subscriptions
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, link
from outage_service.storage.subscribers import Choices, Subscriber, SubscriberState
from outage_service.web.docs import problem_pages
from outage_service.web.json_body import StrictRoute
from outage_service.web.pages.templating import page
from outage_service.web.problems import Problem, Refusal
from outage_service.web.security import LINK_HOLDER
from outage_service.web.state import EngineOfApp
from outage_service.web.wording import load_wording

T = TypeVar("T", System, SubscriptionKind, Language)
_FIELDS_AT_MOST = 40

router = APIRouter(
    prefix="/subscriptions/{token}",
    tags=["links"],
    route_class=StrictRoute,
    dependencies=[LINK_HOLDER],
    default_response_class=HTMLResponse,
    responses=problem_pages(404),
)


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to tick."""

    code: str
    label: Bilingual
    is_chosen: bool


@router.get("/confirm", operation_id="show_confirmation")
def show_confirmation(token: str, engine: EngineOfApp) -> HTMLResponse:
    """Shows what was asked for, and a button to confirm it."""
    with engine.db.read() as tx:
        chosen = subscriptions.find_request(engine, tx, token).choices
    wording, content = load_wording(), load_content()
    systems = [content.systems[system].full.plain for system in systems_of_mask(chosen.systems)]
    kinds = [content.wording.subscription_kinds[kind] for kind in kinds_of_mask(chosen.kinds)]
    return page(
        "confirm.html",
        chosen.language,
        base_url=engine.base_url,
        chosen_language=wording.english if chosen.language is Language.EN else wording.french,
        chosen_systems=systems or [wording.all_systems],
        chosen_kinds=kinds or [wording.all_kinds],
    )


@router.post("/confirm", operation_id="confirm_subscription")
def confirm_subscription(token: str, engine: EngineOfApp) -> HTMLResponse:
    """Makes who asked a subscriber (double opt-in, P25)."""
    subscriber = engine.act(lambda tx: subscriptions.confirm(engine, tx, token))
    wording = load_wording()
    return _message(engine, subscriber, wording.confirmed_title, wording.confirmed_text, wording.manage_link)


@router.get("/manage", operation_id="show_subscription")
def show_subscription(token: str, engine: EngineOfApp) -> HTMLResponse:
    """Shows a subscription in a form."""
    with engine.db.read() as tx:
        subscriber = subscriptions.find_by_link(engine, tx, Purpose.MANAGE, token)
    return _manage(engine, subscriber, is_saved=False)


@dataclass(frozen=True, slots=True)
class Form:
    """What the form of the manage page sends."""

    language: Language
    systems: tuple[System, ...]
    kinds: tuple[SubscriptionKind, ...]


async def _form(request: Request) -> Form:
    try:
        sent = parse_qs((await request.body()).decode(), max_num_fields=_FIELDS_AT_MOST)
        (language,) = _members(Language, sent.get("language", ()))
        return Form(
            language,
            _members(System, sent.get("system", ())),
            _members(SubscriptionKind, sent.get("kind", ())),
        )
    except ValueError as error:
        raise Refusal(Problem(422, "invalid_input", "The form cannot be used.")) from error


def _members(known: type[T], names: Sequence[str]) -> tuple[T, ...]:
    return tuple(known(name) for name in names)


@router.post(
    "/manage",
    operation_id="change_subscription",
    responses=problem_pages(422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["language"],
                        "properties": {
                            "language": {"type": "string", "enum": list(Language)},
                            "system": {"type": "array", "items": {"type": "string", "enum": list(System)}},
                            "kind": {
                                "type": "array",
                                "items": {"type": "string", "enum": list(SubscriptionKind)},
                            },
                        },
                    }
                }
            },
        }
    },
)
def change_subscription(
    token: str, engine: EngineOfApp, form: Annotated[Form, Depends(_form)]
) -> HTMLResponse:
    """Changes a subscription; who had left is back again."""
    subscriber = engine.act(
        lambda tx: subscriptions.change(
            engine,
            tx,
            token,
            language=form.language,
            systems=systems_mask(form.systems),
            kinds=kinds_mask(form.kinds),
        )
    )
    return _manage(engine, subscriber, is_saved=True)


@router.get("/unsubscribe", operation_id="show_leaving")
def show_leaving(token: str, engine: EngineOfApp) -> HTMLResponse:
    """Shows a button to leave."""
    with engine.db.read() as tx:
        subscriber = subscriptions.find_by_link(engine, tx, Purpose.UNSUBSCRIBE, token)
    return page("leave.html", subscriber.choices.language, base_url=engine.base_url)


@router.post("/unsubscribe", operation_id="unsubscribe")
def unsubscribe(token: str, engine: EngineOfApp) -> HTMLResponse:
    """Ends a subscription, by the button or by a mail program (RFC 8058); the body is not looked at."""
    subscriber = engine.act(lambda tx: subscriptions.unsubscribe(engine, tx, token))
    wording = load_wording()
    return _message(engine, subscriber, wording.gone_title, wording.gone_text, wording.return_link)


def _message(
    engine: Engine, subscriber: Subscriber, title: Bilingual, message: Bilingual, link_text: Bilingual
) -> HTMLResponse:
    return page(
        "message.html",
        subscriber.choices.language,
        base_url=engine.base_url,
        title=title,
        message=message,
        link=_link(engine, Purpose.MANAGE, subscriber),
        link_text=link_text,
    )


def _manage(engine: Engine, subscriber: Subscriber, *, is_saved: bool) -> HTMLResponse:
    choices = subscriber.choices
    return page(
        "manage.html",
        choices.language,
        base_url=engine.base_url,
        is_saved=is_saved,
        has_left=subscriber.state is not SubscriberState.ACTIVE,
        leave_link=_link(engine, Purpose.UNSUBSCRIBE, subscriber),
        language_options=_language_options(choices),
        system_options=_system_options(choices),
        kind_options=_kind_options(choices),
    )


def _link(engine: Engine, purpose: Purpose, subscriber: Subscriber) -> str:
    return link(engine.base_url, engine.secret_key, purpose, Holder(subscriber.id, subscriber.epoch))


def _language_options(choices: Choices) -> list[Option]:
    wording = load_wording()
    labels = {Language.EN: wording.english, Language.FR: wording.french}
    return [Option(language, labels[language], choices.language is language) for language in Language]


def _system_options(choices: Choices) -> list[Option]:
    chosen, content = systems_of_mask(choices.systems), load_content()
    return [Option(system, content.systems[system].full.plain, system in chosen) for system in System]


def _kind_options(choices: Choices) -> list[Option]:
    chosen, labels = kinds_of_mask(choices.kinds), load_content().wording.subscription_kinds
    return [Option(kind, labels[kind], kind in chosen) for kind in SubscriptionKind]
