"""Rows of issued bulletins. They are written once and never changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from outage_service.domain.bulletins import BulletinKind, Chapter
from outage_service.domain.subscriptions import systems_mask, systems_of_mask
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual
from outage_service.storage.schema import bulletin, outage
from outage_service.storage.types import AnyRow


@dataclass(frozen=True, slots=True)
class BulletinRecord:
    """An issued bulletin without its pages. `message` is None for what the clock issued."""

    id: int
    outage_id: int
    number: str
    sequence: int
    kind: BulletinKind
    issued_at: datetime
    created_at: datetime
    next_due_at: datetime | None
    policy_version: str
    systems: tuple[System, ...]
    message: Bilingual | None
    corrects_id: int | None
    subject: Bilingual


@dataclass(frozen=True, slots=True)
class NewBulletin:
    """What the issuing transaction freezes. `slot_at` is the due time it claimed; None for news."""

    outage_id: int
    sequence: int
    kind: BulletinKind
    issued_at: datetime
    created_at: datetime
    slot_at: datetime | None
    next_due_at: datetime | None
    policy_version: str
    systems: tuple[System, ...]
    message: Bilingual | None
    corrects_id: int | None
    subject: Bilingual
    html: Bilingual
    text: Bilingual


def insert_bulletin(tx: Connection, new: NewBulletin) -> int:
    """Adds a bulletin and returns its id.

    Raises:
        sqlalchemy.exc.IntegrityError: its sequence or its slot was issued already (P1).
    """
    values = {
        "outage_id": new.outage_id,
        "sequence": new.sequence,
        "kind": new.kind.value,
        "issued_at": new.issued_at,
        "created_at": new.created_at,
        "slot_at": new.slot_at,
        "next_due_at": new.next_due_at,
        "policy_version": new.policy_version,
        "systems": systems_mask(new.systems),
        "message_en": new.message.en if new.message else None,
        "message_fr": new.message.fr if new.message else None,
        "corrects_id": new.corrects_id,
        **_in_both("subject", new.subject),
        **_in_both("html", new.html),
        **_in_both("text", new.text),
    }
    inserted: int = tx.execute(insert(bulletin).values(**values).returning(bulletin.c.id)).scalar_one()
    return inserted


def _in_both(name: str, value: Bilingual) -> dict[str, str]:
    return {f"{name}_en": value.en, f"{name}_fr": value.fr}


_COLUMNS = (
    bulletin.c.id, bulletin.c.outage_id, outage.c.number, bulletin.c.sequence, bulletin.c.kind,
    bulletin.c.issued_at, bulletin.c.created_at, bulletin.c.next_due_at, bulletin.c.policy_version,
    bulletin.c.systems, bulletin.c.message_en, bulletin.c.message_fr, bulletin.c.corrects_id,
    bulletin.c.subject_en, bulletin.c.subject_fr,
)  # fmt: skip
_RECORDS = select(*_COLUMNS).join(outage, outage.c.id == bulletin.c.outage_id)
_CHAPTERS = select(
    bulletin.c.sequence, bulletin.c.kind, bulletin.c.issued_at, bulletin.c.message_en, bulletin.c.message_fr
).order_by(bulletin.c.sequence.desc())


def find_bulletin(tx: Connection, bulletin_id: int) -> BulletinRecord | None:
    """Returns one bulletin."""
    row = tx.execute(_RECORDS.where(bulletin.c.id == bulletin_id)).one_or_none()
    return _record(row) if row else None


def bulletins_of(tx: Connection, outage_id: int) -> list[BulletinRecord]:
    """Returns the bulletins of an outage in sequence."""
    wanted = _RECORDS.where(bulletin.c.outage_id == outage_id).order_by(bulletin.c.sequence)
    return [_record(row) for row in tx.execute(wanted)]


def chapters_of(tx: Connection, outage_id: int, *, limit: int) -> tuple[Chapter, ...]:
    """Returns an outage's newest bulletins as later ones repeat them, newest first."""
    wanted = _CHAPTERS.where(bulletin.c.outage_id == outage_id).limit(limit)
    return tuple(
        Chapter(row.sequence, BulletinKind(row.kind), row.issued_at, _message(row))
        for row in tx.execute(wanted)
    )


