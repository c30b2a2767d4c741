"""One installation under test: its database, its relay, and the processes that were started on it.

The test's own look into the database is by connections that are closed again, so that a restart after a
kill finds the files as the kill left them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
from sqlalchemy import make_url

from outage_service.app.engine import build_engine
from outage_service.clock import system_clock
from outage_service.domain.lifecycle import Declaration, News
from outage_service.domain.outages import Impact, OutageKind
from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import Condition, Direction, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.services import outages, tokens
from outage_service.services.engine import Engine
from outage_service.services.outages import Done, Target
from outage_service.settings import load_settings
from outage_service.storage import Connection
from outage_service.storage.database import Database, open_database
from outage_service.storage.subscribers import Choices, insert_subscribers
from tests.chaos.programs import Program

T = TypeVar("T")
WINDOW = 32
"""OUTAGE_MAX_UNCERTAIN of every installation here: the most repeats for each kill (P8)."""
MESSAGE = Bilingual("EDI is down.", "L’EDI est en panne.")
_OPERATOR = Actor("night desk", Role.TCCU)


@dataclass
class Installation:
    """Where the processes of one test work. Everything it started is dead once `close` returns."""

    database_url: str
    smtp_url: str
    folder: Path
    more_settings: dict[str, str] = field(default_factory=dict)
    _programs: list[Program] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of every process."""
        return {
            "database_url": self.database_url,
            "smtp_url": self.smtp_url,
            "mail_from": "Outages <outages@example.org>",
            "base_url": "https://outages.example.org",
            "secret_key": "a key that only tests use, long enough",
            "max_uncertain": str(WINDOW),
            "tick_seconds": "0.5",
        } | self.more_settings

    def start(self, *arguments: str, prefix: Sequence[str] = ()) -> Program:
        """Starts a command and returns at once."""
        log = self.folder / f"program-{len(self._programs)}.log"
        program = Program(arguments, settings=self.settings, log=log, prefix=prefix)
        self._programs.append(program)
        return program

    def serve(self, *arguments: str, prefix: Sequence[str] = ()) -> Program:
        """Starts `serve` on a free port."""
        return self.start("serve", "--port", "0", *arguments, prefix=prefix)

    def worker(self) -> Program:
        """Starts `worker`."""
        return self.start("worker")

    def close(self) -> None:
        """Kills whatever still runs."""
        for program in self._programs:
            program.end()

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Returns an engine in this process, which is closed again."""
        settings = load_settings(env_file=None, **self.settings)
        engine = build_engine(settings)
        try:
            yield engine
        finally:
            engine.db.close()

    @contextmanager
    def _database(self) -> Iterator[Database]:
        db = open_database(self.database_url)
        try:
            yield db
        finally:
            db.close()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` reads."""
        with self._database() as db, db.read() as tx:
            return work(tx)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned after its commit."""
        with self._database() as db:
            return db.write(work)

    def token(self) -> str:
        """Returns a new operator's token."""
        with self.engine() as engine:
            return engine.db.write(
                lambda tx: tokens.create(engine, tx, name="desk", role=Role.TCCU, valid_for=None)
            )

    def subscribe(self, count: int) -> list[str]:
        """Adds so many confirmed subscribers to everything and returns their addresses."""
        people = [f"person{number}@example.org" for number in range(count)]
        many = [Choices(one, one, list(Language)[i % 2], 0, 0) for i, one in enumerate(people)]
        self.write(lambda tx: insert_subscribers(tx, many, now=system_clock()))
        return people

    def declare(self, system: System = System.EDI, direction: Direction | None = Direction.BOTH) -> Done:
        """Declares an outage now, by this process."""
        impact = Impact(system=system, direction=direction, stated=Condition.OUTAGE)
        request = Declaration(OutageKind.UNSCHEDULED, (impact,))
        with self.engine() as engine:
            return engine.act(lambda tx: outages.declare(engine, tx, _OPERATOR, request, MESSAGE))

    def give_news(self, done: Done, message: Bilingual) -> Done:
        """Issues an update that changes nothing but the message, by this process."""
        target = Target(done.outage.id)
        with self.engine() as engine:
            return engine.act(lambda tx: outages.update(engine, tx, _OPERATOR, target, News(), message))


@contextmanager
def installation(
    database_url: str, smtp_url: str, folder: Path, **more_settings: str
) -> Iterator[Installation]:
    """Returns an installation on a migrated database; no process of it outlives the block."""
    one = Installation(database_url, smtp_url, folder, more_settings)
    try:
        yield one
    finally:
        one.close()


def declare_at(url: str, token: str, *, key: str = "night-desk-1", system: str = "edi") -> httpx.Response:
    """Declares an outage over REST, under an idempotency key."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    message = {"en": MESSAGE.en, "fr": MESSAGE.fr}
    body = {"kind": "unscheduled", "impacts": [{"system": system}], "message": message}
    return httpx.post(f"{url}/v1/outages", json=body, headers=headers, timeout=30)


def port_of(url: str) -> int:
    """Returns the port of a database's URL."""
    port = make_url(url).port
    assert port
    return port


def through(url: str, port: int) -> str:
    """Returns the URL of the same database by way of a proxy."""
    return make_url(url).set(port=port).render_as_string(hide_password=False)


def until(is_so: Callable[[], object], what: str, *, seconds: float = 60.0, every: float = 0.1) -> float:
    """Waits until something holds and returns how many seconds that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s: {what}"
        time.sleep(every)
    return time.monotonic() - began
