"""Our side: real `serve` and `worker` processes on a migrated database with subscribers in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, text, update

from benchmarks.machine import LONGEST_RUN_SECONDS, BenchmarkError, Sink, cpu_seconds
from outage_service.app.engine import build_engine
from outage_service.channels.email.thawed import Frame, ThawedLetter
from outage_service.domain.letters import LetterSlot
from outage_service.domain.roles import Role
from outage_service.domain.subscriptions import systems_mask
from outage_service.domain.systems import System
from outage_service.services import tokens
from outage_service.settings import load_settings
from outage_service.storage.database import Database, open_database
from outage_service.storage.migrate import upgrade
from outage_service.storage.schema import mailing
from tests.chaos.programs import Program

SYSTEMS = [system for system in System if system is not System.SWI]
"""One fan-out each: everybody subscribes to them."""
WARM_UP = 16
"""Subscribers of SWI alone: a first, small fan-out opens the connections, as in a service that runs."""
MESSAGE = {
    "en": "Messages sent since 09:40 are not being received. We are working with the network provider.",
    "fr": "Les messages envoyés depuis 9 h 40 ne sont pas reçus. Nous y travaillons avec le fournisseur.",
}
_SAMPLE_TOKEN = "10017.1.AAAAAAAAAAAAAAAAAAAAAA"
_SAMPLE_FRAMES = {
    slot: Frame("https://outages.example.org/subscriptions/", "/unsubscribe")
    if slot.is_link
    else Frame(after="@example.org")
    for slot in LetterSlot
}
SAMPLE_LINK = _SAMPLE_TOKEN.join(_SAMPLE_FRAMES[LetterSlot.UNSUBSCRIBE_URL])
_MANY = """
    INSERT INTO subscriber
        (email, address_key, language, systems, kinds, state, epoch, confirmed_at, changed_at)
    WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
    SELECT 'person' || i || '@example.org', 'person' || i || '@example.org',
           CASE i % 2 WHEN 0 THEN 'en' ELSE 'fr' END, {mask}, 0, 'active', 1,
           '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM n
