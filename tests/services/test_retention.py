"""What is removed in time, and what never is; counts stay although rows go."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import DeliveryState
from outage_service.services import limits, subscriptions
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.services.retention import Pruner
from outage_service.storage import Connection, retention
from outage_service.storage.idempotency import KeptAnswer, keep_answer
from outage_service.storage.limits_schema import allowance
from outage_service.storage.mailings import Progress, progress_of
from outage_service.storage.schema import (
    api_token,
    delivery,
    idempotency,
    mailing,
    subscription_request,
    worker,
)
from tests.builders import THURSDAY_10H
from tests.engines import an_engine
from tests.services.acts import (
    bulletins,
    declare,
    mail,
    resolve,
    rows,
    set_clock,
    subscribe,
)
from tests.services.acts import (
    update as give_news,
)
from tests.storage.rows import choices

DAY = timedelta(days=1)
KEPT = timedelta(days=730)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def pruner(engine: Engine) -> Pruner:
    """One that has looked before, an hour ago."""
    made = Pruner(engine)
    made.step()
    return made


def prune(engine: Engine, pruner: Pruner, *, after: timedelta) -> int:
    """Lets the time pass hour by hour, as ticks do, and prunes at its end; returns how many rows went."""
    end = engine.clock() + after
    set_clock(engine, end - timedelta(hours=1))
    pruner.step()  # the clock is not believed at once
    set_clock(engine, end)
    return sum(steps(pruner))


def steps(pruner: Pruner) -> Iterator[int]:
    """Yields what each step removes until there was nothing in as many steps as there are kinds."""
    idle = 0
    while idle < 8:
        removed = pruner.step()
        idle = 0 if removed else idle + 1
        yield removed


def progress(engine: Engine, done: Done) -> list[Progress]:
    with engine.db.read() as tx:
        return [progress_of(tx, one.id) for one in bulletins(engine, done)]


def a_closed_outage(engine: Engine, people: int = 3) -> Done:
    """Returns an outage with a superseded, a sent and a resolved bulletin, of which nobody waits any more."""
    for number in range(people):
        subscribe(engine, f"p{number}@example.org")
    done = declare(engine)
    mail(engine)
    give_news(engine, done)
    resolve(engine, done)
    mail(engine)
    return done


def count(engine: Engine, table: str) -> int:
    return rows(engine)[table]


def test_deliveries_of_long_closed_outages_go_and_their_counts_stay(engine: Engine, pruner: Pruner) -> None:
    done = a_closed_outage(engine)
    before, counted = progress(engine, done), rows(engine)
    assert before[1].counts[DeliveryState.SUPERSEDED] == 3
    assert prune(engine, pruner, after=KEPT - DAY) == 0
    assert count(engine, "delivery") == 6
    assert prune(engine, pruner, after=2 * DAY) > 0
    assert count(engine, "delivery") == 0
    assert progress(engine, done) == before
    for kept in ("bulletin", "outage", "audit", "impact", "mailing", "subscriber"):
        assert rows(engine)[kept] == counted[kept]


def test_counts_stay_although_people_come_and_go(engine: Engine, pruner: Pruner) -> None:
    """Whom a superseded bulletin would have reached is counted once, when its rows go."""
    done = a_closed_outage(engine)
    before = progress(engine, done)
    prune(engine, pruner, after=KEPT + DAY)
    engine.db.write(lambda tx: tx.execute(update(mailing).values(upper_id=10)))
    subscribe(engine, "later@example.org")
    assert progress(engine, done) == before


def test_the_letters_of_what_is_gone_are_emptied(engine: Engine, pruner: Pruner) -> None:
    a_closed_outage(engine)
    prune(engine, pruner, after=KEPT + DAY)
    with engine.db.read() as tx:
        assert {bytes(row.letter_en) for row in tx.execute(select(mailing))} == {b""}


def test_an_outage_that_is_open_keeps_everything(engine: Engine, pruner: Pruner) -> None:
    subscribe(engine)
    declare(engine)
    mail(engine)
    prune(engine, pruner, after=KEPT + DAY)
    assert count(engine, "delivery") == 1


def test_what_may_still_be_sent_is_kept(engine: Engine, pruner: Pruner) -> None:
    """P6, P7: there is no age at which a delivery is lost."""
    done = a_closed_outage(engine)
    newest = bulletins(engine, done)[-1].id
    queued = update(delivery).where(
        delivery.c.recipient_id == 2,
        delivery.c.mailing_id
        == select(mailing.c.id).where(mailing.c.bulletin_id == newest).scalar_subquery(),
    )
    engine.db.write(lambda tx: tx.execute(queued.values(state="queued", retry_at=LONG_AGO)))
    before = progress(engine, done)
    prune(engine, pruner, after=KEPT + DAY)
    assert count(engine, "delivery") == 1
    assert progress(engine, done) == before
    ((recipient, letter),) = mail(engine)
    assert recipient == 2
    assert "Subject: " in letter


def test_what_ends_later_is_removed_then(engine: Engine, pruner: Pruner) -> None:
    """It is passed over while it waits: neither for ever, nor does what comes after it wait too."""
    first, second = a_closed_outage(engine), a_closed_outage(engine, people=0)
    newest = max(one.id for one in bulletins(engine, first))
    wanted = select(mailing.c.id).where(mailing.c.bulletin_id == newest).scalar_subquery()
    of_newest = update(delivery).where(delivery.c.mailing_id == wanted, delivery.c.recipient_id == 2)
    engine.db.write(lambda tx: tx.execute(of_newest.values(state="queued", retry_at=LONG_AGO)))
    before = progress(engine, first), progress(engine, second)
    prune(engine, pruner, after=KEPT + DAY)
    assert count(engine, "delivery") == 1
    assert (progress(engine, first), progress(engine, second)) == before
    engine.db.write(lambda tx: tx.execute(of_newest.values(state="accepted")))
    ended = progress(engine, first)
    prune(engine, pruner, after=DAY)
    assert count(engine, "delivery") == 0
    assert progress(engine, first) == ended
    with engine.db.read() as tx:
        assert {bytes(row.letter_en) for row in tx.execute(select(mailing))} == {b""}


def test_many_rows_go_in_transactions_of_a_thousand(engine: Engine, pruner: Pruner) -> None:
    done = a_closed_outage(engine, people=1)
    with engine.db.read() as tx:
        mailing_id = tx.execute(select(func.max(mailing.c.id))).scalar_one()
        row = dict(tx.execute(select(delivery).where(delivery.c.mailing_id == mailing_id)).mappings().one())
    more = [row | {"recipient_id": number} for number in range(100, 2_600)]
    engine.db.write(lambda tx: tx.execute(insert(delivery), more))
    before = progress(engine, done)
    left = [count(engine, "delivery")]
    set_clock(engine, engine.clock() + KEPT)
    pruner.step()
    set_clock(engine, engine.clock() + DAY)
    pruner.step()
    set_clock(engine, engine.clock() + timedelta(hours=1))
    while left[-1]:
        pruner.step()
        left.append(count(engine, "delivery"))
        assert left[-2] - left[-1] <= retention.BATCH
        assert progress(engine, done) == before
    assert left[0] == 2_502


def test_who_is_queued_again_while_rows_are_removed_is_not_counted_as_gone(postgresql_url: str) -> None:
    """P7, P13: the pruner has found the row, waits for whoever has it in hand, and leaves it."""
    engine = an_engine(postgresql_url, VirtualClock(THURSDAY_10H))
    done = a_closed_outage(engine)
    before = progress(engine, done)
    again = update(delivery).where(delivery.c.recipient_id == 2, delivery.c.state == "accepted")
    begun, may_end = threading.Event(), threading.Event()

    def queue_again(tx: Connection) -> None:
        tx.execute(again.values(state="queued", retry_at=LONG_AGO))
        begun.set()
        may_end.wait(10)

    with ThreadPoolExecutor(2) as pool:
        queueing = pool.submit(engine.db.write, queue_again)
        begun.wait(10)
        pruning = pool.submit(prune_all, engine)
        with pytest.raises(TimeoutError):
            pruning.result(0.3)
        may_end.set()
        queueing.result(10)
        pruning.result(10)
    assert count(engine, "delivery") == 2
    for was, now in zip(before, progress(engine, done), strict=True):
        assert sum(now.counts.values()) == sum(was.counts.values())
        assert (
            now.counts[DeliveryState.QUEUED] + now.counts[DeliveryState.ACCEPTED]
            == 3 - now.counts[DeliveryState.SUPERSEDED]
        )
    engine.db.close()


def test_two_who_prune_at_once_count_each_row_once(postgresql_url: str) -> None:
    """P13: one that comes upon the other's mailing passes it over."""
    engine = an_engine(postgresql_url, VirtualClock(THURSDAY_10H))
    done = a_closed_outage(engine)
    before = progress(engine, done)
    begun, may_end = threading.Event(), threading.Event()

    def slow(tx: Connection) -> None:
        retention.prune_deliveries(tx, closed_before=engine.clock() + DAY)
        begun.set()
        may_end.wait(10)

    with ThreadPoolExecutor(1) as pool:
        pruning = pool.submit(engine.db.write, slow)
        begun.wait(10)
        prune_all(engine)
        may_end.set()
        pruning.result(10)
    prune_all(engine)
    assert count(engine, "delivery") == 0
    assert progress(engine, done) == before
    engine.db.close()


