"""What an SMTP answer means for a delivery, and what happens to it next.

`classify` is the table of outcomes; `decide` is the schedule of attempts. Poison counting is not here: it
is for our own failures, never for a relay's answers.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

RETRY_AFTER = (
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
)
"""Waits between attempts; the last one repeats."""
LONGEST_WAIT = timedelta(hours=1)
"""No attempt is further ahead than this, drawn out or not."""
JITTER = 0.2
"""The share by which a wait is drawn out or cut short, so that retries do not come as a burst (P11)."""
UNCERTAIN_AFTER = timedelta(minutes=2)
"""The least wait after an uncertain outcome: the relay most likely has the message (P8)."""
GIVE_UP_AFTER = timedelta(hours=72)
"""The newest bulletin of an outage is tried this long since it was issued; older ones until superseded."""


class Stage(StrEnum):
    """How far the SMTP transaction had come. `AFTER_DOT` begins when the final dot is handed over."""

    CONNECT = "connect"
    """Up to and including EHLO, STARTTLS and AUTH."""
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    AFTER_DOT = "after_dot"


class Fault(StrEnum):
    """What went wrong where the relay gave no reply code, or none that can be believed."""

    UNREACHABLE = "unreachable"
    DROPPED = "dropped"
    TIMED_OUT = "timed_out"
    GARBLED = "garbled"
    """An answer that is none of SMTP's, or none that fits the question."""
    CLOSING = "closing"
    """This process is shutting down."""
    STARTTLS_MISSING = "starttls_missing"
    TLS_REFUSED = "tls_refused"
    """The certificate does not hold, or the port does not speak TLS."""
    AUTH_MISSING = "auth_missing"
    """There are credentials and the relay offers no way to give them."""
    CLEAR_AUTH = "clear_auth"
    """There are credentials and the connection is not encrypted: they are not sent."""


_CONFIGURATION = frozenset({Fault.STARTTLS_MISSING, Fault.TLS_REFUSED, Fault.AUTH_MISSING, Fault.CLEAR_AUTH})
_ACCESS_CODES = frozenset({530, 534, 535, 538})
"""RFC 4954: log in first, or in another way. Never about a recipient, whatever command they answer."""
_PROTOCOL_CODES = {Stage.RCPT: frozenset({500, 502, 503, 504}), Stage.DATA: frozenset(range(500, 505))}
"""RFC 5321, 4.2.2: the relay does not know our commands, or not in this order: never about a recipient. A 501
to RCPT may be, for relays answer a single odd address with it."""
_SERVICE_CLOSING = 421


