"""What a sender asks of the ledger: claims, a last look before sending, and outcomes."""

import re
import secrets
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from outage_service.channels.email.thawed import Frame, ThawedLetter
from outage_service.domain.deliveries import Attempt, Decision, DeliveryState, Verdict, decide
from outage_service.domain.letters import LetterSlot
from outage_service.domain.texts import Language
from outage_service.services import alerts, lost_letters, message_ids, refusals
from outage_service.services.engine import Engine
from outage_service.services.heartbeats import Heartbeats
from outage_service.services.jitter import jitter
from outage_service.services.links import Holder, Purpose, around_token, token
from outage_service.storage import Connection, deliveries, unsendable, workers
from outage_service.storage.deliveries import LONE_RECIPIENT, Claim, ClaimKey, Settlement
from outage_service.storage.lost_letters import given_up_among
from outage_service.storage.mailings import MailingRecord, find_mailing, superseded_among
from outage_service.storage.pauses import paused_among
from outage_service.storage.settling import settle as settle_claims
from outage_service.storage.settling import submit_settling

FAULTS_AT_MOST = 5
"""A row that fails for reasons of our own is set aside after so many attempts (P10)."""
RETRY_AFTER_FAULT = timedelta(minutes=1)
RETRY_AFTER_PAUSE = timedelta(0)
_ACCEPTED = Decision(DeliveryState.ACCEPTED)
DETAIL_LONGEST = 500
"""Characters of a relay's words that are kept."""


OwnParts = dict[LetterSlot, str]
"""What of a message is one recipient's alone: their address, the tokens of their links, its Message-ID."""


@dataclass(frozen=True, slots=True)
class ReadyMailing:
    """A mailing with its letters cut at their markers, ready for any number of recipients."""

    record: MailingRecord
    letters: dict[Language, ThawedLetter]


def register(engine: Engine) -> str:
    """Makes this process known as a worker and returns its id."""
    worker_id = secrets.token_hex(8)
    host = engine.host_clock
    engine.db.write(lambda tx: workers.register_worker(tx, worker_id, host=host.host, clock=host.now))
    host.worker_id = worker_id
    return worker_id


def beat(engine: Engine, worker_id: str) -> bool:
    """Tells the others that this worker lives; True once that is durable."""
    host = engine.host_clock
    engine.db.write(lambda tx: workers.beat(tx, worker_id, host=host.host, clock=host.now))
    return True


def sign_off(engine: Engine, worker_id: str) -> None:
    """Frees what a worker that stops in order still holds, and forgets it."""

    def leave(tx: Connection) -> None:
        deliveries.free_claims_of(tx, worker_id)
        workers.sign_off(tx, worker_id)

    engine.db.write(leave)


def rescue(engine: Engine, *, everything: bool = False, heartbeats: Heartbeats | None = None) -> int:
    """Queues the claims of dead workers; of all, where this process is the only sender. Returns how many.

    Also what was put off by a clock that was ahead. Then ends what nobody may send any more, in transactions
    of bounded length. `heartbeats` are those that the same process saw when it did so last.
    """
    # In a transaction of its own: a worker that signs off locks its claims before its own row, which with the
    # claims below would be a deadlock.
    engine.db.write((heartbeats or Heartbeats()).put_right)

    def free(tx: Connection) -> int:
        freed = deliveries.free_claims(tx, of_dead_before=None if everything else workers.dead_before(tx))
        return freed + deliveries.bring_forward(tx)

    freed = engine.db.write(free)
    while _end_unsendable(engine):
        pass
    return freed


def _end_unsendable(engine: Engine) -> int:
    with engine.db.read() as tx:
        found = unsendable.find_unsendable(tx)
    return engine.db.write(lambda tx: unsendable.settle_unsendable(tx, found)) if found else 0


def claim(engine: Engine, worker_id: str, *, limit: int) -> list[Claim]:
    """Returns the next deliveries for this worker, at most `limit`, claimed and committed; none if all are.

    A few recipients among many are looked for in several transactions, each of them short.
    """
    while True:
        batch = engine.db.write(lambda tx: deliveries.claim_next(tx, worker_id, limit=limit))
        if batch.claims or not batch.goes_on:
            return batch.claims


def let_go(engine: Engine, worker_id: str, held: Collection[ClaimKey]) -> int:
    """Queues the claims of this worker that it does not hold in memory; returns how many (P7)."""
    return engine.db.write(lambda tx: deliveries.free_claims_but(tx, worker_id, held))


def prepare(engine: Engine, mailing_id: int) -> ReadyMailing:
    """Returns a mailing ready for sending."""
    with engine.db.read() as tx:
        record = find_mailing(tx, mailing_id)
    frozen = {language: record.letters[language] for language in Language}
    frames = _frames(engine)
    return ReadyMailing(
        record, {lang: ThawedLetter.parse(raw, frames) for lang, raw in frozen.items() if raw}
    )


_LINKS = {
    LetterSlot.CONFIRM_URL: Purpose.CONFIRM,
    LetterSlot.UNSUBSCRIBE_URL: Purpose.UNSUBSCRIBE,
    LetterSlot.MANAGE_URL: Purpose.MANAGE,
}


def _frames(engine: Engine) -> dict[LetterSlot, Frame]:
    """Returns what is the same for all recipients of the values that every letter has a place for."""
    at_domain = Frame(after=f"@{engine.sender.domain}")
    frames = {slot: Frame(*around_token(engine.base_url, purpose)) for slot, purpose in _LINKS.items()}
    return frames | {LetterSlot.MESSAGE_ID: at_domain, LetterSlot.THREAD_ID: at_domain}


