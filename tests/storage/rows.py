"""Rows as tests need them: subscribers, outages with bulletins, mailings, and what became of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.outages import Outage
from outage_service.domain.subscriptions import Audience, SubscriptionKind, kinds_mask, systems_mask
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language
from outage_service.storage.bulletins import NewBulletin, insert_bulletin
from outage_service.storage.database import Database
from outage_service.storage.deliveries import CHUNK, Claim, Settlement, claim_next
from outage_service.storage.mailings import (
    CONFIRMATION,
    FrozenLetters,
    insert_bulletin_mailing,
    insert_letter,
)
from outage_service.storage.now import database_now
from outage_service.storage.outages import insert_outage
from outage_service.storage.schema import delivery
from outage_service.storage.settling import settle
from outage_service.storage.subscribers import Choices, insert_subscriber
from outage_service.storage.workers import register_worker
from tests.builders import MESSAGE, THURSDAY_10H, an_outage

LETTERS = FrozenLetters(b"English first", b"French first")
TITLE = Bilingual("A title", "Un titre")
EDI_OUT = Audience(systems_mask([System.EDI]), kinds_mask([SubscriptionKind.OUTAGE]))


def choices(
    address: str = "ann@example.org",
    *,
    language: Language = Language.EN,
    systems: Iterable[System] = (),
    kinds: Iterable[SubscriptionKind] = (),
) -> Choices:
    """Returns what somebody wants; by default everything."""
    return Choices(address, address.lower(), language, systems_mask(systems), kinds_mask(kinds))


def a_subscriber(
    db: Database,
    address: str = "ann@example.org",
    *,
    language: Language = Language.EN,
    systems: Iterable[System] = (),
    kinds: Iterable[SubscriptionKind] = (),
) -> int:
    """Adds an active subscriber and returns the id."""
    wanted = choices(address, language=language, systems=systems, kinds=kinds)
    return db.write(lambda tx: insert_subscriber(tx, wanted, now=THURSDAY_10H))


def subscribers(db: Database, count: int) -> list[int]:
    """Adds that many subscribers to everything and returns their ids."""

    def add(tx: Connection) -> list[int]:
        return [
            insert_subscriber(tx, choices(f"person{n}@example.org"), now=THURSDAY_10H) for n in range(count)
        ]

    return db.write(add)


def a_stored_outage(tx: Connection, outage: Outage | None = None, *, number: str = "TCC26-0001") -> Outage:
    """Adds an outage and returns it with its id."""
    new = outage or an_outage(number=number)
    return replace(new, id=insert_outage(tx, new, now=THURSDAY_10H))


def a_bulletin(
    outage_id: int,
    sequence: int = 1,
    *,
    kind: BulletinKind = BulletinKind.INITIAL,
    message: Bilingual | None = MESSAGE,
    slot_at: datetime | None = None,
    issued_at: datetime = THURSDAY_10H,
    systems: tuple[System, ...] = (System.EDI,),
    corrects_id: int | None = None,
) -> NewBulletin:
    """Returns a bulletin to be added."""
    return NewBulletin(
        outage_id=outage_id,
        sequence=sequence,
        kind=kind,
        issued_at=issued_at,
        created_at=issued_at,
        slot_at=slot_at,
        next_due_at=None,
        policy_version="carm-1",
        systems=systems,
        message=message,
        corrects_id=corrects_id,
        subject=TITLE,
        html=Bilingual("<p>Text</p>", "<p>Texte</p>"),
        text=Bilingual("Text", "Texte"),
    )


def a_mailing(
    db: Database, *, audience: Audience = EDI_OUT, outage_id: int | None = None, sequence: int = 1
) -> tuple[int, int, int]:
    """Adds a bulletin and its mailing, of a new outage unless one is named.

    Returns:
        The ids of the outage, the bulletin and the mailing.
    """

    def issue(tx: Connection) -> tuple[int, int, int]:
        of = outage_id or a_stored_outage(tx).id
        bulletin_id = insert_bulletin(tx, a_bulletin(of, sequence))
        mailing_id = insert_bulletin_mailing(
            tx,
            outage_id=of,
            bulletin_id=bulletin_id,
            sequence=sequence,
            audience=audience,
            letters=LETTERS,
            now=THURSDAY_10H,
        )
        return of, bulletin_id, mailing_id

    return db.write(issue)


def a_letter(db: Database, address: str = "desk@example.org", *, language: Language = Language.EN) -> int:
    """Adds a letter to one address and returns its mailing's id."""
    return db.write(
        lambda tx: insert_letter(
            tx,
            purpose=CONFIRMATION,
            address=address,
            language=language,
            link_id=None,
            letter=b"letter",
            now=THURSDAY_10H,
        )
    )


def a_worker(db: Database, name: str = "one") -> str:
    """Registers a worker and returns its id."""
    db.write(lambda tx: register_worker(tx, name, host="here"))
    return name


def claims(db: Database, worker_id: str = "one", *, limit: int = CHUNK) -> list[Claim]:
    """Returns what one claiming transaction gave."""
    return db.write(lambda tx: claim_next(tx, worker_id, limit=limit)).claims


def all_claims(db: Database, worker_id: str = "one", *, limit: int = CHUNK) -> list[Claim]:
    """Returns every delivery there is to claim now."""
    found: list[Claim] = []
    while (batch := db.write(lambda tx: claim_next(tx, worker_id, limit=limit))).goes_on:
        found += batch.claims
    return found + batch.claims


def end(
    db: Database,
    taken: Sequence[Claim],
    state: DeliveryState = DeliveryState.ACCEPTED,
    *,
    worker_id: str = "one",
    retry_in: timedelta | None = None,
) -> int:
    """Settles claims in one state and returns how many rows that changed."""
    settlements = [Settlement(claim, state, retry_in, tries=1) for claim in taken]
    return db.write(lambda tx: settle(tx, worker_id, settlements))


def make_due(db: Database) -> None:
    """Lets the time come that every queued delivery waits for."""

    def move(tx: Connection) -> None:
        due = database_now(tx) - timedelta(seconds=1)
        tx.execute(update(delivery).where(delivery.c.state == "queued").values(retry_at=due))

    db.write(move)


def recipients(db: Database, mailing_id: int) -> list[int]:
    """Returns whom a mailing has delivery rows for, in order."""
    wanted = select(delivery.c.recipient_id).where(delivery.c.mailing_id == mailing_id)
    with db.read() as tx:
        return sorted(tx.execute(wanted).scalars())


def states(db: Database, mailing_id: int | None = None) -> Counter[str]:
    """Counts the deliveries by state, of one mailing or of all."""
    wanted = select(delivery.c.state, func.count().label("number")).group_by(delivery.c.state)
    if mailing_id is not None:
        wanted = wanted.where(delivery.c.mailing_id == mailing_id)
    with db.read() as tx:
        return Counter({row.state: row.number for row in tx.execute(wanted)})
