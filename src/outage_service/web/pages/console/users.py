"""Users of the console, for administrators: added, given a new password, shut out, let in again."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from outage_service.content import load_content
from outage_service.domain.roles import Role
from outage_service.domain.texts import Language
from outage_service.rendering.words import Words
from outage_service.services import users
from outage_service.services.addresses import AddressRefused
from outage_service.services.engine import Engine
from outage_service.services.errors import Overtaken
from outage_service.services.sessions import SignedIn
from outage_service.services.users import CONSOLE_ROLES, LastAdministrator, PasswordRefused, UserExists
from outage_service.storage.users import User
from outage_service.web.forms import Sent, SentForm
from outage_service.web.own_forms import sends_again
from outage_service.web.pages.console.live import tag_of
from outage_service.web.pages.console.shell import console_page, to_console
from outage_service.web.pages.site import PageLanguage
from outage_service.web.paths import UserId
from outage_service.web.security import ConsoleAdmin
from outage_service.web.state import EngineOfApp

router = APIRouter(prefix="/{language}/console/users", include_in_schema=False)
_ROLES = tuple(role for role in Role if role in CONSOLE_ROLES)
Mistakes = dict[str, str]
"""Of each field at fault, the key of the text that says why."""


@router.get("")
def show_users(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp
) -> HTMLResponse:
    """Lists everybody, and a form to add somebody."""
    return _list(engine, session, language, request)


def _list(
    engine: Engine,
    session: SignedIn,
    language: Language,
    request: Request,
    *,
    email: str = "",
    role: str = "",
    mistakes: Mistakes | None = None,
) -> HTMLResponse:
    with engine.db.read() as tx:
        everybody = users.list_users(tx)
    return console_page(
        "console/users.html",
        language,
        request,
        session,
        texts="console_users",
        here="users",
        status=422 if mistakes else 200,
        toggle=sends_again(request),
        words=Words(load_content(), language),
        users=everybody,
        roles=_ROLES,
        email=email,
        role=role,
        mistakes=mistakes or {},
    )


@router.post("")
def add_user(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp, sent: SentForm
) -> Response:
    """Adds a user."""
    email, role = sent.text("email").strip(), sent.text("role")
    if sent.is_only_shown:
        return _list(engine, session, language, request, email=email, role=role)
    password_hash, mistakes = _new_password(sent)
    if role not in _ROLES:
        mistakes["role"] = "wrong_role"
    if not mistakes:
        mistakes = _add(engine, session, email, Role(role), password_hash)
    if mistakes and not _is_added(engine, sent):
        return _list(engine, session, language, request, email=email, role=role, mistakes=mistakes)
    return to_console(request, language, "users")


def _add(engine: Engine, session: SignedIn, email: str, role: Role, password_hash: str) -> Mistakes:
    try:
        engine.db.write(
            lambda tx: users.create_user(
                engine, tx, by=session.actor.name, email=email, role=role, password_hash=password_hash
            )
        )
    except AddressRefused:
        return {"email": "wrong_email"}
    except UserExists:
        return {"email": "known_email"}
    return {}


def _is_added(engine: Engine, sent: Sent) -> bool:
    """Returns whether the form has added its user already: it was sent twice."""
    with engine.db.read() as tx:
        known = users.find_by_email(tx, sent.text("email").strip())
    return (
        known is not None
        and known.role == sent.text("role")
        and sent.text("password") == sent.text("again")
        and users.is_password_of(known, sent.text("password"))
    )


def _new_password(sent: Sent) -> tuple[str, Mistakes]:
    """Returns what is to be kept of a password that was typed twice."""
    if sent.text("password") != sent.text("again"):
        return "", {"again": "wrong_again"}
    try:
        return users.hash_password(sent.text("password")), {}
    except PasswordRefused:
        return "", {"password": "wrong_password"}


@router.get("/{user_id:id}")
def show_user(
    session: ConsoleAdmin, language: PageLanguage, request: Request, engine: EngineOfApp, user_id: UserId
) -> HTMLResponse:
    """Shows one user, with what can be done."""
    return _one(engine, session, language, request, user_id)


def _one(
    engine: Engine,
    session: SignedIn,
    language: Language,
    request: Request,
    user_id: int,
    mistakes: Mistakes | None = None,
    *,
    seen: str | None = None,
) -> HTMLResponse:
    """Returns the page; `seen` is what a form on it has carried (P19)."""
    user = _get(engine, user_id)
    is_overtaken = seen not in (None, tag_of(user))
    return console_page(
        "console/user.html",
        language,
        request,
        session,
        texts="console_users",
        here="users",
        status=409 if is_overtaken else 422 if mistakes else 200,
        words=Words(load_content(), language),
        user=user,
        seen=tag_of(user),
        is_overtaken=is_overtaken,
        mistakes=mistakes or {},
    )


def _get(engine: Engine, user_id: int) -> User:
    with engine.db.read() as tx:
        return users.get_user(tx, user_id)


def _expected(sent: Sent) -> users.Expected:
    return lambda user: sent.text("seen") == tag_of(user)


@router.post("/{user_id:id}/password")
def set_password(
    session: ConsoleAdmin,
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    user_id: UserId,
    sent: SentForm,
) -> Response:
    """Gives a user a new password; their sessions end."""
    password_hash, mistakes = _new_password(sent)
    if mistakes:
        return _one(engine, session, language, request, user_id, mistakes, seen=sent.text("seen"))
    try:
        engine.db.write(
            lambda tx: users.set_password(
                engine,
                tx,
                user_id,
                by=session.actor.name,
                password_hash=password_hash,
                is_expected=_expected(sent),
            )
        )
    except Overtaken:
        if not users.is_password_of(_get(engine, user_id), sent.text("password")):  # else it was sent twice
            return _one(engine, session, language, request, user_id, seen=sent.text("seen"))
    return to_console(request, language, "users")


@router.post("/{user_id:id}/disable")
def disable_user(
    session: ConsoleAdmin,
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    user_id: UserId,
    sent: SentForm,
) -> Response:
    """Shuts a user out, at once; the last administrator stays."""
    try:
        engine.db.write(
            lambda tx: users.disable_user(
                engine, tx, user_id, by=session.actor.name, is_expected=_expected(sent)
            )
        )
    except LastAdministrator:
        return _one(engine, session, language, request, user_id, {"disable": "last_administrator"})
    except Overtaken:
        if _get(engine, user_id).disabled_at is None:
            return _one(engine, session, language, request, user_id, seen=sent.text("seen"))
    return to_console(request, language, "users")


@router.post("/{user_id:id}/enable")
def enable_user(
    session: ConsoleAdmin,
    language: PageLanguage,
    request: Request,
    engine: EngineOfApp,
    user_id: UserId,
    sent: SentForm,
) -> Response:
    """Lets a user in again."""
    try:
        engine.db.write(
            lambda tx: users.enable_user(
                engine, tx, user_id, by=session.actor.name, is_expected=_expected(sent)
            )
        )
    except Overtaken:
        if _get(engine, user_id).disabled_at is not None:
            return _one(engine, session, language, request, user_id, seen=sent.text("seen"))
    return to_console(request, language, "users")
