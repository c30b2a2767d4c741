"""Schedulers that come back late, and many of them at once."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from outage_service.clock import system_clock
from outage_service.domain.cadence import periodic_slot
from outage_service.domain.calendar import BusinessCalendar
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual
from tests.chaos import ledger
from tests.chaos.checks import check_copies_are_identical, check_nobody_is_lost, check_repeats
from tests.chaos.installation import installation, until
from tests.chaos.relay import running_relay

NEWS = Bilingual("A fix is being tested.", "Une correction est à l’essai.")
OUTAGES = 12


def test_a_bulletin_due_while_nobody_ran_goes_out_once_with_the_latest_news(
    sqlite_url: str, tmp_path: Path
) -> None:
    """P3: a slot just missed goes out at any hour; a day's worth of missed slots are one bulletin, by day."""
    with running_relay() as relay, installation(sqlite_url, relay.url, tmp_path) as one:
        people = one.subscribe(10)
        just_missed = one.give_news(one.declare(), NEWS).outage.id
        long_missed = one.declare(System.SWI, None).outage.id
        one.serve()
        until(lambda: one.read(ledger.is_drained), "the first bulletins are sent")
        one.close()
        now = system_clock()
        one.write(lambda tx: ledger.set_due(tx, just_missed, now - timedelta(minutes=3)))
        one.write(lambda tx: ledger.set_due(tx, long_missed, now - timedelta(hours=26)))
        may_go_out = {_goes_out(now - timedelta(hours=26))}
        one.serve()
        until(lambda: one.read(ledger.overdue) == 0, "nothing is due any more")
        may_go_out.add(_goes_out(now - timedelta(hours=26)))
        relay.wait_for(len(people) * 3)
        until(lambda: one.read(ledger.is_drained), "everybody is written to")
        issued = Counter(outage_id for outage_id, _ in one.read(ledger.slots))
        kind, text = one.read(lambda tx: ledger.last_bulletin(tx, just_missed))
    assert issued[just_missed] == 1
    assert issued[long_missed] in may_go_out
    assert kind == "periodic"
    assert NEWS.en in text
    check_nobody_is_lost(relay, people, outage_id=just_missed, sequence=3)
    assert check_repeats(relay, []) == 0


def _goes_out(due: datetime) -> int:
    """Returns how many catch-up bulletins a slot missed for long leads to now: none in the quiet hours."""
    slot = periodic_slot(due, system_clock(), BusinessCalendar())
    return 0 if slot.nominal_at is None else 1


def test_many_schedulers_issue_each_slot_once(postgresql_url: str, tmp_path: Path) -> None:
    """P1: two `worker` and a `serve` see the same slots come, all at the same instant."""
    with running_relay() as relay, installation(postgresql_url, relay.url, tmp_path) as one:
        people = one.subscribe(3)
        first = one.declare().outage.id
        programs = [one.worker(), one.worker(), one.serve()]
        for program in programs:
            program.wait_for_log("serving" if program is programs[-1] else "working")
        until(lambda: one.read(ledger.is_drained), "the first bulletin is sent")
        due = system_clock() + timedelta(seconds=2)
        made = one.write(lambda tx: ledger.multiply_outage(tx, first, [due] * OUTAGES))
        until(lambda: len(one.read(ledger.slots)) >= OUTAGES, "every slot is issued")
        relay.wait_for(len(people) * (1 + OUTAGES))
        until(lambda: one.read(ledger.is_drained), "everybody is written to")
        assert sorted(one.read(ledger.slots)) == sorted((outage_id, due) for outage_id in made)
        assert one.read(ledger.broken_bulletins) == []
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: len(people) * (1 + OUTAGES)}
    for outage_id in made:
        check_nobody_is_lost(relay, people, outage_id=outage_id, sequence=2)
    check_copies_are_identical(relay)
    assert check_repeats(relay, []) == 0


def test_a_bulletin_that_cannot_be_sent_stops_no_other(sqlite_url: str, tmp_path: Path) -> None:
    """P10: its deliveries end after five attempts, visibly; the bulletins behind it go out meanwhile."""
    with running_relay() as relay, installation(sqlite_url, relay.url, tmp_path) as one:
        people = one.subscribe(40)
        spoilt = one.declare()
        one.write(lambda tx: ledger.spoil_letters(tx, spoilt.bulletin_id))
        sound = one.declare(System.SWI, None)
        one.worker()
        relay.wait_for(len(people))

        def is_set_aside() -> bool:
            one.write(ledger.make_retries_due)
            return one.read(ledger.is_drained)

        until(is_set_aside, "the spoilt bulletin is set aside")
        half = len(people)
        assert one.read(ledger.states) == {DeliveryState.ACCEPTED: half, DeliveryState.FAILED: half}
    check_nobody_is_lost(relay, people, outage_id=sound.outage.id, sequence=1)
