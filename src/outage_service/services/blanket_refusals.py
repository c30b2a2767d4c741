"""A relay that refuses one recipient like the other: that is its policy towards us, not their addresses.

A recipient refused for good fails alone (reliability.md, "SMTP outcomes"). Twenty in a row who are refused in
the same words, with nobody accepted in between, speak against the relay ("relay access denied", a quota): the
mailing is paused, whole, and the row goes back to the queue (P11). So does all of a smaller mailing.

Neighbours of one domain may have been shut out by their own mail system. They have failed, and pause nothing,
while the relay can still be told from that system by others: by those who are about to be tried, or who were
accepted where nobody of that domain ever was.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

import structlog

from outage_service.domain.bounces import is_about_address, status_in
from outage_service.domain.deliveries import DeliveryState, Verdict, retry_after
from outage_service.services.jitter import jitter
from outage_service.services.relay_words import without_addresses
from outage_service.storage import Connection, bounces, pauses, recipient_outcomes
from outage_service.storage.deliveries import LONE_RECIPIENT, ClaimKey, Settlement
from outage_service.storage.recipient_outcomes import Ending

log = structlog.get_logger(__name__)

ALIKE_IN_A_ROW = 20
"""So many recipients of one bulletin, refused in the same words one after the other, pause it."""
ALIKE_AT_LEAST = 3
"""Of a smaller mailing all must be refused alike, and be as many as this: two bad addresses may be chance."""
_NOT_REFUSED = frozenset({DeliveryState.CLAIMED, DeliveryState.QUEUED, DeliveryState.ACCEPTED})
SAME_MOMENT = timedelta(seconds=1)
"""Outcomes that were recorded together have no order: who failed in the moment of the last that was accepted
is given another try, and not counted."""


class Refusal(NamedTuple):
    """The words that are compared: a reply code, and the enhanced status (RFC 3463) if there was one."""

    code: int
    status: str | None


def requeued_among(tx: Connection, settlements: Sequence[Settlement]) -> dict[ClaimKey, Settlement]:
    """Returns, by key, what is to be recorded instead for recipients who are refused like all others.

    Pauses their mailings. To be called before the outcomes are recorded, in the same transaction, which must
    have the turn over the mailings: workers that each record a part of a small one must see each other's.
    """
    refused = {one.claim.mailing_id for one in settlements if _refusal_in(one) is not None}
    requeued: dict[ClaimKey, Settlement] = {}
    for mailing_id in sorted(refused):
        outcomes = [one for one in settlements if one.claim.mailing_id == mailing_id]
        requeued |= {one.claim.key: _again(one) for one in _refused_alike(tx, mailing_id, outcomes)}
    return requeued


def _refusal_in(one: Settlement) -> Refusal | None:
    """Returns a refusal that may be the relay's policy; None for other outcomes and for bad addresses."""
    if one.verdict is not Verdict.REFUSED or one.claim.recipient_id == LONE_RECIPIENT:
        return None
    return refusal_in(one)


def refusal_in(said: Settlement | Ending) -> Refusal | None:
    """Returns the words of a refusal; None where they are about the address itself, or there were none."""
    status = status_in(said.detail or "")
    return None if said.code is None or is_about_address(status) else Refusal(said.code, status)


def _again(one: Settlement) -> Settlement:
    return one._replace(state=DeliveryState.QUEUED, retry_in=retry_after(one.claim.tries, jitter()))


def _refused_alike(tx: Connection, mailing_id: int, outcomes: list[Settlement]) -> list[Settlement]:
    """Returns those outcomes of a mailing that are of the row which pauses it, or has paused it before."""
    row = _last_row(outcomes)
    if not row or pauses.paused_among(tx, {mailing_id}):
        return row
    before = _failed_in_a_row(tx, mailing_id, outcomes, row)
    if before is None:
        before = _failed_one_and_all(tx, mailing_id, outcomes, row)
    if before is None:
        return []
    for some in before:
        found = {one.recipient_id for one in some}
        recipient_outcomes.requeue_failed(tx, mailing_id, found)
        bounces.forget_refusals(tx, mailing_id, found)
    said = row[-1].detail
    pauses.pause_mailing(tx, mailing_id, detail=said)
    log.error("mailing_paused", mailing_id=mailing_id, said=without_addresses(said or ""))
    return row