class Verdict(StrEnum):
    """What an attempt came to."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    """A temporary refusal: try again later."""
    REFUSED = "refused"
    """This recipient is refused for good."""
    CONTENT_REFUSED = "content_refused"
    """The message is refused for good; several in a row speak against the bulletin, not the recipients."""
    UNCERTAIN = "uncertain"
    """Handed over and never answered: it may or may not have been accepted."""
    RELAY_DOWN = "relay_down"
    """Nothing was handed over; the recipient has nothing to do with it."""
    MISCONFIGURED = "misconfigured"
    """The relay and this service do not agree: pause everything, alarm, fail nobody."""
    WITHHELD = "withheld"
    """Test mode: the address is none of the test recipients and was never given to the relay (P33)."""


class Attempt(NamedTuple):  # made once a message: a dataclass takes twice as long
    """One attempt at a delivery.

    Args:
        verdict: what it came to.
        stage: how far it came.
        code: the SMTP reply code that decided it, if one did.
        detail: the relay's words, or ours where it said nothing; one line, for the operator.
    """

    verdict: Verdict
    stage: Stage
    code: int | None = None
    detail: str = ""


class DeliveryState(StrEnum):
    """The life of a delivery; all but `claimed` and `queued` are its end."""

    CLAIMED = "claimed"
    """A worker has it in hand."""
    QUEUED = "queued"
    """Waits for its next attempt."""
    ACCEPTED = "accepted"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    """Not sent on purpose: unsubscribed since, or test mode."""
    SUPERSEDED = "superseded"
    """A newer bulletin of the outage took its place (P12)."""
    EXPIRED = "expired"
    """Tried for 72 h without a final answer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a delivery after an attempt.

    Args:
        state: its next state.
        retry_in: the wait before the next attempt; None where `state` is an end.
        burns_attempt: whether the attempt counts in `tries`.
    """

    state: DeliveryState
    retry_in: timedelta | None = None
    burns_attempt: bool = True


def classify(stage: Stage, answer: int | Fault) -> Verdict:
    """Returns what a reply code or a fault at `stage` means (reliability.md, "SMTP outcomes").

    A 2xx is an outcome only after the dot; anywhere else, like any code that is none of SMTP's, it is
    taken for a garbled answer.
    """
    if isinstance(answer, Fault):
        return _classify_fault(stage, answer)
    if answer in _ACCESS_CODES:
        return Verdict.MISCONFIGURED
    if 200 <= answer < 300 and stage is Stage.AFTER_DOT:
        return Verdict.ACCEPTED
    if 400 <= answer < 500:
        return _classify_temporary(stage, answer)
    if 500 <= answer < 600:
        is_protocol = answer in _PROTOCOL_CODES.get(stage, ())
        return Verdict.MISCONFIGURED if is_protocol else _PERMANENT[stage]
    return _classify_fault(stage, Fault.GARBLED)


def _classify_fault(stage: Stage, fault: Fault) -> Verdict:
    if fault in _CONFIGURATION:
        return Verdict.MISCONFIGURED
    return Verdict.UNCERTAIN if stage is Stage.AFTER_DOT else Verdict.RELAY_DOWN


def _classify_temporary(stage: Stage, code: int) -> Verdict:
    """A 421 to RCPT or later is how some relays slow down one recipient's host: it stays that recipient's."""
    if stage is Stage.CONNECT or (stage is Stage.MAIL and code == _SERVICE_CLOSING):
        return Verdict.RELAY_DOWN
    return Verdict.DEFERRED


_PERMANENT = {
    Stage.CONNECT: Verdict.MISCONFIGURED,
    Stage.MAIL: Verdict.MISCONFIGURED,
    Stage.RCPT: Verdict.REFUSED,
    Stage.DATA: Verdict.CONTENT_REFUSED,
    Stage.BODY: Verdict.CONTENT_REFUSED,
    Stage.AFTER_DOT: Verdict.CONTENT_REFUSED,
}

_ENDS = {
    Verdict.ACCEPTED: DeliveryState.ACCEPTED,
    Verdict.REFUSED: DeliveryState.FAILED,
    Verdict.CONTENT_REFUSED: DeliveryState.FAILED,
    Verdict.WITHHELD: DeliveryState.SUPPRESSED,
}
_BURNS_NOTHING = frozenset({Verdict.RELAY_DOWN, Verdict.MISCONFIGURED})


def decide(attempt: Attempt, *, tries: int, age: timedelta, jitter: float) -> Decision:
    """Returns what becomes of a delivery after `attempt`.

    A fault of the relay ends nothing, however long it lasts (P11); it is the newest bulletin that then
    arrives. Whether a newer one has taken its place meanwhile is the ledger's to say (P12).

    Args:
        attempt: the attempt just made.
        tries: the attempts that counted before it.
        age: for how long the message has been tried.
        jitter: in [-1, 1]; 0 is the plain schedule.
    """
    if end := _ENDS.get(attempt.verdict):
        return Decision(end)
    burns = attempt.verdict not in _BURNS_NOTHING
    if burns and age >= GIVE_UP_AFTER:
        return Decision(DeliveryState.EXPIRED)
    wait = _scheduled(tries) if burns else RETRY_AFTER[0]
    if attempt.verdict is Verdict.UNCERTAIN:
        wait = max(wait, UNCERTAIN_AFTER)
    return Decision(DeliveryState.QUEUED, _jittered(wait, jitter), burns_attempt=burns)


def retry_after(tries: int, jitter: float) -> timedelta:
    """Returns the wait after an attempt that counted.

    Args:
        tries: the attempts that counted before it.
        jitter: in [-1, 1]; 0 is the plain schedule.

    Raises:
        ValueError: `jitter` is beyond that.
    """
    return _jittered(_scheduled(tries), jitter)


def _scheduled(tries: int) -> timedelta:
    return RETRY_AFTER[min(tries, len(RETRY_AFTER) - 1)]


def _jittered(wait: timedelta, jitter: float) -> timedelta:
    if not -1 <= jitter <= 1:
        raise ValueError(f"jitter is within [-1, 1], not {jitter}")
    return wait * (1 + JITTER * jitter)
