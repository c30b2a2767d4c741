"""Signing in to the console by an identity provider, where one is set.

The way there is a page that leads on by itself: after a form, browsers would hold every redirect at the
provider against our `form-action`. What goes wrong is told on the sign-in page, whose address has no code.
"""

from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from outage_service.channels.oidc.errands import IdentityProvider, ProviderDown
from outage_service.domain.texts import Language
from outage_service.services import provider_sign_in
from outage_service.services.engine import Engine
from outage_service.services.provider_sign_in import ERRAND_AT_MOST, Begun
from outage_service.services.sessions import TooManyTries
from outage_service.web.clients import ClientAddress
from outage_service.web.forms import SentForm
from outage_service.web.pages.console.resuming import KEPT_COOKIE, packed, unpacked
from outage_service.web.pages.console.shell import console_page, safe_place, to_console
from outage_service.web.pages.console.sign_in import keep_session, onwards
from outage_service.web.pages.site import PageLanguage
from outage_service.web.problems import Problem, Refusal
from outage_service.web.security import CONSOLE_DOOR, SESSION_COOKIE
from outage_service.web.state import EngineOfApp, state_of

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/{language}/console/sign-in/oidc", include_in_schema=False)

ERRAND_COOKIE = "__Host-outage-errand"
_NONE_SET = Problem(404, "not_found", "No identity provider is set.")


async def _provider_of_app(connection: HTTPConnection) -> IdentityProvider:
    provider = state_of(connection).identity_provider
    if provider is None:
        raise Refusal(_NONE_SET)
    return provider


_Provider = Annotated[IdentityProvider, Depends(_provider_of_app)]


@router.post("", dependencies=[CONSOLE_DOOR])
def begin(
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    provider: _Provider,
    caller: ClientAddress,
    sent: SentForm,
) -> Response:
    """Sends the reader to the provider; a cookie ties the answer to this browser."""
    place, kept = safe_place(sent.text("next")) or "", packed(sent.text("kept"))
    cookie, errand = provider_sign_in.begin_errand(engine, place)
    try:
        provider_sign_in.count_try(engine, caller)
        url = provider.sign_in_url(errand, _return_to(engine, language))
    except TooManyTries:
        return _keeping(_back(request, language, "too_many_tries", place), KEPT_COOKIE, kept)
    except ProviderDown as error:
        log.warning("provider_down", reason=str(error))
        return _keeping(_back(request, language, "oidc_down", place), KEPT_COOKIE, kept)
    shown = console_page(
        "console/sign_in_provider.html", language, request, None, texts="console_sign_in", url=url
    )
    return _keeping(_keeping(shown, ERRAND_COOKIE, cookie), KEPT_COOKIE, kept)


def _keeping(answer: Response, name: str, cookie: str) -> Response:
    """Returns `answer` with what the browser keeps while its user is away; blank ends what it kept before."""
    lasts = int(ERRAND_AT_MOST.total_seconds()) if cookie else 0
    answer.set_cookie(name, cookie, max_age=lasts, secure=True, httponly=True, samesite="lax")
    return answer


@router.get("/return", dependencies=[CONSOLE_DOOR])
def come_back(
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    provider: _Provider,
    caller: ClientAddress,
    state: str = "",
    code: str = "",
) -> Response:
    """Begins a session for whom the provider vouches; the errand ends, however that goes.

    An answer to another errand ends none: whoever began to sign in in two tabs comes back to the second yet.
    """
    begun = provider_sign_in.read_errand(engine, request.cookies.get(ERRAND_COOKIE, ""))
    if begun is None or not begun.is_answered_by(state):
        return _back(request, language, "oidc_elsewhere")
    if not code:
        answer = _back(request, language, "oidc_cancelled", begun.place)
    else:
        answer = _finish(language, request, engine, provider, begun, code, caller)
    return _keeping(answer, ERRAND_COOKIE, "")


def _finish(
    language: Language,
    request: Request,
    engine: Engine,
    provider: IdentityProvider,
    begun: Begun,
    code: str,
    caller: str,
) -> Response:
    try:
        provider_sign_in.count_try(engine, caller)
        cookie = provider_sign_in.sign_in(
            engine,
            provider,
            code=code,
            errand=begun.errand,
            return_to=_return_to(engine, language),
            former=request.cookies.get(SESSION_COOKIE),
        )
    except TooManyTries:
        return _back(request, language, "too_many_tries", begun.place)
    except ProviderDown as error:
        log.warning("provider_down", reason=str(error))
        return _back(request, language, "oidc_down", begun.place)
    if cookie is None:
        return _back(request, language, "oidc_refused", begun.place)
    kept = unpacked(request.cookies.get(KEPT_COOKIE, ""))
    answer = onwards(language, request, engine, cookie, place=begun.place, kept=kept)
    return _keeping(keep_session(answer, cookie), KEPT_COOKIE, "")


def _back(request: Request, language: Language, problem: str, place: str = "") -> Response:
    return to_console(request, language, f"sign-in?{urlencode({'problem': problem, 'next': place})}")


def _return_to(engine: Engine, language: Language) -> str:
    return f"{engine.base_url}/{language}/console/sign-in/oidc/return"
