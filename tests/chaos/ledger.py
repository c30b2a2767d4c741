"""What the database says after a fault, and small changes to it that only time would make otherwise."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, not_, or_, select, update

from outage_service.clock import system_clock
from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.schema import bulletin, delivery, impact, mailing, outage, subscriber, worker
from outage_service.storage.subscribers import SubscriberState

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def states(tx: Connection) -> dict[DeliveryState, int]:
    """Returns how many deliveries are in each state."""
    wanted = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    return {DeliveryState(state): count for state, count in tx.execute(wanted)}


def is_drained(tx: Connection) -> bool:
    """Returns whether there is a mailing, every one is fanned out, and no delivery waits or is in hand."""
    unfinished = select(func.count()).select_from(mailing).where(not_(mailing.c.is_fanned_out))
    left = {DeliveryState.CLAIMED, DeliveryState.QUEUED} & states(tx).keys()
    return tx.execute(unfinished).scalar_one() == 0 and bool(states(tx)) and not left


def make_retries_due(tx: Connection) -> None:
    """Lets the time pass that queued deliveries wait for."""
    is_queued = delivery.c.state == DeliveryState.QUEUED
    tx.execute(update(delivery).where(is_queued).values(retry_at=LONG_AGO))


def workers(tx: Connection) -> list[str]:
    """Returns the ids of the workers that are known."""
    return list(tx.execute(select(worker.c.id)).scalars())


def age_worker(tx: Connection, worker_id: str) -> None:
    """Lets the time pass after which a worker that says nothing is forgotten.

    An older heartbeat would not do: whoever looks after the dead takes it for one made by a wrong clock.
    """
    tx.execute(delete(worker).where(worker.c.id == worker_id))


def set_due(tx: Connection, outage_id: int, due: datetime) -> None:
    """Puts an outage's next bulletin at `due`, and the last one two hours before."""
    moved = update(outage).where(outage.c.id == outage_id)
    tx.execute(moved.values(next_due_at=due, last_bulletin_at=due - timedelta(hours=2)))


def due_of(tx: Connection, outage_id: int) -> datetime | None:
    """Returns when an outage's next bulletin is due."""
    found: datetime | None = tx.execute(
        select(outage.c.next_due_at).where(outage.c.id == outage_id)
    ).scalar_one()
    return found


def overdue(tx: Connection) -> int:
    """Returns how many outages have a bulletin due by now."""
    return tx.execute(select(func.count()).where(outage.c.next_due_at <= system_clock())).scalar_one()


def slots(tx: Connection) -> list[tuple[int, datetime]]:
    """Returns the outage and the due time of every bulletin that the clock has issued."""
    wanted = select(bulletin.c.outage_id, bulletin.c.slot_at).where(bulletin.c.slot_at.is_not(None))
    return [(row.outage_id, row.slot_at) for row in tx.execute(wanted.order_by(bulletin.c.id))]


def lateness_seconds(tx: Connection) -> list[float]:
    """Returns by how much each of the clock's bulletins was written after its due time."""
    wanted = select(bulletin.c.slot_at, bulletin.c.created_at).where(bulletin.c.slot_at.is_not(None))
    return [(row.created_at - row.slot_at).total_seconds() for row in tx.execute(wanted)]


def deliveries(tx: Connection) -> list[tuple[object, ...]]:
    """Returns the whole ledger, for comparison."""
    ordered = select(delivery).order_by(delivery.c.mailing_id, delivery.c.recipient_id)
    return [tuple(row) for row in tx.execute(ordered)]


def last_bulletin(tx: Connection, outage_id: int) -> tuple[str, str]:
    """Returns kind and English text of an outage's latest bulletin."""
    wanted = select(bulletin.c.kind, bulletin.c.text_en).where(bulletin.c.outage_id == outage_id)
    row = tx.execute(wanted.order_by(bulletin.c.sequence.desc()).limit(1)).one()
    return row.kind, row.text_en


def broken_bulletins(tx: Connection) -> list[int]:
    """Returns bulletins without exactly one mailing, and outages whose next due time did not move (P2)."""
    count = func.count(mailing.c.id)
    joined = select(bulletin.c.id).join(mailing, mailing.c.bulletin_id == bulletin.c.id, isouter=True)
    without_mailing = tx.execute(joined.group_by(bulletin.c.id).having(count != 1)).scalars()
    is_behind = and_(bulletin.c.slot_at.is_not(None), outage.c.next_due_at <= bulletin.c.slot_at)
    is_ahead = outage.c.sequence != select(func.count()).where(
        bulletin.c.outage_id == outage.c.id
    ).correlate(outage).scalar_subquery()  # fmt: skip
    torn = select(outage.c.id).join(bulletin, bulletin.c.outage_id == outage.c.id)
    return [*without_mailing, *tx.execute(torn.where(or_(is_behind, is_ahead)).distinct()).scalars()]


def multiply_outage(tx: Connection, outage_id: int, dues: Sequence[datetime]) -> list[int]:
    """Adds a copy of an outage with its first bulletin for each of `dues`; returns the ids.

    Many outages of one system cannot be declared; the scheduler does not care.
    """
    made = []
    for number, due in enumerate(dues, start=1000):
        values = _row(tx, outage, outage.c.id == outage_id)
        values |= {"number": f"TCC26-{number}", "next_due_at": due, "changed_at": system_clock()}
        copy_id = tx.execute(insert(outage).values(**values).returning(outage.c.id)).scalar_one()
        _copy(tx, impact, outage_id, {"outage_id": copy_id})
        bulletin_id = _copy(tx, bulletin, outage_id, {"outage_id": copy_id})
        frozen = {"outage_id": copy_id, "bulletin_id": bulletin_id, "is_fanned_out": True}
        _copy(tx, mailing, outage_id, frozen)
        made.append(copy_id)
    tx.execute(update(outage).where(outage.c.id == outage_id).values(next_due_at=_far_ahead()))
    return made


def _copy(tx: Connection, table: Table, outage_id: int, changes: dict[str, object]) -> int:
    first = _row(tx, table, table.c.outage_id == outage_id) | changes
    key = tx.execute(insert(table).values(**first)).inserted_primary_key
    assert key
    return int(key[0])


def unsubscribe(tx: Connection, addresses: Sequence[str]) -> None:
    """Lets people leave."""
    left = update(subscriber).where(subscriber.c.address_key.in_(addresses))
    tx.execute(left.values(state=SubscriberState.UNSUBSCRIBED.value))


def spoil_letters(tx: Connection, bulletin_id: int) -> None:
    """Makes a bulletin's frozen letters unusable, as a fault of our own would."""
    of_it = update(mailing).where(mailing.c.bulletin_id == bulletin_id)
    tx.execute(of_it.values(letter_en=b"spoilt", letter_fr=b"spoilt"))


def _row(tx: Connection, table: Table, condition: ColumnElement[bool]) -> dict[str, object]:
    row = tx.execute(select(table).where(condition).limit(1)).mappings().one()
    return {name: value for name, value in row.items() if name != "id"}


def _far_ahead() -> datetime:
    return system_clock() + timedelta(days=30)
