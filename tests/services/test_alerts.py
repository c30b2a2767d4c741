"""Alerts to the operators' own mailbox: once, and only where the setting asks for them (R17)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_string

import pytest
from sqlalchemy import select
from sqlalchemy import update as sql_update
from structlog.testing import capture_logs

from outage_service.domain.clocks import AGREE_WITHIN
from outage_service.services import alerts
from outage_service.services.engine import Engine
from outage_service.storage.schema import audit, impact
from tests.builders import SUNDAY_6H
from tests.engines import an_engine
from tests.services.acts import CCP_OUT, announce, cancel, declare, mail, rows, set_clock, update
from tests.support.triggers import refuse

OVERRUN = SUNDAY_6H + timedelta(minutes=15)
SECOND = timedelta(seconds=1)


@pytest.fixture
def watched(database_url: str) -> Iterator[Engine]:
    """An engine with an operators' mailbox."""
    engine = an_engine(database_url, operator_email="duty@example.org")
    yield engine
    engine.db.close()


def logged(engine: Engine) -> list[tuple[str, str, int]]:
    wanted = select(audit.c.action, audit.c.actor, audit.c.outage_id).where(audit.c.action == "overrun")
    with engine.db.read() as tx:
        return [(row.action, row.actor, row.outage_id) for row in tx.execute(wanted)]


def test_an_overrun_is_told_once(watched: Engine) -> None:
    """15 minutes after the planned end, to the second; with the outage's number."""
    done = announce(watched)
    set_clock(watched, OVERRUN - SECOND)
    assert alerts.alert_overruns(watched) == 0
    set_clock(watched, OVERRUN)
    assert alerts.alert_overruns(watched) == 1
    assert alerts.alert_overruns(watched) == 0
    ((_, letter),) = mail(watched)
    message = message_from_string(letter)
    assert message["To"] == "duty@example.org"
    assert "TCC26-0001" in letter
    assert logged(watched) == [("overrun", "clock", done.outage.id)]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=3), timedelta(days=9)])
def test_an_overrun_is_told_although_a_clock_that_was_ahead_had_told_of_it(
    watched: Engine, ahead: timedelta
) -> None:
    """P5, R17: the real one alerts somebody, whatever that clock showed."""
    done = announce(watched)
    now = watched.clock()
    set_clock(watched, OVERRUN + ahead)
    assert alerts.alert_overruns(watched) == 1
    set_clock(watched, now)
    assert alerts.alert_overruns(watched) == 0
    set_clock(watched, OVERRUN)
    assert [alerts.alert_overruns(watched) for _ in range(2)] == [1, 0]
    assert logged(watched) == [("overrun", "clock", done.outage.id)] * 2


def test_a_host_whose_clock_is_a_little_behind_tells_of_an_overrun_no_second_time(watched: Engine) -> None:
    """R17: minutes before the others, by its clock."""
    announce(watched)
    set_clock(watched, OVERRUN)
    assert alerts.alert_overruns(watched) == 1
    set_clock(watched, OVERRUN - 2 * AGREE_WITHIN)
    assert alerts.alert_overruns(watched) == 0
    set_clock(watched, OVERRUN)
    assert alerts.alert_overruns(watched) == 0


def test_an_overrun_that_cannot_be_told_keeps_no_other_from_being_told(watched: Engine) -> None:
    """R17: it is tried again with the next tick."""
    announce(watched)
    told = announce(watched, CCP_OUT)
    watched.db.write(lambda tx: tx.execute(sql_update(impact).values(system="telegraph")))
    refuse(watched, "UPDATE ON outage", when="OLD.number = 'TCC26-0001'")
    set_clock(watched, OVERRUN)
    with capture_logs() as log:
        assert alerts.alert_overruns(watched) == 1
        assert alerts.alert_overruns(watched) == 0
    assert [entry["event"] for entry in log] == ["overrun_alert_failed"] * 2
    assert logged(watched) == [("overrun", "clock", told.outage.id)]


def test_an_overrun_that_nobody_wants_to_hear_of_is_logged(engine: Engine) -> None:
    """The contract: mail only where a setting asks; switching it on later brings up nothing old."""
    done = announce(engine)
    set_clock(engine, OVERRUN)
    assert alerts.alert_overruns(engine) == 1
    counts = rows(engine)
    assert counts["mailing"] == 1
    assert mail(engine) == []
    assert logged(engine) == [("overrun", "clock", done.outage.id)]


def test_only_what_is_planned_and_still_open_overruns(watched: Engine) -> None:
    """Neither a cancelled one nor one that was never planned."""
    cancel(watched, announce(watched))
    declare(watched, CCP_OUT)
    set_clock(watched, OVERRUN)
    assert alerts.alert_overruns(watched) == 0


def test_several_who_notice_at_once_tell_it_once(watched: Engine) -> None:
    """Every process looks at every tick."""
    announce(watched)
    set_clock(watched, OVERRUN)
    ready = threading.Barrier(4)

    def look(_: int) -> int:
        ready.wait()
        return alerts.alert_overruns(watched)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look, range(4))) == 1
    assert rows(watched)["mailing"] == 2


def test_the_canary_gets_every_bulletin_as_a_letter_of_its_own(database_url: str) -> None:
    """P22: proof from end to end; it is no subscriber, and no bulletin supersedes another of its letters."""
    engine = an_engine(database_url, canary_email="canary@example.org")
    update(engine, declare(engine))
    letters = [message_from_string(letter) for _, letter in mail(engine)]
    assert [letter["To"] for letter in letters] == ["canary@example.org"] * 2
    assert all("TCC26-0001" in str(letter["Subject"]) for letter in letters)
    assert all("/subscriptions/" not in str(letter) for letter in letters)
    engine.db.close()


def test_each_overrun_is_told_by_itself(watched: Engine) -> None:
    """Two maintenances of one night."""
    announce(watched)
    announce(watched, CCP_OUT)
    set_clock(watched, OVERRUN)
    assert alerts.alert_overruns(watched) == 2
