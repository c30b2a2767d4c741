"""The delivery ledger: claims by workers and what became of each.

A worker claims rows either by moving a mailing's cursor on (they are inserted already claimed) or
by taking queued ones whose time has come. Every later write is fenced by worker, attempt and state (P9).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from outage_service.domain.deliveries import LONGEST_WAIT, DeliveryState, Verdict
from outage_service.domain.texts import Language
from outage_service.storage.in_bulk import insert_claimed, not_active_among
from outage_service.storage.locks import keep_newest
from outage_service.storage.mailings import audience_filter, superseded_among
from outage_service.storage.now import database_now
from outage_service.storage.pauses import is_paused
from outage_service.storage.schema import delivery, mailing, subscriber, worker
from outage_service.storage.types import AnyRow, written_out

CHUNK = 500
LEAST_TRIED_OF = 50
"""How many retries are looked at where only a few are claimed."""
ID_WINDOW = 20_000
"""How many subscriber ids one chunk looks at: an audience of few among many must not hold the writer."""
IN_FLIGHT_WAIT = timedelta(seconds=5)
"""A recipient whose older bulletin was still being sent is looked at again after this (P12)."""
LONE_RECIPIENT = 0
_NEW = timedelta(0)


_LANGUAGES = {language.value: language for language in Language}  # to call an Enum takes four times as long

ClaimKey = tuple[int, int, int]
"""Mailing, recipient and attempt: together the identity of a claim."""


class Claim(NamedTuple):  # made and hashed once a message: a dataclass takes four times as long
    """One delivery a worker may send. `link_id` and `epoch` are what its links are derived from.

    `age` is how long it had been tried when it was claimed, by the database's clock (decision 10).
    """

    mailing_id: int
    recipient_id: int
    attempt: int
    tries: int
    faults: int
    age: timedelta
    address: str
    language: Language
    link_id: int
    epoch: int

    @property
    def key(self) -> ClaimKey:
        """Returns what this claim is told from all others by."""
        return self[:3]


class Settlement(NamedTuple):
    """What became of a claim: its next state, and when to try again where that is `queued`."""

    claim: Claim
    state: DeliveryState
    retry_in: timedelta | None = None
    tries: int = 0
    faults: int = 0
    code: int | None = None
    detail: str | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claiming transaction came to. `goes_on`: nothing more may have been found for now only."""

    claims: list[Claim]
    goes_on: bool


