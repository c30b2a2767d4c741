"""Removing what is kept no longer, a limited number of rows at a time.

Each function removes at most `BATCH` rows in its transaction and returns how many, or `BATCH` where there may
be more: less than that means that nothing is left. Bulletins, outages and the audit log are never touched.
"""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    exists,
    insert,
    select,
    text,
    tuple_,
    update,
)

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.limits_schema import allowance
from outage_service.storage.locks import take_turns
from outage_service.storage.mailings import count_never_fanned_out
from outage_service.storage.schema import delivery, idempotency, mailing, outage, subscription_request, worker
from outage_service.storage.types import AnyRow
from outage_service.storage.upkeep_schema import ledger_summary, upkeep

BATCH = 1_000
UNFINISHED = (DeliveryState.CLAIMED.value, DeliveryState.QUEUED.value)


def is_job_due(tx: Connection, name: str, *, every: timedelta, now: datetime) -> bool:
    """Returns whether a job's time has come: it ran long ago, never, or by a clock that was set back."""
    ran_at = tx.execute(select(upkeep.c.ran_at).where(upkeep.c.name == name)).scalar_one_or_none()
    return ran_at is None or not now - every < ran_at <= now


def claim_job(tx: Connection, name: str, *, every: timedelta, now: datetime) -> datetime | None:
    """Returns when a job ran before, and notes that it runs now; None where another process has it.

    A job that never ran is noted as run now, and is not to be done yet.
    """
    take_turns(tx, f"upkeep {name}")
    if not is_job_due(tx, name, every=every, now=now):
        return None
    before = tx.execute(select(upkeep.c.ran_at).where(upkeep.c.name == name)).scalar_one_or_none()
    if before is None:
        tx.execute(insert(upkeep).values(name=name, ran_at=now))
    else:
        tx.execute(update(upkeep).where(upkeep.c.name == name).values(ran_at=now))
    return before


def prune_deliveries(tx: Connection, *, closed_before: datetime) -> int:
    """Removes ended deliveries of outages that closed before then; their counts are kept.

    A mailing of which some still wait comes up again until they have ended, and is passed over meanwhile.
    """
    last_id = 0
    while (row := _next_to_prune(tx, closed_before, after=last_id)) is not None:
        gone = _take_ended(tx, row.id)
        is_done = len(gone) < BATCH and not _has_rows(tx, row.id)
        if gone or is_done:
            _add_to_summary(tx, row, gone, is_done=is_done)
            if is_done:
                _forget_letters(tx, row.id)
            return BATCH  # there may be another mailing
        last_id = row.id
    return 0


def _next_to_prune(tx: Connection, closed_before: datetime, *, after: int) -> AnyRow | None:
    is_done = exists().where(ledger_summary.c.mailing_id == mailing.c.id, ledger_summary.c.is_done)
    wanted = (
        select(mailing.c.id, mailing.c.superseded_by)
        .join(outage, outage.c.id == mailing.c.outage_id)
        .where(outage.c.is_closed, outage.c.changed_at < closed_before, mailing.c.is_fanned_out, ~is_done)
        .where(mailing.c.id > after)
        .order_by(mailing.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=mailing)
    )
    return tx.execute(wanted).one_or_none()


def _take_ended(tx: Connection, mailing_id: int) -> list[AnyRow]:
    """Removes ended deliveries and returns them as they were when they went.

    In one statement: a row may be queued again, or end, between one that looks and one that removes.
    """
    first = select(delivery.c.recipient_id).where(*_ended(mailing_id)).order_by(delivery.c.recipient_id)
    gone = delete(delivery).where(*_ended(mailing_id), delivery.c.recipient_id.in_(first.limit(BATCH)))
    return list(tx.execute(gone.returning(delivery.c.state, delivery.c.changed_at)))


def _has_rows(tx: Connection, mailing_id: int) -> bool:
    some = select(delivery.c.state).where(delivery.c.mailing_id == mailing_id).limit(1)
    return tx.execute(some).first() is not None


def _ended(mailing_id: int) -> tuple[ColumnElement[bool], ...]:
    return delivery.c.mailing_id == mailing_id, delivery.c.state.not_in(UNFINISHED)


def _add_to_summary(tx: Connection, row: AnyRow, gone: list[AnyRow], *, is_done: bool) -> None:
    """Adds rows that are gone to a mailing's counts; nobody else prunes this mailing meanwhile."""
    kept = tx.execute(select(ledger_summary).where(ledger_summary.c.mailing_id == row.id)).one_or_none()
    if kept is None:
        superseded = count_never_fanned_out(tx, row.id) if row.superseded_by is not None else 0
        before = Counter({DeliveryState.SUPERSEDED.value: superseded})
        tx.execute(insert(ledger_summary).values(mailing_id=row.id, counts={}, is_done=False))
    else:
        before = Counter(kept.counts)
    accepted = [one.changed_at for one in gone if one.state == DeliveryState.ACCEPTED]
    firsts, lasts = (
        [at for at in (*accepted, getattr(kept, name, None)) if at] for name in ("first_at", "last_at")
    )
    values = {
        "counts": dict(before + Counter(one.state for one in gone)),
        "first_at": min(firsts, default=None),
        "last_at": max(lasts, default=None),
        "is_done": is_done,
    }
    tx.execute(update(ledger_summary).where(ledger_summary.c.mailing_id == row.id).values(**values))


def _forget_letters(tx: Connection, mailing_id: int) -> None:
    """Empties the frozen letters of a mailing of which nothing can be sent any more."""
    is_unfinished = exists().where(delivery.c.mailing_id == mailing_id)
    done = update(mailing).where(mailing.c.id == mailing_id, ~is_unfinished)
    tx.execute(done.values(letter_en=b"", letter_fr=b""))


def blank_letters(tx: Connection, *, created_before: datetime) -> int:
    """Removes address and contents of letters to one address that have ended."""
    is_unfinished = exists().where(delivery.c.mailing_id == mailing.c.id, delivery.c.state.in_(UNFINISHED))
    old = select(mailing.c.id).where(
        text("mailing.address <> ''"),  # written out, or SQLite would not use the index for it
        mailing.c.is_fanned_out,
        mailing.c.created_at < created_before,
        ~is_unfinished,
    )
    ids = list(tx.execute(old.limit(BATCH)).scalars())
    blanked = update(mailing).where(mailing.c.id.in_(ids)).values(address="", letter_en=b"", letter_fr=b"")
    return tx.execute(blanked).rowcount if ids else 0


def prune_requests(tx: Connection, *, requested_before: datetime) -> int:
    """Removes subscription requests whose link has run out."""
    return _delete(tx, subscription_request, subscription_request.c.requested_at < requested_before)


def prune_answers(tx: Connection, *, created_before: datetime) -> int:
    """Removes answers kept for repeated requests (P18)."""
    return _delete(tx, idempotency, idempotency.c.created_at < created_before)


def prune_allowances(tx: Connection, *, ended_before: datetime) -> int:
    """Removes counts of spans that are over."""
    return _delete(tx, allowance, allowance.c.ends_at < ended_before)


def prune_workers(tx: Connection, *, seen_before: datetime) -> int:
    """Removes workers long dead, by database time."""
    return _delete(tx, worker, worker.c.seen_at < seen_before)


def _delete(tx: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    """Deletes so many rows; those that another transaction has in hand are left to the next time."""
    key = tuple(table.primary_key.columns)
    some = select(*key).where(condition).limit(BATCH).with_for_update(skip_locked=True)
    return tx.execute(delete(table).where(tuple_(*key).in_(some))).rowcount
