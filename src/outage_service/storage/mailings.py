"""Mailings: who gets a frozen letter, and how far its fan-out has come.

A mailing is either a bulletin to an audience or a letter to one address. Its deliveries are
inserted in chunks while the cursor moves on (see `deliveries`).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, func, insert, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.subscriptions import Audience
from outage_service.domain.texts import Language
from outage_service.storage.locks import issue_alone
from outage_service.storage.notify import tell_others
from outage_service.storage.schema import delivery, mailing, subscriber
from outage_service.storage.upkeep_schema import ledger_summary

BULLETIN = "bulletin"
CONFIRMATION = "confirm"
ABOUT_A_CASE = "external"
ESCALATION = "escalation"
"""Letters about a client's outage (`link_id` is its id), and about one that is an incident (R32)."""
ALERT = "alert"


@dataclass(frozen=True, slots=True)
class FrozenLetters:
    """A letter's bytes with either language first, personal slots still open; one to one person has one."""

    en: bytes
    fr: bytes

    def __getitem__(self, language: Language) -> bytes:
        return self.en if language is Language.EN else self.fr


def insert_bulletin_mailing(
    tx: Connection,
    *,
    outage_id: int,
    bulletin_id: int,
    sequence: int,
    audience: Audience,
    letters: FrozenLetters,
    now: datetime,
) -> int:
    """Adds a bulletin's mailing to all subscribers there are and supersedes the outage's older ones (P12)."""
    issue_alone(tx, outage_id)
    upper_id = tx.execute(select(func.max(subscriber.c.id))).scalar_one_or_none() or 0
    mailing_id = _insert(
        tx,
        purpose=BULLETIN,
        outage_id=outage_id,
        bulletin_id=bulletin_id,
        sequence=sequence,
        systems=audience.systems,
        kinds=audience.kinds,
        upper_id=upper_id,
        letters=letters,
        now=now,
    )
    older = update(mailing).where(
        mailing.c.outage_id == outage_id, mailing.c.id != mailing_id, mailing.c.superseded_by.is_(None)
    )
    tx.execute(older.values(superseded_by=mailing_id, is_fanned_out=True))
    return mailing_id


@dataclass(frozen=True, slots=True)
class AboutOutage:
    """The bulletin that a letter repeats: the outage's next one supersedes it (P12)."""

    outage_id: int
    sequence: int


def insert_letter(
    tx: Connection,
    *,
    purpose: str,
    address: str,
    language: Language,
    link_id: int | None,
    letter: bytes,
    now: datetime,
    about: AboutOutage | None = None,
) -> int:
    """Adds a letter to one address; `link_id` is what its link is derived from."""
    letters = FrozenLetters(**{language.value: letter, language.other.value: b""})
    return _insert(
        tx,
        purpose=purpose,
        address=address,
        language=language.value,
        link_id=link_id,
        outage_id=about.outage_id if about else None,
        sequence=about.sequence if about else None,
        letters=letters,
        now=now,
    )


def _insert(tx: Connection, *, letters: FrozenLetters, now: datetime, **values: Any) -> int:
    row = values | {
        "cursor_id": 0,
        "letter_en": letters.en,
        "letter_fr": letters.fr,
        "is_fanned_out": False,
        "created_at": now,
    }
    inserted: int = tx.execute(insert(mailing).values(**row).returning(mailing.c.id)).scalar_one()
    tell_others(tx)
    return inserted


@dataclass(frozen=True, slots=True)
class MailingRecord:
    """What the sender needs of a mailing besides its claims."""

    id: int
    outage_id: int | None
    sequence: int | None
    letters: FrozenLetters


def find_mailing(tx: Connection, mailing_id: int) -> MailingRecord:
    """Returns a mailing with its frozen letters."""
    wanted = select(
        mailing.c.id, mailing.c.outage_id, mailing.c.sequence, mailing.c.letter_en, mailing.c.letter_fr
    )
    row = tx.execute(wanted.where(mailing.c.id == mailing_id)).one()
    letters = FrozenLetters(row.letter_en, row.letter_fr)
    return MailingRecord(row.id, row.outage_id, row.sequence, letters)


def forget_address(tx: Connection, address_key: str, *, purpose: str) -> None:
    """Blanks an address in its letters of one purpose; what was not sent yet never will be.

    The same mailbox may be a subscriber's, a region's and an operator's: letters to it as another stay.
    """
    theirs = update(mailing).where(mailing.c.purpose == purpose, func.lower(mailing.c.address) == address_key)
    tx.execute(theirs.values(address="", is_fanned_out=True))


