"""Users of the console, for administrators: added, given a new password, shut out, let in again."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from outage_service.domain.roles import Role
from outage_service.services import users
from outage_service.services.addresses import AddressRefused
from outage_service.services.engine import Engine
from outage_service.services.errors import Overtaken
from outage_service.services.sessions import SignedIn
from outage_service.services.users import CONSOLE_ROLES, LastAdministrator, PasswordRefused, UserExists
from outage_service.storage.users import User
from outage_service.web.forms import Sent, SentForm, sends_again
from outage_service.web.pages.console.live import tag_of
from outage_service.web.pages.console.shell import Frame, PageFrame
from outage_service.web.paths import UserId
from outage_service.web.security import ConsoleAdmin

router = APIRouter(prefix="/{language}/console/users", include_in_schema=False)
_ROLES = tuple(role for role in Role if role in CONSOLE_ROLES)
Mistakes = dict[str, str]
"""Of each field at fault, the key of the text that says why."""


@router.get("")
def show_users(session: ConsoleAdmin, frame: PageFrame) -> HTMLResponse:
    """Lists everybody, and a form to add somebody."""
    return _list(frame, session)


def _list(
    frame: Frame,
    session: SignedIn,
    *,
    email: str = "",
    role: str = "",
    mistakes: Mistakes | None = None,
) -> HTMLResponse:
    with frame.engine.db.read() as tx:
        everybody = users.list_users(tx)
    return frame.page(
        "console/users.html",
        session,
        texts="console_users",
        here="users",
        status=422 if mistakes else 200,
        toggle=sends_again(frame.request),
        users=everybody,
        roles=_ROLES,
        email=email,
        role=role,
        mistakes=mistakes or {},
    )


@router.post("")
def add_user(session: ConsoleAdmin, frame: PageFrame, sent: SentForm) -> Response:
    """Adds a user."""
    email, role = sent.text("email").strip(), sent.text("role")
    if sent.is_only_shown:
        return _list(frame, session, email=email, role=role)
    password_hash, mistakes = _new_password(sent)
    if role not in _ROLES:
        mistakes["role"] = "wrong_role"
    if not mistakes:
        mistakes = _add(frame.engine, session, email, Role(role), password_hash)
    if mistakes and not _is_added(frame.engine, sent):
        return _list(frame, session, email=email, role=role, mistakes=mistakes)
    return frame.lead_to("users")


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
def show_user(session: ConsoleAdmin, frame: PageFrame, user_id: UserId) -> HTMLResponse:
    """Shows one user, with what can be done."""
    return _one(frame, session, user_id)


def _one(
    frame: Frame,
    session: SignedIn,
    user_id: int,
    mistakes: Mistakes | None = None,
    *,
    seen: str | None = None,
) -> HTMLResponse:
    """Returns the page; `seen` is what a form on it has carried (P19)."""
    user = _get(frame.engine, user_id)
    is_overtaken = seen not in (None, tag_of(user))
    return frame.page(
        "console/user.html",
        session,
        texts="console_users",
        here="users",
        status=409 if is_overtaken else 422 if mistakes else 200,
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
def set_password(session: ConsoleAdmin, frame: PageFrame, user_id: UserId, sent: SentForm) -> Response:
    """Gives a user a new password; their sessions end."""
    if sent.is_only_shown:
        return _one(frame, session, user_id, seen=sent.text("seen"))
    password_hash, mistakes = _new_password(sent)
    if mistakes:
        return _one(frame, session, user_id, mistakes, seen=sent.text("seen"))
    try:
        frame.engine.db.write(
            lambda tx: users.set_password(
                frame.engine,
                tx,
                user_id,
                by=session.actor.name,
                password_hash=password_hash,
                is_expected=_expected(sent),
            )
        )
    except Overtaken:
        user = _get(frame.engine, user_id)
        if not users.is_password_of(user, sent.text("password")):  # else it was sent twice
            return _one(frame, session, user_id, seen=sent.text("seen"))
    return frame.lead_to("users")


@router.post("/{user_id:id}/disable")
def disable_user(session: ConsoleAdmin, frame: PageFrame, user_id: UserId, sent: SentForm) -> Response:
    """Shuts a user out, at once; the last administrator stays."""
    try:
        frame.engine.db.write(
            lambda tx: users.disable_user(
                frame.engine, tx, user_id, by=session.actor.name, is_expected=_expected(sent)
            )
        )
    except LastAdministrator:
        return _one(frame, session, user_id, {"disable": "last_administrator"})
    except Overtaken:
        if _get(frame.engine, user_id).disabled_at is None:
            return _one(frame, session, user_id, seen=sent.text("seen"))
    return frame.lead_to("users")


@router.post("/{user_id:id}/enable")
def enable_user(session: ConsoleAdmin, frame: PageFrame, user_id: UserId, sent: SentForm) -> Response:
    """Lets a user in again."""
    try:
        frame.engine.db.write(
            lambda tx: users.enable_user(
                frame.engine, tx, user_id, by=session.actor.name, is_expected=_expected(sent)
            )
        )
    except Overtaken:
        if _get(frame.engine, user_id).disabled_at is not None:
            return _one(frame, session, user_id, seen=sent.text("seen"))
    return frame.lead_to("users")
