"""Contents that the relay refused, and the mailings that are paused for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.bounce_schema import content_refusal, mailing_pause
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing, outage

HELD = "held: the database may be an older copy"
"""The detail of a pause that `storage.pulse` has made, of all that waited (P34)."""
LOOKED_AT = 1_000
"""How many rows of a mailing are looked at for one that was accepted."""


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
    """Lets the paused mailings of a bulletin go on at once; returns whether there were any."""
    wanted = select(mailing.c.id).where(mailing.c.bulletin_id == bulletin_id, is_paused())
    ids = list(tx.execute(wanted).scalars())
    for table in (mailing_pause, content_refusal):
        tx.execute(delete(table).where(table.c.mailing_id.in_(ids)))
    waiting = update(delivery).where(
        delivery.c.mailing_id.in_(ids), delivery.c.state == DeliveryState.QUEUED.value
    )
    tx.execute(waiting.values(retry_at=database_now(tx)))
    return bool(ids)


def paused_at(tx: Connection, bulletin_id: int) -> datetime | None:
    """Returns since when a bulletin is paused; None where it is not, or a newer one has taken its place."""
    wanted = (
        select(func.min(mailing_pause.c.at))
        .join(mailing, mailing.c.id == mailing_pause.c.mailing_id)
        .where(mailing.c.bulletin_id == bulletin_id, mailing.c.superseded_by.is_(None))
    )
    found: datetime | None = tx.execute(wanted).scalar_one()
    return found


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
        .where(mailing.c.superseded_by.is_(None), mailing_pause.c.detail.is_distinct_from(HELD))
        .order_by(mailing.c.bulletin_id)
    )
    return [PausedBulletin(*row) for row in tx.execute(wanted)]
