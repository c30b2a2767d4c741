"""The clock's own bulletins, as it finds them: on time, late, after a stop, and after it was set (P3, P5)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy import update as sql_update
from structlog.testing import capture_logs

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.lifecycle import News
from outage_service.domain.systems import System
from outage_service.services import due_bulletins
from outage_service.services.due_bulletins import HOLD_AFTER_FAILURE
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.storage.bulletins import find_page
from outage_service.storage.outages import retime_outage
from outage_service.storage.schema import impact, outage
from tests.builders import SUNDAY_2H, SUNDAY_6H, THURSDAY_10H, a_delay, at
from tests.services.acts import (
    CCP_OUT,
    CERS_OUT,
    announce,
    bulletins,
    declare,
    resolve,
    rows,
    set_clock,
    stored,
    story,
    tick,
    update,
)

PERIODIC, REMINDER = BulletinKind.PERIODIC, BulletinKind.REMINDER
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOON = at("2026-11-26 12:00")


def run_to(engine: Engine, end: datetime, *, step: timedelta = MINUTE) -> int:
    """Lets the clock go on to `end` in steps, looking at each; returns how many bulletins went out."""
    now, issued = engine.clock(), 0
    while now < end:
        now = min(now + step, end)
        issued += tick(engine, now)
    return issued


def times(engine: Engine, done: Done, kind: BulletinKind = PERIODIC) -> list[datetime]:
    return [when for what, when in story(engine, done) if what is kind]


def test_the_golden_thursday(engine: Engine) -> None:
    """R15: declared at 10, every 2 h in business hours, every 4 h after, none in the night."""
    done = declare(engine)
    run_to(engine, at("2026-11-27 10:00"), step=15 * MINUTE)
    slots = [f"2026-11-26 {hour}:00" for hour in (12, 14, 16, 18, 22)]
    slots += ["2026-11-27 08:00", "2026-11-27 10:00"]
    assert times(engine, done) == [at(slot) for slot in slots]


def test_a_bulletin_up_to_five_minutes_late_does_not_drift(engine: Engine) -> None:
    """The anchor: it counts as issued at its due time."""
    done = declare(engine)
    assert tick(engine, NOON + timedelta(minutes=4, seconds=59)) == 1
    assert story(engine, done)[1] == (PERIODIC, NOON)
    assert stored(engine, done).next_due_at == NOON + 2 * HOUR
    assert bulletins(engine, done)[1].created_at == NOON + timedelta(minutes=4, seconds=59)


def test_after_downtime_there_is_one_catch_up(engine: Engine) -> None:
    """P3: whatever was missed, one bulletin, with the latest text, counted from now."""
    done = declare(engine)
    back = at("2026-11-27 09:03")
    assert tick(engine, back) == 1
    assert tick(engine, back) == 0
    assert story(engine, done)[1:] == [(PERIODIC, back)]
    assert stored(engine, done).next_due_at == back + 2 * HOUR


def test_a_catch_up_in_the_night_waits_for_the_morning(engine: Engine) -> None:
    """The slot is re-timed to 08:00, which becomes its due time."""
    done = declare(engine)
    assert tick(engine, at("2026-11-26 23:30")) == 0
    assert stored(engine, done).next_due_at == at("2026-11-27 08:00")
    assert tick(engine, at("2026-11-27 08:03")) == 1
    assert story(engine, done)[1:] == [(PERIODIC, at("2026-11-27 08:00"))]


def test_missed_at_ten_and_back_four_minutes_later_it_still_goes_out(engine: Engine) -> None:
    """At most 5 min late, although it is quiet by now."""
    done = declare(engine)
    run_to(engine, at("2026-11-26 18:00"), step=HOUR)
    assert tick(engine, at("2026-11-26 22:04")) == 1
    assert story(engine, done)[-1] == (PERIODIC, at("2026-11-26 22:00"))


def test_a_catch_up_repeats_the_latest_news(engine: Engine) -> None:
    """P3: not the first message."""
    done = declare(engine)
    set_clock(engine, NOON - MINUTE)
    update(engine, done)
    assert tick(engine, NOON + 5 * HOUR) == 1
    with engine.db.read() as tx:
        page = find_page(tx, bulletins(engine, done)[-1].id)
    assert page is not None
    assert "It is getting better." in page[1].en


@pytest.mark.parametrize("days", [1, 30, 4000])
def test_a_clock_that_jumps_ahead_makes_no_burst(engine: Engine, days: int) -> None:
    """P5: one bulletin for each outage, however far."""
    for system in ((), (CCP_OUT,), (CERS_OUT,)):
        declare(engine, *system)
    assert tick(engine, THURSDAY_10H + days * DAY + HOUR) == 3
    assert due_bulletins.issue_due(engine) == 0


@pytest.mark.parametrize("back", [MINUTE, 2 * HOUR, DAY, 400 * DAY], ids=str)
def test_a_clock_that_goes_back_issues_nothing_again(engine: Engine, back: timedelta) -> None:
    """P5."""
    done = declare(engine)
    assert tick(engine, NOON) == 1
    assert tick(engine, NOON - back) == 0
    assert tick(engine, NOON) == 0
    assert tick(engine, NOON + 2 * HOUR) == 1
    assert times(engine, done) == [NOON, NOON + 2 * HOUR]


def test_a_slot_that_comes_again_after_the_clock_went_back_has_a_bulletin_of_its_own(engine: Engine) -> None:
    """P5, R15: news led to the same due time once more; nobody waits for two intervals, nor gets it twice."""
    done = declare(engine)
    assert tick(engine, NOON) == 1
    for again in (2, 3):
        set_clock(engine, THURSDAY_10H)
        update(engine, done)
        assert stored(engine, done).next_due_at == NOON
        assert tick(engine, NOON) == 1
        assert tick(engine, NOON + MINUTE) == 0
        assert times(engine, done) == [NOON] * again
        assert stored(engine, done).next_due_at == NOON + 2 * HOUR
    assert tick(engine, NOON + 2 * HOUR) == 1


def test_slots_issued_while_the_clock_was_ahead_are_issued_when_they_come(engine: Engine) -> None:
    """P5, R15: however many there were; until 22:00, the last one of the day, and none in the night."""
    done = declare(engine)
    slots = [at(f"2026-11-26 {hour}:00") for hour in (12, 14, 16, 18, 22)]
    assert run_to(engine, at("2026-11-27 07:00"), step=HOUR) == len(slots)
    set_clock(engine, THURSDAY_10H + MINUTE / 2)
    assert due_bulletins.issue_due(engine) == 0
    assert run_to(engine, at("2026-11-27 07:00"), step=HOUR / 4) == len(slots)
    assert times(engine, done) == slots + slots
    assert stored(engine, done).next_due_at == at("2026-11-27 08:00")


def test_a_slot_issued_ahead_that_is_missed_when_it_comes_is_caught_up(engine: Engine) -> None:
    """P3, P5: the clock was two days ahead, came back within the minute, and the service stood still."""
    done = declare(engine)
    assert tick(engine, THURSDAY_10H + 2 * DAY) == 1
    assert tick(engine, THURSDAY_10H + MINUTE / 2) == 0
    assert stored(engine, done).next_due_at == NOON
    late = NOON + HOUR / 2
    assert tick(engine, late) == 1
    assert times(engine, done) == [THURSDAY_10H + 2 * DAY, late]
    assert stored(engine, done).next_due_at == late + 2 * HOUR


def test_a_clock_set_back_for_a_moment_repeats_no_bulletin(engine: Engine) -> None:
    """P5: back by just an interval, to which the slot that was issued a moment ago seems still to come."""
    done = declare(engine, a_delay(behind_minutes=30))
    due = THURSDAY_10H + 4 * HOUR
    assert tick(engine, due + MINUTE / 6) == 1
    assert tick(engine, THURSDAY_10H + MINUTE / 3) == 0
    assert stored(engine, done).next_due_at == due
    assert tick(engine, due + MINUTE / 2) == 0
    assert stored(engine, done).next_due_at == due + 4 * HOUR
    assert times(engine, done) == [due]


def test_a_reminder_that_comes_again_after_the_clock_went_back_is_passed_over(engine: Engine) -> None:
    """P5: the same before a planned start, where the next reminder is next."""
    friday = at("2026-11-27 21:00")
    done = announce(engine)
    assert tick(engine, friday) == 1
    set_clock(engine, THURSDAY_10H)
    update(engine, done, news=News(planned_start_at=SUNDAY_2H + HOUR))
    update(engine, done, news=News(planned_start_at=SUNDAY_2H))
    assert stored(engine, done).next_due_at == friday
    assert tick(engine, friday) == 0
    assert stored(engine, done).next_due_at == at("2026-11-28 22:00")
    assert stored(engine, done).pending_reminders(friday) == (at("2026-11-28 22:00"),)


def test_news_in_the_minute_of_a_slot_replaces_it(engine: Engine) -> None:
    """Nobody is told twice in a minute."""
    done = declare(engine)
    set_clock(engine, NOON)
    update(engine, done)
    assert due_bulletins.issue_due(engine) == 0
    assert stored(engine, done).next_due_at == NOON + 2 * HOUR


def test_a_delay_is_told_of_every_four_hours(engine: Engine) -> None:
    """R16; and every two when its figures make it an outage (R36)."""
    done = declare(engine, a_delay(behind_minutes=30))
    assert stored(engine, done).next_due_at == at("2026-11-26 14:00")
    set_clock(engine, NOON)
    update(engine, done, a_delay(behind_minutes=61))
    assert stored(engine, done).next_due_at == at("2026-11-26 14:00")
    update(engine, done, a_delay(behind_minutes=5))
    assert stored(engine, done).next_due_at == at("2026-11-26 16:00")


def test_a_resolved_outage_has_no_clock(engine: Engine) -> None:
    """Also where its procedures remain in effect."""
    done = declare(engine)
    resolve(engine, done, remains_in_effect=True)
    assert tick(engine, THURSDAY_10H + DAY) == 0


def test_a_maintenance_is_recalled_three_times_and_then_overruns(engine: Engine) -> None:
    """R17: 72 h, 24 h and 4 h before; none in the window; then the cadence from the planned end."""
    set_clock(engine, at("2026-11-23 10:00"))
    done = announce(engine)
    run_to(engine, SUNDAY_6H + 8 * HOUR, step=HOUR)
    expected = [at("2026-11-25 21:00"), at("2026-11-27 21:00"), at("2026-11-28 22:00")]
    assert times(engine, done, REMINDER) == expected
    assert times(engine, done) == [at("2026-11-29 10:00"), at("2026-11-29 14:00")]


def test_missed_reminders_are_one_reminder(engine: Engine) -> None:
    """R17: at any hour, while the start has not come."""
    done = announce(engine)
    night = SUNDAY_2H - MINUTE
    assert tick(engine, night) == 1
    assert story(engine, done)[1:] == [(REMINDER, night)]
    assert tick(engine, SUNDAY_2H) == 0


def test_an_outage_that_cannot_be_issued_stops_no_other(engine: Engine) -> None:
    """Scheduling: a row that breaks composing is held for a minute; once mended, it goes out on time."""
    broken, sound = declare(engine), declare(engine, CCP_OUT)
    spoil = sql_update(impact).where(impact.c.outage_id == broken.outage.id).values(system="telegraph")
    mend = sql_update(impact).where(impact.c.outage_id == broken.outage.id).values(system=System.EDI.value)
    engine.db.write(lambda tx: tx.execute(spoil))
    before = rows(engine)
    assert tick(engine, NOON) == 1
    assert rows(engine) - before == {"bulletin": 1, "mailing": 1, "audit": 1}
    assert times(engine, sound) == [NOON]
    assert due_bulletins.issue_due(engine) == 0
    engine.db.write(lambda tx: tx.execute(mend))
    assert due_bulletins.issue_due(engine) == 0
    assert tick(engine, NOON + HOLD_AFTER_FAILURE) == 1
    assert times(engine, broken) == [NOON]


def test_an_outage_that_cannot_be_brought_back_stops_no_other(engine: Engine) -> None:
    """P5: by a clock that was ahead it is due in days; once mended it is brought back, within a minute."""
    broken, sound = declare(engine), declare(engine, CCP_OUT)
    of_broken = sql_update(impact).where(impact.c.outage_id == broken.outage.id)
    engine.db.write(lambda tx: tx.execute(of_broken.values(system="telegraph")))
    engine.db.write(lambda tx: retime_outage(tx, broken.outage.id, seen=NOON, to=THURSDAY_10H + 9 * DAY))
    with capture_logs() as log:
        assert tick(engine, NOON) == 1
        assert due_bulletins.issue_due(engine) == 0
    assert [entry["event"] for entry in log if entry["log_level"] == "error"] == ["bring_back_failed"]
    assert times(engine, sound) == [NOON]
    engine.db.write(lambda tx: tx.execute(of_broken.values(system=System.EDI.value)))
    assert run_to(engine, NOON + 2 * MINUTE) == 1
    assert times(engine, broken) == [NOON]


def test_an_outage_that_keeps_failing_is_looked_at_again_and_again(engine: Engine) -> None:
    """P6: however long it takes; it never falls out of the clock's sight."""
    broken = declare(engine)
    engine.db.write(lambda tx: tx.execute(sql_update(impact).values(direction="sideways")))
    assert run_to(engine, NOON + 4 * MINUTE, step=2 * MINUTE) == 0
    engine.db.write(lambda tx: tx.execute(sql_update(impact).values(direction="both")))
    back = NOON + 90 * DAY
    assert tick(engine, back) == 1
    assert times(engine, broken) == [back]


