"""The list of addresses that are not written to any more, and how it goes together with subscriptions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from outage_service.domain.bounces import SuppressionReason
from outage_service.services import subscriber_files, subscribers, subscriptions, suppressions
from outage_service.services.addresses import Address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.links import Holder, Purpose, token
from outage_service.services.subscribers import Edit
from outage_service.services.suppressions import AlreadySuppressed
from outage_service.storage.subscribers import SubscriberState
from outage_service.storage.suppressions import Suppression, list_suppressions
from tests.services.acts import declare, receivers, subscribe
from tests.services.test_subscribers import ADMIN
from tests.storage.rows import choices

ANN = Address("Ann@example.org", "ann@example.org")
BY_HAND, HARD = SuppressionReason.BY_HAND, SuppressionReason.HARD_BOUNCE


def suppress(engine: Engine, reason: SuppressionReason = BY_HAND) -> Suppression:
    return engine.act(lambda tx: suppressions.suppress(engine, tx, ANN, reason, actor="admin"))


def lift(engine: Engine, entry: Suppression) -> None:
    engine.act(lambda tx: suppressions.lift(engine, tx, entry.id, actor="admin"))


def listed(engine: Engine) -> list[Suppression]:
    with engine.db.read() as tx:
        return list_suppressions(tx, before_id=None, limit=10)


def state(engine: Engine, person: int) -> SubscriberState:
    with engine.db.read() as tx:
        return subscribers.get(tx, person).state


def test_an_address_is_on_the_list_once(engine: Engine) -> None:
    """Two who put it there at once: one of them is told."""
    ready = threading.Barrier(4)

    def attempt(_: int) -> bool:
        ready.wait()
        try:
            suppress(engine)
        except AlreadySuppressed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert len(listed(engine)) == 1


def test_lifting_it_brings_back_who_was_subscribed(engine: Engine) -> None:
    person = subscribe(engine, ANN.key)
    entry = suppress(engine)
    assert state(engine, person) is SubscriberState.SUPPRESSED
    lift(engine, entry)
    assert state(engine, person) is SubscriberState.ACTIVE
    declare(engine)
    assert receivers(engine) == [person]
    with pytest.raises(NotFound):
        lift(engine, entry)


def test_lifting_it_brings_back_nobody_who_has_left(engine: Engine) -> None:
    person = subscribe(engine, ANN.key)
    entry = suppress(engine)
    leave = token(engine.secret_key, Purpose.UNSUBSCRIBE, Holder(person, 1))
    engine.act(lambda tx: subscriptions.unsubscribe(engine, tx, leave))
    lift(engine, entry)
    assert state(engine, person) is SubscriberState.UNSUBSCRIBED


def test_whoever_confirms_again_has_shown_that_the_mailbox_works(engine: Engine) -> None:
    person = subscribe(engine, ANN.key)
    suppress(engine, HARD)
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(ANN.key)))
    confirm = token(engine.secret_key, Purpose.CONFIRM, Holder(1, 0))
    engine.act(lambda tx: subscriptions.confirm(engine, tx, confirm))
    assert listed(engine) == []
    assert state(engine, person) is SubscriberState.ACTIVE


def test_a_link_from_before_does_not_lift_what_an_administrator_has_set(engine: Engine) -> None:
    engine.act(lambda tx: subscriptions.request(engine, tx, choices(ANN.key)))
    suppress(engine)
    confirm = token(engine.secret_key, Purpose.CONFIRM, Holder(1, 0))
    with pytest.raises(NotFound):
        engine.act(lambda tx: subscriptions.confirm(engine, tx, confirm))
    assert len(listed(engine)) == 1


def test_changing_one_s_choices_lifts_nothing(engine: Engine) -> None:
    person = subscribe(engine, ANN.key)
    suppress(engine, HARD)
    manage = token(engine.secret_key, Purpose.MANAGE, Holder(person, 1))
    chosen = choices(ANN.key)
    engine.act(
        lambda tx: subscriptions.change(engine, tx, manage, language=chosen.language, systems=1, kinds=0)
    )
    assert state(engine, person) is SubscriberState.SUPPRESSED


def test_who_is_added_or_imported_with_a_listed_address_gets_nothing(engine: Engine) -> None:
    suppress(engine)
    added = engine.act(lambda tx: subscribers.add(engine, tx, ADMIN, choices(ANN.key)))
    assert added.state is SubscriberState.SUPPRESSED
    engine.act(lambda tx: subscribers.erase(engine, tx, ADMIN, added.id))
    many = [choices(ANN.key), choices("bob@example.org")]
    engine.act(lambda tx: subscriber_files.import_chunk(engine, tx, many, actor="admin"))
    declare(engine)
    assert len(receivers(engine)) == 1


def test_an_erased_person_leaves_a_digest_that_goes_on_holding_mail_back(engine: Engine) -> None:
    person = subscribe(engine, ANN.key)
    suppress(engine)
    engine.act(lambda tx: subscribers.erase(engine, tx, ADMIN, person))
    (entry,) = listed(engine)
    assert entry.address == ""
    with engine.db.read() as tx:
        assert suppressions.reason_for(engine, tx, ANN.key) is BY_HAND


def test_an_administrator_s_edit_and_the_list_agree(engine: Engine) -> None:
    person = subscribe(engine, ANN.key)

    def edit(**change: object) -> SubscriberState:
        wanted = Edit(**change)  # type: ignore[arg-type]
        return engine.act(lambda tx: subscribers.edit(engine, tx, ADMIN, person, wanted)).state

    assert edit(state=SubscriberState.SUPPRESSED) is SubscriberState.SUPPRESSED
    assert edit(state=SubscriberState.SUPPRESSED) is SubscriberState.SUPPRESSED
    assert [one.reason for one in listed(engine)] == [BY_HAND]
    assert edit(choices=lambda _: choices("working@example.org")) is SubscriberState.ACTIVE
    assert edit(choices=lambda _: choices(ANN.key)) is SubscriberState.SUPPRESSED
    assert edit(state=SubscriberState.ACTIVE) is SubscriberState.ACTIVE
    assert listed(engine) == []