def latest_news(tx: Connection, outage_id: int) -> tuple[Bilingual, datetime]:
    """Returns what an operator said last of an outage, and when: each begins with a bulletin that says it."""
    wanted = _CHAPTERS.where(bulletin.c.outage_id == outage_id, bulletin.c.message_en.is_not(None)).limit(1)
    row = tx.execute(wanted).one()
    return Bilingual(row.message_en, row.message_fr), row.issued_at


def find_page(tx: Connection, bulletin_id: int) -> tuple[Bilingual, Bilingual] | None:
    """Returns a bulletin's frozen HTML and text, each with either language first."""
    wanted = select(bulletin.c.html_en, bulletin.c.html_fr, bulletin.c.text_en, bulletin.c.text_fr)
    row = tx.execute(wanted.where(bulletin.c.id == bulletin_id)).one_or_none()
    return (Bilingual(row.html_en, row.html_fr), Bilingual(row.text_en, row.text_fr)) if row else None


def list_bulletins(
    tx: Connection,
    *,
    before_id: int | None,
    limit: int,
    outage_id: int | None = None,
    systems: Iterable[System] = (),
    kinds: Iterable[BulletinKind] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[BulletinRecord]:
    """Returns bulletins, newest first, below `before_id`; issued from `since` to `until`, both included."""
    wanted = _RECORDS.order_by(bulletin.c.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(bulletin.c.id < before_id)
    if outage_id is not None:
        wanted = wanted.where(bulletin.c.outage_id == outage_id)
    if mask := systems_mask(systems):
        wanted = wanted.where(bulletin.c.systems.bitwise_and(mask) != 0)
    if named := [kind.value for kind in kinds]:
        wanted = wanted.where(bulletin.c.kind.in_(named))
    if since is not None:
        wanted = wanted.where(bulletin.c.issued_at >= since)
    if until is not None:
        wanted = wanted.where(bulletin.c.issued_at <= until)
    return [_record(row) for row in tx.execute(wanted)]


def _message(row: AnyRow) -> Bilingual | None:
    return Bilingual(row.message_en, row.message_fr) if row.message_en is not None else None


def _record(row: AnyRow) -> BulletinRecord:
    return BulletinRecord(
        id=row.id,
        outage_id=row.outage_id,
        number=row.number,
        sequence=row.sequence,
        kind=BulletinKind(row.kind),
        issued_at=row.issued_at,
        created_at=row.created_at,
        next_due_at=row.next_due_at,
        policy_version=row.policy_version,
        systems=systems_of_mask(row.systems),
        message=_message(row),
        corrects_id=row.corrects_id,
        subject=Bilingual(row.subject_en, row.subject_fr),
    )


def is_slot_issued(tx: Connection, outage_id: int, slot_at: datetime) -> bool:
    """Returns whether a bulletin settled this due time already: before the clock was set back (P5)."""
    issued = select(bulletin.c.id).where(bulletin.c.outage_id == outage_id, bulletin.c.slot_at == slot_at)
    return tx.execute(issued).first() is not None


def latest_messages(tx: Connection, outage_ids: Sequence[int]) -> dict[int, Bilingual]:
    """Returns the latest news of each outage by its id."""
    told = bulletin.c.message_en.is_not(None)
    latest = (
        select(func.max(bulletin.c.id))
        .where(bulletin.c.outage_id.in_(outage_ids), told)
        .group_by(bulletin.c.outage_id)
    )
    wanted = select(bulletin.c.outage_id, bulletin.c.message_en, bulletin.c.message_fr)
    rows = tx.execute(wanted.where(bulletin.c.id.in_(latest)))
    return {row.outage_id: Bilingual(row.message_en, row.message_fr) for row in rows}


def newest_bulletin(tx: Connection, number: str) -> int | None:
    """Returns the id of the newest bulletin of the outage with this number."""
    wanted = select(func.max(bulletin.c.id)).join(outage, outage.c.id == bulletin.c.outage_id)
    found: int | None = tx.execute(wanted.where(outage.c.number == number)).scalar_one_or_none()
    return found
