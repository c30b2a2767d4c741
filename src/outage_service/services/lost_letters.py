"""Letters that somebody has to act on and that reach nobody: what operators are told of them (P22).

A region accepts paper because of one, a client reads in one what was recorded, and of a cybersecurity
incident somebody may learn by nothing else (R12, R30, R32). Nobody else can be written to in their place: so
one that the relay refuses for good, that never could be handed over, or that comes back, is told to the
operators: once for each mailbox and each case, and shown until a day after the last. That a letter is lost is
never over, so nothing tells that it is. It goes by the database's clock, like what becomes of letters.
"""

from collections.abc import Collection
from datetime import timedelta

from outage_service.domain.deliveries import DeliveryState
from outage_service.rendering.letters import AlertKind
from outage_service.storage import Connection, mailings
from outage_service.storage import lost_letters as rows
from outage_service.storage.alerts import Event, clear_alert, told_since
from outage_service.storage.deliveries import LONE_RECIPIENT, Settlement
from outage_service.storage.lost_letters import LetterToActOn
from outage_service.storage.now import database_now
from outage_service.storage.regional import PURPOSE as REGIONAL

TOLD_FOR = timedelta(hours=24)
ALERT_LOST = "alert_letter_lost"
"""This alert shows on the board only: a letter about a lost letter would be lost as well."""
KINDS = {
    REGIONAL: AlertKind.REGIONAL_LETTER_LOST.value,
    mailings.ABOUT_A_CASE: AlertKind.CASE_LETTER_LOST.value,
    mailings.ESCALATION: AlertKind.ESCALATION_LOST.value,
    mailings.ALERT: ALERT_LOST,
}
"""The kinds of alerts, by what a letter is for. Their subjects: a region's place on the list, a case's id."""
KINDS_ABOUT_A_CASE = frozenset({AlertKind.CASE_LETTER_LOST.value, AlertKind.ESCALATION_LOST.value})


def lost_of(outcomes: Collection[Settlement]) -> list[int]:
    """Returns the mailings that are letters and are given up by these outcomes."""
    letters = (one for one in outcomes if one.claim.recipient_id == LONE_RECIPIENT)
    return [one.claim.mailing_id for one in letters if _is_given_up(one)]


def _is_given_up(outcome: Settlement) -> bool:
    return outcome.state is DeliveryState.FAILED or outcome.state is DeliveryState.EXPIRED


def events_of(tx: Connection, mailing_ids: Collection[int]) -> set[Event]:
    """Returns what is to be told of these lost mailings; nothing of those that concern their reader alone."""
    return {_event(one) for one in rows.letters_to_act_on(tx, mailing_ids)}


def _event(letter: LetterToActOn) -> Event:
    return KINDS[letter.purpose], str(letter.about_id or "")


def still_told(tx: Connection) -> set[Event]:
    """Returns what is shown: of which there was news within the last day."""
    return told_since(tx, KINDS.values(), database_now(tx) - TOLD_FOR)


def unreached_regions(tx: Connection) -> set[int]:
    """Returns the places on the list of regions whose letters were lost within the last day."""
    return {int(subject) for kind, subject in still_told(tx) if kind == KINDS[REGIONAL]}


def take_back(tx: Connection, mailing_ids: Collection[int]) -> None:
    """Tells no longer of letters that are tried again after all."""
    for event in events_of(tx, mailing_ids):
        clear_alert(tx, event, now=database_now(tx))


def forget_region(tx: Connection, recipient_id: int) -> None:
    """Tells no longer of a region that is taken off the list: its place may be another's soon."""
    clear_alert(tx, (KINDS[REGIONAL], str(recipient_id)), now=database_now(tx))