def prune_all(engine: Engine) -> None:
    """Removes all ended deliveries, whoever else does so."""
    while engine.db.write(lambda tx: retention.prune_deliveries(tx, closed_before=engine.clock() + DAY)):
        pass


def test_addresses_in_letters_are_forgotten_after_a_month(engine: Engine, pruner: Pruner) -> None:
    engine.act(lambda tx: subscriptions.request(engine, tx, choices("ann@example.org")))
    assert len(mail(engine)) == 1
    engine.act(lambda tx: subscriptions.request(engine, tx, choices("bob@example.org")))  # not sent yet
    prune(engine, pruner, after=29 * DAY)
    assert letters(engine) == ["ann@example.org", "bob@example.org"]
    prune(engine, pruner, after=2 * DAY)
    assert letters(engine) == ["", "bob@example.org"]


def letters(engine: Engine) -> list[str | None]:
    with engine.db.read() as tx:
        return list(tx.execute(select(mailing.c.address).order_by(mailing.c.id)).scalars())


def test_requests_that_nobody_confirmed_are_forgotten_after_a_week(engine: Engine, pruner: Pruner) -> None:
    engine.act(lambda tx: subscriptions.request(engine, tx, choices("ann@example.org")))
    prune(engine, pruner, after=timedelta(days=7))
    assert count(engine, subscription_request.name) == 1
    prune(engine, pruner, after=timedelta(hours=2))
    assert count(engine, subscription_request.name) == 0


