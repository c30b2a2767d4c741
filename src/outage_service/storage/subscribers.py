"""Subscribers and those who have not confirmed yet.

A subscriber's id is given at confirmation. `address_key` is the address as compared: lower case,
domain in its A-label form.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

from outage_service.domain.texts import Language
from outage_service.storage.locks import take_turns
from outage_service.storage.schema import subscriber, subscription_request
from outage_service.storage.types import AnyRow

IDS_SKIPPED = 100_000
"""More than subscribe between a backup and its restoring: letters are 2,000 an hour."""


class SubscriberState(StrEnum):
    """Whether mail may be sent."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Choices:
    """Who wants what: masks of systems and kinds, 0 for all (R14)."""

    email: str
    address_key: str
    language: Language
    systems: int
    kinds: int


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A confirmed subscriber. Links carry the epoch: raising it ends all earlier links."""

    id: int
    choices: Choices
    state: SubscriberState
    epoch: int
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """What somebody asked for and has not confirmed."""

    id: int
    choices: Choices
    requested_at: datetime
    lettered_at: datetime | None


def _columns(choices: Choices) -> dict[str, Any]:
    return {
        "email": choices.email,
        "address_key": choices.address_key,
        "language": choices.language.value,
        "systems": choices.systems,
        "kinds": choices.kinds,
    }


def _choices(row: AnyRow) -> Choices:
    return Choices(row.email, row.address_key, Language(row.language), row.systems, row.kinds)


def _subscriber(row: AnyRow) -> Subscriber:
    return Subscriber(row.id, _choices(row), SubscriberState(row.state), row.epoch, row.confirmed_at)


def take_turns_over(tx: Connection, address_key: str) -> None:
    """Makes those who are about to add or request the same address wait for each other."""
    take_turns(tx, f"address {address_key}")


def insert_subscriber(tx: Connection, choices: Choices, *, now: datetime) -> int:
    """Adds an active subscriber and returns the id."""
    values = _columns(choices) | _fresh(now)
    inserted: int = tx.execute(insert(subscriber).values(**values).returning(subscriber.c.id)).scalar_one()
    return inserted


def insert_subscribers(tx: Connection, many: Sequence[Choices], *, now: datetime) -> None:
    """Adds active subscribers in one statement."""
    if many:
        tx.execute(insert(subscriber), [_columns(choices) | _fresh(now) for choices in many])


def _fresh(now: datetime) -> dict[str, Any]:
    return {"state": SubscriberState.ACTIVE.value, "epoch": 1, "confirmed_at": now, "changed_at": now}


def update_subscriber(
    tx: Connection,
    subscriber_id: int,
    choices: Choices,
    *,
    state: SubscriberState | None,
    epoch: int,
    now: datetime,
) -> None:
    """Replaces a subscriber's choices and epoch, and the state unless it is None."""
    values = _columns(choices) | {"epoch": epoch, "changed_at": now}
    if state is not None:
        values["state"] = state.value
    tx.execute(update(subscriber).where(subscriber.c.id == subscriber_id).values(**values))


def set_subscriber_state(
    tx: Connection, subscriber_id: int, state: SubscriberState, *, now: datetime
) -> bool:
    """Changes a subscriber's state and returns whether that subscriber exists."""
    changed = update(subscriber).where(subscriber.c.id == subscriber_id)
    return tx.execute(changed.values(state=state.value, changed_at=now)).rowcount == 1


def delete_subscriber(tx: Connection, subscriber_id: int) -> bool:
    """Erases a subscriber and returns whether there was one; deliveries keep the bare id."""
    return tx.execute(delete(subscriber).where(subscriber.c.id == subscriber_id)).rowcount == 1


def find_subscriber(tx: Connection, subscriber_id: int) -> Subscriber | None:
    """Returns a subscriber by id."""
    row = tx.execute(select(subscriber).where(subscriber.c.id == subscriber_id)).one_or_none()
    return _subscriber(row) if row else None


def lock_subscriber(tx: Connection, subscriber_id: int) -> Subscriber | None:
    """Returns a subscriber by id, whom nobody else changes until this transaction ends."""
    wanted = select(subscriber).where(subscriber.c.id == subscriber_id).with_for_update()
    row = tx.execute(wanted).one_or_none()
    return _subscriber(row) if row else None


def find_subscriber_by_key(tx: Connection, address_key: str) -> Subscriber | None:
    """Returns a subscriber by the compared form of the address."""
    row = tx.execute(select(subscriber).where(subscriber.c.address_key == address_key)).one_or_none()
    return _subscriber(row) if row else None


