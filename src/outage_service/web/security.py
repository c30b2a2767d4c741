"""Who may call a route, declared beside it as a dependency. A route without such a rule is refused (P29).

    @router.get("", dependencies=[PUBLIC])          anybody
    def declare(bearer: Operator, ...)              those with such a token; the first parameter
    def show(session: ConsoleReader, ...)           those signed in to the console with such a role; a POST
                                                    must come from a form of ours, with `csrf_field` in it

To add a rule: an `Access` and its annotated name.
"""

import hmac
import ipaddress
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.routing import BaseRoute

from outage_service.domain.roles import AUDITORS, OPERATORS, RESUMERS, Role
from outage_service.services import sessions, tokens
from outage_service.services.engine import Engine
from outage_service.services.sessions import SignedIn
from outage_service.services.tokens import Bearer
from outage_service.storage.failures import DATABASE_ERRORS
from outage_service.web.forms import is_from_our_site, read_form
from outage_service.web.problems import Problem, Refusal
from outage_service.web.state import EngineOfApp

log = structlog.get_logger(__name__)

READS_ALL = OPERATORS | AUDITORS
"""Those who see what the public does not: notes, internal systems, deliveries."""
SESSION_COOKIE = "__Host-outage-session"
POLL_HEADER = "outage-poll"
"""Sent by scripts that look for news: nobody is at the desk only because they do."""
_SAFE_METHODS = {"GET", "HEAD"}
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

_scheme = HTTPBearer(
    scheme_name="token", description="A token from `outage-service token create`.", auto_error=False
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]


@dataclass(frozen=True, slots=True)
class Access:
    """A rule: the roles that may call a route. None: anybody may."""

    roles: frozenset[Role] | None = None

    @property
    def needs_token(self) -> bool:
        """Whether nobody passes without a token."""
        return False


@dataclass(frozen=True, slots=True)
class _Anybody(Access):
    async def __call__(self) -> None:
        """Lets everybody pass; no token is looked at."""


@dataclass(frozen=True, slots=True)
class _AnybodyAs(Access):
    async def __call__(self, engine: EngineOfApp, credentials: _Credentials) -> Bearer | None:
        """Returns who calls, or None for the public; a wrong token is refused, not passed over."""
        return await _recognised(engine, credentials) if credentials else None


@dataclass(frozen=True, slots=True)
class _Only(Access):
    @property
    def needs_token(self) -> bool:
        """Nobody passes without one."""
        return True

    async def __call__(self, engine: EngineOfApp, credentials: _Credentials) -> Bearer:
        """Returns who calls, if one of the roles."""
        bearer = await _recognised(engine, credentials)
        if self.roles is None or bearer.actor.role not in self.roles:
            raise Refusal(Problem(403, "role_not_permitted", "This is not for the role of this token."))
        return bearer


@dataclass(frozen=True, slots=True)
class _Nearby(Access):
    async def __call__(
        self, connection: HTTPConnection, engine: EngineOfApp, credentials: _Credentials
    ) -> None:
        """Lets this machine's own programs pass, and from elsewhere those who hold one of the roles.

        A token that comes along from this machine is not looked at: whether the process lives must not hang
        on the database that knows tokens.
        """
        if _is_local(connection):
            return
        if credentials is None:
            raise Refusal(
                Problem(403, "local_only", "This is answered on this machine only, or with a token.")
            )
        await _Only(self.roles)(engine, credentials)


@dataclass(frozen=True, slots=True)
class _Door(Access):
    async def __call__(self, request: Request, engine: EngineOfApp) -> None:
        """Lets everybody see the way in; a form that another site sent is refused (CSRF)."""
        if request.method not in _SAFE_METHODS:
            _require_our_site(request, engine)


@dataclass(frozen=True, slots=True)
class _SignedInAs(Access):
    """A page of the console: for who is signed in, with one of the roles."""

    async def __call__(self, request: Request, engine: EngineOfApp) -> AsyncIterator[SignedIn]:
        """Returns who is signed in; what changes something must carry their form's token (CSRF)."""
        session = await run_in_threadpool(_session, engine, request)
        if session is None:
            raise SignInNeeded
        if self.roles is None or session.actor.role not in self.roles:
            raise Refusal(Problem(403, "role_not_permitted", "This is not for your role."))
        try:
            if request.method not in _SAFE_METHODS:
                _require_our_site(request, engine)
                await _require_own_form(request, session)
            yield session
        finally:
            await request.close()


class SignInNeeded(Exception):
    """Nobody is signed in, or not any more."""


class FormOfFormerSession(Refusal):
    """The form is from our own site, and from another session than this one: they have signed in since."""

    def __init__(self, session: SignedIn) -> None:
        super().__init__(_FOREIGN_FORM)
        self.session = session


_FOREIGN_FORM = Problem(403, "foreign_form", "The form is not from this session. Open the page again.")


def _require_our_site(request: Request, engine: Engine) -> None:
    if not is_from_our_site(request, engine.base_url):
        raise Refusal(_FOREIGN_FORM)


