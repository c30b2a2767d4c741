"""Which letters were for somebody who has to act, as it is needed where one could not be brought to them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from outage_service.storage.alerts import Event
from outage_service.storage.bounce_schema import alert
from outage_service.storage.contingency_schema import external_outage, regional_recipient
from outage_service.storage.mailings import ABOUT_A_CASE, ALERT
from outage_service.storage.regional import PURPOSE as REGIONAL
from outage_service.storage.schema import mailing


@dataclass(frozen=True, slots=True)
class ForSomebody:
    """A letter to a region, with its place on the list; or about a client's outage, with its number; or an
    alert, with neither."""

    purpose: str
    recipient_id: int | None
    case_number: str | None


def letters_for_somebody(tx: Connection, mailing_ids: Collection[int]) -> list[ForSomebody]:
    """Returns those of the mailings that are such letters.

    Left out are those to a mailbox that was taken off the list since, or about what is gone.
    """
    box = regional_recipient.c.id.label("box_id")
    is_theirs = regional_recipient.c.address_key == func.lower(mailing.c.address)
    is_about = (external_outage.c.id == mailing.c.link_id) & (mailing.c.purpose == ABOUT_A_CASE)
    wanted = (
        select(mailing.c.purpose, box, external_outage.c.case_number)
        .join(regional_recipient, is_theirs & (mailing.c.purpose == REGIONAL), isouter=True)
        .join(external_outage, is_about, isouter=True)
        .where(mailing.c.id.in_(mailing_ids), mailing.c.purpose.in_((REGIONAL, ABOUT_A_CASE, ALERT)))
    )
    found = [ForSomebody(row.purpose, row.box_id, row.case_number) for row in tx.execute(wanted)]
    return [one for one in found if one.purpose == ALERT or one.recipient_id or one.case_number]


def open_since(tx: Connection, kinds: Collection[str], since: datetime) -> set[Event]:
    """Returns the alerts of these kinds that were raised then or later and are not cleared."""
    raised = select(alert.c.kind, alert.c.subject).where(
        alert.c.kind.in_(kinds), alert.c.cleared_at.is_(None), alert.c.raised_at >= since
    )
    return {(row.kind, row.subject) for row in tx.execute(raised)}


def recipient_ids(tx: Connection) -> set[int]:
    """Returns the places on the list of regions that are taken."""
    return set(tx.execute(select(regional_recipient.c.id)).scalars())
