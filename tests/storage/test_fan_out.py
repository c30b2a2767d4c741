"""The fan-out: whoever the frozen rule reaches gets exactly one row, in chunks, whatever happens (P2)."""

import pytest
from sqlalchemy import Connection, select, update

from outage_service.domain.subscriptions import Audience, SubscriptionKind, kinds_mask, systems_mask
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.storage import deliveries
from outage_service.storage.database import Database, open_database
from outage_service.storage.deliveries import ID_WINDOW, Batch, claim_next
from outage_service.storage.mailings import find_mailing
from outage_service.storage.schema import mailing, subscriber
from outage_service.storage.subscribers import SubscriberState, set_subscriber_state
from tests.builders import THURSDAY_10H
from tests.storage.rows import (
    EDI_OUT,
    a_letter,
    a_mailing,
    a_stored_outage,
    a_subscriber,
    all_claims,
    claims,
    recipients,
    states,
    subscribers,
)

CERS_PLANNED = Audience(systems_mask([System.CERS]), kinds_mask([SubscriptionKind.SCHEDULED]))


def batch(db: Database, limit: int = 500) -> Batch:
    return db.write(lambda tx: claim_next(tx, "one", limit=limit))


def test_everybody_of_the_rule_gets_one_row(db: Database) -> None:
    """P2: claimed by whoever moved the cursor, in the same transaction."""
    people = subscribers(db, 5)
    _, _, mailing_id = a_mailing(db)
    found = claims(db)
    assert [claim.recipient_id for claim in found] == people
    assert {(claim.mailing_id, claim.attempt, claim.tries, claim.faults) for claim in found} == {
        (mailing_id, 1, 0, 0)
    }
    assert recipients(db, mailing_id) == people
    assert states(db) == {"claimed": 5}
    assert batch(db) == Batch([], goes_on=False)


def test_a_claim_tells_where_the_letter_goes(db: Database) -> None:
    """The address as it is now, the language that comes first, and what the links are derived from."""
    person = a_subscriber(db, "Zoe@example.org", language=Language.FR)
    a_mailing(db)
    (claim,) = claims(db)
    assert (claim.address, claim.language, claim.link_id, claim.epoch) == (
        "Zoe@example.org",
        Language.FR,
        person,
        1,
    )


def test_the_cursor_moves_in_chunks(db: Database) -> None:
    """A first mail leaves at once whatever the size of the list; nobody is passed over at a seam."""
    people = subscribers(db, 7)
    _, _, mailing_id = a_mailing(db)
    chunks = [[claim.recipient_id for claim in claims(db, limit=3)] for _ in range(4)]
    assert chunks == [people[:3], people[3:6], people[6:], []]
    assert recipients(db, mailing_id) == people


def test_a_full_last_chunk_ends_the_fan_out(db: Database) -> None:
    """The next look finds nothing, instead of an empty chunk."""
    subscribers(db, 3)
    a_mailing(db)
    assert len(batch(db, limit=3).claims) == 3
    assert batch(db, limit=3) == Batch([], goes_on=False)


def test_a_newcomer_gets_the_next_bulletin(db: Database) -> None:
    """R14: who confirmed after the rule was frozen is not of it, however far the cursor has come."""
    people = subscribers(db, 2)
    of, _, first = a_mailing(db)
    newcomer = a_subscriber(db, "new@example.org")
    all_claims(db)
    assert recipients(db, first) == people
    _, _, second = a_mailing(db, outage_id=of, sequence=2)
    all_claims(db)
    assert recipients(db, second) == [*people, newcomer]


def test_a_bulletin_without_subscribers_is_done_at_once(db: Database) -> None:
    """The first days of the service."""
    _, _, mailing_id = a_mailing(db)
    assert all_claims(db) == []
    assert recipients(db, mailing_id) == []
    assert batch(db) == Batch([], goes_on=False)


@pytest.mark.parametrize(
    ("systems", "kinds", "audience", "is_reached"),
    [
        ((), (), EDI_OUT, True),
        ([System.EDI], (), EDI_OUT, True),
        ([System.EDI, System.CERS], [SubscriptionKind.OUTAGE], EDI_OUT, True),
        ((), [SubscriptionKind.OUTAGE, SubscriptionKind.DELAY], EDI_OUT, True),
        ([System.CERS], (), EDI_OUT, False),
        ([System.EDI], [SubscriptionKind.SCHEDULED], EDI_OUT, False),
        ((), [SubscriptionKind.KNOWN_PROBLEMS], EDI_OUT, False),
        ([System.SWI], [SubscriptionKind.OUTAGE], EDI_OUT, False),
        ([System.CERS], [SubscriptionKind.SCHEDULED], CERS_PLANNED, True),
        ([System.EDI], [SubscriptionKind.SCHEDULED], CERS_PLANNED, False),
    ],
)
def test_both_masks_must_meet_and_blank_means_all(
    db: Database,
    systems: list[System],
    kinds: list[SubscriptionKind],
    audience: Audience,
    is_reached: bool,
) -> None:
    """R14, as `Audience.includes` says it."""
    person = a_subscriber(db, systems=systems, kinds=kinds)
    a_mailing(db, audience=audience)
    found = [claim.recipient_id for claim in all_claims(db)]
    assert found == ([person] if is_reached else [])
    masks = {"systems": systems_mask(systems), "kinds": kinds_mask(kinds)}
    assert audience.includes(**masks) is is_reached