async def _require_own_form(request: Request, session: SignedIn) -> None:
    await request.body()  # kept: a route may read the body itself
    sent = (await read_form(request)).get("csrf")
    if not isinstance(sent, str) or not hmac.compare_digest(
        sent.encode(errors="replace"), session.csrf.encode()
    ):
        raise FormOfFormerSession(session)


def _session(engine: Engine, request: Request) -> SignedIn | None:
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie is None:
        return None
    with engine.db.read() as tx:
        session = sessions.recognise(engine, tx, cookie)
    if session is not None and session.is_to_be_noted and POLL_HEADER not in request.headers:
        _note_session(engine, cookie)
    return session


def _note_session(engine: Engine, cookie: str) -> None:
    """A database that can be read and not written to keeps nobody from reading."""
    try:
        engine.db.write(lambda tx: sessions.note_use(engine, tx, cookie))
    except DATABASE_ERRORS:
        log.warning("session_use_not_noted")


async def _recognised(engine: Engine, credentials: HTTPAuthorizationCredentials | None) -> Bearer:
    bearer = await run_in_threadpool(_recognise, engine, credentials.credentials) if credentials else None
    if bearer is None:
        headers = {"WWW-Authenticate": 'Bearer realm="outage-service"'}
        raise Refusal(
            Problem(401, "token_required", "Send Authorization: Bearer with a valid token.", headers=headers)
        )
    return bearer


def _recognise(engine: Engine, token: str) -> Bearer | None:
    with engine.db.read() as tx:
        bearer = tokens.recognise(engine, tx, token)
    if bearer is not None and bearer.is_to_be_noted:
        _note_use(engine, bearer)
    return bearer


def _note_use(engine: Engine, bearer: Bearer) -> None:
    """A database that can be read and not written to keeps nobody from reading."""
    try:
        engine.db.write(lambda tx: tokens.note_use(engine, tx, bearer))
    except DATABASE_ERRORS:
        log.warning("token_use_not_noted", token_id=bearer.token_id)


def _is_local(connection: HTTPConnection) -> bool:
    """Returns whether the caller runs on this machine and no proxy speaks for somebody else."""
    if connection.client is None or any(name in connection.headers for name in _FORWARDING):
        return False
    try:
        return ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


PUBLIC = Depends(_Anybody())
"""Anybody."""
LINK_HOLDER = Depends(_Anybody())
"""Anybody with the link: the path carries the right, and the route checks it."""
CONSOLE_DOOR = Depends(_Door())
"""Anybody: the way into the console."""
LOCAL = Depends(_Nearby(AUDITORS))
"""Programs on this machine; elsewhere, an administrator or auditor."""

Caller = Annotated[Bearer | None, Depends(_AnybodyAs())]
"""Anybody; those with a token may see more."""
Operator = Annotated[Bearer, Depends(_Only(OPERATORS))]
"""Those who act on outages; whose systems they are is the service's question (R5)."""
Reader = Annotated[Bearer, Depends(_Only(READS_ALL))]
"""Operators, administrators and auditors."""
Administrator = Annotated[Bearer, Depends(_Only(frozenset({Role.ADMIN})))]
BounceReporter = Annotated[Bearer, Depends(_Only(frozenset({Role.RELAY, Role.ADMIN})))]
"""Mail systems that hand over what comes back."""
Resumer = Annotated[Bearer, Depends(_Only(RESUMERS))]
"""Those who look after the service's mail."""
SubscriberReader = Annotated[Bearer, Depends(_Only(AUDITORS))]
"""Auditors read all, without addresses."""
Auditor = Annotated[Bearer, Depends(_Only(AUDITORS))]
"""Those who look into what was done."""

ConsoleReader = Annotated[SignedIn, Depends(_SignedInAs(READS_ALL))]
"""Whoever is signed in."""
ConsoleOperator = Annotated[SignedIn, Depends(_SignedInAs(OPERATORS))]
"""Those signed in who act on outages; whose systems they are is the service's question (R5)."""
ConsoleAdmin = Annotated[SignedIn, Depends(_SignedInAs(frozenset({Role.ADMIN})))]
ConsoleResumer = Annotated[SignedIn, Depends(_SignedInAs(RESUMERS))]
"""Those signed in who look after the service's mail."""
ConsoleAuditor = Annotated[SignedIn, Depends(_SignedInAs(AUDITORS))]
"""Those signed in who look into what was done."""


def reads_all(caller: Bearer | None) -> bool:
    """Returns whether the caller may see what the public does not."""
    return caller is not None and caller.actor.role in READS_ALL


class NoAccessRule(Exception):
    """A route does not say who may call it."""


def access_rules(routes: Sequence[BaseRoute]) -> Iterator[tuple[APIRoute, Access]]:
    """Yields every route of the API with its rule.

    Raises:
        NoAccessRule: a route has none or more than one, or asks for something else first.
    """
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            asked: list[object] = [each.call for each in route.dependant.dependencies]
            rules = [each for each in asked if isinstance(each, Access)]
            if len(rules) != 1 or asked[0] is not rules[0]:
                raise NoAccessRule(f"{route.path} must say who may call it: once, before anything else")
            yield route, rules[0]
