"""Letters to the operators' own mailbox, where the setting asks for them (R17, P22).

What is wrong with the service is looked for in the database, every few seconds and by every process that
lives: that which has stopped cannot tell of it. Of all who notice, one writes; once when it begins and once
when it is over. If the relay itself is down the letter waits with the rest: hence the log, the metrics and
`/readyz` say the same, and the log at once what the relay answers. These alone tell of a database that takes
no writes (`write_health`): it keeps no letter. To add an alert: a member of `AlertKind`, its texts, its
question in `_wrong_now`, and for the board a member of `Trouble` with its text.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from outage_service.channels.email.breaker import RelayHealth
from outage_service.channels.email.letter import freeze
from outage_service.clock import monotonic_seconds
from outage_service.domain.cadence import OVERRUN_AFTER
from outage_service.domain.clocks import hosts_apart, is_database_apart
from outage_service.domain.deliveries import Attempt, Verdict
from outage_service.domain.letters import Letter
from outage_service.domain.roles import CLOCK
from outage_service.domain.texts import Language
from outage_service.rendering.letters import AlertKind
from outage_service.services import lost_letters
from outage_service.services.engine import Engine
from outage_service.services.relay_words import without_addresses
from outage_service.storage import Connection, audit
from outage_service.storage import alerts as rows
from outage_service.storage.alerts import Event
from outage_service.storage.external_outages import find_external
from outage_service.storage.failures import Failure, failure_of
from outage_service.storage.mailings import ALERT, insert_letter
from outage_service.storage.now import database_now
from outage_service.storage.outages import (
    forget_early_overrun_alerts,
    has_early_overrun_alerts,
    mark_overrun_alerted,
    overrun_candidates,
)
from outage_service.storage.pauses import paused_bulletins
from outage_service.storage.pulse import count_held
from outage_service.storage.workers import clock_readings

log = structlog.get_logger(__name__)

RELAY_DOWN_AT_MOST = timedelta(minutes=5)
"""A relay that cannot be used as it is set up is told of at once."""
OVERDUE_AFTER = timedelta(minutes=5)
CANARY_WITHIN = timedelta(minutes=10)
LOOK_EVERY_SECONDS = 5.0
RELAY_WELL_AFTER_SECONDS = 60.0
"""A relay that takes our mail and refuses it by turns is one trouble, not a new one with every look; and a
process that has just begun does not know its relay yet."""
_RELAY: Event = (AlertKind.RELAY_PAUSED.value, "")
_NOTHING = timedelta(0)
_ABOUT_AN_OUTAGE = frozenset({AlertKind.OVERDUE, AlertKind.BULLETIN_PAUSED})
_BY_TIME_OF_DAY = frozenset({AlertKind.OVERDUE.value, AlertKind.CANARY_MISSING.value})


def alert_overruns(engine: Engine) -> int:
    """Alerts the operators of each scheduled outage that has become overrun, once (R17); returns how many.

    Like the bulletins, it is left to others where this host's clock differs from theirs. One alerted of by a
    clock that was ahead is alerted of again when it comes (P5): no two clocks that agree differ by so much.
    """
    if engine.host_clock.is_apart:
        return 0
    now = engine.clock()
    with engine.db.read() as tx:
        found = overrun_candidates(tx, planned_end_before=now - OVERRUN_AFTER)
        has_early = has_early_overrun_alerts(tx, now=now)
    told = sum(_alert_overrun_safely(engine, outage_id, number) for outage_id, number in found)
    if has_early:
        engine.db.write(lambda tx: forget_early_overrun_alerts(tx, now=now))
    return told


def _alert_overrun_safely(engine: Engine, outage_id: int, number: str) -> bool:
    def alert(tx: Connection) -> bool:
        now = engine.clock()
        if not mark_overrun_alerted(tx, outage_id, now=now):
            return False
        audit.record(tx, "overrun", at=now, actor=CLOCK, outage_id=outage_id)
        send_alert(engine, tx, AlertKind.OVERRUN, number=number)
        return True

    try:
        return engine.act(alert)
    except Exception:
        log.exception("overrun_alert_failed", outage_id=outage_id)
        return False


def watch(engine: Engine, *, lasting: Collection[Event] = ()) -> set[Event]:
    """Tells the operators of what has gone wrong with the service since the last look, and what is over.

    What is told by the time of day stays as it is where this host's clock differs from the others' (P5).
    Returns what is wrong now.

    Args:
        lasting: what is not over yet, although nothing of it is found.
    """
    with engine.db.read() as tx:
        known = rows.open_alerts(tx)
        found, is_right = _wrong_now(engine, tx, known), engine.host_clock.agrees(tx)
    changed = {event for event in found ^ known if is_right or event[0] not in _BY_TIME_OF_DAY}
    for event in sorted(changed & found):
        _tell_safely(engine, _begin, event)
    for event in sorted((changed & known).difference(lasting)):
        _tell_safely(engine, _end, event)
    return found


def _tell_safely(engine: Engine, tell: Callable[[Engine, Connection, Event], None], event: Event) -> None:
    try:
        engine.act(lambda tx: tell(engine, tx, event))
    except Exception:
        log.exception("alert_failed", kind=event[0], subject=event[1])


def _wrong_now(engine: Engine, tx: Connection, known: Collection[Event]) -> set[Event]:
    """Returns what is wrong. A relay that was told of is well when no worker leaves it alone any more."""
    now, readings = engine.clock(), clock_readings(tx)
    relay_down_at_most = _NOTHING if _RELAY in known else RELAY_DOWN_AT_MOST
    of_subjects: dict[AlertKind, Iterable[str]] = {
        AlertKind.OVERDUE: rows.overdue_outages(tx, due_by=now - OVERDUE_AFTER),
        AlertKind.HEARTBEAT_LOST: rows.silent_hosts(tx),
        AlertKind.CLOCK_DIFFERS: hosts_apart(readings),
        AlertKind.BULLETIN_PAUSED: (each.number for each in paused_bulletins(tx)),
    }
    of_the_service = {
        AlertKind.DATABASE_CLOCK_DIFFERS: is_database_apart(readings),
        AlertKind.MAIL_HELD: count_held(tx) > 0,
        AlertKind.RELAY_PAUSED: rows.is_relay_paused(tx, longer_than=relay_down_at_most),
        AlertKind.CANARY_MISSING: engine.canary_email
        and rows.is_canary_missing(tx, sent_before=now - CANARY_WITHIN),
    }
    return (
        {(kind.value, subject) for kind, subjects in of_subjects.items() for subject in subjects}
        | {(kind.value, "") for kind, is_wrong in of_the_service.items() if is_wrong}
        | lost_letters.still_told(tx)
    )


def tell_of_lost(engine: Engine, tx: Connection, mailing_ids: Collection[int]) -> None:
    """Tells the operators of letters that reach nobody, in the transaction that records it.

    What goes wrong with that for a reason of our own is logged: what is recorded has to stay (P7).
    """
    try:
        with tx.begin_nested():
            begun = _begun_among(tx, lost_letters.events_of(tx, mailing_ids))
            _tell_of_lost_letters(engine, tx, begun)
    except Exception as error:
        if failure_of(error) is not Failure.FAULT:
            raise
        log.exception("lost_letters_not_told", count=len(mailing_ids))


def _begun_among(tx: Connection, lost: set[Event]) -> list[Event]:
    """Raises what is not known yet and returns it."""
    now = database_now(tx)
    # All that is open comes first: who has the turn to raise alerts must wait for nobody who waits for it.
    new = [event for event in sorted(lost) if not rows.tell_again(tx, event, now=now)]
    return [event for event in new if rows.raise_alert(tx, event, now=now)]


def _tell_of_lost_letters(engine: Engine, tx: Connection, begun: Sequence[Event]) -> None:
    """Tells of each, but with one letter for all regions: it names none, the board does."""
    for kind, subject in begun:
        log.error("alert_raised", kind=kind, subject=subject)
    if any(kind == AlertKind.REGIONAL_LETTER_LOST for kind, _ in begun):
        send_alert(engine, tx, AlertKind.REGIONAL_LETTER_LOST)
    for kind, subject in begun:
        about = find_external(tx, int(subject)) if kind in lost_letters.KINDS_ABOUT_A_CASE else None
        if about is not None:
            send_alert(engine, tx, AlertKind(kind), case=about.case_number)


def _begin(engine: Engine, tx: Connection, event: Event) -> None:
    if rows.raise_alert(tx, event, now=engine.clock()):
        log.error("alert_raised", kind=event[0], subject=event[1])
        _tell(engine, tx, event)


def _end(engine: Engine, tx: Connection, event: Event) -> None:
    if not rows.clear_alert(tx, event, now=engine.clock()):
        return
    if event[0] == AlertKind.HEARTBEAT_LOST and not rows.is_alive(tx, host=event[1]):
        log.warning("alert_forgotten", kind=event[0], subject=event[1])  # it never came back
        return
    log.warning("alert_over", kind=event[0], subject=event[1])
    _tell(engine, tx, event, is_over=True)


def _tell(engine: Engine, tx: Connection, event: Event, *, is_over: bool = False) -> None:
    if event[0] in lost_letters.KINDS.values():  # begins in `tell_of_lost`, and is never over
        return
    kind, subject = AlertKind(event[0]), event[1]
    if kind in _ABOUT_AN_OUTAGE:
        send_alert(engine, tx, kind, number=subject, is_over=is_over)
    else:
        send_alert(engine, tx, kind, host=subject, is_over=is_over)


def send_alert(
    engine: Engine,
    tx: Connection,
    kind: AlertKind,
    *,
    number: str | None = None,
    host: str = "",
    case: str = "",
    is_over: bool = False,
) -> None:
    """Queues an alert letter to `OPERATOR_EMAIL`; without that setting, nothing."""
    if not engine.operator_email:
        return
    composed = engine.composer.alert(kind, number=number, host=host, case=case, is_over=is_over)
    letter = Letter(
        subject=composed.subject, text=composed.body.text, html=composed.body.html, first=Language.EN
    )
    insert_letter(
        tx,
        purpose=ALERT,
        address=engine.operator_email,
        language=Language.EN,
        link_id=None,
        letter=freeze(letter, sender=engine.sender, issued_at=engine.clock()),
        now=engine.clock(),
    )


@dataclass(frozen=True, slots=True)
class RelayNews:
    """What a worker knows of its relay."""

    worker_id: str
    health: RelayHealth


class ServiceWatch:
    """A process's share in looking after the service: its own relay, and whatever the database shows.

    Args:
        relay_news: returns what this process's sender knows of its relay; None where none runs.
        every_seconds: how long one look does.
        well_after_seconds: how long no relay is left alone before that is over.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        engine: Engine,
        relay_news: Callable[[], RelayNews | None],
        *,
        every_seconds: float = LOOK_EVERY_SECONDS,
        well_after_seconds: float = RELAY_WELL_AFTER_SECONDS,
        monotonic: Callable[[], float] = monotonic_seconds,
    ) -> None:
        self._engine = engine
        self._relay_news = relay_news
        self._every_seconds = every_seconds
        self._well_after_seconds = well_after_seconds
        self._monotonic = monotonic
        self._relay_paused_at = monotonic()
        self._told: tuple[str, bool, bool] | None = None
        self._looked_at: float | None = None

    def step(self) -> None:
        """Looks, unless it has within the last seconds; to be called with every tick."""
        now = self._monotonic()
        if self._looked_at is not None and now - self._looked_at < self._every_seconds:
            return
        self._looked_at = now
        self._note_relay()
        is_well = now - self._relay_paused_at >= self._well_after_seconds
        if _RELAY in watch(self._engine, lasting=() if is_well else {_RELAY}):
            self._relay_paused_at = now

    def _note_relay(self) -> None:
        """Keeps for the others whether this worker's relay can be used, whenever that changes."""
        news = self._relay_news()
        if news is None or not news.worker_id:
            return
        cause = news.health.cause
        is_misconfigured = cause is not None and cause.verdict is Verdict.MISCONFIGURED
        now = (news.worker_id, cause is not None, is_misconfigured)
        if now == self._told or (self._told is None and cause is None):
            return
        paused_for = timedelta(seconds=news.health.paused_seconds) if cause else None
        self._engine.db.write(
            lambda tx: rows.note_relay(
                tx, news.worker_id, paused_for=paused_for, is_misconfigured=is_misconfigured
            )
        )
        if self._told is None or now[1:] != self._told[1:]:
            _log_relay(cause)
        self._told = now


def _log_relay(cause: Attempt | None) -> None:
    """Says why mail waits, before it has waited for long enough to be an alert, and that it goes on."""
    if cause is None:
        log.warning("relay_used_again")
    else:
        said = without_addresses(cause.detail)
        log.error("relay_left_alone", stage=cause.stage.value, code=cause.code, said=said)
