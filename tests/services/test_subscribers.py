"""The list as administrators work on it: nothing here sends mail, and erasing leaves no address."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import String, Text, cast, select

from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.rendering.letters import AlertKind
from outage_service.services import alerts, regional, subscribers, subscriptions
from outage_service.services.addresses import parse_address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.links import Holder, Purpose, token
from outage_service.services.subscribers import AlreadySubscribed, Edit
from outage_service.storage.schema import audit, metadata
from outage_service.storage.subscribers import Choices, Subscriber, SubscriberState
from tests.engines import an_engine
from tests.services.acts import declare, mail, receivers, rows
from tests.storage.rows import choices

ADMIN = Actor("records", Role.ADMIN)
ANN = choices("Ann@example.org")


def add(engine: Engine, wanted: Choices = ANN) -> Subscriber:
    return engine.act(lambda tx: subscribers.add(engine, tx, ADMIN, wanted))


def edit(engine: Engine, subscriber_id: int, change: Edit) -> Subscriber:
    return engine.act(lambda tx: subscribers.edit(engine, tx, ADMIN, subscriber_id, change))


def erase(engine: Engine, subscriber_id: int) -> None:
    engine.act(lambda tx: subscribers.erase(engine, tx, ADMIN, subscriber_id))


def get(engine: Engine, subscriber_id: int) -> Subscriber:
    with engine.db.read() as tx:
        return subscribers.get(tx, subscriber_id)


def test_whoever_is_added_counts_as_confirmed(engine: Engine) -> None:
    """And is not written to because of it."""
    added = add(engine)
    assert get(engine, added.id) == added
    assert (added.choices, added.state, added.epoch) == (ANN, SubscriberState.ACTIVE, 1)
    assert rows(engine)["mailing"] == 0


@pytest.mark.parametrize("state", SubscriberState)
def test_an_address_is_added_once_whatever_its_state(engine: Engine, state: SubscriberState) -> None:
    """Who left must not be brought back by a slip; the answer names the subscriber."""
    known = add(engine)
    edit(engine, known.id, Edit(state=state))
    with pytest.raises(AlreadySubscribed) as caught:
        add(engine, choices("ann@example.org"))
    assert caught.value.subscriber_id == known.id


def test_an_address_that_is_added_twice_at_once_is_added_once(engine: Engine) -> None:
    """Two administrators, or a double click: no error of ours."""
    ready = threading.Barrier(4)

    def attempt(_: int) -> bool:
        ready.wait()
        try:
            add(engine)
        except AlreadySubscribed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


def test_an_edit_changes_what_it_names(engine: Engine) -> None:
    """The rest stays."""
    known = add(engine)
    suppressed = edit(engine, known.id, Edit(state=SubscriberState.SUPPRESSED))
    assert suppressed == replace(known, state=SubscriberState.SUPPRESSED)
    wishes = choices("Ann@example.org", systems=[System.SWI])
    assert edit(engine, known.id, Edit(lambda _: wishes)) == replace(suppressed, choices=wishes)
    assert get(engine, known.id) == replace(suppressed, choices=wishes)


def test_another_address_ends_the_links_in_earlier_mail(engine: Engine) -> None:
    """They are in the hands of whoever had the old one."""
    known = add(engine)
    link = token(engine.secret_key, Purpose.MANAGE, Holder(known.id, known.epoch))
    same = edit(engine, known.id, Edit(lambda _: choices("ANN@example.org")))
    assert same.epoch == known.epoch
    moved = edit(engine, known.id, Edit(lambda _: choices("new@example.org")))
    assert (moved.epoch, get(engine, known.id)) == (known.epoch + 1, moved)
    with engine.db.read() as tx, pytest.raises(NotFound):
        subscriptions.find_by_link(engine, tx, Purpose.MANAGE, link)


@pytest.mark.parametrize("state", SubscriberState)
def test_a_state_that_is_set_with_another_address_is_the_state(
    engine: Engine, state: SubscriberState
) -> None:
    """Whoever is moved and taken off the list in one edit is not written to at the new address."""
    known = add(engine)
    moved = edit(engine, known.id, Edit(lambda _: choices("new@example.org"), state))
    assert (moved.state, get(engine, known.id).state) == (state, state)


def test_whoever_has_left_stays_so_with_another_address(engine: Engine) -> None:
    """P14: an administrator who mends a spelling subscribes nobody."""
    known = add(engine)
    edit(engine, known.id, Edit(state=SubscriberState.UNSUBSCRIBED))
    moved = edit(engine, known.id, Edit(lambda _: choices("new@example.org")))
    assert (moved.state, get(engine, known.id).state) == (SubscriberState.UNSUBSCRIBED,) * 2


def test_an_edit_cannot_take_anothers_address(engine: Engine) -> None:
    """Nothing changes."""
    ann, bob = add(engine), add(engine, choices("bob@example.org"))
    with pytest.raises(AlreadySubscribed) as caught:
        edit(engine, bob.id, Edit(lambda _: choices("ann@example.org")))
    assert caught.value.subscriber_id == ann.id
    assert get(engine, bob.id) == bob


def test_whoever_is_not_there_is_told_as_that(engine: Engine) -> None:
    """Read, edited, or erased a second time."""
    known = add(engine)
    erase(engine, known.id)
    for attempt in (lambda: erase(engine, known.id), lambda: edit(engine, known.id, Edit())):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(NotFound):
        get(engine, known.id)


def texts_everywhere(engine: Engine) -> str:
    """Returns every text of every table."""
    found: list[str] = []
    with engine.db.read() as tx:
        for table in metadata.tables.values():
            columns = [cast(column, Text) for column in table.c if isinstance(column.type, (String, Text))]
            if columns:
                found += [repr(tuple(row)) for row in tx.execute(select(*columns))]
    return "\n".join(found)


def test_erasing_leaves_the_address_nowhere(engine: Engine) -> None:
    """Neither in requests nor in sent letters; the ledger keeps the id."""
    engine.act(lambda tx: subscriptions.request(engine, tx, ANN))
    assert len(mail(engine)) == 1
    known = add(engine)
    declare(engine)
    assert receivers(engine) == [known.id]
    assert "nn@example.org" in texts_everywhere(engine)
    before = rows(engine)
    erase(engine, known.id)
    assert "nn@example.org" not in texts_everywhere(engine).lower()
    assert before - rows(engine) == {"subscriber": 1, "subscription_request": 1}


def test_a_letter_to_an_erased_address_is_not_sent(engine: Engine) -> None:
    """Neither one that waits for its fan-out nor one that waits for another attempt."""
    engine.act(lambda tx: subscriptions.request(engine, tx, ANN))
    erase(engine, add(engine).id)
    assert mail(engine) == []


def test_what_a_mailbox_gets_as_a_regions_or_an_operators_is_sent_although_its_subscriber_is_erased(
    database_url: str,
) -> None:
    """R12, P22: erasing ends what was the subscriber's, and no more."""
    engine = an_engine(database_url, operator_email=ANN.email, canary_email=ANN.email)
    address = parse_address(ANN.email)
    engine.act(lambda tx: regional.add_recipient(engine, tx, ADMIN, address, Language.EN))
    known = add(engine)
    declare(engine)
    engine.act(lambda tx: alerts.send_alert(engine, tx, AlertKind.HEARTBEAT_LOST, host="here"))
    engine.act(lambda tx: subscriptions.request(engine, tx, ANN))
    erase(engine, known.id)
    assert receivers(engine) == [0, 0, 0]
    engine.db.close()


def test_an_erased_address_may_come_back(engine: Engine) -> None:
    """As somebody new: with another id, and links of its own."""
    first = add(engine)
    erase(engine, first.id)
    assert add(engine).id > first.id


def test_what_administrators_do_is_logged_by_id(engine: Engine) -> None:
    """P30."""
    known = add(engine)
    edit(engine, known.id, Edit())
    erase(engine, known.id)
    with engine.db.read() as tx:
        logged = [tuple(row) for row in tx.execute(select(audit.c.action, audit.c.actor, audit.c.detail))]
    detail = {"subscriber_id": known.id}
    assert logged == [(f"subscriber_{act}", "records", detail) for act in ("added", "edited", "erased")]
