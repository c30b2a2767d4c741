"""Subscribing with double opt-in, changing and leaving, by links that cannot be forged (P14, P25, P26)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from outage_service.clock import VirtualClock
from outage_service.domain.subscriptions import SubscriptionKind, kinds_mask, systems_mask
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.services import subscriptions
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.links import Holder, Purpose, token
from outage_service.storage.schema import audit, mailing, subscription_request
from outage_service.storage.subscribers import (
    Choices,
    Subscriber,
    SubscriberState,
    find_subscriber_by_key,
    set_subscriber_state,
    update_subscriber,
)
from tests.services.acts import mail, rows, subscribe
from tests.storage.rows import choices

WISHES = choices(
    "Ann@example.org", language=Language.FR, systems=[System.CCP], kinds=[SubscriptionKind.DELAY]
)
OTHERS = choices("ann@example.org", systems=[System.EDI])
SECOND = timedelta(seconds=1)


def request(engine: Engine, wanted: Choices = WISHES) -> None:
    engine.act(lambda tx: subscriptions.request(engine, tx, wanted))


def pending_token(engine: Engine) -> str:
    """Returns what stands in the link of the one pending request's letter."""
    with engine.db.read() as tx:
        request_id = tx.execute(select(subscription_request.c.id)).scalar_one()
    return token(engine.secret_key, Purpose.CONFIRM, Holder(request_id, 0))


def confirm(engine: Engine, given: str) -> Subscriber:
    return engine.act(lambda tx: subscriptions.confirm(engine, tx, given))


def link_of(engine: Engine, purpose: Purpose, subscriber_id: int, epoch: int = 1) -> str:
    return token(engine.secret_key, purpose, Holder(subscriber_id, epoch))


def unsubscribe(engine: Engine, given: str) -> Subscriber:
    return engine.act(lambda tx: subscriptions.unsubscribe(engine, tx, given))


def change(engine: Engine, given: str) -> Subscriber:
    return engine.act(
        lambda tx: subscriptions.change(
            engine, tx, given, language=Language.FR, systems=systems_mask([System.SWI]), kinds=0
        )
    )


def test_a_request_makes_nobody_a_subscriber(engine: Engine) -> None:
    """Double opt-in: one letter, to the address that was given, with a link that confirms."""
    request(engine)
    counts = rows(engine)
    assert (counts["subscriber"], counts["subscription_request"], counts["mailing"]) == (0, 1, 1)
    ((recipient, letter),) = mail(engine)
    unfolded = letter.replace("=\r\n", "")
    assert recipient == 0
    assert "To: Ann@example.org\r\n" in letter
    assert f"{engine.base_url}/subscriptions/{pending_token(engine)}/confirm" in unfolded
    assert "List-Unsubscribe" not in letter


def test_confirming_makes_a_subscriber_with_the_wishes(engine: Engine) -> None:
    """The link is used up by it."""
    request(engine)
    link = pending_token(engine)
    with engine.db.read() as tx:
        assert subscriptions.find_request(engine, tx, link).choices == WISHES
    confirmed = confirm(engine, link)
    assert (confirmed.choices, confirmed.state, confirmed.epoch) == (WISHES, SubscriberState.ACTIVE, 1)
    assert rows(engine)["subscription_request"] == 0


def test_a_link_confirms_once(engine: Engine) -> None:
    """The second time it is unknown, and nothing changes."""
    request(engine)
    link = pending_token(engine)
    confirm(engine, link)
    before = rows(engine)
    with pytest.raises(NotFound):
        confirm(engine, link)
    assert rows(engine) == before


def test_a_link_that_is_clicked_twice_at_once_makes_one_subscriber(engine: Engine) -> None:
    """And no error of ours."""
    request(engine)
    link = pending_token(engine)
    ready = threading.Barrier(4)

    def click(_: int) -> bool:
        ready.wait()
        try:
            confirm(engine, link)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [False, False, False, True]
    assert rows(engine)["subscriber"] == 1


def test_one_address_gets_one_letter_a_day(engine: Engine, clock: VirtualClock) -> None:
    """P25: no mail bomb, however often it is asked for and in whatever spelling."""
    for _ in range(3):
        request(engine, WISHES)
        request(engine, OTHERS)
        clock.advance(timedelta(hours=7))
    clock.advance(timedelta(hours=3) - SECOND)
    request(engine)
    assert rows(engine)["mailing"] == 1
    clock.advance(SECOND)
    request(engine)
    assert rows(engine)["mailing"] == 2
    request(engine, choices("bob@example.org"))
    assert rows(engine)["mailing"] == 3


