"""Issuing is one transaction: all of it is there, or nothing (P2); numbers are used by what happened only."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, text

from outage_service.clock import VirtualClock
from outage_service.domain.errors import InvalidAct
from outage_service.domain.lifecycle import News
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services import outages
from outage_service.services.engine import Engine
from outage_service.services.errors import NotPermitted, Stale
from outage_service.services.outages import Done, Target
from outage_service.storage import DatabaseError
from outage_service.storage.bulletins import find_page, insert_bulletin
from outage_service.storage.mailings import find_mailing
from outage_service.storage.outages import find_outage
from outage_service.storage.schema import mailing, number_counter
from tests.builders import THURSDAY_10H, an_impact, at
from tests.services.acts import (
    CCP_OUT,
    CERS_OUT,
    CTSU,
    NEWS,
    TCCU,
    announce,
    bulletins,
    cancel,
    correct,
    declare,
    mail,
    resolve,
    rows,
    set_clock,
    stored,
    subscribe,
    tick,
    update,
)
from tests.storage.rows import a_bulletin

NOON = at("2026-11-26 12:00")
LATER_ACTS: dict[str, Callable[[Engine, Done], object]] = {
    "update": update,
    "resolve": resolve,
    "correct": lambda engine, done: correct(engine, done, done.bulletin_id),
    "the clock": lambda engine, _: tick(engine, NOON),
}


def take_sequence(engine: Engine, done: Done) -> None:
    """Puts a row where the next bulletin belongs, as no code of ours would."""
    in_the_way = a_bulletin(done.outage.id, done.outage.sequence + 1)
    engine.db.write(lambda tx: insert_bulletin(tx, in_the_way))


@pytest.mark.parametrize("name", ["update", "resolve", "correct"])
def test_an_act_whose_bulletin_cannot_be_kept_leaves_nothing(engine: Engine, name: str) -> None:
    """P2: neither a changed outage nor a next due time; once the reason is gone, it works."""
    done = declare(engine)
    take_sequence(engine, done)
    before = rows(engine), stored(engine, done)
    with pytest.raises(DatabaseError):
        LATER_ACTS[name](engine, done)
    assert (rows(engine), stored(engine, done)) == before
    engine.db.write(lambda tx: tx.execute(text("DELETE FROM bulletin WHERE sequence = 2")))
    LATER_ACTS[name](engine, done)
    assert stored(engine, done).sequence == 2


@pytest.mark.parametrize("table", ["audit", "delivery", "broadcast_override"])
@pytest.mark.parametrize("name", LATER_ACTS)
def test_whatever_statement_of_an_act_fails_nothing_is_left(engine: Engine, name: str, table: str) -> None:
    """P2: the last statements too; a table that the act does not touch does not matter."""
    done = declare(engine)
    tick_touches_overrides = table == "broadcast_override" and name != "the clock"
    fails = table == "audit" or tick_touches_overrides
    before, outage = rows(engine), stored(engine, done)
    engine.db.write(lambda tx: tx.execute(text(f"ALTER TABLE {table} RENAME TO gone")))
    with suppress(DatabaseError):
        LATER_ACTS[name](engine, done)
    engine.db.write(lambda tx: tx.execute(text(f"ALTER TABLE gone RENAME TO {table}")))
    assert (rows(engine) == before) is fails
    assert (stored(engine, done) == outage) is fails


@pytest.mark.parametrize("table", ["impact", "bulletin", "mailing", "audit", "number_counter"])
def test_whatever_statement_of_a_declaration_fails_nothing_is_left(engine: Engine, table: str) -> None:
    """P2: not even its number."""
    before = rows(engine)
    engine.db.write(lambda tx: tx.execute(text(f"ALTER TABLE {table} RENAME TO gone")))
    with pytest.raises(DatabaseError):
        declare(engine)
    engine.db.write(lambda tx: tx.execute(text(f"ALTER TABLE gone RENAME TO {table}")))
    assert rows(engine) == before
    assert declare(engine).outage.number == "TCC26-0001"


def test_the_letters_of_a_bulletin_are_frozen_with_it(engine: Engine) -> None:
    """P15: what is sent later is what was decided now, in both orders of languages."""
    done = declare(engine)
    with engine.db.read() as tx:
        mailing_id = tx.execute(select(mailing.c.id)).scalar_one()
        letters = find_mailing(tx, mailing_id).letters
        page = find_page(tx, done.bulletin_id)
    assert all(b"TCC26-0001" in letters[language] for language in Language)
    assert letters[Language.EN] != letters[Language.FR]
    assert page is not None
    assert page[0].en != page[0].fr


def test_the_archive_has_no_personal_links(engine: Engine) -> None:
    """The same bulletin, for everybody to read."""
    person = subscribe(engine)
    done = declare(engine)
    ((recipient, letter),) = mail(engine)
    with engine.db.read() as tx:
        page = find_page(tx, done.bulletin_id)
    assert recipient == person
    assert f"{engine.base_url}/subscriptions/" in letter.replace("=\r\n", "")
    assert page is not None
    texts = [body for both in page for body in (both.en, both.fr)]
    assert not [body for body in texts if "/subscriptions/" in body or "@@" in body]


@pytest.mark.parametrize(
    ("wall_clock", "number"),
    [
        ("2026-12-31 23:30", "TCC26-0001"),
        ("2027-01-01 00:00", "TCC27-0001"),
        ("2026-01-01 00:00", "TCC26-0001"),
    ],
)
def test_the_year_of_a_number_is_torontos(engine: Engine, wall_clock: str, number: str) -> None:
    """By the date of the first bulletin, five hours behind UTC's."""
    set_clock(engine, at(wall_clock))
    assert declare(engine).outage.number == number


