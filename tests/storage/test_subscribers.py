"""Subscribers and pending requests as rows."""

from collections.abc import Sequence

from outage_service.domain.subscriptions import SubscriptionKind
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.storage import subscribers as rows
from outage_service.storage.database import Database
from outage_service.storage.subscribers import Subscriber, SubscriberState, SubscriptionRequest
from tests.builders import THURSDAY_10H, at
from tests.storage.rows import a_subscriber, choices, subscribers

NOON = at("2026-11-26 12:00")
WISHES = choices(
    "Ann@example.org", language=Language.FR, systems=[System.CCP], kinds=[SubscriptionKind.DELAY]
)


def find(db: Database, subscriber_id: int) -> Subscriber | None:
    with db.read() as tx:
        return rows.find_subscriber(tx, subscriber_id)


def test_a_subscriber_comes_back_as_added(db: Database) -> None:
    """Active from the start, in the first epoch, and found by id or by the compared address."""
    added = db.write(lambda tx: rows.insert_subscriber(tx, WISHES, now=THURSDAY_10H))
    expected = Subscriber(added, WISHES, SubscriberState.ACTIVE, 1, THURSDAY_10H)
    assert find(db, added) == expected
    with db.read() as tx:
        assert rows.find_subscriber_by_key(tx, "ann@example.org") == expected
        assert rows.find_subscriber_by_key(tx, "Ann@example.org") is None
    assert find(db, added + 1) is None


def test_many_subscribers_are_added_at_once(db: Database) -> None:
    """And none is no error."""
    many = [choices(f"person{number}@example.org") for number in range(3)]
    db.write(lambda tx: rows.insert_subscribers(tx, many, now=THURSDAY_10H))
    db.write(lambda tx: rows.insert_subscribers(tx, [], now=THURSDAY_10H))
    with db.read() as tx:
        assert [one.choices for one in rows.list_subscribers(tx, after_id=0, limit=9)] == many
        assert rows.count_active(tx) == 3
        assert rows.known_keys(tx, [many[0].address_key, "else@example.org"]) == {many[0].address_key}


def test_a_subscribers_choices_state_and_epoch_are_replaced(db: Database) -> None:
    """The time of confirmation stays."""
    changed = a_subscriber(db)
    db.write(
        lambda tx: rows.update_subscriber(
            tx, changed, WISHES, state=SubscriberState.SUPPRESSED, epoch=2, now=NOON
        )
    )
    assert find(db, changed) == Subscriber(changed, WISHES, SubscriberState.SUPPRESSED, 2, THURSDAY_10H)


def test_a_state_is_changed_where_the_subscriber_exists(db: Database) -> None:
    """The caller is told which."""
    leaving = a_subscriber(db)
    left = SubscriberState.UNSUBSCRIBED
    assert db.write(lambda tx: rows.set_subscriber_state(tx, leaving, left, now=NOON))
    assert not db.write(lambda tx: rows.set_subscriber_state(tx, 77, left, now=NOON))
    with db.read() as tx:
        assert rows.count_active(tx) == 0


def test_a_subscriber_is_erased_once(db: Database) -> None:
    """Nothing refers to the row, so that nothing keeps it from going."""
    gone = a_subscriber(db)
    assert db.write(lambda tx: rows.delete_subscriber(tx, gone))
    assert not db.write(lambda tx: rows.delete_subscriber(tx, gone))
    assert find(db, gone) is None


def test_the_list_is_read_in_pages(db: Database) -> None:
    """Of any state, in order of id; the export takes the active ones alone."""
    ids = subscribers(db, 5)
    db.write(lambda tx: rows.set_subscriber_state(tx, ids[2], SubscriberState.UNSUBSCRIBED, now=NOON))

    def of(found: Sequence[Subscriber]) -> list[int]:
        return [one.id for one in found]

    with db.read() as tx:
        assert of(rows.list_subscribers(tx, after_id=0, limit=3)) == ids[:3]
        assert of(rows.list_subscribers(tx, after_id=ids[2], limit=3)) == ids[3:]
        assert of(list(rows.iterate_active(tx, page=2))) == [*ids[:2], *ids[3:]]


def test_an_address_has_one_pending_request(db: Database) -> None:
    """P25: the newer wishes take the place of the older; when a letter last went out is kept."""
    first = db.write(lambda tx: rows.put_request(tx, choices("ann@example.org"), now=THURSDAY_10H))
    assert first.lettered_at is None
    db.write(lambda tx: rows.mark_lettered(tx, first.id, now=THURSDAY_10H))
    again = db.write(lambda tx: rows.put_request(tx, WISHES, now=NOON))
    assert again == SubscriptionRequest(first.id, WISHES, NOON, THURSDAY_10H)
    with db.read() as tx:
        assert rows.find_request(tx, first.id) == again
        assert rows.find_request(tx, first.id + 1) is None


def test_a_request_is_removed_once(db: Database) -> None:
    """Of two who confirm at once, one is told that it was there."""
    pending = db.write(lambda tx: rows.put_request(tx, WISHES, now=NOON))
    assert db.write(lambda tx: rows.delete_request(tx, pending.id))
    assert not db.write(lambda tx: rows.delete_request(tx, pending.id))


def test_what_is_pending_for_an_address_goes_with_it(db: Database) -> None:
    """Erasure; other people's requests stay."""
    theirs = db.write(lambda tx: rows.put_request(tx, WISHES, now=NOON))
    other = db.write(lambda tx: rows.put_request(tx, choices("bob@example.org"), now=NOON))
    db.write(lambda tx: rows.delete_request_of(tx, WISHES.address_key))
    with db.read() as tx:
        assert rows.find_request(tx, theirs.id) is None
        assert rows.find_request(tx, other.id) is not None


def test_ids_of_requests_are_never_given_twice(db: Database) -> None:
    """A used link must not confirm what somebody else asks for later."""
    first = db.write(lambda tx: rows.put_request(tx, WISHES, now=NOON))
    db.write(lambda tx: rows.delete_request(tx, first.id))
    second = db.write(lambda tx: rows.put_request(tx, choices("bob@example.org"), now=NOON))
    assert second.id == first.id + 1