def withdrawn(engine: Engine, claims: Sequence[Claim]) -> dict[Claim, DeliveryState]:
    """Returns the claims not to be sent, and what they become instead.

    Superseded, of people who left since (P12, P14), or back in the queue, since their mailing is paused.
    """
    mailings = {claim.mailing_id for claim in claims}
    with engine.db.read() as tx:
        superseded, paused = superseded_among(tx, mailings), paused_among(tx, mailings)
        left = deliveries.inactive_among(tx, {claim.recipient_id for claim in claims})
    found = {claim: DeliveryState.QUEUED for claim in claims if claim.mailing_id in paused}
    found |= {claim: DeliveryState.SUPPRESSED for claim in claims if claim.recipient_id in left}
    return found | {claim: DeliveryState.SUPERSEDED for claim in claims if claim.mailing_id in superseded}


def settle(engine: Engine, worker_id: str, settlements: Sequence[Settlement]) -> int:
    """Records outcomes and returns how many were still this worker's to record (P9)."""
    return engine.db.write(partial(_record, engine, worker_id, settlements))


def settling(engine: Engine, worker_id: str, settlements: Sequence[Settlement]) -> Future[int]:
    """Returns at once; the future ends as `settle` would have."""
    is_refused = any(one.state is DeliveryState.FAILED for one in settlements)
    if is_refused or lost_letters.lost_of(settlements):  # else there is nothing to weigh and nobody to tell
        return engine.db.submit(partial(_record, engine, worker_id, settlements))
    return submit_settling(engine.db, worker_id, settlements)


def _record(engine: Engine, worker_id: str, settlements: Sequence[Settlement], tx: Connection) -> int:
    outcomes = refusals.weigh(engine, tx, settlements)
    recorded = settle_claims(tx, worker_id, outcomes)
    if lost := lost_letters.lost_of(outcomes):
        alerts.tell_of_lost(engine, tx, given_up_among(tx, lost))
    return recorded


def render(engine: Engine, mailing: ReadyMailing, claim: Claim, own: OwnParts | None = None) -> bytes:
    """Returns the message of one recipient as it goes over the wire: always the same bytes (P8, P15).

    Args:
        own: what `own_parts` returned for this mailing and claim, if it was called before.
    """
    return mailing.letters[claim.language].render(own or own_parts(engine, mailing, claim))


def own_parts(engine: Engine, mailing: ReadyMailing, claim: Claim) -> OwnParts:
    """Returns a recipient's own parts of the values that the letter has a place for, and perhaps of more.

    Mostly three or four signatures.
    """
    record, key = mailing.record, engine.secret_key
    holder = Holder(claim.link_id, claim.epoch)
    if claim.recipient_id == LONE_RECIPIENT:
        return {
            LetterSlot.TO: claim.address,
            LetterSlot.MESSAGE_ID: message_ids.of_letter(key, record.id),
            LetterSlot.CONFIRM_URL: token(key, Purpose.CONFIRM, holder),
        }
    own = {
        LetterSlot.TO: claim.address,
        LetterSlot.MESSAGE_ID: _message_id(engine, record, claim, record.sequence or 1),
        LetterSlot.UNSUBSCRIBE_URL: token(key, Purpose.UNSUBSCRIBE, holder),
        LetterSlot.MANAGE_URL: token(key, Purpose.MANAGE, holder),
    }
    if LetterSlot.THREAD_ID in mailing.letters[claim.language].slots:
        own[LetterSlot.THREAD_ID] = _message_id(engine, record, claim, 1)
    return own


def _message_id(engine: Engine, record: MailingRecord, claim: Claim, sequence: int) -> str:
    return message_ids.of_bulletin(
        engine.secret_key,
        outage_id=record.outage_id or 0,
        sequence=sequence,
        recipient_id=claim.recipient_id,
        epoch=claim.epoch,
    )


def after_attempt(claim: Claim, attempt: Attempt) -> Settlement:
    """Returns what becomes of a claim after an SMTP attempt."""
    if attempt.verdict is Verdict.ACCEPTED:  # nearly always: there is nothing to decide
        decision = _ACCEPTED
    else:
        decision = decide(attempt, tries=claim.tries, age=claim.age, jitter=jitter())
    return Settlement(
        claim,
        decision.state,
        decision.retry_in,
        tries=claim.tries + decision.burns_attempt,
        faults=claim.faults,
        code=attempt.code,
        detail=_fit_to_keep(attempt.detail, claim.address) or None,
        verdict=attempt.verdict,
    )


def _fit_to_keep(detail: str, address: str) -> str:
    """Returns a relay's words without the address, which the ledger is to outlive, and without what
    PostgreSQL refuses: one NUL would keep a whole group of outcomes from being recorded."""
    if not detail.isprintable():
        detail = "".join(character if character.isprintable() else "�" for character in detail)
    if address.lower() in detail.lower():
        detail = re.sub(re.escape(address), "…", detail, flags=re.IGNORECASE)
    return detail[:DETAIL_LONGEST]


def after_fault(claim: Claim, reason: str) -> Settlement:
    """Returns what becomes of a claim that failed for a reason of our own: set aside in the end (P10)."""
    faults = claim.faults + 1
    is_poison = faults >= FAULTS_AT_MOST
    state = DeliveryState.FAILED if is_poison else DeliveryState.QUEUED
    retry_in = None if is_poison else RETRY_AFTER_FAULT
    return Settlement(claim, state, retry_in, tries=claim.tries, faults=faults, detail=f"ours: {reason}")


def ended(claim: Claim, state: DeliveryState) -> Settlement:
    """Returns a claim that ends without being sent, or waits, `queued`, as its mailing is paused."""
    retry_in = RETRY_AFTER_PAUSE if state is DeliveryState.QUEUED else None
    return Settlement(claim, state, retry_in, tries=claim.tries, faults=claim.faults)
