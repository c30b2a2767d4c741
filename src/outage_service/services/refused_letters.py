"""Letters to one person that the relay refuses like everything else: its policy, not their address.

A letter has one recipient, and fails where that one is refused. But where a bulletin is paused for the same
words, or two other addresses were refused in them, with nobody accepted since, it is tried again on the
schedule of what is refused for now, and those that have failed so go back to the queue (P11). A letter fails
for good as soon as the relay takes mail of somebody else, or where the schedule ends.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from outage_service.domain.bounces import status_in
from outage_service.domain.deliveries import (
    GIVE_UP_AFTER,
    RETRY_AFTER,
    Attempt,
    DeliveryState,
    Stage,
    Verdict,
    decide,
)
from outage_service.services import lost_letters
from outage_service.services.blanket_refusals import ALIKE_AT_LEAST, SAME_MOMENT, Refusal, refusal_in
from outage_service.services.jitter import jitter
from outage_service.storage import Connection, letter_outcomes, pauses
from outage_service.storage.deliveries import LONE_RECIPIENT, ClaimKey, Settlement
from outage_service.storage.locks import take_turns
from outage_service.storage.now import database_now
from outage_service.storage.pauses import Pause
from outage_service.storage.recipient_outcomes import Ending

log = structlog.get_logger(__name__)

_REFUSALS = frozenset({Verdict.REFUSED, Verdict.CONTENT_REFUSED})
_MAY_GO_ON = frozenset({DeliveryState.FAILED, DeliveryState.QUEUED, DeliveryState.CLAIMED})
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_FOR_NOW = Attempt(Verdict.DEFERRED, Stage.RCPT)


@dataclass(frozen=True, slots=True)
class _Lately:
    """What the relay has said: letters it has not taken, pauses, and when it last took anything."""

    letters: list[Ending]
    pauses: list[Pause]
    accepted_at: datetime


def requeued_among(
    tx: Connection, settlements: Sequence[Settlement], refused_alike: Collection[Settlement]
) -> dict[ClaimKey, Settlement]:
    """Returns, by key, what is to be recorded instead for letters that are refused like all others.

    To be called before the outcomes are recorded, in the same transaction, and after bulletins are weighed.

    Args:
        refused_alike: recipients of bulletins who go back to the queue: letters may have failed before them.
    """
    letters = [one for one in settlements if one.claim.recipient_id == LONE_RECIPIENT]
    letters = [one for one in letters if one.verdict in _REFUSALS]
    said = {words for one in (*letters, *refused_alike) if (words := refusal_in(one))}
    if not said or any(one.state is DeliveryState.ACCEPTED for one in settlements):
        return {}
    # Workers that each record a letter must see each other's.
    take_turns(tx, "refused letters")
    now = database_now(tx)
    lately = _look(tx, {one.claim.mailing_id for one in letters})
    requeued: dict[ClaimKey, Settlement] = {}
    for refusal in said:
        alike = [one for one in letters if refusal_in(one) == refusal]
        if _refuses_everybody(lately, refusal, alike):
            _take_back(tx, lately, refusal, now)
            requeued |= _again(alike)
    return requeued


def _look(tx: Connection, mailing_ids: set[int]) -> _Lately:
    around = letter_outcomes.letters_around(tx, mailing_ids)
    accepted = [one.changed_at for one in around if one.state is DeliveryState.ACCEPTED]
    accepted.append(letter_outcomes.bulletin_accepted_at(tx) or _NEVER)
    others = [one for one in around if one.state in _MAY_GO_ON]
    return _Lately(others, pauses.current_pauses(tx), max(accepted))


def _refuses_everybody(lately: _Lately, refusal: Refusal, alike: list[Settlement]) -> bool:
    for pause in lately.pauses:
        if status_in(pause.said or "") == refusal.status and lately.accepted_at < pause.at + SAME_MOMENT:
            return True
    known = (
        one for one in lately.letters if one.changed_at > lately.accepted_at and refusal_in(one) == refusal
    )
    addresses = {one.claim.address.lower() for one in alike} | {one.address for one in known}
    return len(addresses) >= ALIKE_AT_LEAST


def _take_back(tx: Connection, lately: _Lately, refusal: Refusal, now: datetime) -> None:
    since = lately.accepted_at - SAME_MOMENT
    failed = (one for one in lately.letters if one.state is DeliveryState.FAILED and one.changed_at >= since)
    found = [one.mailing_id for one in failed if refusal_in(one) == refusal]
    letter_outcomes.requeue_letters(tx, found, first_after=now - GIVE_UP_AFTER, retry_in=RETRY_AFTER[0])
    lost_letters.take_back(tx, found)


def _again(alike: list[Settlement]) -> dict[ClaimKey, Settlement]:
    """Returns those of the letters, by key, that the schedule has another try for."""
    found = {}
    for one in alike:
        decision = decide(_FOR_NOW, tries=one.claim.tries, age=one.claim.age, jitter=jitter())
        if decision.state is DeliveryState.QUEUED:
            found[one.claim.key] = one._replace(state=decision.state, retry_in=decision.retry_in)
    if found:
        log.warning("letters_refused_like_all", count=len(found))
    return found
