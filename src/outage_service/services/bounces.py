"""Bounces: reports that come back, and recipients that the relay itself refuses.

A report is believed only where the Message-ID in it carries our seal (`message_ids`); one that comes twice
counts once. What is counted, and when it is enough, is decided in `domain.bounces`.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from outage_service.channels.email.bounces import FailedRecipient, Report, read_report
from outage_service.domain.bounces import (
    Bounce,
    BounceKind,
    SuppressionReason,
    kind_of,
    reason_to_suppress,
    status_in,
)
from outage_service.domain.roles import BOUNCES
from outage_service.services import alerts, message_ids, suppressions
from outage_service.services.addresses import Address
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage import bounces as rows
from outage_service.storage.bounces import Addressee, BounceRecord
from outage_service.storage.lost_letters import letters_to_act_on
from outage_service.storage.suppressions import count_bounced_since

log = structlog.get_logger(__name__)

ACTOR = BOUNCES
"""The audit log's name for what no person did."""
FLOOD_WITHIN = timedelta(hours=1)
FLOOD_LEAST = 50
FLOOD_SHARE = 0.02
"""Beyond so many addresses an hour, or this share of all subscribers, bounces are counted and nobody is
suppressed: a provider that answers wrongly for an afternoon must not cost us its whole population."""
_WORST_FIRST = (BounceKind.HARD, BounceKind.SOFT, None)
"""What a report may say of a recipient; None counts nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a report: what it says of each address is counted once."""

    counted: int = 0
    suppressed: int = 0


def take(engine: Engine, tx: Connection, raw: bytes) -> Taken:
    """Takes a message that came back and returns what became of it; of no report, or a false one, nothing."""
    report = read_report(raw)
    if report is None:
        log.info("bounce_is_no_report")
        return Taken()
    addressee = _addressee(engine, tx, report)
    taken = _take(engine, tx, report, addressee) if addressee is not None else Taken()
    letters = _lost_letters(engine, tx, report)
    if letters:
        log.info("bounce_of_letter", mailing_ids=letters)
        alerts.tell_of_lost(engine, tx, letters)
    elif addressee is None:
        log.warning("bounce_not_ours", message_ids=len(report.message_ids))
    return taken


def _take(engine: Engine, tx: Connection, report: Report, addressee: Addressee) -> Taken:
    kind, status = _judged(report, addressee)
    if kind is None:
        log.info("bounce_not_counted", mailing_id=addressee.mailing_id, status=status)
        return Taken()
    return _count(engine, tx, addressee, kind, status)


def take_refusal(
    engine: Engine, tx: Connection, addressee: Addressee, said: str, *, takes_others: bool
) -> None:
    """Counts that the relay refused a recipient for good, in its words `said`.

    Args:
        takes_others: whether it has accepted this mailing for somebody; one that refuses everybody for no
            reason speaks against itself.
    """
    status = status_in(said)
    kind = kind_of(status) if status else BounceKind.REFUSED
    if kind is BounceKind.SOFT:
        kind = BounceKind.REFUSED
    if kind is BounceKind.HARD or (kind is BounceKind.REFUSED and takes_others):
        _count(engine, tx, addressee, kind, status)


def _lost_letters(engine: Engine, tx: Connection, report: Report) -> list[int]:
    """Returns the letters to act on that a report proves to have seen and says to have failed.

    Where a mailbox is a list, one dead end behind it says nothing of the others.
    """
    named = (message_ids.read_letter(engine.secret_key, one) for one in report.message_ids)
    letters = letters_to_act_on(tx, [mailing_id for mailing_id in named if mailing_id is not None])
    failed = [one.addresses for one in report.failed] if not report.is_complaint else []
    return [
        letter.mailing_id
        for letter in letters
        if any(not addresses or letter.address.lower() in addresses for addresses in failed)
    ]


def _addressee(engine: Engine, tx: Connection, report: Report) -> Addressee | None:
    """Returns whom the message was for that a report proves to have seen."""
    for message_id in report.message_ids:
        mailing_id = message_ids.read_letter(engine.secret_key, message_id)
        if mailing_id is not None:
            return rows.find_letter_addressee(tx, mailing_id)
        named = message_ids.read_bulletin(message_id)
        if named is None:
            continue
        found = rows.find_addressee(
            tx, outage_id=named.outage_id, sequence=named.sequence, recipient_id=named.recipient_id
        )
        if found is not None and named.is_genuine(engine.secret_key, epoch=found.epoch):
            return found
    return None


def _judged(report: Report, addressee: Addressee) -> tuple[BounceKind | None, str | None]:
    """Returns what a report says of the address, the worst of it, and the status."""
    if report.is_complaint:
        return BounceKind.COMPLAINT, None
    said = [(_kind(failed, addressee), failed.status or None) for failed in report.failed]
    return min(said, key=lambda one: _WORST_FIRST.index(one[0]))


def _kind(failed: FailedRecipient, addressee: Addressee) -> BounceKind | None:
    """Where mail is forwarded, or goes to a list, one dead end says little of the address itself."""
    kind = kind_of(failed.status) if failed.status else BounceKind.SOFT
    is_elsewhere = failed.addresses and addressee.address.lower() not in failed.addresses
    return BounceKind.SOFT if kind is BounceKind.HARD and is_elsewhere else kind


def _count(
    engine: Engine, tx: Connection, addressee: Addressee, kind: BounceKind, status: str | None
) -> Taken:
    address, now = Address(addressee.address, addressee.address.lower()), engine.clock()
    digest = suppressions.digest_of(engine, address.key)
    suppressions.take_turns_over(tx, digest)
    if not rows.insert_bounce(tx, addressee, digest=digest, kind=kind, status=status, now=now):
        return Taken()
    log.info(
        "bounce_counted", mailing_id=addressee.mailing_id, recipient_id=addressee.recipient_id, kind=kind
    )
    counted = [Bounce(one.kind, one.at) for one in _in_a_row(tx, addressee, rows.bounces_of(tx, digest))]
    reason = reason_to_suppress(counted, now=now)
    if reason is None or _is_flood(engine, tx, reason):
        return Taken(counted=1)
    try:
        suppressions.suppress(engine, tx, address, reason, actor=ACTOR, status=status)
    except suppressions.AlreadySuppressed:
        return Taken(counted=1)
    return Taken(counted=1, suppressed=1)


def _in_a_row(tx: Connection, addressee: Addressee, counted: list[BounceRecord]) -> list[BounceRecord]:
    """Leaves out refusals after which the relay has taken mail for the address again."""
    refused = [one for one in counted if one.kind is BounceKind.REFUSED]
    others = [one for one in counted if one.kind is not BounceKind.REFUSED]
    return others + [
        one for one in refused if not rows.is_accepted_since(tx, addressee.recipient_id, one.mailing_id)
    ]


def _is_flood(engine: Engine, tx: Connection, reason: SuppressionReason) -> bool:
    if not reason.ends_with_confirmation:
        return False
    lately = count_bounced_since(tx, engine.clock() - FLOOD_WITHIN)
    if lately < FLOOD_LEAST or lately < FLOOD_SHARE * engine.subscriber_count.active(tx):
        return False
    log.error("bounces_flood", suppressed_lately=lately)
    return True
