"""The subscriber list as an administrator works on it. Nothing here sends mail."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.roles import Actor
from outage_service.services import suppressions
from outage_service.services.addresses import Address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, Overtaken
from outage_service.storage import Connection, audit
from outage_service.storage import subscribers as rows
from outage_service.storage.mailings import CONFIRMATION, forget_address
from outage_service.storage.subscribers import Choices, Subscriber, SubscriberState

Expected = Callable[[Subscriber], bool]


class AlreadySubscribed(Exception):
    """The address belongs to another subscriber."""

    def __init__(self, subscriber_id: int) -> None:
        super().__init__("This address is subscribed already.")
        self.subscriber_id = subscriber_id


@dataclass(frozen=True, slots=True)
class Edit:
    """What changes of a subscriber; without a state that stays as it is.

    Args:
        choices: returns the choices after the edit, from those before it.
        is_expected: whether the subscriber is still what somebody has seen who changes them (P19).
    """

    choices: Callable[[Choices], Choices] = lambda before: before
    state: SubscriberState | None = None
    is_expected: Expected = lambda _: True


def take_turns_over(engine: Engine, tx: Connection, address_key: str) -> None:
    """Makes those wait for each other who add, change or list the same address.

    To be called before a subscriber is locked: who lists an address takes its turn first as well.
    """
    rows.take_turns_over(tx, address_key)
    suppressions.take_turns_over(tx, suppressions.digest_of(engine, address_key))


def add(engine: Engine, tx: Connection, actor: Actor, choices: Choices) -> Subscriber:
    """Adds a subscriber who counts as confirmed.

    Raises:
        AlreadySubscribed: the address is known, whatever its state.
    """
    take_turns_over(engine, tx, choices.address_key)
    known = rows.find_subscriber_by_key(tx, choices.address_key)
    if known is not None:
        raise AlreadySubscribed(known.id)
    subscriber_id = rows.insert_subscriber(tx, choices, now=engine.clock())
    suppressions.hold_back(engine, tx, [choices.address_key])
    _record(engine, tx, actor, "subscriber_added", subscriber_id)
    return get(tx, subscriber_id)


def get(
    tx: Connection,
    subscriber_id: int,
    *,
    find: Callable[[Connection, int], Subscriber | None] = rows.find_subscriber,
) -> Subscriber:
    """Returns a subscriber, as `find` finds one.

    Raises:
        NotFound: there is none with this id.
    """
    found = find(tx, subscriber_id)
    if found is None:
        raise NotFound("subscriber", subscriber_id)
    return found


def edit(engine: Engine, tx: Connection, actor: Actor, subscriber_id: int, change: Edit) -> Subscriber:
    """Changes a subscriber and returns the result; with another address, links in earlier mail end.

    Raises:
        AlreadySubscribed: the new address belongs to somebody else.
        NotFound: there is no such subscriber.
        Overtaken: the subscriber is not what was expected.
    """
    take_turns_over(engine, tx, change.choices(get(tx, subscriber_id).choices).address_key)
    found = _expected(tx, subscriber_id, change.is_expected)
    edited = _edited(engine, tx, found, change)
    state = edited.state if edited.state is not found.state else None
    rows.update_subscriber(
        tx, subscriber_id, edited.choices, state=state, epoch=edited.epoch, now=engine.clock()
    )
    _agree_with_list(engine, tx, actor, edited.choices, change.state)
    _record(engine, tx, actor, "subscriber_edited", subscriber_id)
    return edited


def _expected(tx: Connection, subscriber_id: int, is_expected: Expected) -> Subscriber:
    found = get(tx, subscriber_id, find=rows.lock_subscriber)
    if not is_expected(found):
        raise Overtaken
    return found


def _edited(engine: Engine, tx: Connection, found: Subscriber, change: Edit) -> Subscriber:
    edited = replace(found, choices=change.choices(found.choices), state=change.state or found.state)
    known = rows.find_subscriber_by_key(tx, edited.choices.address_key)
    if known is not None and known.id != found.id:
        raise AlreadySubscribed(known.id)
    if edited.choices.address_key != found.choices.address_key:
        edited = replace(edited, epoch=found.epoch + 1)
    return replace(edited, state=_state_after(engine, tx, found, edited, change.state))


def _state_after(
    engine: Engine, tx: Connection, found: Subscriber, edited: Subscriber, wanted: SubscriberState | None
) -> SubscriberState:
    """Returns the state after an edit: with another address it is that address that is suppressed or not."""
    is_moved = edited.choices.address_key != found.choices.address_key
    if wanted is not None or not is_moved or found.state is SubscriberState.UNSUBSCRIBED:
        return edited.state
    is_listed = suppressions.reason_for(engine, tx, edited.choices.address_key) is not None
    return SubscriberState.SUPPRESSED if is_listed else SubscriberState.ACTIVE


def _agree_with_list(
    engine: Engine, tx: Connection, actor: Actor, choices: Choices, wanted: SubscriberState | None
) -> None:
    """Puts an address on the list, or takes it off, as the state says that an administrator has set."""
    address = Address(choices.email, choices.address_key)
    if wanted is SubscriberState.ACTIVE:
        suppressions.lift_for(engine, tx, address.key, actor=actor.name)
    elif wanted is SubscriberState.SUPPRESSED and not suppressions.reason_for(engine, tx, address.key):
        suppressions.suppress(engine, tx, address, SuppressionReason.BY_HAND, actor=actor.name)


def erase(
    engine: Engine,
    tx: Connection,
    actor: Actor,
    subscriber_id: int,
    *,
    is_expected: Expected = lambda _: True,
) -> None:
    """Erases a subscriber, with what they asked for and their letters; the ledger keeps the bare id.

    What was being sent at this moment still goes out.

    Raises:
        Overtaken: the subscriber is not what was expected.
    """
    take_turns_over(engine, tx, get(tx, subscriber_id).choices.address_key)
    found = _expected(tx, subscriber_id, is_expected)
    rows.delete_subscriber(tx, subscriber_id)
    rows.delete_request_of(tx, found.choices.address_key)
    forget_address(tx, found.choices.address_key, purpose=CONFIRMATION)
    suppressions.forget(engine, tx, found.choices.address_key)
    _record(engine, tx, actor, "subscriber_erased", subscriber_id)


def _record(engine: Engine, tx: Connection, actor: Actor, action: str, subscriber_id: int) -> None:
    detail: dict[str, Any] = {"subscriber_id": subscriber_id}
    audit.record(tx, action, at=engine.clock(), actor=actor.name, detail=detail)
