"""Two who change one subscriber at once: neither undoes what the other did (P14)."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services import subscribers, subscriptions, suppressions
from outage_service.services.addresses import Address
from outage_service.services.engine import Engine
from outage_service.services.links import Holder, Purpose, token
from outage_service.services.subscribers import Edit
from outage_service.storage.schema import subscription_request
from outage_service.storage.subscribers import Subscriber, SubscriberState
from tests.services.acts import subscribe
from tests.storage.rows import choices

ADMIN = Actor("records", Role.ADMIN)
ANN = Address("ann@example.org", "ann@example.org")
BOB = "bob@example.org"
WISHES = choices("ann@example.org", systems=[System.SWI])
LONG_ENOUGH_SECONDS = 0.3
Act = Callable[[Engine, Connection], object]


def leave(engine: Engine, tx: Connection) -> object:
    return subscriptions.unsubscribe(engine, tx, token(engine.secret_key, Purpose.UNSUBSCRIBE, Holder(1, 1)))


def come_back(engine: Engine, tx: Connection) -> object:
    link = token(engine.secret_key, Purpose.MANAGE, Holder(1, 1))
    return subscriptions.change(engine, tx, link, language=Language.FR, systems=0, kinds=0)


def bounce(engine: Engine, tx: Connection) -> object:
    return suppressions.suppress(engine, tx, ANN, SuppressionReason.HARD_BOUNCE, actor="bounces")


def edit(engine: Engine, tx: Connection) -> object:
    return subscribers.edit(engine, tx, ADMIN, 1, Edit(lambda _: WISHES))


def edit_language(engine: Engine, tx: Connection) -> object:
    wanted = Edit(lambda before: replace(before, language=Language.FR))
    return subscribers.edit(engine, tx, ADMIN, 1, wanted)


def move(engine: Engine, tx: Connection) -> object:
    """They wait for nobody at the address they leave: only the row's lock makes them."""
    wanted = Edit(lambda before: replace(before, email=BOB, address_key=BOB))
    return subscribers.edit(engine, tx, ADMIN, 1, wanted)


def present(engine: Engine) -> Subscriber:
    with engine.db.read() as tx:
        return subscribers.get(tx, 1)


def meanwhile(engine: Engine, first: Act, then: Act) -> None:
    """Begins `then` when `first` is done and not committed yet, and lets both end."""
    with ThreadPoolExecutor(1) as pool:

        def work(tx: Connection) -> None:
            first(engine, tx)
            late.append(pool.submit(engine.act, lambda other: then(engine, other)))
            wait(late, LONG_ENOUGH_SECONDS)

        late: list[Future[object]] = []
        engine.act(work)
    assert [one.exception() for one in late] == [None]


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        (leave, edit, SubscriberState.UNSUBSCRIBED),
        (bounce, edit, SubscriberState.SUPPRESSED),
        (bounce, come_back, SubscriberState.SUPPRESSED),
        (edit, leave, SubscriberState.UNSUBSCRIBED),
        (edit, bounce, SubscriberState.SUPPRESSED),
    ],
)
def test_an_edit_at_the_same_moment_writes_to_nobody_who_must_not_be_written_to(
    engine: Engine, first: Act, then: Act, state: SubscriberState
) -> None:
    """P14: whoever comes second sees what the first has done."""
    subscribe(engine, ANN.key)
    meanwhile(engine, first, then)
    assert present(engine).state is state


def test_whoever_comes_back_while_their_mailbox_is_given_up_stays_suppressed(engine: Engine) -> None:
    """P14: they are not active yet where what came back looks, and not listed yet where they look."""
    subscribe(engine, ANN.key)
    engine.act(lambda tx: leave(engine, tx))
    meanwhile(engine, come_back, bounce)
    assert present(engine).state is SubscriberState.SUPPRESSED


def test_whoever_leaves_right_after_they_came_back_has_left(engine: Engine) -> None:
    """P14: what they had left before is not taken for an answer."""
    subscribe(engine, ANN.key)
    engine.act(lambda tx: leave(engine, tx))
    meanwhile(engine, come_back, leave)
    assert present(engine).state is SubscriberState.UNSUBSCRIBED


def test_two_edits_at_once_both_hold(engine: Engine) -> None:
    """Each leaves alone what it does not name."""
    subscribe(engine, ANN.key)

    def of_swi(engine: Engine, tx: Connection) -> object:
        wanted = Edit(lambda before: replace(before, systems=WISHES.systems))
        return subscribers.edit(engine, tx, ADMIN, 1, wanted)

    meanwhile(engine, edit_language, of_swi)
    assert present(engine).choices == replace(WISHES, language=Language.FR)


def test_an_edit_keeps_what_another_changes_while_the_address_is_changed(engine: Engine) -> None:
    """The two wait for each other over the subscriber, for they do over no address."""
    subscribe(engine, ANN.key)
    meanwhile(engine, edit_language, move)
    assert present(engine).choices == replace(choices(BOB), language=Language.FR)


def test_two_addresses_in_a_row_end_the_links_of_both_earlier_ones(engine: Engine) -> None:
    """Each new address counts, also where both are given at once: decisions, item 11."""
    subscribe(engine, ANN.key)
    before = present(engine).epoch

    def move_on(engine: Engine, tx: Connection) -> object:
        wanted = Edit(lambda before: replace(before, email="cy@example.org", address_key="cy@example.org"))
        return subscribers.edit(engine, tx, ADMIN, 1, wanted)

    meanwhile(engine, move, move_on)
    assert (present(engine).choices.email, present(engine).epoch) == ("cy@example.org", before + 2)


def test_who_is_erased_while_their_address_is_changed_is_forgotten_at_the_new_one(engine: Engine) -> None:
    """What was asked for at the new address goes too, not what is at the one they had."""
    subscribe(engine, ANN.key)
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(BOB)))
    meanwhile(engine, move, lambda engine, tx: subscribers.erase(engine, tx, ADMIN, 1))
    with engine.db.read() as tx:
        assert tx.execute(select(subscription_request)).all() == []


def test_what_was_asked_for_last_is_what_is_confirmed(engine: Engine) -> None:
    """R14: a request that is replaced at the moment of the click."""
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(ANN.key)))
    link = token(engine.secret_key, Purpose.CONFIRM, Holder(1, 0))
    meanwhile(
        engine,
        lambda engine, tx: subscriptions.request(engine, tx, WISHES),
        lambda engine, tx: subscriptions.confirm(engine, tx, link),
    )
    assert present(engine).choices == WISHES