def superseded_among(tx: Connection, mailing_ids: set[int]) -> set[int]:
    """Returns those of the mailings that a newer bulletin has superseded."""
    wanted = select(mailing.c.id).where(mailing.c.id.in_(mailing_ids), mailing.c.superseded_by.is_not(None))
    return set(tx.execute(wanted).scalars())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a bulletin's mailing is, derived from the ledger (P13).

    `counts` has every delivery state. `first_at` and `last_at` are when the first and the last message
    were accepted so far.
    """

    counts: dict[DeliveryState, int]
    is_fanned_out: bool
    is_superseded: bool
    first_at: datetime | None
    last_at: datetime | None

    @property
    def is_complete(self) -> bool:
        """Whether every recipient of the frozen rule has ended."""
        left = self.counts[DeliveryState.CLAIMED] + self.counts[DeliveryState.QUEUED]
        return self.is_fanned_out and left == 0


def progress_of(tx: Connection, bulletin_id: int) -> Progress:
    """Returns how far a bulletin's deliveries are; what a superseded mailing has queued is superseded.

    Rows that were pruned count as they were.
    """
    of_bulletin = select(mailing.c.id, mailing.c.is_fanned_out, mailing.c.superseded_by)
    mailings = tx.execute(of_bulletin.where(mailing.c.bulletin_id == bulletin_id)).all()
    ids = [row.id for row in mailings]
    pruned = tx.execute(select(ledger_summary).where(ledger_summary.c.mailing_id.in_(ids))).all()
    counts = _counted(tx, ids)
    for row in pruned:
        counts.update({DeliveryState(state): count for state, count in row.counts.items()})
    if is_superseded := any(row.superseded_by is not None for row in mailings):
        unpruned = set(ids) - {row.mailing_id for row in pruned}
        never_queued = sum(count_never_fanned_out(tx, one) for one in unpruned)
        counts[DeliveryState.SUPERSEDED] += counts.pop(DeliveryState.QUEUED, 0) + never_queued
    first, last = _accepted_span(tx, ids)
    return Progress(
        counts={state: counts[state] for state in DeliveryState},
        is_fanned_out=all(row.is_fanned_out for row in mailings),
        is_superseded=is_superseded,
        first_at=min((at for at in (first, *(row.first_at for row in pruned)) if at), default=None),
        last_at=max((at for at in (last, *(row.last_at for row in pruned)) if at), default=None),
    )


def _counted(tx: Connection, mailing_ids: list[int]) -> Counter[DeliveryState]:
    by_state = select(delivery.c.state, func.count()).where(delivery.c.mailing_id.in_(mailing_ids))
    rows = tx.execute(by_state.group_by(delivery.c.state))
    return Counter({DeliveryState(state): count for state, count in rows})


def _accepted_span(tx: Connection, mailing_ids: list[int]) -> tuple[datetime | None, datetime | None]:
    span = select(func.min(delivery.c.changed_at), func.max(delivery.c.changed_at)).where(
        delivery.c.mailing_id.in_(mailing_ids), delivery.c.state == DeliveryState.ACCEPTED
    )
    first, last = tx.execute(span).one()
    return first, last


def count_never_fanned_out(tx: Connection, mailing_id: int) -> int:
    """Counts the recipients beyond the cursor of a superseded mailing."""
    span = select(mailing.c.cursor_id, mailing.c.upper_id, mailing.c.systems, mailing.c.kinds)
    row = tx.execute(span.where(mailing.c.id == mailing_id)).one()
    beyond = (
        select(func.count())
        .select_from(subscriber)
        .where(
            subscriber.c.id > row.cursor_id,
            subscriber.c.id <= row.upper_id,
            *audience_filter(row.systems, row.kinds),
        )
    )
    return tx.execute(beyond).scalar_one()


Mask = int | BindParameter[int]


def audience_filter(systems: Mask, kinds: Mask) -> tuple[Any, ...]:
    """Returns the conditions on `subscriber` for being active and reached by these masks (R14)."""
    return (
        subscriber.c.state == "active",
        (subscriber.c.systems == 0) | (subscriber.c.systems.bitwise_and(systems) != 0),
        (subscriber.c.kinds == 0) | (subscriber.c.kinds.bitwise_and(kinds) != 0),
    )


def count_recipients(tx: Connection, audience: Audience) -> int:
    """Returns how many subscribers a bulletin to this audience would go to now."""
    reached = audience_filter(audience.systems, audience.kinds)
    return tx.execute(select(func.count()).select_from(subscriber).where(*reached)).scalar_one()
