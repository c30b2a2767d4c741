"""How often a confirmation letter is sent: for one address, one mailbox, one caller, and in all (P25)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from outage_service.clock import VirtualClock
from outage_service.services import subscriptions
from outage_service.services.engine import Engine
from outage_service.services.limits import TooMany
from outage_service.storage.subscribers import Choices
from tests.services.acts import mail, rows
from tests.storage.rows import choices


def limited(engine: Engine, **limits: int) -> Engine:
    return replace(engine, subscription_limits=replace(engine.subscription_limits, **limits))


def request(engine: Engine, wanted: Choices) -> None:
    engine.act(lambda tx: subscriptions.request(engine, tx, wanted))


def test_all_letters_together_are_limited_and_nobody_is_told(engine: Engine, clock: VirtualClock) -> None:
    """P25, P26: who got none in that hour gets one when they ask again."""
    few = limited(engine, letters=2)
    for number in range(4):
        request(few, choices(f"a{number}@example.org"))
    assert len(mail(few)) == 2
    request(few, choices("a3@example.org"))
    assert mail(few) == []
    clock.advance(timedelta(hours=1))
    request(few, choices("a3@example.org"))
    ((_, letter),) = mail(few)
    assert "To: a3@example.org\r\n" in letter
    assert rows(few)["subscription_request"] == 4


def test_one_mailbox_gets_few_letters_whatever_is_written_behind_a_plus(
    engine: Engine, clock: VirtualClock
) -> None:
    """P25: tags make addresses without end; without one it has its own letter. P26: nobody is told."""
    for number in range(9):
        request(engine, choices(f"Ann+{number}@example.org"))
    assert len(mail(engine)) == 3
    for other in ("ann@example.org", "bob+1@example.org", "ann+1@example.com"):
        request(engine, choices(other))
    assert len(mail(engine)) == 3
    request(engine, choices("ann+8@example.org"))
    assert mail(engine) == []
    clock.advance(timedelta(hours=24))
    request(engine, choices("ann+8@example.org"))
    ((_, letter),) = mail(engine)
    assert "To: ann+8@example.org\r\n" in letter


def test_one_caller_asks_only_so_often_for_whatever_address(engine: Engine, clock: VirtualClock) -> None:
    """P25: a refused request keeps nothing and sends nothing."""

    def ask(address: str, caller: str) -> None:
        few = limited(engine, requests_per_address=2)
        few.act(lambda tx: subscriptions.request(few, tx, choices(address), caller=caller))

    ask("a1@example.org", "2001:db8::1")
    ask("a2@example.org", "2001:db8::2")
    with pytest.raises(TooMany) as refused:
        ask("a3@example.org", "2001:db8::3")
    assert refused.value.wait == timedelta(hours=1)
    assert (rows(engine)["subscription_request"], rows(engine)["mailing"]) == (2, 2)
    ask("a3@example.org", "2001:db8:0:1::1")
    clock.advance(timedelta(hours=1))
    ask("a4@example.org", "2001:db8::3")
    assert rows(engine)["mailing"] == 4


def test_one_site_asks_only_so_often_from_all_its_networks(engine: Engine) -> None:
    """P25: an IPv6 customer may have 65,536 of them, and could else use up the letters of everybody."""
    few = limited(engine, requests_per_address=1)

    def ask(number: int, caller: str) -> None:
        few.act(lambda tx: subscriptions.request(few, tx, choices(f"a{number}@example.org"), caller=caller))

    for number in range(5):
        ask(number, f"2001:db8:0:{number}::1")
    for number in range(5, 8):
        with pytest.raises(TooMany) as refused:
            ask(number, f"2001:db8:0:{number}::1")
        assert refused.value.wait == timedelta(hours=1)
    assert rows(engine)["mailing"] == 5
    ask(9, "2001:db8:1::1")
    assert rows(engine)["mailing"] == 6


def test_a_letter_that_is_not_due_takes_nothing_of_the_limit(engine: Engine) -> None:
    """Somebody who asks for the same address again and again keeps no letter from others."""
    few = limited(engine, letters=2)
    for _ in range(5):
        request(few, choices("ann@example.org"))
    request(few, choices("bob@example.org"))
    assert len(mail(few)) == 2