def _last_row(outcomes: list[Settlement]) -> list[Settlement]:
    """Returns the refusals alike that came after the last message that was accepted."""
    row: list[Settlement] = []
    for one in outcomes:
        said = _refusal_in(one)
        if one.state is DeliveryState.ACCEPTED or (row and said not in (None, _refusal_in(row[-1]))):
            row = []
        if said is not None:
            row.append(one)
    return row


def _failed_in_a_row(
    tx: Connection, mailing_id: int, outcomes: list[Settlement], row: list[Settlement]
) -> Iterable[list[Ending]] | None:
    """Returns who had failed already of a row that speaks against the relay; None where it does not."""
    now = {one.claim.recipient_id for one in row}
    is_new = any(one.state is DeliveryState.ACCEPTED for one in outcomes)
    before = [] if is_new else recipient_outcomes.latest_up_to(tx, mailing_id, max(now))
    since, alike = _last_accepted_at(before), _alike(before, row)
    in_row = now | {one.recipient_id for one in alike if since is None or one.changed_at > since}
    if len(in_row) < ALIKE_IN_A_ROW or _is_of_one_domain(tx, mailing_id, outcomes, row, alike):
        return None
    return chain([alike], _longer_ago(tx, mailing_id, before, row))


def _longer_ago(
    tx: Connection, mailing_id: int, before: list[Ending], row: list[Settlement]
) -> Iterator[list[Ending]]:
    """Yields who else had failed of a row that is longer than what is looked at at once."""
    while len(before) == recipient_outcomes.LOOKED_AT and _last_accepted_at(before) is None:
        before = recipient_outcomes.latest_up_to(tx, mailing_id, before[-1].recipient_id - 1)
        yield _alike(before, row)


def _is_of_one_domain(
    tx: Connection, mailing_id: int, outcomes: list[Settlement], row: list[Settlement], before: list[Ending]
) -> bool:
    """Returns whether a row is of neighbours of one domain, and others can tell it from the relay."""
    domains = _domains([one.claim.address for one in row] + [one.address for one in before])
    if len(domains) > 1:
        return False
    recipients = {one.claim.recipient_id for one in outcomes}
    accepted = recipient_outcomes.addresses_accepted(tx, mailing_id, up_to=max(recipients))
    accepted |= {one.claim.address for one in outcomes if one.state is DeliveryState.ACCEPTED}
    served = _domains(accepted)
    if served and served.isdisjoint(domains):
        return True
    return recipient_outcomes.awaits_other_domain(tx, mailing_id, domains.pop(), beside=recipients)


def _domains(addresses: Iterable[str | None]) -> set[str]:
    return {one.rpartition("@")[2].lower() for one in addresses if one}


def _failed_one_and_all(
    tx: Connection, mailing_id: int, outcomes: list[Settlement], row: list[Settlement]
) -> Iterable[list[Ending]] | None:
    """Returns who had failed already of a small mailing that ends with all of it refused alike; or None."""
    known = recipient_outcomes.all_of(tx, mailing_id)
    now = {one.claim.recipient_id: one.state for one in outcomes}
    if known is None or {now.get(one.recipient_id, one.state) for one in known} & _NOT_REFUSED:
        return None
    said = {refusal_in(one) for one in known if one.state is DeliveryState.FAILED}
    if (said | {_refusal_in(one) for one in outcomes}) - {None, _refusal_in(row[-1])}:
        return None
    alike = _alike(known, row)
    count = len({one.recipient_id for one in alike} | {one.claim.recipient_id for one in row})
    return [alike] if count >= ALIKE_AT_LEAST else None


def _alike(known: list[Ending], row: list[Settlement]) -> list[Ending]:
    """Returns who has failed with the words of the row, since the last of them who was accepted."""
    said, since = _refusal_in(row[-1]), _last_accepted_at(known)
    alike = (one for one in known if one.state is DeliveryState.FAILED and refusal_in(one) == said)
    return [one for one in alike if since is None or one.changed_at >= since - SAME_MOMENT]


def _last_accepted_at(known: list[Ending]) -> datetime | None:
    return max((one.changed_at for one in known if one.state is DeliveryState.ACCEPTED), default=None)