def test_what_has_run_out_goes(engine: Engine, pruner: Pruner) -> None:
    """Kept answers, counts of limits, workers long dead."""
    now = engine.clock()
    answer = KeptAnswer("digest", 201, {}, "{}")
    token = {"name": "desk", "role": "tccu", "digest": "digest", "created_at": now}

    def leave(tx: Connection) -> None:
        token_id = tx.execute(insert(api_token).values(**token).returning(api_token.c.id)).scalar_one()
        keep_answer(tx, answer, token_id=token_id, path="/v1/outages", key="key", now=now)
        limits.allow(tx, "login", "ann", 1, timedelta(hours=1), now=now)
        tx.execute(insert(worker).values(id="dead", host="gone", seen_at=LONG_AGO))

    engine.db.write(leave)
    prune(engine, pruner, after=2 * DAY)
    assert [count(engine, table.name) for table in (idempotency, allowance, worker, api_token)] == [
        0,
        0,
        0,
        1,
    ]


def test_a_clock_that_is_years_ahead_for_a_moment_removes_nothing(
    engine: Engine, pruner: Pruner, clock: VirtualClock
) -> None:
    """P5: what is removed does not come back with the clock."""
    a_closed_outage(engine)
    began = clock()
    clock.set(began + 3 * KEPT)
    assert sum(steps(pruner)) == 0
    clock.set(began)
    assert sum(steps(pruner)) == 0
    clock.set(began + timedelta(hours=2))
    assert sum(steps(pruner)) == 0
    assert count(engine, "delivery") == 6


def test_of_many_processes_one_prunes_in_an_hour(
    engine: Engine, database_url: str, clock: VirtualClock
) -> None:
    others = [an_engine(database_url, clock) for _ in range(3)]
    jobs = [
        one.db.write(lambda tx: retention.claim_job(tx, "job", every=timedelta(hours=1), now=clock()))
        for one in (engine, *others)
    ]
    assert jobs == [None] * 4
    first = clock()
    clock.advance(timedelta(hours=1))
    jobs = [
        one.db.write(lambda tx: retention.claim_job(tx, "job", every=timedelta(hours=1), now=clock()))
        for one in (engine, *others)
    ]
    for one in others:
        one.db.close()
    assert jobs == [first, None, None, None]
