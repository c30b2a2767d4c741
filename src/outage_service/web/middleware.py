"""What surrounds every request, as plain ASGI callables: cheap, and safe for streams.

From the outside: `SecurityHeaders`, `LastResort`, `HeadAsGet`, `PlainCookies`, `CountRequests`, `BodyCap`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outage_service.edge.pages import STAY_ON_HTTPS
from outage_service.web.problems import Problem

log = structlog.get_logger(__name__)

BODY_AT_MOST = 64 * 1024
"""Bytes of a request body; an import of subscribers has a cap of its own."""
BODY_WITHIN_SECONDS = 20.0
"""A body that trickles in more slowly is given up (P23)."""
LET_GO_BY_AT_MOST = 8 * 1024 * 1024
"""Bytes of a form that is too large, which pass unread: a browser shows no answer before it has sent all."""
NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of what is no page."""
_INTERNAL = Problem(500, "internal_error", "Something went wrong here. It has been recorded.")
_TOO_SLOW = Problem(408, "body_too_slow", "The body did not arrive in time.", headers={"Connection": "close"})
_BAD_LENGTH = Problem(
    400, "invalid_content_length", "Content-Length is no number of bytes.", headers={"Connection": "close"}
)


class SecurityHeaders:
    """Adds the headers that protect readers wherever an answer does not set its own.

    Args:
        app: what is inside.
        is_https: whether readers reach the service by HTTPS: then they are told to stay there.
    """

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        defaults = {
            b"content-security-policy": NOTHING_RUNS.encode(),
            b"x-content-type-options": b"nosniff",
            b"x-frame-options": b"DENY",
            # The links in mail carry their right in the address.
            b"referrer-policy": b"no-referrer",
            b"cache-control": b"no-store",
        }
        if is_https:
            name, value = STAY_ON_HTTPS
            defaults[name] = value
        self._defaults = tuple(defaults.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message["headers"] = given + [h for h in self._defaults if h[0] not in names]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class LastResort:
    """Answers 500 without details where anything unforeseen happens, and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def noting_start(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting_start)
        except Exception:
            log.exception("request_failed", method=scope["method"], route=route_of(scope))
            if has_started:
                raise
            await _INTERNAL.response()(scope, receive, send)


class HeadAsGet:
    """Answers HEAD as GET is answered, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_head)


class PlainCookies:
    """Passes on only cookies without a backslash, which ours never have.

    Every route has its cookies read, and Python before 3.11.10 and 3.12.6 takes the square of its length for
    one that is full of backslashes: one request would keep everybody waiting for seconds (P23).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http" and any(_is_quoting(*header) for header in scope["headers"]):
            plain = [
                (name, _without_quoting(value) if _is_quoting(name, value) else value)
                for name, value in scope["headers"]
            ]
            scope = {**scope, "headers": plain}
        await self._app(scope, receive, send)


def _is_quoting(name: bytes, value: bytes) -> bool:
    return name == b"cookie" and b"\\" in value


def _without_quoting(cookies: bytes) -> bytes:
    return b";".join(cookie for cookie in cookies.split(b";") if b"\\" not in cookie)


class CountRequests:
    """Tells `count` the method, route and status of each request that was answered."""

    def __init__(self, app: ASGIApp, *, count: Callable[[str, str, int], None]) -> None:
        self._app = app
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            self._count(scope["method"], route_of(scope), status)


class BodyCap:
    """Takes a body in whole, up to a size and within a time, before anything reads it.

    Args:
        app: what is inside.
        but: paths whose routes read and bound their body by themselves.
        larger: paths that take more, and how many bytes.
        answer: makes the answer of a refusal: a page where people are.
        within_seconds: the time.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        but: Iterable[str] = (),
        larger: Mapping[str, int] | None = None,
        answer: Callable[[Request, Problem], Response] = lambda _, problem: problem.response(),
        within_seconds: float = BODY_WITHIN_SECONDS,
    ) -> None:
        self._app = app
        self._but = frozenset(but)
        self._larger = larger or {}
        self._answer = answer
        self._within_seconds = within_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["path"] in self._but:
            await self._app(scope, receive, send)
            return
        at_most = self._larger.get(scope["path"], BODY_AT_MOST)
        if problem := _refused_length(scope, at_most):
            await self._refuse(problem, scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._within_seconds):
                body = await _read(receive, at_most)
        except TimeoutError:
            await self._refuse(_TOO_SLOW, scope, receive, send)
        except _TooLarge:
            await self._refuse(_too_large(at_most), scope, receive, send)
        except _ClientGone:
            return
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _refuse(self, problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._answer(Request(scope, receive), problem)
        if problem.status == 413 and response.media_type == "text/html":
            with suppress(TimeoutError):
                async with asyncio.timeout(self._within_seconds):
                    await _let_go_by(receive)
        await response(scope, receive, send)


def _too_large(at_most: int) -> Problem:
    return Problem(
        413,
        "body_too_large",
        "The body is too large.",
        members={"at_most_bytes": at_most},
        headers={"Connection": "close"},
    )


def _refused_length(scope: Scope, at_most: int) -> Problem | None:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if not lengths:
        return None
    if len(lengths) > 1 or not lengths[0].isdigit():
        return _BAD_LENGTH
    # More digits than this are too large whatever they say.
    return _too_large(at_most) if len(lengths[0]) > 9 or int(lengths[0]) > at_most else None


class _TooLarge(Exception):
    """More was sent than any body needs."""


class _ClientGone(Exception):
    """The client left before the end: half a body must not be acted upon."""


async def _read(receive: Receive, at_most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _ClientGone
        body += message.get("body", b"")
        if len(body) > at_most:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(body)


async def _let_go_by(receive: Receive) -> None:
    passed, has_more = 0, True
    while has_more and passed <= LET_GO_BY_AT_MOST:
        message = await receive()
        passed += len(message.get("body", b""))
        has_more = message.get("more_body", False)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Returns what gives the body again, once, and then waits for the client to go."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def route_of(scope: Scope) -> str:
    """Returns the route's pattern; never the path, which may carry a secret (P30)."""
    return getattr(scope.get("route"), "path_format", "unmatched")
