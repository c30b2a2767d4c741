"""A network to the relay that holds back, trickles and resets; the relay behind it is well."""

import random
import time
from pathlib import Path

import psycopg
import pytest

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.texts import Bilingual
from tests.chaos import ledger
from tests.chaos.checks import (
    check_copies_are_identical,
    check_nobody_is_lost,
    check_repeats,
    check_sequence_never_goes_back,
)
from tests.chaos.installation import installation, until
from tests.chaos.proxy import Mode, running_proxy
from tests.chaos.relay import running_relay

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PEOPLE = 1500
ANSWER_AFTER = 0.01
LANES = 8
"""OUTAGE_SMTP_CONNECTIONS: the most messages that one reset of the network can leave uncertain."""
RESETS = 12
HELD_SECONDS = 20.0
NEWS = Bilingual("A fix is being tested.", "Une correction est à l’essai.")
SEED = 20261126
_STUCK = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'
    AND state_change < now() - interval '2 s'
"""


def test_a_network_that_holds_back_costs_nothing_but_time(postgresql_url: str, tmp_path: Path) -> None:
    """P16: no transaction is open meanwhile. Nothing was refused, so nothing is tried again."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        running_proxy(relay.port) as proxy,
        installation(postgresql_url, f"smtp://127.0.0.1:{proxy.port}", tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        one.worker().wait_for_log("working")
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        proxy.set_mode(Mode.HOLD)
        time.sleep(HELD_SECONDS)
        with psycopg.connect(postgresql_url.replace("+psycopg", "")) as looking:
            assert looking.execute(_STUCK).fetchone() == (0,)
        assert 0 < len(relay.accepted) < PEOPLE
        proxy.set_mode(Mode.PASS)
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=90)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    assert check_repeats(relay, []) == 0


def test_a_network_that_trickles_loses_and_repeats_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """P8: every answer comes octet by octet, in pieces that no command line respects."""
    with (
        running_relay() as relay,
        running_proxy(relay.port) as proxy,
        installation(sqlite_url, f"smtp://127.0.0.1:{proxy.port}", tmp_path) as one,
    ):
        proxy.set_mode(Mode.TRICKLE)
        people = one.subscribe(PEOPLE // 10)
        done = one.declare()
        one.worker()
        until(lambda: one.read(ledger.is_drained), "everybody is written to", seconds=120)
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    assert check_repeats(relay, []) == 0


def test_a_network_that_resets_every_moment_loses_nobody(database_url: str, tmp_path: Path) -> None:
    """P7, P8, P11: a message whose answer was cut off is tried again, as it was; nobody fails for it."""
    chance, resets = random.Random(SEED), []
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        running_proxy(relay.port) as proxy,
        installation(database_url, f"smtp://127.0.0.1:{proxy.port}", tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        one.worker().wait_for_log("working")
        done = one.declare()
        relay.wait_for(1)
        for _ in range(RESETS):
            time.sleep(chance.uniform(0.05, 0.5))
            proxy.reset()
            time.sleep(0.02)
            resets.append(time.monotonic())

        def is_done() -> bool:
            one.write(ledger.make_retries_due)
            return one.read(ledger.is_drained)

        until(is_done, "everybody is written to", seconds=120, every=1)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_copies_are_identical(relay)
    print(f"{check_repeats(relay, resets, window=LANES)} of {PEOPLE} messages repeated by {RESETS} resets")


def test_a_network_that_refuses_for_a_while_fails_nobody(sqlite_url: str, tmp_path: Path) -> None:
    """P11: every connection is reset for some seconds; what is left goes out once it is better."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        running_proxy(relay.port) as proxy,
        installation(sqlite_url, f"smtp://127.0.0.1:{proxy.port}", tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        one.worker().wait_for_log("working")
        done = one.declare()
        relay.wait_for(PEOPLE // 3)
        proxy.reset(refuse=True)
        refused_at = time.monotonic() + 0.1
        time.sleep(10)
        assert DeliveryState.FAILED not in one.read(ledger.states)
        proxy.reset()

        def is_done() -> bool:
            one.write(ledger.make_retries_due)
            return one.read(ledger.is_drained)

        took = until(is_done, "everybody is written to", seconds=120, every=1)
        print(f"all sent {took:.0f} s after the network was back")
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: PEOPLE}
    check_nobody_is_lost(relay, people, outage_id=done.outage.id, sequence=1)
    check_repeats(relay, [refused_at], window=LANES)


def test_what_waited_for_the_relay_is_looked_at_again_before_it_is_sent(
    sqlite_url: str, tmp_path: Path
) -> None:
    """P12, P14: while the relay was away there was news, and somebody left."""
    with (
        running_relay(answer_after=ANSWER_AFTER) as relay,
        running_proxy(relay.port) as proxy,
        installation(sqlite_url, f"smtp://127.0.0.1:{proxy.port}", tmp_path) as one,
    ):
        people = one.subscribe(PEOPLE)
        one.worker().wait_for_log("working")
        done = one.declare()
        relay.wait_for(PEOPLE // 5)
        proxy.reset(refuse=True)
        time.sleep(6)
        reached = {sent.recipient for sent in relay.accepted}
        leavers = [who for who in people if who not in reached][::2]
        one.write(lambda tx: ledger.unsubscribe(tx, leavers))
        one.give_news(done, NEWS)
        news_at = time.monotonic()
        proxy.reset()

        def is_done() -> bool:
            one.write(ledger.make_retries_due)
            return one.read(ledger.is_drained)

        until(is_done, "everybody is written to", seconds=120, every=1)
    old = [sent for sent in relay.accepted if sent.sequence == 1 and sent.at > news_at]
    assert old == []
    check_nobody_is_lost(relay, set(people) - set(leavers), outage_id=done.outage.id, sequence=2)
    check_sequence_never_goes_back(relay)
