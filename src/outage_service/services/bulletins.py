"""Issuing a bulletin: composed, frozen, addressed and recorded in the caller's transaction (P2)."""

from dataclasses import dataclass
from datetime import datetime

from outage_service.channels.email.letter import freeze
from outage_service.domain.bulletins import BulletinFacts, BulletinKind, Telling, facts_of
from outage_service.domain.letters import MAILING_LINKS, Letter
from outage_service.domain.outages import Outage
from outage_service.domain.systems import System, lines_of
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.bulletins import ComposedBulletin
from outage_service.rendering.rows import EARLIER_AT_MOST
from outage_service.services import evidence
from outage_service.services.engine import Engine
from outage_service.services.regional import tell_bulletin
from outage_service.storage import Connection, audit
from outage_service.storage.bulletins import NewBulletin, chapters_of, insert_bulletin, latest_news
from outage_service.storage.mailings import FrozenLetters, insert_bulletin_mailing, insert_letter
from outage_service.storage.outages import find_outage, relapses_of, save_outage
from outage_service.storage.overrides import end_overrides

LIST_NAME = "bulletins"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a bulletin goes out. `slot_at` is the due time it settles, `message` an operator's news."""

    kind: BulletinKind
    actor: str
    message: Bilingual | None = None
    slot_at: datetime | None = None
    corrects_id: int | None = None
    corrects_sequence: int | None = None


def issue(
    engine: Engine,
    tx: Connection,
    outage: Outage,
    occasion: Occasion,
    *,
    before: Outage | None,
    now: datetime,
) -> int:
    """Records a bulletin that has taken the outage from `before` to `outage`; returns its id.

    Writes the outage with its next due time, the bulletin's frozen bytes, its mailing and the audit
    row; news also ends the overrides of the help lines concerned (R23).
    """
    facts = _facts(engine, tx, outage, occasion, before=before, now=now)
    composed = engine.composer.compose(facts)
    save_outage(tx, outage, now=now)
    bulletin_id = insert_bulletin(tx, _frozen(outage, facts, composed, occasion, now))
    insert_bulletin_mailing(
        tx,
        outage_id=outage.id,
        bulletin_id=bulletin_id,
        sequence=outage.sequence,
        audience=outage.audience,
        letters=_letters(engine, composed, outage.sequence, now),
        now=now,
    )
    _tell_canary(engine, tx, composed, now)
    tell_bulletin(engine, tx, facts, outage.id)
    if occasion.kind.is_news:
        end_overrides(tx, lines_of(_concerned(before, outage)))
    detail = {"bulletin_id": bulletin_id, "sequence": outage.sequence, **evidence.kept_of(outage)}
    audit.record(tx, occasion.kind.value, at=now, actor=occasion.actor, outage_id=outage.id, detail=detail)
    return bulletin_id


def _tell_canary(engine: Engine, tx: Connection, composed: ComposedBulletin, now: datetime) -> None:
    """Queues the bulletin for the watched mailbox, if a setting names one (P22)."""
    if not engine.canary_email:
        return
    page = composed.page[Language.EN]
    letter = Letter(subject=composed.subject.en, text=page.text, html=page.html, first=Language.EN)
    insert_letter(
        tx,
        purpose="canary",
        address=engine.canary_email,
        language=Language.EN,
        link_id=None,
        letter=freeze(letter, sender=engine.sender, issued_at=now),
        now=now,
    )


def _concerned(before: Outage | None, after: Outage) -> list[System]:
    """Returns the systems that news is on: not those that an earlier bulletin reported as restored."""
    return [impact.system for one in (before, after) if one for impact in one.active_impacts]


def _facts(
    engine: Engine,
    tx: Connection,
    outage: Outage,
    occasion: Occasion,
    *,
    before: Outage | None,
    now: datetime,
) -> BulletinFacts:
    message, message_at = _latest_news(tx, outage, occasion, now)
    relapsed = find_outage(tx, outage.relapse_of) if outage.relapse_of is not None else None
    telling = Telling(
        kind=occasion.kind,
        message=message,
        message_at=message_at,
        earlier=chapters_of(tx, outage.id, limit=EARLIER_AT_MOST),
        corrects=occasion.corrects_sequence,
        relapse_of=relapsed.number if relapsed else None,
        relapsed_by=tuple(number for _, number in relapses_of(tx, outage.id)),
    )
    return facts_of(outage, telling, before=before, now=now, calendar=engine.calendar)


def _latest_news(
    tx: Connection, outage: Outage, occasion: Occasion, now: datetime
) -> tuple[Bilingual, datetime]:
    """Returns the latest news and when it was given: the clock's bulletins repeat the operator's."""
    if occasion.message is not None:
        return occasion.message, outage.last_bulletin_at or now
    return latest_news(tx, outage.id)


def _frozen(
    outage: Outage, facts: BulletinFacts, composed: ComposedBulletin, occasion: Occasion, now: datetime
) -> NewBulletin:
    pages = composed.page
    return NewBulletin(
        outage_id=outage.id,
        sequence=outage.sequence,
        kind=occasion.kind,
        issued_at=facts.issued_at,
        created_at=now,
        slot_at=occasion.slot_at,
        next_due_at=outage.next_due_at,
        policy_version=facts.policy_version,
        systems=outage.systems_ever,
        message=occasion.message,
        corrects_id=occasion.corrects_id,
        subject=composed.subject,
        html=Bilingual(pages[Language.EN].html, pages[Language.FR].html),
        text=Bilingual(pages[Language.EN].text, pages[Language.FR].text),
    )


def _letters(engine: Engine, composed: ComposedBulletin, sequence: int, now: datetime) -> FrozenLetters:
    frozen = {
        first: freeze(
            Letter(
                subject=composed.subject[first],
                text=composed.mail[first].text,
                html=composed.mail[first].html,
                first=first,
                links=MAILING_LINKS,
                list_name=LIST_NAME,
                is_follow_up=sequence > 1,
            ),
            sender=engine.sender,
            issued_at=now,
        )
        for first in Language
    }
    return FrozenLetters(frozen[Language.EN], frozen[Language.FR])