def claim_next(tx: Connection, worker_id: str, *, limit: int = CHUNK) -> Batch:
    """Returns up to `limit` claims: the next of a fan-out, and retries whose time has come.

    Retries get half of a batch at most, so that neither can starve the other (P10). What was never tried is
    sent first, and is what a paused relay is asked with (`limit` 1): the same few that it always fails over
    may be due again each time, and would keep it paused for everybody else.
    """
    now = database_now(tx)
    retries = [] if limit == 1 else _claim_queued(tx, worker_id, now, limit // 2)
    row = _next_mailing(tx, wait=limit > 1 and not retries)
    fresh = [] if row is None else _claim_fan_out(tx, row, worker_id, now, limit - len(retries))
    if limit == 1 and not fresh:
        retries = _claim_queued(tx, worker_id, now, limit)
    return Batch(fresh + retries, goes_on=row is not None)


_FAN_OUT = (
    mailing.c.id, mailing.c.outage_id, mailing.c.systems, mailing.c.kinds, mailing.c.upper_id,
    mailing.c.cursor_id, mailing.c.address, mailing.c.language, mailing.c.link_id,
)  # fmt: skip


def _next_mailing(tx: Connection, *, wait: bool) -> AnyRow | None:
    """Returns the unfinished mailing that has come least far of those nobody has in hand, locked, or None.

    Letters are first, and mailings take turns: none waits for the end of another's list. With `wait`, one
    that another worker has in hand will do: a worker sent away would look again only after a second.
    """
    row = tx.execute(_unfinished(skip_locked=True)).one_or_none()
    return tx.execute(_unfinished(skip_locked=False)).one_or_none() if row is None and wait else row


@cache  # like the other statements of a claim: making one takes longer than running it
def _unfinished(*, skip_locked: bool) -> Select[Any]:
    turn = (mailing.c.upper_id.is_not(None), mailing.c.cursor_id, mailing.c.id)
    wanted = select(*_FAN_OUT).where(~mailing.c.is_fanned_out, ~is_paused()).order_by(*turn).limit(1)
    return wanted.with_for_update(skip_locked=skip_locked)


def _claim_fan_out(tx: Connection, row: AnyRow, worker_id: str, now: datetime, limit: int) -> list[Claim]:
    """Moves a mailing's cursor on and returns the claims that came of it."""
    recipients, reached = _next_recipients(tx, row, limit)
    busy = _in_flight(tx, row, [one[0] for one in recipients])
    claims = [
        Claim(row.id, recipient_id, 1, 0, 0, _NEW, address, _LANGUAGES[language], link_id, epoch)
        for recipient_id, address, language, link_id, epoch in recipients
        if recipient_id not in busy
    ]
    if claims:
        insert_claimed(tx, row.id, [claim[1] for claim in claims], worker_id=worker_id, now=now)
    if busy:
        tx.execute(insert(delivery), [_waiting_row(row.id, recipient_id, now) for recipient_id in busy])
    is_last = reached >= (row.upper_id or LONE_RECIPIENT)
    tx.execute(_moving_on(), {"moved": row.id, "cursor_id": reached, "is_fanned_out": is_last})
    return claims


@cache
def _moving_on() -> Update:
    return update(mailing).where(mailing.c.id == bindparam("moved"))


def _next_recipients(tx: Connection, row: AnyRow, limit: int) -> tuple[Sequence["AnyRow | _Lone"], int]:
    """Returns the next recipients of a mailing and the id up to which they were looked for."""
    if row.address is not None:
        return [_Lone(LONE_RECIPIENT, row.address, row.language, row.link_id or 0, 0)], LONE_RECIPIENT
    end = min(row.cursor_id + ID_WINDOW, row.upper_id)
    between = {"after": row.cursor_id, "until": end, "limit": limit}
    found = tx.execute(_audience(), {"systems": row.systems, "kinds": row.kinds, **between}).all()
    return found, found[-1].recipient_id if len(found) == limit else end


@cache
def _audience() -> Select[Any]:
    """Returns what finds `limit` recipients by masks `systems` and `kinds`, ids > `after` and <= `until`."""
    return (
        select(
            subscriber.c.id.label("recipient_id"), subscriber.c.email.label("address"), subscriber.c.language,
            subscriber.c.id.label("link_id"), subscriber.c.epoch,
        )
        .where(subscriber.c.id > bindparam("after"), subscriber.c.id <= bindparam("until"))
        .where(*audience_filter(bindparam("systems"), bindparam("kinds")))
        .order_by(subscriber.c.id)
        .limit(bindparam("limit"))
    )  # fmt: skip


class _Lone(NamedTuple):
    recipient_id: int
    address: str
    language: str
    link_id: int
    epoch: int


def _in_flight(tx: Connection, row: AnyRow, recipients: list[int]) -> set[int]:
    """Returns those of the recipients, in order of id, to whom an older bulletin is being sent (P12)."""
    if row.outage_id is None or not recipients:
        return set()
    among = {"first": recipients[0], "last": recipients[-1], "address": row.address}
    older = _claimed_of_older(is_letter=row.address is not None)
    return set(tx.execute(older, {"outage": row.outage_id, "newer": row.id, **among}).scalars())


@cache
def _claimed_of_older(*, is_letter: bool) -> Select[Any]:
    """Returns what finds them; all letters have the same recipient, whom their address alone tells apart."""
    wanted = select(delivery.c.recipient_id).join(mailing, mailing.c.id == delivery.c.mailing_id)
    wanted = wanted.where(mailing.c.address == bindparam("address")) if is_letter else wanted
    return wanted.where(
        mailing.c.outage_id == bindparam("outage"),
        mailing.c.id < bindparam("newer"),
        _is(DeliveryState.CLAIMED),
        delivery.c.recipient_id.between(bindparam("first"), bindparam("last")),
    )


def _waiting_row(mailing_id: int, recipient_id: int, now: datetime) -> dict[str, Any]:
    return {
        "mailing_id": mailing_id,
        "recipient_id": recipient_id,
        "state": DeliveryState.QUEUED.value,
        "attempt": 0,
        "tries": 0,
        "faults": 0,
        "worker_id": None,
        "retry_at": now + IN_FLIGHT_WAIT,
        "first_at": now,
        "changed_at": now,
    }


def _claim_queued(tx: Connection, worker_id: str, now: datetime, limit: int) -> list[Claim]:
    due = tx.execute(_queued(), {"now": now, "limit": max(limit, LEAST_TRIED_OF)}).all()
    # Those that the relay fails over have been tried most: the others are not to wait behind them (P10).
    rows = sorted(due, key=lambda row: row.attempt)[:limit]
    current = _hold_current(tx, rows)
    claims = [_queued_claim(row, now) for row in rows if row.mailing_id in current]
    if claims:
        claimed = _fenced_update(DeliveryState.QUEUED).values(
            state=DeliveryState.CLAIMED.value, worker_id=worker_id, attempt=delivery.c.attempt + 1,
            retry_at=None, changed_at=now,
        )  # fmt: skip
        tx.execute(claimed, [{"m": c.mailing_id, "r": c.recipient_id, "a": c.attempt - 1} for c in claims])
    return claims


def _hold_current(tx: Connection, rows: Sequence[AnyRow]) -> set[int]:
    """Returns the mailings of the rows that are the newest of their outage, and stay so until this commits.

    Between the look at the queue and the commit a newer bulletin could be issued and claimed: it would not
    see that an older one is being sent, and would overtake it or be overtaken (P12). An outage for which one
    is being issued at this moment is left alone for now.
    """
    found = {row.outage_id: keep_newest(tx, row.outage_id) for row in rows if row.outage_id is not None}
    held = {row.mailing_id for row in rows if found.get(row.outage_id, True)}
    return held - superseded_among(tx, held) if held else held


@cache
def _queued() -> Select[Any]:
    """Returns what finds `limit` rows due at `now`; made once, for making it takes longer than running it."""
    older, older_mailing, letter = delivery.alias("older"), mailing.alias("older_mailing"), mailing.alias()
    # Looked up apart, and last: for its address SQLite would else read each older mailing, not an index.
    older_address = select(letter.c.address).where(letter.c.id == older.c.mailing_id).scalar_subquery()
    is_in_flight = exists().where(
        older_mailing.c.outage_id == mailing.c.outage_id,
        older_mailing.c.id < mailing.c.id,
        older.c.mailing_id == older_mailing.c.id,
        older.c.recipient_id == delivery.c.recipient_id,
        older.c.state == written_out(delivery.c.state, DeliveryState.CLAIMED),
        or_(older.c.recipient_id != LONE_RECIPIENT, older_address == mailing.c.address),
    )
    is_somebody = or_(mailing.c.address != "", subscriber.c.state == "active")
    return (
        select(
            delivery, mailing.c.address, mailing.c.language.label("letter_language"), mailing.c.link_id,
            mailing.c.outage_id, subscriber.c.email, subscriber.c.language, subscriber.c.epoch,
        )
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .join(subscriber, subscriber.c.id == delivery.c.recipient_id, isouter=True)
        .where(
            _is(DeliveryState.QUEUED), delivery.c.retry_at <= bindparam("now"),
            mailing.c.superseded_by.is_(None), ~is_paused(), is_somebody, ~is_in_flight,
        )
        .order_by(delivery.c.retry_at)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=delivery)
    )  # fmt: skip