"""


@dataclass(frozen=True, slots=True)
class FanOut:
    """One fan-out, in seconds: declaration to all recorded, CPU, and from the 201 to mail accepted."""

    until_recorded: float
    cpu: float
    to_first: float
    to_last: float


@dataclass
class Installation:
    """A database with `count` subscribers to everything, and the processes that work on it."""

    database_url: str
    sink: Sink
    folder: Path
    count: int
    more_settings: dict[str, str] = field(default_factory=dict)
    _programs: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        upgrade(self.database_url)
        self.db = open_database(self.database_url)
        self._token = self._prepare()

    @property
    def settings(self) -> dict[str, str]:
        """The settings of every process."""
        return {
            "database_url": self.database_url,
            "smtp_url": self.sink.url,
            "mail_from": "Outage bulletins <bulletins@example.org>",
            "base_url": "https://outages.example.org",
            "secret_key": "a key that only benchmarks use, long enough",
        } | self.more_settings

    def _prepare(self) -> str:
        insert_people(self.db, 1, WARM_UP, mask=systems_mask([System.SWI]))
        if self.count:
            insert_people(self.db, WARM_UP + 1, WARM_UP + self.count, mask=systems_mask(SYSTEMS))
        settings: dict[str, Any] = dict(self.settings)
        engine = build_engine(load_settings(env_file=None, **settings), db=self.db)
        return self.db.write(
            lambda tx: tokens.create(engine, tx, name="desk", role=Role.TCCU, valid_for=None)
        )

    def serve(self, *arguments: str) -> Program:
        """Starts `serve` and sends the first, small fan-out; returns it when it is ready for the next."""
        program = self._start("serve", "--port", "0", *arguments)
        self._client = httpx.Client(
            base_url=program.url, headers={"Authorization": f"Bearer {self._token}"}, timeout=60
        )
        return program

    def worker(self) -> Program:
        """Starts `worker`."""
        return self._start("worker")

    def _start(self, *arguments: str) -> Program:
        log = self.folder / f"program-{len(self._programs)}.log"
        program = Program(arguments, settings=self.settings, log=log)
        self._programs.append(program)
        return program

    def warm_up(self) -> None:
        """Sends the first, small fan-out."""
        self.sink.zero()
        self.declare(System.SWI)
        self.wait_until_recorded()

    def declare(self, system: System) -> float:
        """Declares an outage over REST and returns the monotonic instant of the 201."""
        body = {"kind": "unscheduled", "impacts": [{"system": system}], "message": MESSAGE}
        answer = self._client.post("/v1/outages", json=body, headers={"Idempotency-Key": f"bench-{system}"})
        if answer.status_code != httpx.codes.CREATED:
            raise BenchmarkError(f"declaring was answered {answer.status_code}: {answer.text[:300]}")
        return time.monotonic()

    def fan_out(self, system: System, pids: list[int]) -> FanOut:
        """Declares an outage and returns when all its mail was accepted and recorded, and at what cost."""
        self.sink.zero()
        cpu, began = sum(map(cpu_seconds, pids)), time.monotonic()
        answered = self.declare(system)
        self.wait_until_recorded()
        ended, cpu = time.monotonic(), sum(map(cpu_seconds, pids)) - cpu
        accepted, first, last = self.sink.tally()
        if accepted != self.count:
            raise BenchmarkError(f"{accepted} messages came, not {self.count}")
        return FanOut(ended - began, cpu, first - answered, last - answered)

    def wait_until_recorded(self) -> None:
        """Waits until every delivery of every mailing has ended; asks little, for it asks often."""
        left = text(
            "SELECT EXISTS (SELECT 1 FROM mailing WHERE is_fanned_out = false) OR EXISTS "
            "(SELECT 1 FROM delivery WHERE state = 'claimed') OR EXISTS "
            "(SELECT 1 FROM delivery WHERE state = 'queued')"
        )
        give_up_at = time.monotonic() + LONGEST_RUN_SECONDS
        while True:
            with self.db.read() as tx:
                if not tx.execute(left).scalar_one():
                    return
            if time.monotonic() > give_up_at:
                raise BenchmarkError("a fan-out did not end")
            time.sleep(0.01)

    def cut_short(self) -> None:
        """Ends the fan-out that runs: what is claimed is still sent, nothing more is."""
        done = update(mailing).where(~mailing.c.is_fanned_out).values(is_fanned_out=True)
        self.db.write(lambda tx: tx.execute(done))
        self.wait_until_recorded()

    def message(self) -> bytes:
        """Returns the newest bulletin as a file for other senders: a real recipient's, LF at line ends."""
        wanted = select(mailing.c.letter_en).order_by(mailing.c.id.desc()).limit(1)
        with self.db.read() as tx:
            letter = ThawedLetter.parse(tx.execute(wanted).scalar_one(), _SAMPLE_FRAMES)
        own = dict.fromkeys(LetterSlot, _SAMPLE_TOKEN) | {LetterSlot.TO: "person10017@example.org"}
        own |= dict.fromkeys((LetterSlot.MESSAGE_ID, LetterSlot.THREAD_ID), f"outage-1-1-10017-{'0' * 24}")
        wire = letter.render(own).removesuffix(b".\r\n")
        return wire.replace(b"\r\n..", b"\r\n.").replace(b"\r\n", b"\n")

    def close(self) -> None:
        """Ends everything."""
        for program in self._programs:
            program.end()
        self.db.close()


def insert_people(db: Database, first: int, last: int, *, mask: int) -> None:
    """Adds subscribers by the database itself, a million in seconds.

    PostgreSQL is told how many they are: it finds out within a minute, and they do not come in the last one.
    """
    many = text(_MANY.format(first=first, last=last, mask=mask))
    db.write(lambda tx: tx.execute(many))
    if db.url.get_backend_name() == "postgresql":
        db.write(lambda tx: tx.execute(text("ANALYZE subscriber")))


@contextmanager
def installation(
    database_url: str, sink: Sink, folder: Path, count: int, **more: str
) -> Iterator[Installation]:
    """Gives an installation; none of its processes outlives the block."""
    one = Installation(database_url, sink, folder, count, more)
    try:
        yield one
    finally:
        one.close()
