"""Eight schedulers, two hundred slots, and processes that are killed and frozen at random."""

import random
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from outage_service.clock import system_clock
from tests.chaos import ledger
from tests.chaos.checks import check_copies_are_identical, check_nobody_is_lost, check_repeats
from tests.chaos.installation import Installation, installation, until
from tests.chaos.programs import Program
from tests.chaos.relay import running_relay

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

SCHEDULERS = 8
SLOTS = 200
SPREAD_SECONDS = 60.0
STRIKE_EVERY_SECONDS = 1.5
FROZEN_SECONDS = 3.0
SEED = 20261126


def test_a_storm_of_kills_issues_each_slot_exactly_once(postgresql_url: str, tmp_path: Path) -> None:
    """P1, P2, P7: if one is killed in the middle of a slot, another issues it, and none issues it twice."""
    with running_relay() as relay, installation(postgresql_url, relay.url, tmp_path) as one:
        people = one.subscribe(3)
        first = one.declare().outage.id
        schedulers = [one.worker() for _ in range(SCHEDULERS)]
        for each in schedulers:
            each.wait_for_log("working")
        begin = system_clock() + timedelta(seconds=3)
        dues = [begin + timedelta(seconds=SPREAD_SECONDS * number / SLOTS) for number in range(SLOTS)]
        made = one.write(lambda tx: ledger.multiply_outage(tx, first, dues))
        crashes = strike_at_random(one, schedulers, seconds=SPREAD_SECONDS + 5)
        until(lambda: len(one.read(ledger.slots)) >= SLOTS, "every slot is issued", seconds=120)
        until(lambda: one.read(ledger.is_drained), "all is sent", seconds=150)
        issued = Counter(one.read(ledger.slots))
        lateness = sorted(one.read(ledger.lateness_seconds))
        assert issued == Counter(zip(made, dues, strict=True))
        assert one.read(ledger.broken_bulletins) == []
    for outage_id in made:
        check_nobody_is_lost(relay, people, outage_id=outage_id, sequence=2)
    check_copies_are_identical(relay)
    repeats = check_repeats(relay, crashes)
    print(f"{len(crashes)} strikes; late: median {lateness[SLOTS // 2]:.2f} s, worst {lateness[-1]:.1f} s;")
    print(f"{repeats} of {SLOTS * len(people)} messages repeated")
    assert lateness[-1] < 60


def strike_at_random(one: Installation, schedulers: list[Program], *, seconds: float) -> list[float]:
    """Kills or freezes one process after the other and replaces the dead; returns when each was struck."""
    chance, strikes, end = random.Random(SEED), [], time.monotonic() + seconds
    while time.monotonic() < end:
        place = chance.randrange(len(schedulers))
        struck = schedulers[place]
        if chance.random() < 0.3:
            struck.freeze()
            time.sleep(FROZEN_SECONDS)
            struck.thaw()
            strikes.append(time.monotonic())
        else:
            strikes.append(struck.kill())
            schedulers[place] = one.worker()
        time.sleep(STRIKE_EVERY_SECONDS)
    return strikes
