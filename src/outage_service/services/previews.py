"""What an act would send, seen beforehand: the act itself is done, looked at, and taken back.

So a preview cannot differ from the act. No number is used up, nothing is audited, nobody is woken.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from outage_service.content import load_content
from outage_service.domain.broadcasts import line_facts
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.outages import Outage
from outage_service.domain.roles import Actor
from outage_service.domain.systems import HelpLine, lines_of
from outage_service.domain.texts import Bilingual
from outage_service.domain.warnings import WarningCode
from outage_service.rendering.broadcasts import LineMessage, current_message
from outage_service.services import acting
from outage_service.services.acting import ActBody
from outage_service.services.engine import Engine
from outage_service.services.outages import Done, Target
from outage_service.services.requests import DeclareBody
from outage_service.storage import Connection
from outage_service.storage.bulletins import find_bulletin, find_page
from outage_service.storage.mailings import count_recipients
from outage_service.storage.outages import find_outage, outages_in_effect
from outage_service.storage.overrides import current_overrides

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go out, and what would be so afterwards.

    `subject`, `html` and `text` have either language first, as in the archive; `before` is None for a
    declaration. `lines` are the telephone messages of the help lines concerned.
    """

    before: Outage | None
    after: Outage
    at: datetime
    kind: BulletinKind
    message: Bilingual | None
    subject: Bilingual
    html: Bilingual
    text: Bilingual
    recipients: int
    warnings: tuple[WarningCode, ...]
    lines: Mapping[HelpLine, LineMessage]


def preview_declaration(engine: Engine, actor: Actor, body: DeclareBody) -> Preview:
    """Returns what declaring this would send; refuses what declaring it would refuse."""
    return _rehearse(
        engine,
        lambda tx: _look(engine, tx, None, acting.declare(engine, tx, actor, body)),
    )


def preview_act(engine: Engine, actor: Actor, target: Target, body: ActBody) -> Preview:
    """Returns what an act on an outage would send; refuses what the act itself would refuse."""

    def work(tx: Connection) -> Preview:
        before = find_outage(tx, target.outage_id)
        return _look(engine, tx, before, acting.perform(engine, tx, actor, target, body))

    return _rehearse(engine, work)


class _TakenBack(Exception):
    """Makes the database undo what was only tried."""


def _rehearse(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Returns what `work` returned; nothing of what it did stays."""
    seen: list[T] = []

    def undone(tx: Connection) -> None:
        seen.append(work(tx))
        raise _TakenBack

    with suppress(_TakenBack):
        engine.db.write(undone)
    return seen[0]


def _look(engine: Engine, tx: Connection, before: Outage | None, done: Done) -> Preview:
    bulletin, page = find_bulletin(tx, done.bulletin_id), find_page(tx, done.bulletin_id)
    if bulletin is None or page is None:
        raise LookupError("an act has issued no bulletin")
    now = engine.clock()
    return Preview(
        before=before,
        after=done.outage,
        at=now,
        kind=bulletin.kind,
        message=bulletin.message,
        subject=bulletin.subject,
        html=page[0],
        text=page[1],
        recipients=count_recipients(tx, done.outage.audience),
        warnings=done.warnings,
        lines=_lines(tx, done.outage, now),
    )


def _lines(tx: Connection, outage: Outage, now: datetime) -> dict[HelpLine, LineMessage]:
    """Returns what the lines concerned would say after the act, overrides included (R23)."""
    known, overrides = outages_in_effect(tx), current_overrides(tx, now=now)
    return {
        line: current_message(line_facts(line, known, now=now, override=overrides.get(line)), load_content())
        for line in lines_of(outage.systems_ever)
    }
