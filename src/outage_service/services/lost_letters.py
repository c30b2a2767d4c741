"""Letters that somebody has to act on and that reach nobody: what operators are told of them (P22).

A region accepts paper because of one, a client reads in one what was recorded, and of a cybersecurity
incident somebody may learn by nothing else (R12, R30, R32). Nobody can be sent for in their place: so one
that the relay refuses for good, that never could be handed over, or that comes back, is told to the
operators. They are told once a day at most, for each mailbox and each case; that a letter is lost is never
over, so nothing tells that it is.
"""

from collections.abc import Collection
from datetime import timedelta

from outage_service.domain.deliveries import DeliveryState
from outage_service.rendering.letters import AlertKind
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage import lost_letters as rows
from outage_service.storage.alerts import Event
from outage_service.storage.deliveries import LONE_RECIPIENT, Settlement
from outage_service.storage.lost_letters import ForSomebody
from outage_service.storage.mailings import ABOUT_A_CASE, ALERT
from outage_service.storage.regional import PURPOSE as REGIONAL

TOLD_FOR = timedelta(hours=24)
ALERT_LOST = "alert_letter_lost"
"""An alert of its own, which is no letter: that one would be lost as well."""
KINDS = {
    REGIONAL: AlertKind.REGIONAL_LETTER_LOST.value,
    ABOUT_A_CASE: AlertKind.CASE_LETTER_LOST.value,
    ALERT: ALERT_LOST,
}
"""The kinds of alerts, by what a letter is for."""


def lost_of(outcomes: Collection[Settlement]) -> list[int]:
    """Returns the mailings that are letters and are given up by these outcomes."""
    letters = (one for one in outcomes if one.claim.recipient_id == LONE_RECIPIENT)
    return [one.claim.mailing_id for one in letters if is_given_up(one)]


def is_given_up(outcome: Settlement) -> bool:
    """Returns whether a recipient will not get it any more, for a reason that is not their own wish."""
    return outcome.state is DeliveryState.FAILED or outcome.state is DeliveryState.EXPIRED


def events_of(tx: Connection, mailing_ids: Collection[int]) -> set[Event]:
    """Returns what is to be told of these lost mailings; nothing of those that concern their reader alone."""
    return {_event(one) for one in rows.letters_for_somebody(tx, mailing_ids)}


def _event(letter: ForSomebody) -> Event:
    subject = letter.case_number or (str(letter.recipient_id) if letter.recipient_id else "")
    return KINDS[letter.purpose], subject


def still_told(engine: Engine, tx: Connection) -> set[Event]:
    """Returns what was told within the last day and concerns somebody who is on the list of regions still."""
    told = rows.open_since(tx, KINDS.values(), engine.clock() - TOLD_FOR)
    listed = {str(recipient_id) for recipient_id in rows.recipient_ids(tx)} if told else set()
    return {event for event in told if event[0] != KINDS[REGIONAL] or event[1] in listed}


def unreached_regions(engine: Engine, tx: Connection) -> set[int]:
    """Returns the places on the list of regions whose letters were lost within the last day."""
    return {int(subject) for kind, subject in still_told(engine, tx) if kind == KINDS[REGIONAL]}
