"""Limits: so much in a span, counted once by all processes (P25)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from outage_service.clock import VirtualClock
from outage_service.services import limits
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.limits_schema import allowance
from tests.engines import an_engine

HOUR = timedelta(hours=1)


def use(engine: Engine, key: str = "ann", *, scope: str = "login", limit: int = 3) -> bool:
    """Uses something up to `limit` times an hour, by the engine's clock."""
    return engine.db.write(lambda tx: limits.allow(tx, scope, key, limit, HOUR, now=engine.clock()))


def test_so_much_is_allowed_and_no_more(engine: Engine) -> None:
    """P25."""
    assert [use(engine) for _ in range(5)] == [True, True, True, False, False]


def test_each_key_and_each_scope_counts_by_itself(engine: Engine) -> None:
    assert all(use(engine, limit=1, key=key, scope=scope) for key in ("ann", "bob") for scope in ("a", "b"))
    assert not use(engine, limit=1, scope="a")


def test_a_span_begins_with_the_first_use_and_ends(engine: Engine, clock: VirtualClock) -> None:
    began = clock()
    assert use(engine, limit=1)
    clock.set(began + timedelta(minutes=59, seconds=59))
    assert not use(engine, limit=1)
    clock.set(began + HOUR)
    assert use(engine, limit=1)
    assert not use(engine, limit=1)


def test_who_is_refused_is_told_how_long(engine: Engine, clock: VirtualClock) -> None:
    assert use(engine, limit=1)
    clock.set(clock() + timedelta(minutes=45))
    with engine.db.read() as tx:
        assert limits.wait_for(tx, "login", "ann", now=engine.clock()) == timedelta(minutes=15)
        assert limits.wait_for(tx, "login", "nobody", now=engine.clock()) == timedelta(seconds=1)


def test_a_clock_that_was_days_ahead_shuts_nobody_out(engine: Engine, clock: VirtualClock) -> None:
    """P5."""
    began = clock()
    clock.set(began + timedelta(days=9))
    assert use(engine, limit=1)
    clock.set(began)
    assert use(engine, limit=1)
    assert not use(engine, limit=1)


def test_without_an_instant_the_database_s_own_time_counts(engine: Engine) -> None:
    assert engine.db.write(lambda tx: limits.allow(tx, "login", "ann", 1, HOUR))
    assert not engine.db.write(lambda tx: limits.allow(tx, "login", "ann", 1, HOUR))
    with engine.db.read() as tx:
        assert timedelta(minutes=59) < limits.wait_for(tx, "login", "ann") <= HOUR


def test_of_many_at_once_no_more_pass(database_url: str) -> None:
    """P25: several processes share one count, as their connections show."""
    engines = [an_engine(database_url) for _ in range(3)]
    with ThreadPoolExecutor(12) as pool:
        allowed = list(pool.map(lambda n: use(engines[n % 3], limit=10), range(60)))
    for engine in engines:
        engine.db.close()
    assert sum(allowed) == 10


def test_a_use_is_not_counted_where_its_act_fails(engine: Engine) -> None:
    def fail(tx: Connection) -> None:
        assert limits.allow(tx, "login", "ann", 1, HOUR, now=engine.clock())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        engine.db.write(fail)
    assert use(engine, limit=1)


def test_nobody_s_name_or_address_is_kept_in_clear(engine: Engine) -> None:
    """P30."""
    assert use(engine, "203.0.113.9")
    with engine.db.read() as tx:
        (row,) = tx.execute(select(allowance)).all()
    assert "203.0.113.9" not in str(row)


@pytest.mark.parametrize(
    ("address", "network", "site"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("unix", "unix", "unix"),
    ],
)
def test_one_customer_s_addresses_are_one_caller_and_their_networks_one_site(
    address: str, network: str, site: str
) -> None:
    assert (limits.network_of(address), limits.site_of(address)) == (network, site)
