"""Subscribing with double opt-in, changing and leaving (P14, P25, P26).

Every address gets the same answer: `request` never tells whether it is known.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from outage_service.channels.email.letter import freeze
from outage_service.domain.clocks import AGREE_WITHIN
from outage_service.domain.letters import Letter, LetterSlot
from outage_service.domain.roles import SUBSCRIBER
from outage_service.domain.texts import Language
from outage_service.services import limits, subscribers, suppressions
from outage_service.services.addresses import tagged_mailbox
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.limits import TooMany
from outage_service.services.links import Holder, Purpose, read_token
from outage_service.storage import Connection, audit
from outage_service.storage import subscribers as rows
from outage_service.storage.mailings import insert_letter
from outage_service.storage.subscribers import Choices, Subscriber, SubscriberState, SubscriptionRequest

log = structlog.get_logger(__name__)

LETTER_AT_MOST_EVERY = timedelta(hours=24)
"""One confirmation letter an address, however often it is asked for (P25)."""
LIMITS_PER = timedelta(hours=1)
TAGGED_LETTERS_AT_MOST = 3
"""Confirmation letters within that time to one mailbox under different tags (`me+1@`, `me+2@`), which are
addresses without end. The address without a tag has its own letter whatever was asked for with one."""
REQUEST_VALID_FOR = timedelta(days=7)
"""A confirmation link works this long after the request."""
_REQUESTS = "subscription_requests"
_LETTERS = "confirmation_letters"
_TAGGED = "tagged_letters"
PENDING = "pending subscription for this link"


def request(engine: Engine, tx: Connection, choices: Choices, *, caller: str = "") -> None:
    """Keeps what somebody asked for and sends the confirmation letter, unless one went out within 24 h.

    Nor does one go out while all letters together are too many for the hour, or those to one mailbox under
    different tags for the day: the answer stays the same, and asking again later is answered with a letter
    (P25, P26). None goes to an address whose reader has complained, or that an administrator has listed.

    Args:
        caller: the network address that asks; blank where it is not known and not limited.

    Raises:
        TooMany: this address has asked too often within the hour.
    """
    now = engine.clock()
    _admit(engine, tx, caller, now)
    reason = suppressions.reason_for(engine, tx, choices.address_key)
    if reason is not None and not reason.ends_with_confirmation:
        return
    pending = rows.put_request(tx, choices, now=now)
    if pending.lettered_at is not None and _is_recent(pending.lettered_at, now):
        return
    if not _admits_tag(engine, tx, choices.address_key, now):
        log.warning("tagged_letters_too_many")
        return
    # Last, for the row it counts in stays locked until this transaction ends.
    if not limits.allow(tx, _LETTERS, "all", engine.subscription_limits.letters, LIMITS_PER, now=now):
        log.warning("confirmation_letters_too_many")
        return
    insert_letter(
        tx,
        purpose=Purpose.CONFIRM.value,
        address=choices.email,
        language=choices.language,
        link_id=pending.id,
        letter=_confirmation(engine, choices.language),
        now=now,
    )
    rows.mark_lettered(tx, pending.id, now=now)


def _is_recent(lettered_at: datetime, now: datetime) -> bool:
    """Returns whether it is too early for another letter.

    A letter of later than now is of another host, or of a request that began after this one; of much later,
    of a clock that was set back since, and counts no more (P5).
    """
    return -AGREE_WITHIN <= now - lettered_at < LETTER_AT_MOST_EVERY


def _admit(engine: Engine, tx: Connection, caller: str, now: datetime) -> None:
    if not caller:
        return
    at_most = engine.subscription_limits.requests_per_address
    wait = limits.caller_has_to_wait(tx, _REQUESTS, caller, at_most, LIMITS_PER, now=now)
    if wait is not None:
        raise TooMany(wait)


def _admits_tag(engine: Engine, tx: Connection, address_key: str, now: datetime) -> bool:
    mailbox = tagged_mailbox(address_key)
    if mailbox is None:
        return True
    key = suppressions.digest_of(engine, mailbox)  # it may be of somebody who is erased meanwhile
    return limits.allow(tx, _TAGGED, key, TAGGED_LETTERS_AT_MOST, LETTER_AT_MOST_EVERY, now=now)


def _confirmation(engine: Engine, first: Language) -> bytes:
    composed = engine.composer.confirmation(first)
    letter = Letter(
        subject=composed.subject,
        text=composed.body.text,
        html=composed.body.html,
        first=first,
        links=frozenset({LetterSlot.CONFIRM_URL}),
    )
    return freeze(letter, sender=engine.sender, issued_at=engine.clock())


def find_request(engine: Engine, tx: Connection, token: str) -> SubscriptionRequest:
    """Returns the pending request that a confirmation link is for.

    Raises:
        NotFound: the link is not genuine, was used, or is older than a week.
    """
    holder = read_token(engine.secret_key, Purpose.CONFIRM, token)
    pending = rows.find_request(tx, holder.id) if holder else None
    if pending is None or engine.clock() - pending.requested_at > REQUEST_VALID_FOR:
        raise NotFound(PENDING, "")
    return pending


def confirm(engine: Engine, tx: Connection, token: str) -> Subscriber:
    """Makes the holder of a confirmation link a subscriber with the choices last asked for.

    Raises:
        NotFound: see `find_request`.
    """
    subscribers.take_turns_over(engine, tx, find_request(engine, tx, token).choices.address_key)
    pending = find_request(engine, tx, token)  # once more: they may have asked for something else meanwhile
    now, choices = engine.clock(), pending.choices
    if not rows.delete_request(tx, pending.id):
        raise NotFound(PENDING, "")
    suppressions.lift_for(engine, tx, choices.address_key, actor=SUBSCRIBER)
    known = rows.lock_subscriber_by_key(tx, choices.address_key)
    if known is None:
        subscriber_id = rows.insert_subscriber(tx, choices, now=now)
    else:
        subscriber_id = known.id
        _make_active(tx, known, choices, now)
    _record(tx, engine, "subscriber_confirmed", subscriber_id)
    return subscribers.get(tx, subscriber_id)


def _make_active(tx: Connection, present: Subscriber, choices: Choices, now: datetime) -> None:
    state = SubscriberState.ACTIVE if present.state is not SubscriberState.ACTIVE else None
    rows.update_subscriber(tx, present.id, choices, state=state, epoch=present.epoch, now=now)


def find_by_link(
    engine: Engine,
    tx: Connection,
    purpose: Purpose,
    token: str,
    *,
    find: Callable[[Connection, int], Subscriber | None] = rows.find_subscriber,
) -> Subscriber:
    """Returns the subscriber a link belongs to, whatever the state, as `find` finds one.

    Raises:
        NotFound: the link is not genuine, or of an earlier epoch.
    """
    holder = read_token(engine.secret_key, purpose, token)
    found = find(tx, holder.id) if holder else None
    if found is None or holder != Holder(found.id, found.epoch):
        raise NotFound("subscription for this link", "")
    return found


def change(
    engine: Engine, tx: Connection, token: str, *, language: Language, systems: int, kinds: int
) -> Subscriber:
    """Replaces the choices of the holder of a manage link; someone who had left is back again."""
    seen = find_by_link(engine, tx, Purpose.MANAGE, token)
    subscribers.take_turns_over(engine, tx, seen.choices.address_key)
    found = find_by_link(engine, tx, Purpose.MANAGE, token, find=rows.lock_subscriber)
    choices = Choices(found.choices.email, found.choices.address_key, language, systems, kinds)
    _make_active(tx, found, choices, engine.clock())
    suppressions.hold_back(engine, tx, [choices.address_key])
    _record(tx, engine, "subscriber_changed", found.id)
    return subscribers.get(tx, found.id)


def unsubscribe(engine: Engine, tx: Connection, token: str) -> Subscriber:
    """Ends the subscription of the holder of an unsubscribe link (RFC 8058); silent, and may be repeated."""
    found = find_by_link(engine, tx, Purpose.UNSUBSCRIBE, token, find=rows.lock_subscriber)
    if found.state is not SubscriberState.UNSUBSCRIBED:
        rows.set_subscriber_state(tx, found.id, SubscriberState.UNSUBSCRIBED, now=engine.clock())
        _record(tx, engine, "subscriber_left", found.id)
    return subscribers.get(tx, found.id)


def _record(tx: Connection, engine: Engine, action: str, subscriber_id: int) -> None:
    detail = {"subscriber_id": subscriber_id}
    audit.record(tx, action, at=engine.clock(), actor=SUBSCRIBER, detail=detail)
