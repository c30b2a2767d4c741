"""A relay that refuses one recipient like the other: that is its policy towards us, not their addresses.

A recipient refused for good fails alone (reliability.md, "SMTP outcomes"). Twenty in a row who are refused in
the same words, with nobody accepted in between, speak against the relay ("relay access denied", a quota): the
mailing is paused, whole, and the row goes back to the queue (P11). So does all of a smaller mailing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog

from outage_service.domain.bounces import is_about_address, status_in
from outage_service.domain.deliveries import RETRY_AFTER, DeliveryState, Verdict
from outage_service.storage import Connection, bounces, endings, pauses
from outage_service.storage.deliveries import LONE_RECIPIENT, ClaimKey, Settlement
from outage_service.storage.endings import Ending
from outage_service.storage.locks import take_turns

log = structlog.get_logger(__name__)

ALIKE_IN_A_ROW = 20
"""So many recipients of one bulletin, refused in the same words one after the other, pause it."""
ALIKE_AT_LEAST = 3
"""Of a smaller mailing all must be refused alike, and be as many as this: two bad addresses may be chance."""
_NOT_REFUSED = frozenset({DeliveryState.CLAIMED, DeliveryState.QUEUED, DeliveryState.ACCEPTED})
SAME_MOMENT = timedelta(seconds=1)
"""Outcomes that were recorded together have no order: who failed in the moment of the last that was accepted
is given another try, and not counted."""


class _Refusal(NamedTuple):
    """The words that are compared: a reply code, and the enhanced status (RFC 3463) if there was one."""

    code: int
    status: str | None


def requeued_among(tx: Connection, settlements: Sequence[Settlement]) -> dict[ClaimKey, Settlement]:
    """Returns, by key, what is to be recorded instead for recipients who are refused like all others.

    Pauses their mailings. To be called before the outcomes are recorded, in the same transaction.
    """
    refused = {one.claim.mailing_id for one in settlements if _refusal_in(one) is not None}
    requeued: dict[ClaimKey, Settlement] = {}
    for mailing_id in sorted(refused):
        # Workers that each record a part of a small mailing must see each other's.
        take_turns(tx, f"refusals {mailing_id}")
        outcomes = [one for one in settlements if one.claim.mailing_id == mailing_id]
        requeued |= {one.claim.key: _again(one) for one in _shut_out(tx, mailing_id, outcomes)}
    return requeued


def _refusal_in(one: Settlement) -> _Refusal | None:
    """Returns a refusal that may be the relay's policy; None for other outcomes and for bad addresses."""
    if one.verdict is not Verdict.REFUSED or one.claim.recipient_id == LONE_RECIPIENT:
        return None
    return _refusal(one.code, one.detail)


def _refusal(code: int | None, detail: str | None) -> _Refusal | None:
    status = status_in(detail or "")
    return None if code is None or is_about_address(status) else _Refusal(code, status)


def _again(one: Settlement) -> Settlement:
    wait = RETRY_AFTER[min(one.tries, len(RETRY_AFTER)) - 1]
    return one._replace(state=DeliveryState.QUEUED, retry_in=wait)


def _shut_out(tx: Connection, mailing_id: int, outcomes: list[Settlement]) -> list[Settlement]:
    """Returns those outcomes of a mailing that are of the row which pauses it, or has paused it before."""
    row = _last_row(outcomes)
    if not row or pauses.paused_among(tx, {mailing_id}):
        return row
    before = _failed_in_a_row(tx, mailing_id, outcomes, row)
    if before is None:
        before = _failed_one_and_all(tx, mailing_id, outcomes, row)
    if before is None:
        return []
    endings.requeue_failed(tx, mailing_id, before)
    bounces.forget_refusals(tx, mailing_id, before)
    said = row[-1].detail
    pauses.pause_mailing(tx, mailing_id, detail=said)
    log.error("mailing_paused", mailing_id=mailing_id, said=said)
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
) -> set[int] | None:
    """Returns who had failed already of a row that is long enough; None where it is not."""
    now = {one.claim.recipient_id for one in row}
    if any(one.state is DeliveryState.ACCEPTED for one in outcomes):
        return set() if len(now) >= ALIKE_IN_A_ROW else None
    before = endings.latest_up_to(tx, mailing_id, max(now))
    alike = _alike(before, row)
    accepted = [one.changed_at for one in before if one.state is DeliveryState.ACCEPTED]
    if accepted:
        now |= {one.recipient_id for one in alike if one.changed_at > max(accepted)}
        alike = [one for one in alike if one.changed_at >= max(accepted) - SAME_MOMENT]
    found = {one.recipient_id for one in alike}
    return found if len(now if accepted else now | found) >= ALIKE_IN_A_ROW else None


def _failed_one_and_all(
    tx: Connection, mailing_id: int, outcomes: list[Settlement], row: list[Settlement]
) -> set[int] | None:
    """Returns who had failed already of a small mailing that ends with all of it refused alike; or None."""
    known = endings.all_of(tx, mailing_id)
    now = {one.claim.recipient_id: one.state for one in outcomes}
    if known is None or {now.get(one.recipient_id, one.state) for one in known} & _NOT_REFUSED:
        return None
    said = {_refusal(one.code, one.detail) for one in known if one.state is DeliveryState.FAILED}
    if (said | {_refusal_in(one) for one in outcomes}) - {None, _refusal_in(row[-1])}:
        return None
    found = {one.recipient_id for one in _alike(known, row)}
    return found if len(found | {one.claim.recipient_id for one in row}) >= ALIKE_AT_LEAST else None


def _alike(known: list[Ending], row: list[Settlement]) -> list[Ending]:
    """Returns who has failed with the words of the row."""
    said = _refusal_in(row[-1])
    failed = (one for one in known if one.state is DeliveryState.FAILED)
    return [one for one in failed if _refusal(one.code, one.detail) == said]