def _queued_claim(row: AnyRow, now: datetime) -> Claim:
    is_letter = row.address is not None
    return Claim(
        mailing_id=row.mailing_id,
        recipient_id=row.recipient_id,
        attempt=row.attempt + 1,
        tries=row.tries,
        faults=row.faults,
        age=now - row.first_at,
        address=row.address if is_letter else row.email,
        language=Language(row.letter_language if is_letter else row.language),
        link_id=(row.link_id or 0) if is_letter else row.recipient_id,
        epoch=0 if is_letter else row.epoch,
    )


def _is(state: DeliveryState) -> ColumnElement[bool]:
    return delivery.c.state == written_out(delivery.c.state, state)


def _fenced_update(state: DeliveryState) -> Update:
    return update(delivery).where(
        delivery.c.mailing_id == bindparam("m"),
        delivery.c.recipient_id == bindparam("r"),
        delivery.c.attempt == bindparam("a"),
        delivery.c.state == state.value,
    )


def free_claims(tx: Connection, *, of_dead_before: datetime | None) -> int:
    """Queues the claims of workers not seen since then (None: all) and returns how many.

    There is no limit to how old a claim may be (P6). What was sent but not recorded is sent again
    with the same Message-ID (P8).
    """
    now = database_now(tx)
    orphaned = update(delivery).where(_is(DeliveryState.CLAIMED))
    if of_dead_before is not None:
        alive = select(worker.c.id).where(worker.c.seen_at >= of_dead_before)
        orphaned = orphaned.where(delivery.c.worker_id.not_in(alive))
    return _free(tx, orphaned, now)


