"""Asking for bulletins on a page; the links in the mail that follows lead to `subscriptions`."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from outage_service.domain.texts import Language
from outage_service.services import subscriptions
from outage_service.services.engine import Engine
from outage_service.storage.subscribers import Choices
from outage_service.web.clients import ClientAddress
from outage_service.web.docs import problem_pages
from outage_service.web.forms import sends_again
from outage_service.web.json_body import StrictRoute
from outage_service.web.pages.site import Freshness, PageLanguage, base_path, site_page
from outage_service.web.pages.subscription_form import (
    Form,
    SentForm,
    address_of,
    form_body,
    options_of,
)
from outage_service.web.security import PUBLIC
from outage_service.web.state import EngineOfApp

router = APIRouter(
    prefix="/{language}/subscribe",
    tags=["pages"],
    route_class=StrictRoute,
    dependencies=[PUBLIC],
    default_response_class=HTMLResponse,
    responses=problem_pages(404),
)


@router.get("", operation_id="show_subscribe_form")
def show_subscribe_form(language: PageLanguage, request: Request, engine: EngineOfApp) -> HTMLResponse:
    """The form to ask for bulletins, with the reader's language first."""
    return _form(engine, request, language, Form("", language, (), (), ()))


@router.post(
    "",
    operation_id="send_subscribe_form",
    status_code=303,
    response_class=RedirectResponse,
    responses=problem_pages(413, 422, 429),
    openapi_extra=form_body(with_email=True),
)
def send_subscribe_form(
    language: PageLanguage, request: Request, engine: EngineOfApp, form: SentForm, caller: ClientAddress
) -> Response:
    """Asks for bulletins as `POST /v1/subscriptions` does; the answer is the same for every address (P26)."""
    address = address_of(form)
    if address is None or form.language is None or form.errors:
        errors = form.errors if address else ("email", *form.errors)
        return _form(engine, request, language, replace(form, errors=errors), status=422)
    if form.is_only_shown:
        return _form(engine, request, language, form)
    choices = Choices(address.wire, address.key, form.language, *form.masks)
    engine.act(lambda tx: subscriptions.request(engine, tx, choices, caller=caller))
    return RedirectResponse(f"{base_path(engine.base_url)}/{language}/subscribe/sent", 303)


@router.get("/sent", operation_id="show_subscribe_sent")
def show_subscribe_sent(language: PageLanguage, request: Request, engine: EngineOfApp) -> HTMLResponse:
    """Says what happens next, whoever asked."""
    return site_page(
        "subscribed.html",
        language,
        request,
        texts="subscription",
        base_url=engine.base_url,
        here="subscribe",
    )


def _form(
    engine: Engine, request: Request, language: Language, form: Form, *, status: int = 200
) -> HTMLResponse:
    return site_page(
        "subscribe.html",
        language,
        request,
        texts="subscription",
        base_url=engine.base_url,
        here="subscribe",
        status=status,
        freshness=Freshness.PUBLIC if request.method == "GET" else Freshness.PRIVATE,
        toggle=sends_again(request),
        email=form.email,
        options=options_of(form, language),
        errors=form.errors,
    )
