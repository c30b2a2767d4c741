"""Contents that the relay refused, and the mailings that are paused for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.bounce_schema import content_refusal, mailing_pause
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing, outage

T = TypeVar("T")

HELD = "held: the database may be an older copy"
"""The detail of the pauses by which `storage.pulse` holds all mail that waited (P34)."""
LOOKED_AT = 1_000
"""How many rows of a mailing are searched for an accepted one."""


def is_paused() -> ColumnElement[bool]:
    """Returns the condition that nothing of `mailing` is sent for now."""
    return exists().where(mailing_pause.c.mailing_id == mailing.c.id)


def paused_among(tx: Connection, mailing_ids: set[int]) -> set[int]:
    """Returns those of the mailings that are paused."""
    wanted = select(mailing_pause.c.mailing_id).where(mailing_pause.c.mailing_id.in_(mailing_ids))
    return set(tx.execute(wanted).scalars())


def first_refused_at(tx: Connection, mailing_id: int, recipient_id: int) -> datetime | None:
    """Returns when a recipient's message was first refused for its content; None where it never was."""
    theirs = select(func.min(content_refusal.c.at)).where(
        content_refusal.c.mailing_id == mailing_id, content_refusal.c.recipient_id == recipient_id
    )
    found: datetime | None = tx.execute(theirs).scalar_one()
    return found


def insert_refusal(tx: Connection, mailing_id: int, recipient_id: int, attempt: int, *, at: datetime) -> None:
    """Notes that a message was refused for its content; an attempt that is noted twice counts once."""
    key = {"mailing_id": mailing_id, "recipient_id": recipient_id, "attempt": attempt}
    if tx.execute(select(content_refusal.c.at).filter_by(**key)).first() is None:
        tx.execute(insert(content_refusal).values(**key, at=at))


def last_refused_at(tx: Connection, mailing_id: int, count: int) -> datetime | None:
    """Returns when the first of the last `count` refusals was; None where there are fewer."""
    latest = select(content_refusal.c.at).where(content_refusal.c.mailing_id == mailing_id)
    latest = latest.order_by(content_refusal.c.at.desc()).limit(1).offset(count - 1)
    return tx.execute(latest).scalar_one_or_none()


def is_accepted_since(tx: Connection, mailing_id: int, since: datetime) -> bool:
    """Returns whether anybody's message of a mailing was accepted at that instant or later.

    Recipients are written to in order of id: those of late are the last ones.
    """
    accepted = select(delivery.c.mailing_id).where(
        delivery.c.mailing_id == mailing_id,
        delivery.c.state == DeliveryState.ACCEPTED.value,
        delivery.c.changed_at >= since,
    )
    return tx.execute(accepted.order_by(delivery.c.recipient_id.desc()).limit(1)).first() is not None


def takes_any(tx: Connection, mailing_id: int) -> bool:
    """Returns whether the relay has accepted a mailing for one of the first who were written to."""
    first = select(delivery.c.state).where(delivery.c.mailing_id == mailing_id)
    some = first.order_by(delivery.c.recipient_id).limit(LOOKED_AT).subquery()
    accepted = select(some.c.state).where(some.c.state == DeliveryState.ACCEPTED.value).limit(1)
    return tx.execute(accepted).first() is not None


def pause_mailing(tx: Connection, mailing_id: int, *, detail: str | None) -> bool:
    """Pauses a mailing: nothing more of it is claimed. Returns whether it was not paused before."""
    if mailing_id in paused_among(tx, {mailing_id}):
        return False
    tx.execute(insert(mailing_pause).values(mailing_id=mailing_id, at=database_now(tx), detail=detail))
    return True


def resume_bulletin(tx: Connection, bulletin_id: int) -> bool:
    """Lets the paused mailings of a bulletin go on at once; returns whether there were any.

    What is held stays so: whoever got it before the backup was restored would get it again (P34).
    The 72 h count anew, or the first temporary refusal would end what was paused for longer.
    """
    wanted = _pauses_of(bulletin_id, mailing_pause.c.mailing_id).where(_is_by_itself())
    ids = list(tx.execute(wanted).scalars())
    for table in (mailing_pause, content_refusal):
        tx.execute(delete(table).where(table.c.mailing_id.in_(ids)))
    waiting = update(delivery).where(
        delivery.c.mailing_id.in_(ids), delivery.c.state == DeliveryState.QUEUED.value
    )
    now = database_now(tx)
    tx.execute(waiting.values(retry_at=now, first_at=now))
    return bool(ids)


def paused_at(tx: Connection, bulletin_id: int) -> datetime | None:
    """Returns since when a bulletin is paused, since the relay refuses it; None where it is not.

    Nor is it where a newer one has taken its place.
    """
    wanted = _pauses_of(bulletin_id, func.min(mailing_pause.c.at)).where(*_is_current())
    found: datetime | None = tx.execute(wanted).scalar_one()
    return found


def held_at(tx: Connection, bulletin_id: int) -> datetime | None:
    """Returns since when a bulletin is held (P34); None where it is not, or a newer one took its place."""
    wanted = _pauses_of(bulletin_id, func.min(mailing_pause.c.at))
    is_held = mailing.c.superseded_by.is_(None), mailing_pause.c.detail == HELD
    found: datetime | None = tx.execute(wanted.where(*is_held)).scalar_one()
    return found


def _pauses_of(bulletin_id: int, wanted: ColumnElement[T]) -> Select[T]:
    joined = select(wanted).join_from(mailing_pause, mailing, mailing.c.id == mailing_pause.c.mailing_id)
    return joined.where(mailing.c.bulletin_id == bulletin_id)


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a mailing is paused, in database time, and what the relay had said."""

    at: datetime
    said: str | None


def current_pauses(tx: Connection) -> list[Pause]:
    """Returns the pauses of mailings that were paused by themselves and that no newer one has superseded."""
    wanted = select(mailing_pause.c.at, mailing_pause.c.detail).join(
        mailing, mailing.c.id == mailing_pause.c.mailing_id
    )
    return [Pause(*row) for row in tx.execute(wanted.where(*_is_current()))]


def _is_current() -> tuple[ColumnElement[bool], ...]:
    return mailing.c.superseded_by.is_(None), _is_by_itself()


def _is_by_itself() -> ColumnElement[bool]:
    return mailing_pause.c.detail.is_distinct_from(HELD)


@dataclass(frozen=True, slots=True)
class PausedBulletin:
    """A bulletin that is paused, and the number of its outage."""

    bulletin_id: int
    number: str


def paused_bulletins(tx: Connection) -> list[PausedBulletin]:
    """Returns the bulletins that are paused by themselves and that no newer one has superseded."""
    wanted = (
        select(mailing.c.bulletin_id, outage.c.number)
        .join(mailing_pause, mailing_pause.c.mailing_id == mailing.c.id)
        .join(outage, outage.c.id == mailing.c.outage_id)
        .where(*_is_current())
        .order_by(mailing.c.bulletin_id)
    )
    return [PausedBulletin(*row) for row in tx.execute(wanted)]