def test_a_number_is_for_life(engine: Engine) -> None:
    """An outage that lasts into the new year keeps it, and the new year counts from one."""
    set_clock(engine, at("2026-12-31 23:30"))
    done = declare(engine)
    set_clock(engine, at("2027-01-01 00:30"))
    assert update(engine, done).outage.number == "TCC26-0001"
    assert declare(engine, CCP_OUT).outage.number == "TCC27-0001"


def test_after_9999_a_number_has_five_digits(engine: Engine) -> None:
    declare(engine)
    counted = number_counter.update().values(last=9998)
    engine.db.write(lambda tx: tx.execute(counted))
    assert declare(engine, CERS_OUT).outage.number == "TCC26-9999"
    assert declare(engine, CCP_OUT).outage.number == "TCC26-10000"


def test_refused_declarations_use_no_number(engine: Engine) -> None:
    """Whoever refuses it: the rules, the roles, or another outage."""
    with pytest.raises(InvalidAct):
        declare(engine, started_at=THURSDAY_10H + timedelta(minutes=1))
    with pytest.raises(NotPermitted):
        declare(engine, an_impact(), actor=CTSU)
    assert +rows(engine) == {"public_state": 1, "audit_head": 1, "pulse": 1}
    assert declare(engine).outage.number == "TCC26-0001"


def test_declarations_at_once_get_numbers_of_their_own(engine: Engine) -> None:
    """Without gaps, whoever comes first."""
    impacts = [an_impact(system) for system in System]
    ready = threading.Barrier(len(impacts))

    def one(index: int) -> str:
        ready.wait()
        return declare(engine, impacts[index]).outage.number

    with ThreadPoolExecutor(len(impacts)) as pool:
        numbers = sorted(pool.map(one, range(len(impacts))))
    assert numbers == [f"TCC26-{number:04}" for number in range(1, len(impacts) + 1)]


def test_acts_on_one_outage_at_once_are_one_after_the_other(engine: Engine) -> None:
    """Each sees what the one before has done: no sequence is lost or used twice."""
    done = declare(engine)
    ready = threading.Barrier(4)

    def one(_: int) -> int:
        ready.wait()
        return update(engine, done).outage.sequence

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [2, 3, 4, 5]
    assert stored(engine, done).version == 5


def test_an_act_that_waited_tells_the_time_at_which_it_goes_on(engine: Engine, clock: VirtualClock) -> None:
    """Bulletins never count backwards: the one before it may be of a later minute than its request."""
    done = declare(engine)
    begun, may_end = threading.Event(), threading.Event()

    def act_slowly(tx: Connection) -> None:
        find_outage(tx, done.outage.id, lock=True)
        begun.set()
        may_end.wait(10)
        outages.update(engine, tx, TCCU, Target(done.outage.id), News(), NEWS)

    slowly = threading.Thread(target=engine.db.write, args=(act_slowly,))
    slowly.start()
    begun.wait(10)
    waiting = threading.Thread(target=resolve, args=(engine, done))
    waiting.start()
    waiting.join(0.2)
    clock.set(NOON)
    may_end.set()
    slowly.join()
    waiting.join()
    assert [one.issued_at for one in bulletins(engine, done)] == [THURSDAY_10H, NOON, NOON]


def test_two_who_saw_the_same_version_cannot_both_act(engine: Engine) -> None:
    """P19: one of them is told that it has changed, also when they act at the same instant."""
    done = declare(engine)
    ready = threading.Barrier(2)

    def one(_: int) -> bool:
        ready.wait()
        try:
            resolve(engine, done, version=1)
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(one, range(2))) == [False, True]
    assert len(bulletins(engine, done)) == 2


def test_scheduled_outages_count_with_the_others(engine: Engine) -> None:
    """By the date of the announcement, cancelled or not."""
    planned: datetime = at("2027-01-10 02:00")
    done = announce(engine, start=planned, end=planned + timedelta(hours=2))
    assert done.outage.number == "TCC26-0001"
    cancel(engine, done)
    assert declare(engine).outage.number == "TCC26-0002"
