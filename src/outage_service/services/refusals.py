"""What the relay refuses for good: recipients, which may speak against an address, and contents.

A content that is refused several times in a row, and accepted for nobody meanwhile, speaks against the
bulletin: its mailing is paused, whole, until an operator resumes it or a newer bulletin takes its place.
One that others got is refused for its recipient alone, and ends as failed (reliability.md, "SMTP outcomes").
Recipients who are all refused alike are weighed in `blanket_refusals`, letters to one person in
`refused_letters`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from outage_service.domain.deliveries import DeliveryState, Verdict, retry_after
from outage_service.domain.errors import StateConflict
from outage_service.domain.roles import Actor
from outage_service.services import bounces, refused_letters
from outage_service.services.blanket_refusals import requeued_among
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.jitter import jitter
from outage_service.services.relay_words import without_addresses
from outage_service.storage import Connection, audit, pauses
from outage_service.storage.bounces import Addressee
from outage_service.storage.bulletins import find_bulletin
from outage_service.storage.deliveries import LONE_RECIPIENT, ClaimKey, Settlement
from outage_service.storage.failures import Failure, failure_of
from outage_service.storage.locks import take_turns
from outage_service.storage.now import database_now

log = structlog.get_logger(__name__)

REFUSED_IN_A_ROW = 5
"""So many refused contents of one bulletin, one after the other, pause it."""
_HELD = "It is held: it waited in an older copy of the database. `outage-service release` sends what is held."


@dataclass(frozen=True, slots=True)
class _Group:
    """Outcomes that are recorded together, and the mailings of which some were accepted."""

    accepted: frozenset[int]

    def takes(self, tx: Connection, mailing_id: int) -> bool:
        return mailing_id in self.accepted or pauses.takes_any(tx, mailing_id)


def weigh(engine: Engine, tx: Connection, settlements: Sequence[Settlement]) -> Sequence[Settlement]:
    """Returns the outcomes to record: what the relay refuses of everybody goes back to the queue.

    To be called before they are recorded, in the same transaction. Costs next to nothing where none failed.
    Where it fails for a reason of our own they are recorded as the relay gave them: better than never (P7).
    """
    failed = [one for one in settlements if one.state is DeliveryState.FAILED]
    if not failed:
        return settlements
    try:
        with tx.begin_nested():
            requeued = _requeued(engine, tx, settlements, failed)
    except Exception as error:
        if failure_of(error) is not Failure.FAULT:  # the database's fault: the caller records again later
            raise
        log.exception("refusals_not_weighed", count=len(failed))
        return settlements
    return [requeued.get(one.claim.key, one) for one in settlements]


def _requeued(
    engine: Engine, tx: Connection, settlements: Sequence[Settlement], failed: list[Settlement]
) -> dict[ClaimKey, Settlement]:
    """Counts who was refused for good, and returns, by key, those who are to be tried again instead."""
    to_people = [one for one in failed if one.claim.recipient_id != LONE_RECIPIENT]
    # Workers that each record refusals of one mailing must see each other's, and not both pause it.
    for mailing_id in sorted({one.claim.mailing_id for one in to_people}):
        take_turns(tx, f"refusals {mailing_id}")
    refused_alike = requeued_among(tx, settlements)
    accepted = (one.claim.mailing_id for one in settlements if one.state is DeliveryState.ACCEPTED)
    group = _Group(frozenset(accepted))
    _count_recipients(engine, tx, group, [one for one in to_people if one.claim.key not in refused_alike])
    requeued = refused_alike | _weigh_contents(tx, group, to_people)
    return requeued | refused_letters.requeued_among(tx, settlements, requeued.values())


def _count_recipients(engine: Engine, tx: Connection, group: _Group, failed: Iterable[Settlement]) -> None:
    for one in failed:
        if one.verdict is Verdict.REFUSED:
            claim = one.claim
            addressee = Addressee(claim.mailing_id, claim.recipient_id, claim.address, claim.epoch)
            takes_others = group.takes(tx, claim.mailing_id)
            bounces.take_refusal(engine, tx, addressee, one.detail or "", takes_others=takes_others)


def _weigh_contents(
    tx: Connection, group: _Group, failed: Iterable[Settlement]
) -> dict[ClaimKey, Settlement]:
    """Notes refused contents and returns those that are to be tried again, by key."""
    refused = [one for one in failed if one.verdict is Verdict.CONTENT_REFUSED]
    now = database_now(tx) if refused else None
    requeued = {}
    for one in refused:
        claim = one.claim
        if now is None or _is_of_its_recipient(tx, group, one):
            continue
        pauses.insert_refusal(tx, claim.mailing_id, claim.recipient_id, claim.attempt, at=now)
        wait = retry_after(claim.tries, jitter())
        requeued[claim.key] = one._replace(state=DeliveryState.QUEUED, retry_in=wait)
    for mailing_id in {key[0] for key in requeued} - group.accepted:
        _pause_after_too_many(tx, mailing_id, requeued.values())
    return requeued


def _is_of_its_recipient(tx: Connection, group: _Group, one: Settlement) -> bool:
    """Returns whether others got what this recipient's message is refused for, for the second time."""
    claim = one.claim
    first_at = pauses.first_refused_at(tx, claim.mailing_id, claim.recipient_id)
    if first_at is None:
        return False
    return claim.mailing_id in group.accepted or pauses.is_accepted_since(tx, claim.mailing_id, first_at)


def _pause_after_too_many(tx: Connection, mailing_id: int, requeued: Iterable[Settlement]) -> None:
    since = pauses.last_refused_at(tx, mailing_id, REFUSED_IN_A_ROW)
    if since is None or pauses.is_accepted_since(tx, mailing_id, since):
        return
    said = next(one.detail for one in requeued if one.claim.mailing_id == mailing_id)
    if pauses.pause_mailing(tx, mailing_id, detail=said):
        log.error("mailing_paused", mailing_id=mailing_id, said=without_addresses(said or ""))


def resume(engine: Engine, tx: Connection, actor: Actor, bulletin_id: int) -> None:
    """Lets a paused bulletin go on; five more refusals pause it again.

    Raises:
        NotFound: there is no such bulletin.
        StateConflict: it is not paused; or it is held, which only `pulse.release` ends (P34).
    """
    found = find_bulletin(tx, bulletin_id)
    if found is None:
        raise NotFound("bulletin", bulletin_id)
    if not pauses.resume_bulletin(tx, bulletin_id):
        if pauses.held_at(tx, bulletin_id) is not None:
            raise StateConflict("held", _HELD)
        raise StateConflict("not_paused", "This bulletin is not paused.")
    detail = {"bulletin_id": bulletin_id}
    audit.record(
        tx, "bulletin_resumed", at=engine.clock(), actor=actor.name, outage_id=found.outage_id, detail=detail
    )
