"""What a status code says of an address, and when bounces are enough."""

from datetime import datetime, timedelta

import pytest

from outage_service.domain.bounces import (
    FORGOTTEN_AFTER,
    Bounce,
    BounceKind,
    SuppressionReason,
    is_about_address,
    kind_of,
    reason_to_suppress,
    status_in,
)
from tests.builders import THURSDAY_10H

DAY = timedelta(days=1)
HARD, SOFT, REFUSED, COMPLAINT = BounceKind


@pytest.mark.parametrize("status", ["5.1.1", "5.1.3", "5.1.0", "5.2.1"])
def test_a_refused_address_is_about_itself(status: str) -> None:
    """However many of them there are in a row."""
    assert is_about_address(status)


@pytest.mark.parametrize("status", [None, "5.1.7", "5.1.8", "5.2.2", "5.4.5", "5.7.1", "no"])
def test_other_refusals_may_be_the_relays_policy_towards_us(status: str | None) -> None:
    """The sender's own address is none of the recipient's."""
    assert not is_about_address(status)


def of(kind: BounceKind, *days_ago: float) -> list[Bounce]:
    return [Bounce(kind, THURSDAY_10H - days * DAY) for days in days_ago]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("5.1.1", HARD),
        ("5.1.2", HARD),
        ("5.1.3", HARD),
        ("5.1.6", HARD),
        ("5.1.10", HARD),
        ("5.2.1 (mailbox disabled)", HARD),
        ("5.2.2", SOFT),
        ("5.1.0", SOFT),
        ("5.0.0", SOFT),
        ("5.3.2", SOFT),
        ("5.4.4", SOFT),
        ("4.1.1", SOFT),
        ("4.4.7", SOFT),
        ("5.1.8", None),
        ("5.5.0", None),
        ("5.6.0", None),
        ("5.7.1", None),
        ("4.7.0", None),
        ("2.1.5", None),
        ("5.1.1111", None),
        ("5.1", None),
        ("", None),
        ("no such user", None),
    ],
)
def test_a_status_speaks_of_the_mailbox_or_not(status: str, kind: BounceKind | None) -> None:
    """RFC 3463: what is about the sender or the content costs no reader."""
    assert kind_of(status) is kind


def test_a_relays_words_may_begin_with_a_status() -> None:
    """RFC 2034."""
    assert status_in("5.1.1 <x>: no such user") == "5.1.1"
    assert status_in("no such user 5.1.1") is None


@pytest.mark.parametrize(
    ("bounces", "reason"),
    [
        ([], None),
        (of(HARD, 0), SuppressionReason.HARD_BOUNCE),
        (of(HARD, 29.9), SuppressionReason.HARD_BOUNCE),
        (of(HARD, 30), None),
        (of(REFUSED, 2, 1), None),
        (of(REFUSED, 2, 1, 0), SuppressionReason.HARD_BOUNCE),
        (of(SOFT, 3, 2, 1, 0), None),
        (of(SOFT, 0.5, 0.4, 0.3, 0.2, 0.1, 0), None),
        (of(SOFT, 3, 2, 2, 1, 0), SuppressionReason.SOFT_BOUNCES),
        (of(SOFT, 31, 2, 2, 1, 0), None),
        (of(REFUSED, 2, 1) + of(SOFT, 4, 2, 1), None),
        (of(SOFT, 3, 2, 2, 1, 0) + of(COMPLAINT, 0), SuppressionReason.COMPLAINT),
        (of(HARD, 0) + of(COMPLAINT, 0), SuppressionReason.COMPLAINT),
    ],
)
def test_when_an_address_is_written_to_no_more(
    bounces: list[Bounce], reason: SuppressionReason | None
) -> None:
    """One that does not exist at once; others after five over three days, within a month."""
    assert reason_to_suppress(bounces, now=THURSDAY_10H) is reason


def test_a_bounce_is_forgotten_after_a_month() -> None:
    now: datetime = THURSDAY_10H + FORGOTTEN_AFTER
    assert reason_to_suppress(of(HARD, 0), now=now) is None


def test_only_a_mailbox_that_did_not_work_is_trusted_again_by_itself() -> None:
    """Confirming proves that mail arrives; it does not take a complaint back."""
    assert [reason for reason in SuppressionReason if reason.ends_with_confirmation] == [
        SuppressionReason.HARD_BOUNCE,
        SuppressionReason.SOFT_BOUNCES,
    ]