REFUSE_WRITING = {
    "sqlite": ["CREATE TRIGGER refuse BEFORE UPDATE ON outage BEGIN SELECT RAISE(ABORT, 'disk full'); END"],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'disk full'; END$$",
        "CREATE TRIGGER refuse BEFORE UPDATE ON outage FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}
ACCEPT_WRITING = {"sqlite": "DROP TRIGGER refuse", "postgresql": "DROP TRIGGER refuse ON outage"}


def test_a_database_that_cannot_be_written_stops_no_clock(engine: Engine) -> None:
    """A full disk: neither the bulletin nor the hold can be written; both are tried with the next tick."""
    declare(engine)
    dialect = engine.db.url.get_backend_name()
    for statement in REFUSE_WRITING[dialect]:
        engine.db.write(lambda tx, statement=statement: tx.execute(text(statement)))
    assert tick(engine, NOON) == 0
    assert tick(engine, NOON + MINUTE) == 0
    engine.db.write(lambda tx: tx.execute(text(ACCEPT_WRITING[dialect])))
    assert due_bulletins.issue_due(engine) == 1


def test_the_longest_due_is_issued_first(engine: Engine) -> None:
    """After downtime, too."""
    first = declare(engine, CCP_OUT)
    set_clock(engine, THURSDAY_10H + MINUTE)
    second = declare(engine)
    engine.db.write(lambda tx: tx.execute(sql_update(outage).values(changed_at=NOON)))
    assert tick(engine, NOON + 3 * HOUR) == 2
    assert bulletins(engine, first)[1].id < bulletins(engine, second)[1].id


def test_every_bulletin_of_the_clock_is_announced_to_its_process(engine: Engine) -> None:
    """The pages are made anew and the sender is woken, once for each."""
    told: list[int] = []
    declare(engine)
    declare(engine, CCP_OUT)
    engine.after_commit.append(lambda: told.append(rows(engine)["bulletin"]))
    tick(engine, NOON)
    assert told == [3, 4]


def test_a_clock_that_is_turned_back_at_night_keeps_its_interval(engine: Engine) -> None:
    """P4: 2026-11-01, when 01:00 comes twice: intervals are elapsed time."""
    set_clock(engine, at("2026-10-31 22:00"))
    done = declare(engine)
    run_to(engine, at("2026-11-01 12:00"), step=30 * MINUTE)
    assert times(engine, done) == [at("2026-11-01 08:00"), at("2026-11-01 12:00")]


def test_a_clock_that_was_days_ahead_does_not_silence_an_outage(engine: Engine) -> None:
    """P5: it came back, and the next bulletin follows the cadence from there; none is given twice."""
    done = declare(engine)
    assert tick(engine, NOON + 9 * DAY) == 1
    assert tick(engine, THURSDAY_10H + MINUTE) == 0
    assert stored(engine, done).next_due_at == NOON + MINUTE
    assert run_to(engine, NOON + 2 * MINUTE) == 1
    assert stored(engine, done).next_due_at == NOON + 2 * HOUR + MINUTE
    assert run_to(engine, NOON + 4 * HOUR) == 1
    issued = times(engine, done)
    assert len(issued) == len(set(issued)) == 3


def test_a_reminder_given_while_the_clock_was_ahead_is_not_given_again(engine: Engine) -> None:
    """P5, R17: nor is a time whose bulletin went out then, whatever it was."""
    done = announce(engine)
    reminded_at = stored(engine, done).next_due_at
    assert reminded_at is not None
    assert tick(engine, reminded_at) == 1
    assert tick(engine, SUNDAY_6H + 9 * DAY + 6 * HOUR) == 1
    set_clock(engine, reminded_at)
    run_to(engine, SUNDAY_2H - 2 * HOUR, step=HOUR)
    settled = rows(engine), stored(engine, done)
    run_to(engine, SUNDAY_2H - HOUR, step=10 * MINUTE)
    assert (rows(engine), stored(engine, done)) == settled
    assert times(engine, done, REMINDER) == [reminded_at]
    overrun = stored(engine, done).next_due_at
    assert overrun is not None
    assert SUNDAY_6H < overrun < SUNDAY_6H + 6 * HOUR
