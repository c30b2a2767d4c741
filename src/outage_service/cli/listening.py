"""The listening socket and the HTTP server's settings, the same for `serve` and `demo`."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from outage_service.cli.connections import PatientProtocol
from outage_service.cli.faults import Fault

SHUTDOWN_SECONDS = 10
"""How long requests under way may take to end."""
BACKLOG = 2048


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Returns a socket that listens on `host` and `port`; port 0 is any free one.

    Raises:
        Fault: there is no such address here, or the port is taken or not allowed.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Fault(f"Cannot listen on {host}: {error.strerror or error}") from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)  # who connects while the service starts waits, instead of being refused
        except OSError as error:
            raise Fault(f"Cannot listen on {host} port {port}: {error.strerror or error}") from error
        yield listener


def url_of(listener: socket.socket) -> str:
    """Returns the address at which a browser reaches `listener`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server_config(app: ASGIApp) -> uvicorn.Config:
    """Returns how uvicorn serves `app`; its log goes the way of all others."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # A header that anybody can write says nothing about who calls.
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
