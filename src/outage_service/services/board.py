"""What the console's board shows: every outage in effect, how its newest bulletin fares, what is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.outages import Outage, OutageState
from outage_service.domain.roles import Actor
from outage_service.domain.texts import Bilingual
from outage_service.services import lost_letters
from outage_service.services.engine import Engine
from outage_service.services.queries import NOT_REACHED
from outage_service.storage import Connection
from outage_service.storage import bulletins as bulletin_rows
from outage_service.storage import outages as outage_rows
from outage_service.storage.alerts import open_alerts
from outage_service.storage.bulletins import BulletinRecord
from outage_service.storage.external_outages import find_external
from outage_service.storage.mailings import Progress, progress_of
from outage_service.storage.regional import list_recipients
from outage_service.storage.workers import living_workers

OVERDUE_AFTER = timedelta(minutes=1)
"""A bulletin this late is not merely waiting for the next tick."""
_HIDDEN = "…"
_ORDER = (OutageState.OVERRUN, OutageState.OPEN, OutageState.SCHEDULED, OutageState.RESOLVED)


class Trouble(StrEnum):
    """What an operator should look into, worst first."""

    DATABASE_NOT_WRITABLE = "database_not_writable"
    NO_SENDER = "no_sender"
    """No worker has shown a sign of life lately, on any host: nothing is sent."""
    RELAY_PAUSED = "relay_paused"
    MAIL_HELD = "mail_held"
    HEARTBEAT_LOST = "heartbeat_lost"
    CLOCK_DIFFERS = "clock_differs"
    DATABASE_CLOCK_DIFFERS = "database_clock_differs"
    BULLETIN_PAUSED = "bulletin_paused"
    CANARY_MISSING = "canary_missing"
    ESCALATION_LOST = "escalation_lost"
    ALERT_LETTER_LOST = "alert_letter_lost"
    CASE_LETTER_LOST = "case_letter_lost"
    REGIONAL_LETTER_LOST = "regional_letter_lost"
    OVERDUE = "overdue"
    OVERRUN = "overrun"
    NOT_REACHED = "not_reached"
    PUBLISHING_FAILED = "publishing_failed"


_SEEN_OTHERWISE = {
    Trouble.DATABASE_NOT_WRITABLE,
    Trouble.NO_SENDER,
    Trouble.OVERDUE,
    Trouble.OVERRUN,
    Trouble.NOT_REACHED,
    Trouble.PUBLISHING_FAILED,
}
_ALERTED = {each.value for each in Trouble} - _SEEN_OTHERWISE


@dataclass(frozen=True, slots=True)
class BoardWarning:
    """One thing that is wrong; `on` is its outage, `subject` a host, a case or the mailbox of a region."""

    trouble: Trouble
    on: "BoardOutage | None" = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class BoardOutage:
    """An outage in effect, with its newest bulletin and how far that one has come."""

    outage: Outage
    state: OutageState
    message: Bilingual | None
    bulletin: BulletinRecord
    progress: Progress

    @property
    def not_reached(self) -> int:
        """How many recipients the newest bulletin could not be brought to."""
        return sum(self.progress.counts[state] for state in NOT_REACHED)

    def is_overdue(self, now: datetime) -> bool:
        """Returns whether a bulletin should have gone out and has not."""
        due = self.outage.next_due_at
        return due is not None and now - due >= OVERDUE_AFTER


@dataclass(frozen=True, slots=True)
class Board:
    """Everything at a glance, as of an instant."""

    as_of: datetime
    outages: tuple[BoardOutage, ...]
    warnings: tuple[BoardWarning, ...]


def read_board(engine: Engine, tx: Connection, actor: Actor) -> Board:
    """Returns what this actor may see: overrun first, then open, planned, and resolved with a remainder."""
    now = engine.clock()
    found = outage_rows.outages_in_effect(tx)
    messages = bulletin_rows.latest_messages(tx, [one.id for one in found])
    shown = [_shown(tx, one, messages.get(one.id), now) for one in found]
    shown.sort(key=lambda each: (_ORDER.index(each.state), each.outage.id))
    return Board(now, tuple(shown), tuple(_warnings(engine, tx, shown, now, actor)))


def _shown(tx: Connection, outage: Outage, message: Bilingual | None, now: datetime) -> BoardOutage:
    newest = bulletin_rows.bulletins_of(tx, outage.id)[-1]
    return BoardOutage(outage, outage.state_at(now), message, newest, progress_of(tx, newest.id))


def _warnings(
    engine: Engine, tx: Connection, shown: list[BoardOutage], now: datetime, actor: Actor
) -> list[BoardWarning]:
    found = _on_all(engine, tx)
    found += _alerts(tx, shown, actor)
    found += [BoardWarning(Trouble.OVERDUE, each) for each in shown if each.is_overdue(now)]
    found += [BoardWarning(Trouble.OVERRUN, each) for each in shown if each.state is OutageState.OVERRUN]
    found += [BoardWarning(Trouble.NOT_REACHED, each) for each in shown if each.not_reached]
    if engine.publisher is not None and engine.publisher.has_failed:
        found.append(BoardWarning(Trouble.PUBLISHING_FAILED))
    return found


def _on_all(engine: Engine, tx: Connection) -> list[BoardWarning]:
    """Returns what keeps everything from going out."""
    if engine.write_health.is_refused:  # a sender could not even record that it is alive
        return [BoardWarning(Trouble.DATABASE_NOT_WRITABLE)]
    return [BoardWarning(Trouble.NO_SENDER)] if living_workers(tx) == 0 else []


def _alerts(tx: Connection, shown: list[BoardOutage], actor: Actor) -> list[BoardWarning]:
    """Returns what operators were alerted of and is not over, but for what the outages show by themselves."""
    on = {each.outage.number: each for each in shown}
    alerted = sorted(event for event in open_alerts(tx) if event[0] in _ALERTED)
    named = [(kind, subject, _name_of(tx, kind, subject, actor)) for kind, subject in alerted]
    return [
        BoardWarning(Trouble(kind), on.get(subject), name)
        for kind, subject, name in named
        if name is not None
    ]


def _name_of(tx: Connection, kind: str, subject: str, actor: Actor) -> str | None:
    """Returns what an alert's subject is called; None where this actor may not know of it (R32)."""
    if kind in lost_letters.KINDS_ABOUT_A_CASE:
        about = find_external(tx, int(subject))
        return about.case_number if about is not None and about.may_be_read_by(actor.role) else None
    if kind == Trouble.REGIONAL_LETTER_LOST:
        emails = {str(one.id): one.email for one in list_recipients(tx)}
        return emails.get(subject) if actor.may_see_contacts else _HIDDEN
    return subject


@dataclass(frozen=True, slots=True)
class Bar:
    """How far a bulletin has come, for a bar: whole per cents that add up to no more than 100."""

    done: int
    failed: int
    left: int

    @property
    def total(self) -> int:
        """All recipients known so far; more may follow while the mailing is fanned out."""
        return self.done + self.failed + self.left


def bar_of(progress: Progress) -> Bar:
    """Returns accepted, not reached and still to come; what was superseded or suppressed is none of them."""
    counts = progress.counts
    left = counts[DeliveryState.QUEUED] + counts[DeliveryState.CLAIMED]
    return Bar(counts[DeliveryState.ACCEPTED], sum(counts[state] for state in NOT_REACHED), left)
