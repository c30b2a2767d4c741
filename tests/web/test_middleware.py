"""What surrounds every request, tested without an application."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.responses import HTMLResponse
from starlette.types import Message, Receive, Scope, Send

from outage_service.web import middleware
from outage_service.web.middleware import BodyCap, HeadAsGet, LastResort, PlainCookies, SecurityHeaders

HEADERS: list[tuple[bytes, bytes]] = []


def scope_of(method: str = "POST", headers: list[tuple[bytes, bytes]] = HEADERS, path: str = "/") -> Scope:
    return {"type": "http", "method": method, "path": path, "headers": headers}


def pieces(*messages: Message) -> Receive:
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.sleep(3600)
        return waiting.pop(0)

    return receive


def piece(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def run(app: Callable[..., object], scope: Scope, receive: Receive) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def call() -> None:
        await app(scope, receive, send)  # type: ignore[misc]

    asyncio.run(call())
    return sent


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["method"].encode() + b":" + body})


def status_of(sent: list[Message]) -> int:
    status: int = sent[0]["status"]
    return status


def test_a_body_in_pieces_arrives_in_one() -> None:
    sent = run(BodyCap(echo), scope_of(), pieces(piece(b"a", more=True), piece(b"b", more=True), piece(b"")))
    assert sent[-1]["body"] == b"POST:ab"


@pytest.mark.parametrize(
    ("lengths", "status"),
    [
        ([b"65536"], 200),
        ([b"65537"], 413),
        ([b"9" * 5000], 413),
        ([b"-1"], 400),
        ([b"+5"], 400),
        ([b"x"], 400),
        ([b""], 400),
        ([b"\xb2"], 400),
        ([b"5", b"6"], 400),
    ],
)
def test_a_length_is_looked_at_before_the_body(lengths: list[bytes], status: int) -> None:
    headers = [(b"content-length", length) for length in lengths]
    assert status_of(run(BodyCap(echo), scope_of(headers=headers), pieces(piece(b"hello")))) == status


def test_a_body_that_grows_too_large_is_refused_at_once() -> None:
    endless = [piece(b"x" * 40_000, more=True)] * 2
    assert status_of(run(BodyCap(echo), scope_of(), pieces(*endless))) == 413


def test_a_page_that_says_so_waits_until_the_browser_has_sent_it_all() -> None:
    """Or the browser shows that the connection was cut, and no page."""
    cap = BodyCap(echo, answer=lambda _, problem: HTMLResponse(problem.code, problem.status))
    length = [(b"content-length", b"120000")]
    waiting = [piece(b"x" * 60_000, more=True), piece(b"x" * 60_000), piece(b"of the next")]
    sent = run(cap, scope_of(headers=length), receive := pieces(*waiting))
    assert (status_of(sent), sent[-1]["body"]) == (413, b"body_too_large")
    assert asyncio.run(next_of(receive)) == b"of the next"


async def next_of(receive: Receive) -> bytes:
    body: bytes = (await receive())["body"]
    return body


@pytest.mark.parametrize(
    "waiting",
    [[piece(b"x" * middleware.LET_GO_BY_AT_MOST, more=True)] * 2, [{"type": "http.disconnect"}], []],
    ids=["without an end", "gone", "slow"],
)
def test_a_page_that_says_so_does_not_wait_for_ever(waiting: list[Message]) -> None:
    """P23."""
    cap = BodyCap(
        echo, answer=lambda _, problem: HTMLResponse(problem.code, problem.status), within_seconds=0.02
    )
    sent = run(cap, scope_of(headers=[(b"content-length", b"99999999")]), pieces(*waiting))
    assert status_of(sent) == 413


def test_a_body_that_trickles_is_given_up() -> None:
    """P23: 50 slow bodies must not hold anything for long."""
    cap = BodyCap(echo, within_seconds=0.02)
    assert status_of(run(cap, scope_of(), pieces(piece(b"x", more=True)))) == 408


def test_half_a_body_is_never_acted_upon() -> None:
    gone = pieces(piece(b"half", more=True), {"type": "http.disconnect"})
    assert run(BodyCap(echo), scope_of(), gone) == []


def test_a_path_with_a_cap_of_its_own_is_left_alone() -> None:
    headers = [(b"content-length", b"99999999")]
    sent = run(BodyCap(echo, but=["/file"]), scope_of(headers=headers, path="/file"), pieces(piece(b"x")))
    assert status_of(sent) == 200


def test_head_is_get_without_the_body() -> None:
    sent = run(HeadAsGet(echo), scope_of("HEAD"), pieces(piece(b"")))
    assert sent[-1]["body"] == b""
    assert status_of(sent) == 200


@pytest.mark.parametrize(
    ("sent", "passed_on"),
    [
        (rb'a=1; b="\"\""; c="x="', b'a=1; c="x="'),
        (rb"a=\1", b""),
        (b"a=1; b=2", b"a=1; b=2"),
    ],
)
def test_cookies_with_a_backslash_are_not_passed_on(sent: bytes, passed_on: bytes) -> None:
    """Ours have none; a program's own header that has some stays as it is."""
    found: list[Scope] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        found.append(scope)

    run(PlainCookies(keep), scope_of(headers=[(b"cookie", sent), (b"x-path", rb"C:\temp")]), pieces())
    assert found[0]["headers"] == [(b"cookie", passed_on), (b"x-path", rb"C:\temp")]


def test_an_answer_keeps_the_headers_it_set_itself() -> None:
    async def own(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Cache-Control", b"public")]})

    headers = dict(run(SecurityHeaders(own, is_https=False), scope_of(), pieces())[0]["headers"])
    assert headers[b"Cache-Control"] == b"public"
    assert b"cache-control" not in headers
    assert b"strict-transport-security" not in headers


def test_a_failure_after_the_first_byte_cuts_the_connection() -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("late")

    with pytest.raises(RuntimeError, match="late"):
        run(LastResort(breaks), scope_of(), pieces())


@pytest.mark.parametrize(
    "wrapped",
    [SecurityHeaders(echo, is_https=True), LastResort(echo), HeadAsGet(echo), BodyCap(echo),
     PlainCookies(echo), middleware.CountRequests(echo, count=lambda *_: None)],
    ids=lambda one: type(one).__name__,
)  # fmt: skip
def test_what_is_not_http_passes_untouched(wrapped: Callable[..., object]) -> None:
    with pytest.raises(KeyError, match="method"):
        run(wrapped, {"type": "lifespan"}, pieces({"type": "lifespan.startup"}))
