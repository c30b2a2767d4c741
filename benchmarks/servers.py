"""What the telephone's messages are compared with: the same bytes from less, and from the usual.

python -m benchmarks.servers raw|fastapi PAGE        prints its port
"""

import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from outage_service.cli.listening import server_config


def raw(page: bytes) -> ASGIApp:
    """Returns the least an ASGI server can be asked to do."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(page))]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": page})

    return answer


def plain_fastapi(page: bytes) -> ASGIApp:
    """Returns what one writes first: a route that returns ready bytes."""
    app = FastAPI()

    @app.get("/{path:path}")
    async def answer(path: str) -> Response:  # noqa: ARG001 - whatever is asked for
        return Response(page, media_type="text/plain; charset=utf-8")

    return app


def main() -> None:
    """Serves on a free port as `serve` does."""
    kind, path = sys.argv[1:]
    app = {"raw": raw, "fastapi": plain_fastapi}[kind](Path(path).read_bytes())
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(server_config(app)).run(sockets=[listener])


if __name__ == "__main__":
    main()
