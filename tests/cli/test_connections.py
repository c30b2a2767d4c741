"""Connections that never finish a header are given up, and nobody else is (P23)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from outage_service.cli.connections import PatientProtocol
from outage_service.cli.listening import listening, server_config
from tests.worker.harness import until

WITHIN = 0.4
_GET = b"GET / HTTP/1.1\r\nHost: outages.test\r\n\r\n"


class Impatient(PatientProtocol):
    """As in production, in a hurry."""

    head_within_seconds = WITHIN


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body, then answers."""
    while scope["path"] != "/at-once" and (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port() -> Iterator[int]:
    """A server as `serve` runs it."""
    config = server_config(app)
    config.http = Impatient
    server = uvicorn.Server(config)
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        until(lambda: server.started)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def read_all(connection: socket.socket) -> bytes:
    """Returns what comes until the other end closes."""
    found = b""
    while chunk := connection.recv(4096):
        found += chunk
    return found


def test_production_waits_for_a_header_as_long_as_documented() -> None:
    """docs/reliability.md and deploy/nginx.conf say 10 s."""
    assert server_config(app).http is PatientProtocol
    assert PatientProtocol.head_within_seconds == 10


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"\r\n\r\n", b"", id="blank lines"),
        pytest.param(b"GET / HT", b"HTTP/1.1 408 ", id="half a line"),
        pytest.param(_GET[:-2], b"HTTP/1.1 408 ", id="all but the end"),
        pytest.param(_GET + b"GET /", b"HTTP/1.1 200 ", id="a whole request and half of one"),
    ],
)
def test_a_header_that_never_ends_is_given_up(port: int, said: bytes, answered: bytes) -> None:
    began = time.monotonic()
    with closing(connect(port)) as connection:
        connection.sendall(said)
        assert read_all(connection).startswith(answered)
    assert WITHIN <= time.monotonic() - began < 10 * WITHIN + 2


def test_an_octet_now_and_then_does_not_prolong_it(port: int) -> None:
    began = time.monotonic()
    with closing(connect(port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        with pytest.raises(ConnectionError):  # noqa: PT012 — until the other end has closed
            while True:
                connection.sendall(b"x")
                time.sleep(WITHIN / 8)
                assert time.monotonic() - began < 20


def test_250_half_open_connections_are_all_given_up_and_others_are_answered(port: int) -> None:
    with ExitStack() as stack:
        halves = []
        for _ in range(250):  # each says something at once: whoever says nothing is not answered
            halves.append(stack.enter_context(closing(connect(port))))
            halves[-1].sendall(_GET[:-2])
        with closing(connect(port)) as other:
            other.sendall(_GET)
            assert other.recv(100).startswith(b"HTTP/1.1 200 ")
        assert all(read_all(half).startswith(b"HTTP/1.1 408 ") for half in halves)


def test_a_header_without_end_is_refused_however_fast_it_comes(port: int) -> None:
    long = b"".join(b"X-Header-%d: %b\r\n" % (number, b"x" * 1000) for number in range(10_000))
    with closing(connect(port)) as connection, pytest.raises(ConnectionError):
        connection.sendall(b"GET / HTTP/1.1\r\n" + long)


def test_a_body_or_a_pause_between_requests_is_no_header(port: int) -> None:
    """Those have limits of their own."""
    with closing(connect(port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
        for _ in range(4):
            time.sleep(WITHIN / 2)
            connection.sendall(b"x")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        time.sleep(WITHIN / 2)
        connection.sendall(_GET)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_goes_on_after_the_answer_is_given_up(port: int) -> None:
    with closing(connect(port)) as connection:
        connection.sendall(b"POST /at-once HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")
