"""CBSA regional operations: told of every bulletin by internal mail, never among the subscribers (R12).

They are a short list that administrators keep, so each gets a letter of its own. A letter belongs to its
outage: the next bulletin supersedes those not sent yet (P12).
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from outage_service.channels.email.letter import freeze
from outage_service.domain.bulletins import BulletinFacts
from outage_service.domain.errors import StateConflict
from outage_service.domain.letters import Letter
from outage_service.domain.roles import Actor
from outage_service.domain.texts import Language
from outage_service.rendering.letters import ComposedLetter
from outage_service.services import lost_letters
from outage_service.services.addresses import Address
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage import Connection, audit
from outage_service.storage import regional as rows
from outage_service.storage.mailings import AboutOutage, forget_address, insert_letter
from outage_service.storage.regional import RegionalRecipient

RECIPIENTS_AT_MOST = 100
"""Mailboxes of regions, not people: each has its own copy of every bulletin in the database."""


def add_recipient(
    engine: Engine, tx: Connection, actor: Actor, address: Address, language: Language
) -> RegionalRecipient:
    """Adds a mailbox to the internal list.

    Raises:
        StateConflict: it is on the list, or the list is full.
    """
    if rows.find_recipient_by_key(tx, address.key) is not None:
        raise StateConflict("already_listed", "This address is on the list.", field="email")
    if rows.count_recipients(tx) >= RECIPIENTS_AT_MOST:
        raise StateConflict("list_full", f"The list has at most {RECIPIENTS_AT_MOST} addresses.")
    now = engine.clock()
    added = rows.insert_recipient(tx, email=address.wire, address_key=address.key, language=language, now=now)
    _record(tx, "regional_added", actor, added.id, now)
    return added


def remove_recipient(engine: Engine, tx: Connection, actor: Actor, recipient_id: int) -> None:
    """Takes a mailbox off the list; what was not sent to it yet never will be.

    Raises:
        NotFound: there is none with this id.
    """
    key = rows.delete_recipient(tx, recipient_id)
    if key is None:
        raise NotFound("regional recipient", recipient_id)
    forget_address(tx, key, purpose=rows.PURPOSE)
    lost_letters.forget_region(tx, recipient_id)
    _record(tx, "regional_removed", actor, recipient_id, engine.clock())


def _record(tx: Connection, action: str, actor: Actor, recipient_id: int, now: datetime) -> None:
    audit.record(tx, action, at=now, actor=actor.name, detail={"recipient_id": recipient_id})


def has_recipients(tx: Connection) -> bool:
    """Returns whether there is any region to tell."""
    return rows.count_recipients(tx) > 0


def tell_bulletin(engine: Engine, tx: Connection, facts: BulletinFacts, outage_id: int) -> None:
    """Queues a bulletin for every region, marked as internal."""
    tell(
        engine,
        tx,
        lambda: engine.composer.for_regions(facts),
        about=AboutOutage(outage_id, facts.sequence),
    )


def tell(
    engine: Engine,
    tx: Connection,
    compose: Callable[[], Mapping[Language, ComposedLetter]],
    *,
    about: AboutOutage | None = None,
) -> None:
    """Queues a letter for every region; it is composed only if there is anybody to get it."""
    recipients = rows.list_recipients(tx)
    if not recipients:
        return
    now = engine.clock()
    letters = {first: _frozen(engine, composed, first, now) for first, composed in compose().items()}
    for recipient in recipients:
        insert_letter(
            tx,
            purpose=rows.PURPOSE,
            address=recipient.email,
            language=recipient.language,
            link_id=None,
            letter=letters[recipient.language],
            now=now,
            about=about,
        )


def _frozen(engine: Engine, composed: ComposedLetter, first: Language, now: datetime) -> bytes:
    letter = Letter(subject=composed.subject, text=composed.body.text, html=composed.body.html, first=first)
    return freeze(letter, sender=engine.sender, issued_at=now)