def test_a_clock_that_was_ahead_for_a_moment_costs_nobody_their_letter(
    engine: Engine, clock: VirtualClock
) -> None:
    """P5, P25: one letter more than a day allows, and from then on one a day again."""
    clock.advance(timedelta(days=30))
    request(engine)
    clock.advance(-timedelta(days=30))
    request(engine)
    request(engine)
    assert rows(engine)["mailing"] == 2


def test_a_host_whose_clock_is_a_little_behind_sends_no_second_letter(
    engine: Engine, clock: VirtualClock
) -> None:
    """P25: nor does a request that began first and is answered last."""
    request(engine)
    clock.advance(-SECOND)
    request(engine)
    assert rows(engine)["mailing"] == 1


def test_requests_at_once_are_one_request_with_one_letter(engine: Engine) -> None:
    """P25: a double click, or somebody who tries."""
    ready = threading.Barrier(4)

    def ask(_: int) -> None:
        ready.wait()
        request(engine)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    counts = rows(engine)
    assert (counts["subscription_request"], counts["mailing"]) == (1, 1)


@pytest.mark.parametrize("known_as", ["new", "pending", *SubscriberState])
def test_every_address_gets_the_same_answer_and_the_same_letter(engine: Engine, known_as: str) -> None:
    """P26: nobody learns who is subscribed, and the letter does not tell either."""
    if known_as == "pending":
        request(engine, choices("Ann@example.org", language=Language.FR))
    elif known_as != "new":
        person = subscribe(engine, "ann@example.org")
        engine.db.write(
            lambda tx: set_subscriber_state(tx, person, SubscriberState(known_as), now=engine.clock())
        )
    assert engine.act(lambda tx: subscriptions.request(engine, tx, WISHES)) is None  # type: ignore[func-returns-value]
    assert rows(engine)["mailing"] == 1
    with engine.db.read() as tx:
        frozen = tx.execute(select(mailing.c.letter_fr)).scalar_one()
    assert b"@@CONFIRM_URL@@" in frozen
    assert b"nn@example.org" not in frozen


def test_the_letter_says_nothing_of_whoever_asked(engine: Engine) -> None:
    """P25: no text of theirs; the same bytes for everybody but the address and the link."""
    request(engine, WISHES)
    request(engine, choices("bob@example.org", language=Language.FR))
    with engine.db.read() as tx:
        letters = set(tx.execute(select(mailing.c.letter_fr)).scalars())
    assert len(letters) == 1


def test_the_latest_wishes_are_confirmed(engine: Engine) -> None:
    """By the letter that went out for the first ones: there is no other within a day."""
    request(engine, WISHES)
    link = pending_token(engine)
    request(engine, OTHERS)
    assert confirm(engine, link).choices == OTHERS


def test_a_known_subscriber_confirms_other_wishes(engine: Engine) -> None:
    """The same person: same id, same links; also after having left."""
    person = subscribe(engine, "ann@example.org")
    unsubscribe(engine, link_of(engine, Purpose.UNSUBSCRIBE, person))
    request(engine, WISHES)
    confirmed = confirm(engine, pending_token(engine))
    assert (confirmed.id, confirmed.choices, confirmed.state) == (person, WISHES, SubscriberState.ACTIVE)
    assert change(engine, link_of(engine, Purpose.MANAGE, person)).id == person


def test_a_link_works_for_a_week(engine: Engine, clock: VirtualClock) -> None:
    """Counted from the latest request."""
    request(engine)
    link = pending_token(engine)
    clock.advance(timedelta(days=7) + SECOND)
    with pytest.raises(NotFound):
        confirm(engine, link)
    request(engine)
    clock.advance(timedelta(days=7))
    assert confirm(engine, link).state is SubscriberState.ACTIVE


def test_a_used_link_confirms_nobody_elses_request(engine: Engine) -> None:
    """Ids are not given twice."""
    request(engine)
    link = pending_token(engine)
    confirm(engine, link)
    request(engine, choices("bob@example.org"))
    with pytest.raises(NotFound):
        confirm(engine, link)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_is_good_for_its_purpose_only(engine: Engine, purpose: Purpose) -> None:
    """A forwarded mail's unsubscribe link must not change what its owner gets."""
    person = subscribe(engine)
    link = link_of(engine, purpose, person)
    attempts = {
        Purpose.CONFIRM: lambda: confirm(engine, link),
        Purpose.MANAGE: lambda: change(engine, link),
        Purpose.UNSUBSCRIBE: lambda: unsubscribe(engine, link),
    }
    for wanted, attempt in attempts.items():
        if wanted is purpose is not Purpose.CONFIRM:
            continue
        with pytest.raises(NotFound):
            attempt()


