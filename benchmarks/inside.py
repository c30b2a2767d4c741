"""What happens between the mails: the scheduler's tick, composing a bulletin, drills. In this process."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from sqlalchemy import insert, select

from benchmarks.fanout import Options
from benchmarks.machine import ROOT, scratch
from benchmarks.results import Outcome, Result
from outage_service.app.engine import build_engine
from outage_service.app.service import Service, build_service
from outage_service.channels.email.letter import freeze
from outage_service.clock import VirtualClock, system_clock
from outage_service.domain.letters import MAILING_LINKS, Letter
from outage_service.domain.texts import Language
from outage_service.drill.run import run_scenario
from outage_service.drill.scenario import read_scenario
from outage_service.rendering.bulletins import ComposedBulletin
from outage_service.services import alerts, due_bulletins
from outage_service.services.engine import Engine
from outage_service.settings import load_settings
from outage_service.storage import Connection
from outage_service.storage.database import open_database
from outage_service.storage.migrate import upgrade, upgrade_connection
from outage_service.storage.outages import insert_outage
from outage_service.storage.schema import impact, outage
from tests.builders import an_outage, bulletin_facts, resolved

OPEN = (10, 1_000, 100_000)
CLOSED = 100_000
_TICKS = 50
_KEY = "a key that only benchmarks use, long enough"


def ticks(options: Options) -> Iterator[Outcome]:
    """Measures ticks that find nothing to do, in turn on databases of each size."""
    with scratch() as folder:
        services = {f"{count:,} open": _service(folder / f"open-{count}.db", is_open=count) for count in OPEN}
        services[f"{CLOSED:,} closed"] = _service(folder / "closed.db", is_open=OPEN[0], is_closed=CLOSED)
        first, *others = services
        times: dict[str, list[float]] = {name: [] for name in services}
        for _ in range(options.pairs):
            for name, service in services.items():
                times[name].append(_seconds(partial(_tick, service), _TICKS))
        for service in services.values():
            service.engine.db.close()
    for name in others:
        ratios = [more / least for more, least in zip(times[name], times[first], strict=True)]
        facts = {"tick_ms": min(times[name]) * 1000}
        yield Result(f"tick, {name} ÷ {first}, sqlite", ratios, 1.5, more_is_better=False, facts=facts)


def _tick(service: Service) -> None:
    """What `Worker.tick` does every two seconds."""
    due_bulletins.issue_due(service.engine)
    alerts.alert_overruns(service.engine)
    service.keeper.check()


def _service(path: Path, *, is_open: int, is_closed: int = 0) -> Service:
    url = f"sqlite:///{path}"
    upgrade(url)
    service = build_service(load_settings(env_file=None, database_url=url, secret_key=_KEY))
    now = system_clock()
    running = replace(an_outage(declared_at=now), next_due_at=now + timedelta(hours=2))
    ended = resolved(running, now + timedelta(hours=1))

    def fill(tx: Connection) -> None:
        for one, count in ((running, is_open), (ended, is_closed)):
            if count:
                _copies(tx, insert_outage(tx, replace(one, number=f"{one.is_closed}"), now=now), count - 1)

    service.engine.db.write(fill)
    service.keeper.refresh()
    return service


def _copies(tx: Connection, outage_id: int, count: int) -> None:
    """Adds copies of an outage, each with its impact."""
    one = tx.execute(select(outage).where(outage.c.id == outage_id)).one()._asdict()
    its_impact = tx.execute(select(impact).where(impact.c.outage_id == outage_id)).one()._asdict()
    for first in range(outage_id + 1, outage_id + 1 + count, 1_000):
        ids = range(first, min(first + 1_000, outage_id + 1 + count))
        tx.execute(insert(outage), [one | {"id": each, "number": f"copy-{each}"} for each in ids])
        tx.execute(insert(impact), [its_impact | {"outage_id": each} for each in ids])


def composing(options: Options) -> Iterator[Outcome]:
    """Measures a bulletin made ready for everybody, beside a message made for one person."""
    with scratch() as folder:
        settings = load_settings(env_file=None, database_url=f"sqlite:///{folder / 'outage.db'}")
        engine = build_engine(settings)
        facts = bulletin_facts(an_outage())

        def ready() -> list[bytes]:
            composed = engine.composer.compose(facts)
            return [_frozen(engine, composed, first) for first in Language]

        frozen = ready()[0]
        pairs = [(_seconds(ready, 5), _seconds(partial(_by_hand, frozen), 5)) for _ in range(options.pairs)]
        engine.db.close()
    name = "time, a bulletin composed and frozen in both orders ÷ one EmailMessage of it"
    ratios = [ours / theirs for ours, theirs in pairs]
    yield Result(name, ratios, facts={"ours_ms": pairs[0][0] * 1000, "message_bytes": len(frozen)})


def _frozen(engine: Engine, composed: ComposedBulletin, first: Language) -> bytes:
    body = composed.mail[first]
    letter = Letter(
        subject=composed.subject[first],
        text=body.text,
        html=body.html,
        first=first,
        links=MAILING_LINKS,
        list_name="bulletins",
    )
    return freeze(letter, sender=engine.sender, issued_at=system_clock())


def _by_hand(frozen: bytes) -> bytes:
    """Builds one recipient's message by the standard library, as most senders do for each."""
    read = message_from_bytes(frozen, policy=policy.SMTP)
    assert isinstance(read, EmailMessage)
    text, html = (str(part.get_content()) for part in read.iter_parts() if isinstance(part, EmailMessage))
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = read["From"], "person@example.org", read["Subject"]
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def drills(options: Options) -> Iterator[Outcome]:
    """Measures how much faster than the clock on the wall an exercise runs, over a weekend."""
    source = (ROOT / "tests" / "drill" / "scenarios" / "weekend.yaml").read_text(encoding="utf-8")
    speeds = [_drill_speed(source) for _ in range(options.pairs)]
    yield Result("drill of a weekend, virtual time ÷ real time", speeds)


def _drill_speed(source: str) -> float:
    began = time.monotonic()
    scenario = read_scenario(source)
    clock = VirtualClock(scenario.start)
    db = open_database("sqlite://")
    try:
        db.write(upgrade_connection)
        settings = load_settings(env_file=None, database_url="sqlite://")
        issued = run_scenario(scenario, build_engine(settings, clock=clock, db=db), clock)
    finally:
        db.close()
    return (issued[-1].at - scenario.start).total_seconds() / (time.monotonic() - began)


def _seconds(work: Callable[[], object], times: int) -> float:
    """Returns how long `work` takes, after once that does not count."""
    work()
    began = time.monotonic()
    for _ in range(times):
        work()
    return (time.monotonic() - began) / times
