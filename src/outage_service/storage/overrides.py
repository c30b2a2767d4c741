"""Operators' own texts for the telephone lines, one a line."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from outage_service.domain.broadcasts import Override
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Bilingual
from outage_service.storage.schema import broadcast_override
from outage_service.storage.state import touch


def set_override(tx: Connection, line: HelpLine, override: Override) -> None:
    """Replaces a line's override; the caller sees to it that two do not do so at once."""
    end_overrides(tx, [line])
    tx.execute(
        insert(broadcast_override).values(
            line=line.value,
            message_en=override.message.en,
            message_fr=override.message.fr,
            expires_at=override.expires_at,
        )
    )
    touch(tx)


def end_overrides(tx: Connection, lines: Iterable[HelpLine]) -> bool:
    """Deletes the overrides of these lines and returns whether there was any."""
    named = [line.value for line in lines]
    ended = tx.execute(delete(broadcast_override).where(broadcast_override.c.line.in_(named))).rowcount > 0
    if ended:
        touch(tx)
    return ended


def current_overrides(tx: Connection, *, now: datetime) -> dict[HelpLine, Override]:
    """Returns the overrides that have not expired."""
    wanted = select(broadcast_override).where(broadcast_override.c.expires_at > now)
    return {
        HelpLine(row.line): Override(Bilingual(row.message_en, row.message_fr), row.expires_at)
        for row in tx.execute(wanted)
    }
