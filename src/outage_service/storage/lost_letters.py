"""Letters that somebody has to act on, and which of them are lost."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.contingency_schema import regional_recipient
from outage_service.storage.deliveries import LONE_RECIPIENT
from outage_service.storage.mailings import ABOUT_A_CASE, ALERT, ESCALATION
from outage_service.storage.regional import PURPOSE as REGIONAL
from outage_service.storage.schema import delivery, mailing


@dataclass(frozen=True, slots=True)
class LetterToActOn:
    """A letter; `about_id` is the region's place on the list, or the client's outage. An alert has none."""

    mailing_id: int
    purpose: str
    address: str
    about_id: int | None


def letters_to_act_on(tx: Connection, mailing_ids: Collection[int]) -> list[LetterToActOn]:
    """Returns those of the mailings that are such letters.

    Left out are those to a mailbox that was taken off the list since, and those of a release that did not
    keep what they are about.
    """
    is_theirs = regional_recipient.c.address_key == func.lower(mailing.c.address)
    wanted = (
        select(
            mailing.c.id, mailing.c.purpose, mailing.c.address, mailing.c.link_id,
            regional_recipient.c.id.label("recipient_id"),
        )
        .join(regional_recipient, is_theirs & (mailing.c.purpose == REGIONAL), isouter=True)
        .where(mailing.c.id.in_(mailing_ids))
        .where(mailing.c.purpose.in_((REGIONAL, ABOUT_A_CASE, ESCALATION, ALERT)))
    )  # fmt: skip
    found = [
        LetterToActOn(row.id, row.purpose, row.address, row.recipient_id or row.link_id)
        for row in tx.execute(wanted)
    ]
    return [one for one in found if one.purpose == ALERT or one.about_id is not None]


def given_up_among(tx: Connection, mailing_ids: Collection[int]) -> list[int]:
    """Returns those of the letters to one person that the ledger has as given up."""
    given_up = (DeliveryState.FAILED.value, DeliveryState.EXPIRED.value)
    wanted = select(delivery.c.mailing_id).where(
        delivery.c.mailing_id.in_(mailing_ids),
        delivery.c.recipient_id == LONE_RECIPIENT,
        delivery.c.state.in_(given_up),
    )
    return list(tx.execute(wanted).scalars())