@pytest.mark.parametrize(
    "given", ["", "1.1.", "1.1.AAAAAAAAAAAAAAAAAAAAAA", "0.0.x", "é.1.x", "9" * 400, "1.1"]
)
def test_a_forged_link_is_of_nobody(engine: Engine, given: str) -> None:
    """Without the key there is no way to one."""
    subscribe(engine)
    request(engine, choices("bob@example.org"))
    before = rows(engine)
    for attempt in (confirm, change, unsubscribe):
        with pytest.raises(NotFound):
            attempt(engine, given)
    assert rows(engine) == before


def test_a_manage_link_changes_the_wishes(engine: Engine) -> None:
    """As often as its holder likes; the address stays."""
    person = subscribe(engine, "Ann@example.org")
    link = link_of(engine, Purpose.MANAGE, person)
    changed = change(engine, link)
    assert changed.choices == Choices(
        "Ann@example.org", "ann@example.org", Language.FR, systems_mask([System.SWI]), kinds_mask([])
    )
    assert change(engine, link) == changed


def test_whoever_left_is_back_by_the_manage_link(engine: Engine) -> None:
    """Only its holder can have it."""
    person = subscribe(engine)
    assert (
        unsubscribe(engine, link_of(engine, Purpose.UNSUBSCRIBE, person)).state
        is SubscriberState.UNSUBSCRIBED
    )
    assert change(engine, link_of(engine, Purpose.MANAGE, person)).state is SubscriberState.ACTIVE


def test_unsubscribing_may_be_repeated_and_sends_nothing(engine: Engine) -> None:
    """RFC 8058: mail programs do so by themselves; logged once."""
    person = subscribe(engine)
    link = link_of(engine, Purpose.UNSUBSCRIBE, person)
    first, second = unsubscribe(engine, link), unsubscribe(engine, link)
    assert first == second
    assert first.state is SubscriberState.UNSUBSCRIBED
    counts = rows(engine)
    assert (counts["mailing"], counts["audit"]) == (0, 1)


def test_whoever_is_suppressed_may_leave_too(engine: Engine) -> None:
    """So that nobody is brought back who had left, once their address is written to again."""
    person = subscribe(engine)
    engine.db.write(
        lambda tx: set_subscriber_state(tx, person, SubscriberState.SUPPRESSED, now=engine.clock())
    )
    assert (
        unsubscribe(engine, link_of(engine, Purpose.UNSUBSCRIBE, person)).state
        is SubscriberState.UNSUBSCRIBED
    )


def test_a_later_epoch_ends_all_earlier_links(engine: Engine) -> None:
    """What was in mail to somebody else's hands works no more."""
    person = subscribe(engine)
    engine.db.write(
        lambda tx: update_subscriber(
            tx, person, choices("new@example.org"), state=SubscriberState.ACTIVE, epoch=2, now=engine.clock()
        )
    )
    for attempt, purpose in ((change, Purpose.MANAGE), (unsubscribe, Purpose.UNSUBSCRIBE)):
        with pytest.raises(NotFound):
            attempt(engine, link_of(engine, purpose, person, epoch=1))
        attempt(engine, link_of(engine, purpose, person, epoch=2))


def test_what_subscribers_do_is_logged_without_their_address(engine: Engine) -> None:
    """P30: ids, never addresses."""
    request(engine)
    person = confirm(engine, pending_token(engine)).id
    change(engine, link_of(engine, Purpose.MANAGE, person))
    unsubscribe(engine, link_of(engine, Purpose.UNSUBSCRIBE, person))
    with engine.db.read() as tx:
        logged = [tuple(row) for row in tx.execute(select(audit.c.action, audit.c.actor, audit.c.detail))]
        assert find_subscriber_by_key(tx, "ann@example.org") is not None
    detail = {"subscriber_id": person}
    assert logged == [
        ("subscriber_confirmed", "subscriber", detail),
        ("subscriber_changed", "subscriber", detail),
        ("subscriber_left", "subscriber", detail),
    ]
