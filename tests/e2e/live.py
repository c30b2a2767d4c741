"""A live service on this machine: real sockets, a real database, and a clock that a test moves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import uvicorn

from outage_service.app.service import Service, build_service
from outage_service.cli.listening import listening, server_config, url_of
from outage_service.clock import Clock, VirtualClock
from outage_service.domain.outages import Impact
from outage_service.domain.roles import Role
from outage_service.domain.texts import Language
from outage_service.services import due_bulletins, tokens
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.settings import load_settings
from tests.builders import SUNDAY_2H, SUNDAY_6H
from tests.services import acts

_KEY = "a key that only the browser's tests use, long enough"
_NO_RELAY = "smtp://127.0.0.1:9"


@dataclass(frozen=True)
class Site:
    """A service that answers at `url`. Acts go through its own engine, so its pages know of them at once."""

    url: str
    service: Service
    clock: Clock

    @property
    def engine(self) -> Engine:
        """What the use cases work with."""
        return self.service.engine

    def declare(self, *impacts: Impact, started_at: datetime | None = None) -> Done:
        """Declares an outage; by default all of EDI is out."""
        return acts.declare(self.engine, *impacts, started_at=started_at)

    def announce(self, *impacts: Impact, start: datetime = SUNDAY_2H, end: datetime = SUNDAY_6H) -> Done:
        """Schedules an outage; by default of all of EDI, early on Sunday."""
        return acts.announce(self.engine, *impacts, start=start, end=end)

    def update(self, done: Done, *impacts: Impact) -> Done:
        """Gives news of an outage."""
        return acts.update(self.engine, done, *impacts)

    def resolve(self, done: Done, *, remains_in_effect: bool = False) -> Done:
        """Resolves an outage."""
        return acts.resolve(self.engine, done, remains_in_effect=remains_in_effect)

    def subscribe(self, address: str = "ann@example.org", *, language: Language = Language.EN) -> int:
        """Adds a confirmed subscriber and returns the id."""
        return acts.subscribe(self.engine, address, language=language)

    def token(self, role: Role) -> str:
        """Returns a new token of a role."""
        return self.engine.db.write(
            lambda tx: tokens.create(self.engine, tx, name=f"a-{role}", role=role, valid_for=None)
        )

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward, issues what is then due, and lets the pages know."""
        assert isinstance(self.clock, VirtualClock)
        self.clock.advance(by)
        due_bulletins.issue_due(self.engine)
        self.service.keeper.refresh()

    def get(self, path: str, **options: str) -> httpx.Response:
        """Returns what a program gets that is no browser; redirects are not followed."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=20) as client:
            return client.get(path, headers=options)


@contextmanager
def live(database_url: str, clock: Clock, *, smtp_url: str | None = None) -> Iterator[Site]:
    """Returns a service on a free port of this machine.

    It sends no mail and keeps no cadence by itself, unless `smtp_url` names a relay.
    """
    with listening("127.0.0.1", 0) as listener:
        url = url_of(listener)
        settings = load_settings(
            env_file=None,
            database_url=database_url,
            base_url=url,
            secret_key=_KEY,
            smtp_url=smtp_url or _NO_RELAY,
        )
        service = build_service(settings, clock=clock)
        service.start(with_worker=smtp_url is not None)
        server = uvicorn.Server(server_config(service.asgi))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield Site(url, service, clock)
        finally:
            server.should_exit = True
            thread.join(20)
            service.stop()
