"""What the demo plays on: a service of its own with an HTTP server, a mail catcher and a virtual clock."""

import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
import uvicorn
from pydantic import SecretStr

from outage_service.app.service import Service, build_service
from outage_service.cli.faults import Fault
from outage_service.cli.listening import listening, server_config, url_of
from outage_service.cli.signals import on_signal
from outage_service.clock import VirtualClock, monotonic_seconds
from outage_service.domain.roles import Role
from outage_service.drill.catcher import HOST, MailCatcher
from outage_service.services import tokens
from outage_service.settings import Settings, load_settings
from outage_service.storage.migrate import upgrade_connection

T = TypeVar("T")

START = datetime.fromisoformat("2026-11-26T10:00:00-05:00")
TICK_SECONDS = 0.5
PATIENCE_SECONDS = 20.0
"""How long something that must happen may take on a slow machine."""
LOOK_AGAIN_SECONDS = 0.01
HTTP_SECONDS = 10.0


class Untrue(Fault):
    """Something the demo shows is not so."""


def ensure(truth: object, claim: str) -> None:
    """Ends the demo unless `truth` holds.

    Raises:
        Untrue: with the claim.
    """
    if not truth:
        raise Untrue(f"The demo has found something wrong: {claim}")


def wait_for(look: Callable[[], T | None], claim: str) -> T:
    """Returns the first thing `look` finds.

    Raises:
        Untrue: it found nothing for a long time.
    """
    until = monotonic_seconds() + PATIENCE_SECONDS
    while (found := look()) is None:
        ensure(monotonic_seconds() < until, claim)
        time.sleep(LOOK_AGAIN_SECONDS)
    return found


@dataclass(frozen=True)
class Stage:
    """The running service as the outside sees it, and the clock that is moved by hand."""

    service: Service
    clock: VirtualClock
    catcher: MailCatcher
    client: httpx.Client
    url: str

    def token(self, name: str, role: Role) -> str:
        """Returns a new API token, as `outage-service token create` prints it."""
        engine = self.service.engine
        return engine.act(lambda tx: tokens.create(engine, tx, name=name, role=role, valid_for=None))

    def call(self, method: str, path: str, *, expect: int, token: str = "", **request: Any) -> httpx.Response:
        """Returns the answer of the real HTTP server, which must have the status `expect`."""
        headers = request.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = self.client.request(method, path, headers=headers, **request)
        said = f"{method} {path} answers {answer.status_code} instead of {expect}: {answer.text[:300]}"
        ensure(answer.status_code == expect, said)
        return answer

    def move_to(self, instant: datetime) -> None:
        """Moves the clock and lets the scheduler look; a tick under way makes way for ours."""
        self.clock.set(instant)
        self.service.worker.tick()

    def stay(self) -> None:
        """Returns at Ctrl-C or SIGTERM; the clock goes on meanwhile, second by second."""
        ended = threading.Event()
        with on_signal(ended.set):
            while not ended.wait(1):
                self.clock.advance(timedelta(seconds=1))


@contextmanager
def staged() -> Iterator[Stage]:
    """Returns a running service that is gone without a trace afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="outage-demo-") as folder,
        MailCatcher() as catcher,
        listening(HOST, 0) as listener,
        httpx.Client(base_url=url_of(listener), timeout=HTTP_SECONDS, trust_env=False) as client,
    ):
        settings = _settings(f"sqlite:///{folder}/outage.db", catcher.url, url_of(listener))
        clock = VirtualClock(START)
        service = build_service(settings, clock=clock)
        service.engine.db.write(upgrade_connection)
        service.start()
        try:
            with _serving(service, listener):
                yield Stage(service, clock, catcher, client, url_of(listener))
        finally:
            service.stop()


def _settings(database_url: str, smtp_url: str, base_url: str) -> Settings:
    """Returns settings in which nothing comes from the outside: the defaults and what the demo needs."""
    defaults: dict[str, Any] = {name: field.get_default() for name, field in Settings.model_fields.items()}
    ours: dict[str, Any] = {
        "database_url": database_url,
        "smtp_url": smtp_url,
        "base_url": base_url,
        "secret_key": SecretStr(secrets.token_hex(32)),
        "mail_from": "CBSA outage bulletins (demo) <outages@example.org>",
        "tick_seconds": TICK_SECONDS,
    }
    return load_settings(None, **(defaults | ours))


@contextmanager
def _serving(service: Service, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(server_config(service.asgi))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="demo-http", daemon=True
    )
    thread.start()
    try:
        wait_for(lambda: server.started or None, "the HTTP server starts")
        yield
    finally:
        server.should_exit = True
        thread.join()