def lock_subscriber_by_key(tx: Connection, address_key: str) -> Subscriber | None:
    """Returns a subscriber by the compared form of the address; see `lock_subscriber`."""
    wanted = select(subscriber).where(subscriber.c.address_key == address_key).with_for_update()
    row = tx.execute(wanted).one_or_none()
    return _subscriber(row) if row else None


def known_keys(tx: Connection, keys: Sequence[str]) -> set[str]:
    """Returns those of `keys` that belong to a subscriber."""
    return set(
        tx.execute(select(subscriber.c.address_key).where(subscriber.c.address_key.in_(keys))).scalars()
    )


def list_subscribers(tx: Connection, *, after_id: int, limit: int, part: str = "") -> list[Subscriber]:
    """Returns subscribers of any state above `after_id` whose address holds `part`, in order of id."""
    wanted = select(subscriber).where(subscriber.c.id > after_id).order_by(subscriber.c.id).limit(limit)
    if part:
        wanted = wanted.where(subscriber.c.address_key.contains(part.lower(), autoescape=True))
    return [_subscriber(row) for row in tx.execute(wanted)]


def iterate_active(tx: Connection, *, page: int = 1000) -> Iterator[Subscriber]:
    """Yields all active subscribers in order of id, holding one page in memory."""
    after_id = 0
    while rows := list_subscribers(tx, after_id=after_id, limit=page):
        yield from (row for row in rows if row.state is SubscriberState.ACTIVE)
        after_id = rows[-1].id


def count_active(tx: Connection) -> int:
    """Returns how many subscribers are active."""
    wanted = (
        select(func.count()).select_from(subscriber).where(subscriber.c.state == SubscriberState.ACTIVE.value)
    )
    return tx.execute(wanted).scalar_one()


def put_request(tx: Connection, choices: Choices, *, now: datetime) -> SubscriptionRequest:
    """Adds or replaces the one pending request of an address and returns it."""
    take_turns_over(tx, choices.address_key)
    found = tx.execute(
        select(subscription_request).where(subscription_request.c.address_key == choices.address_key)
    ).one_or_none()
    if found:
        changed = update(subscription_request).where(subscription_request.c.id == found.id)
        tx.execute(changed.values(**_columns(choices), requested_at=now))
        return SubscriptionRequest(found.id, choices, now, found.lettered_at)
    values = _columns(choices) | {"requested_at": now}
    added = insert(subscription_request).values(**values).returning(subscription_request.c.id)
    return SubscriptionRequest(tx.execute(added).scalar_one(), choices, now, None)


def mark_lettered(tx: Connection, request_id: int, *, now: datetime) -> None:
    """Notes when the confirmation letter was last queued (P25)."""
    changed = update(subscription_request).where(subscription_request.c.id == request_id)
    tx.execute(changed.values(lettered_at=now))


def find_request(tx: Connection, request_id: int) -> SubscriptionRequest | None:
    """Returns a pending request."""
    wanted = select(subscription_request).where(subscription_request.c.id == request_id)
    row = tx.execute(wanted).one_or_none()
    return SubscriptionRequest(row.id, _choices(row), row.requested_at, row.lettered_at) if row else None


def delete_request_of(tx: Connection, address_key: str) -> None:
    """Removes what is pending for an address, if anything is."""
    tx.execute(delete(subscription_request).where(subscription_request.c.address_key == address_key))


def delete_request(tx: Connection, request_id: int) -> bool:
    """Removes a pending request and returns whether it was there: of two at once, only one is told so."""
    gone = delete(subscription_request).where(subscription_request.c.id == request_id)
    return tx.execute(gone).rowcount == 1


def skip_ids(tx: Connection) -> None:
    """Makes the ids given from now on others than those that were given since this copy was made (P34).

    Whoever came and was lost with the restoring still has their links: they must not open, or end, the
    subscription of somebody else.
    """
    for table in (subscriber, subscription_request):
        if tx.dialect.name == "sqlite":
            _skip_on_sqlite(tx, table)
        else:
            # One by one: to take a number is all that who adds a row needs to be allowed.
            number = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
            taken = select(func.max(number)).select_from(func.generate_series(1, IDS_SKIPPED))
            tx.execute(taken)


def _skip_on_sqlite(tx: Connection, table: Table) -> None:
    counter = {"name": table.name, "skipped": IDS_SKIPPED}
    if not tx.execute(_SKIP, counter).rowcount:  # nothing was ever added
        tx.execute(_BEGIN_BEYOND, counter)


_SKIP = text("UPDATE sqlite_sequence SET seq = seq + :skipped WHERE name = :name")
_BEGIN_BEYOND = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :skipped)")