@pytest.mark.parametrize("state", [SubscriberState.UNSUBSCRIBED, SubscriberState.SUPPRESSED])
def test_who_left_before_the_cursor_came_gets_nothing(db: Database, state: SubscriberState) -> None:
    """P14: unsubscribed or suppressed since the rule was frozen."""
    leaving, staying = subscribers(db, 2)
    a_mailing(db)
    db.write(lambda tx: set_subscriber_state(tx, leaving, state, now=THURSDAY_10H))
    assert [claim.recipient_id for claim in all_claims(db)] == [staying]


def scatter(db: Database, ids: list[int]) -> None:
    """Moves the subscribers far apart, as when few among many wanted this."""

    def move(tx: Connection) -> None:
        known = list(tx.execute(select(subscriber.c.id).order_by(subscriber.c.id.desc())).scalars())
        for old, new in zip(known, sorted(ids, reverse=True), strict=True):
            tx.execute(update(subscriber).where(subscriber.c.id == old).values(id=new))

    db.write(move)


def test_few_among_many_are_found_in_short_steps(db: Database) -> None:
    """Decision 2: one transaction looks at so many ids and no more, and says that there is more."""
    subscribers(db, 3)
    far = [ID_WINDOW - 1, ID_WINDOW + 1, 5 * ID_WINDOW]
    scatter(db, far)
    _, _, mailing_id = a_mailing(db)
    steps: list[list[int]] = []
    while (step := batch(db)).goes_on:
        steps.append([claim.recipient_id for claim in step.claims])
    assert steps == [[far[0]], [far[1]], [], [], [far[2]]]
    assert recipients(db, mailing_id) == far


def test_a_crash_between_chunks_loses_and_repeats_nobody(database_url: str) -> None:
    """P2, P7: the cursor and the rows of a chunk are one commit; what was not committed never was."""
    db = open_database(database_url)
    people = subscribers(db, 6)
    _, _, mailing_id = a_mailing(db)
    claims(db, limit=2)

    class Killed(BaseException):
        """The process ends in the middle of a chunk."""

    def die(tx: Connection) -> None:
        claim_next(tx, "one", limit=2)
        raise Killed

    with pytest.raises(Killed):
        db.write(die)
    db.close()
    after = open_database(database_url)
    assert recipients(after, mailing_id) == people[:2]
    all_claims(after, "two", limit=2)
    assert recipients(after, mailing_id) == people
    after.close()


def test_letters_come_first_and_fan_outs_take_turns(db: Database) -> None:
    """Neither a confirmation nor another outage's first mail waits for the end of a long list."""
    subscribers(db, 4)
    first = a_mailing(db)[2]
    other = db.write(lambda tx: a_stored_outage(tx, number="TCC26-0002")).id
    second, letter = a_mailing(db, outage_id=other)[2], a_letter(db)
    order = [claim.mailing_id for claim in all_claims(db, limit=2)]
    assert order == [letter, first, first, second, second, first, first, second, second]


def test_a_letter_has_one_addressee(db: Database) -> None:
    """Decision 1: a letter is a mailing with a single recipient, who need not be a subscriber."""
    subscribers(db, 2)
    letter_id = a_letter(db, "desk@example.org", language=Language.FR)
    (claim,) = all_claims(db)
    assert (claim.mailing_id, claim.recipient_id) == (letter_id, deliveries.LONE_RECIPIENT)
    assert (claim.address, claim.language, claim.epoch) == ("desk@example.org", Language.FR, 0)


def test_a_letter_is_kept_in_its_one_language_order(db: Database) -> None:
    """There is nobody who would get the other."""
    with db.read() as tx:
        assert tx.execute(select(mailing.c.id)).first() is None
    letter_id = a_letter(db, language=Language.FR)
    with db.read() as tx:
        letters = find_mailing(tx, letter_id).letters
    assert (letters[Language.FR], letters[Language.EN]) == (b"letter", b"")


def test_a_newer_bulletin_ends_the_fan_out_of_the_older(db: Database) -> None:
    """P12: who was not reached by the first gets the second alone."""
    people = subscribers(db, 4)
    of, _, first = a_mailing(db)
    taken = claims(db, limit=2)
    _, _, second = a_mailing(db, outage_id=of, sequence=2)
    all_claims(db)
    assert recipients(db, first) == [claim.recipient_id for claim in taken]
    assert recipients(db, second) == people


def test_another_outages_bulletin_supersedes_nothing(db: Database) -> None:
    """P12 is per outage."""
    people = subscribers(db, 2)
    _, _, first = a_mailing(db)

    other = db.write(lambda tx: a_stored_outage(tx, number="TCC26-0002")).id
    _, _, second = a_mailing(db, outage_id=other)
    all_claims(db)
    assert recipients(db, first) == people
    assert recipients(db, second) == people