def bring_forward(tx: Connection) -> int:
    """Makes due what waits for longer than any retry does, and returns how many.

    The database's clock was ahead when they were put off, and has come back (P5).
    """
    now = database_now(tx)
    too_far = update(delivery).where(_is(DeliveryState.QUEUED), delivery.c.retry_at > now + LONGEST_WAIT)
    return tx.execute(too_far.values(retry_at=now, changed_at=now)).rowcount


def free_claims_of(tx: Connection, worker_id: str) -> int:
    """Queues what a worker that stops has claimed and not sent; returns how many."""
    held = update(delivery).where(_is(DeliveryState.CLAIMED), delivery.c.worker_id == worker_id)
    return _free(tx, held, database_now(tx))


def free_claims_but(tx: Connection, worker_id: str, held: Collection[ClaimKey]) -> int:
    """Queues what a living worker has claimed and knows nothing of; returns how many.

    A commit may have happened although it looked failed, and its claims belong to a worker that lives:
    nobody else would ever take them over (P7).
    """
    own = select(delivery.c.mailing_id, delivery.c.recipient_id, delivery.c.attempt)
    own = own.where(_is(DeliveryState.CLAIMED), delivery.c.worker_id == worker_id)
    lost = [tuple(row) for row in tx.execute(own) if tuple(row) not in held]
    if not lost:
        return 0
    fenced = _fenced_update(DeliveryState.CLAIMED).where(delivery.c.worker_id == bindparam("w"))
    freed = _freed(fenced, database_now(tx))
    return tx.execute(freed, [{"m": m, "r": r, "a": a, "w": worker_id} for m, r, a in lost]).rowcount


def _free(tx: Connection, claims: Update, now: datetime) -> int:
    return tx.execute(_freed(claims, now)).rowcount


def _freed(claims: Update, now: datetime) -> Update:
    return claims.values(state=DeliveryState.QUEUED.value, worker_id=None, retry_at=now, changed_at=now)


def inactive_among(tx: Connection, recipients: set[int]) -> set[int]:
    """Returns those of the recipients who have left, or were erased, since they were claimed (P14)."""
    return not_active_among(tx, list(recipients - {LONE_RECIPIENT}))
