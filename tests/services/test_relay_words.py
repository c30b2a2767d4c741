"""What is logged of a relay: its words, once when it fails and once when it is over, and nobody's address."""

import pytest
from structlog.testing import capture_logs

from outage_service.channels.email.breaker import RelayHealth
from outage_service.domain.deliveries import Attempt, Stage, Verdict
from outage_service.services.alerts import RelayNews, ServiceWatch
from outage_service.services.blanket_refusals import ALIKE_IN_A_ROW
from outage_service.services.engine import Engine
from outage_service.services.relay_words import without_addresses
from tests.services.acts import declare, subscribe
from tests.services.refusing import DENIED, claims, paused, record

REFUSED = Attempt(Verdict.RELAY_DOWN, Stage.CONNECT, None, "unreachable: Connection refused")
LOCKED_OUT = Attempt(Verdict.MISCONFIGURED, Stage.MAIL, 535, "5.7.8 <outages@example.org> bad credentials")


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("550 5.1.1 <ann@example.org>: unknown", "550 5.1.1 …: unknown"),
        ("user ann@example.org is unknown", "user … is unknown"),
        ("user o'brien@example.org is unknown", "user … is unknown"),
        ("421 4.7.0 try again later", "421 4.7.0 try again later"),
        ("<ann@x.ca>, (bob@x.ca)", "…, (…)"),
        ('550 <"ann of x"@x.ca>: no "ann \\"b\\" of x"@x.ca here', "550 …: no … here"),
        ('no "such" mailbox: ann@x.ca', 'no "such" mailbox: …'),
    ],
)
def test_no_address_is_left_in_it(said: str, logged: str) -> None:
    """P30."""
    assert without_addresses(said) == logged


def test_why_mail_waits_is_logged_at_once_and_once(engine: Engine) -> None:
    """P22: the alert comes after five minutes, and waits for the relay as well."""
    causes = iter([None, REFUSED, REFUSED, LOCKED_OUT, LOCKED_OUT, None, None])
    watch = ServiceWatch(
        engine, lambda: RelayNews("one", RelayHealth(next(causes), 1.0, 0.0, 1)), every_seconds=0
    )
    with capture_logs() as log:
        for _ in range(7):
            watch.step()
    assert [{**one, "log_level": None} for one in log if one["event"].startswith("relay_")] == [
        {
            "event": "relay_left_alone",
            "stage": "connect",
            "code": None,
            "said": REFUSED.detail,
            "log_level": None,
        },
        {
            "event": "relay_left_alone",
            "stage": "mail",
            "code": 535,
            "said": "5.7.8 … bad credentials",
            "log_level": None,
        },
        {"event": "relay_used_again", "log_level": None},
    ]


def test_a_paused_bulletin_is_logged_without_the_address_that_was_refused_last(engine: Engine) -> None:
    """P30: relays name it in their answer."""
    for number in range(ALIKE_IN_A_ROW):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    with capture_logs() as log:
        record(engine, claims(engine), DENIED._replace(detail="5.7.1 <p9@example.org>: Access denied"))
    assert paused(engine) == ["TCC26-0001"]
    [said] = [one["said"] for one in log if one["event"] == "mailing_paused"]
    assert said == "5.7.1 …: Access denied"
