"""What a report of non-delivery says of an address, and when an address is written to no more.

`kind_of` is the table of status codes (RFC 3463), `reason_to_suppress` the rule.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SOFT_AT_LEAST = 5
"""So many soft bounces, each of another bulletin, …"""
SOFT_SPREAD_OVER = timedelta(days=3)
"""… over at least this long: one bad day of somebody's mailbox is no reason."""
REFUSED_AT_LEAST = 3
"""Refusals by the relay itself, for no reason that says more, of different bulletins in a row."""
FORGOTTEN_AFTER = timedelta(days=30)
"""Bounces older than this count no more."""


class BounceKind(StrEnum):
    """What one bounce says."""

    HARD = "hard"
    """There is no such mailbox."""
    SOFT = "soft"
    """It could not be delivered, for now or for a reason that says little."""
    REFUSED = "refused"
    """The relay refused the recipient and did not say why."""
    COMPLAINT = "complaint"
    """The reader told the mail program that this is abuse (RFC 5965)."""


class SuppressionReason(StrEnum):
    """Why an address is written to no more."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    BY_HAND = "by_hand"

    @property
    def ends_with_confirmation(self) -> bool:
        """Whether confirming a subscription shows that the reason is over: the letter has arrived."""
        return self in {SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCES}


@dataclass(frozen=True, slots=True)
class Bounce:
    """One bounce of an address."""

    kind: BounceKind
    at: datetime


_STATUS = re.compile(r"([45])\.(\d{1,3})\.(\d{1,3})(?!\d)", re.ASCII)
_NO_MAILBOX = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
_OF_THE_SENDER = frozenset({(1, 7), (1, 8)})
_ADDRESS = 1
_OF_THE_ADDRESS = frozenset({0, 1, 2, 3, 4})
"""Subjects of status codes that concern the mailbox or the way there: 5 to 7 are about what is sent, and by
whom. A relay on a block list must not cost us every reader at once."""


def kind_of(status: str) -> BounceKind | None:
    """Returns what a status such as `5.1.1` says of an address; None where it says nothing against it."""
    match = _STATUS.match(status)
    if match is None:
        return None
    is_permanent, subject, detail = match[1] == "5", int(match[2]), int(match[3])
    if subject not in _OF_THE_ADDRESS or (subject, detail) in _OF_THE_SENDER:
        return None
    return BounceKind.HARD if is_permanent and (subject, detail) in _NO_MAILBOX else BounceKind.SOFT


def is_about_address(status: str | None) -> bool:
    """Returns whether a permanent refusal with this status is for the address itself: each has its own."""
    match = _STATUS.match(status or "")
    if match is None:
        return False
    subject, detail = int(match[2]), int(match[3])
    return (subject == _ADDRESS and (subject, detail) not in _OF_THE_SENDER) or (
        subject,
        detail,
    ) in _NO_MAILBOX


def status_in(words: str) -> str | None:
    """Returns the enhanced status code that a relay's words begin with, or None."""
    match = _STATUS.match(words)
    return match[0] if match else None


def reason_to_suppress(bounces: Collection[Bounce], *, now: datetime) -> SuppressionReason | None:
    """Returns why an address with these bounces is to be written to no more, or None.

    `bounces` has at most one of a kind for each bulletin, and refusals only if they came in a row.
    """
    recent = [one for one in bounces if one.at > now - FORGOTTEN_AFTER]
    kinds = [one.kind for one in recent]
    if BounceKind.COMPLAINT in kinds:
        return SuppressionReason.COMPLAINT
    if BounceKind.HARD in kinds or kinds.count(BounceKind.REFUSED) >= REFUSED_AT_LEAST:
        return SuppressionReason.HARD_BOUNCE
    soft = sorted(one.at for one in recent if one.kind is BounceKind.SOFT)
    is_spread = len(soft) >= SOFT_AT_LEAST and soft[-1] - soft[0] >= SOFT_SPREAD_OVER
    return SuppressionReason.SOFT_BOUNCES if is_spread else None
