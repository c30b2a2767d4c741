"""With which message a paused relay is asked again: never only with those that it fails over."""

from collections.abc import Iterator

import pytest

from outage_service.domain.systems import System
from outage_service.services.engine import Engine
from tests.support.smtp_server import Drop, Script, running_smtp_server
from tests.worker.harness import declare, make_engine, make_retries_due, people, subscribe, until, working


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.db.close()


def test_recipients_over_whom_the_relay_fails_do_not_keep_a_new_bulletin_back(engine: Engine) -> None:
    """P10, P11: they are always due again, and with nobody else would the relay ever be found well."""
    good, bad = people(1), [f"bad{number}@example.org" for number in range(4)]
    subscribe(engine, *good, *bad)
    script = Script()
    for address in bad:
        script.on("RCPT", Drop(), address=address)
    with running_smtp_server(script) as relay, working(engine, relay.url()):
        declare(engine)
        relay.wait_for(1)

        def is_left_alone() -> bool:
            make_retries_due(engine)
            return relay.asked("RCPT") >= 6

        until(is_left_alone, seconds=20)
        declare(engine, System.CERS)

        def has_come() -> bool:
            make_retries_due(engine)
            return len(relay.recipients) > 1

        until(has_come, seconds=15)
    assert relay.recipients == good * 2
