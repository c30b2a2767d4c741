"""Operators' internal notes on an outage."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from outage_service.storage.schema import note


@dataclass(frozen=True, slots=True)
class Note:
    """One note, in one language, never public."""

    id: int
    at: datetime
    actor: str
    text: str


def insert_note(tx: Connection, outage_id: int, *, at: datetime, actor: str, text: str) -> Note:
    """Adds a note and returns it."""
    values = {"outage_id": outage_id, "at": at, "actor": actor, "text": text}
    note_id: int = tx.execute(insert(note).values(**values).returning(note.c.id)).scalar_one()
    return Note(note_id, at, actor, text)


def notes_of(tx: Connection, outage_id: int) -> list[Note]:
    """Returns an outage's notes, oldest first."""
    wanted = select(note).where(note.c.outage_id == outage_id).order_by(note.c.id)
    return [Note(row.id, row.at, row.actor, row.text) for row in tx.execute(wanted)]
