"""The prepared pages are true, or say that they may not be: never "normal" when it cannot be known (P21)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from outage_service.clock import VirtualClock
from outage_service.content import load_content
from outage_service.domain.broadcasts import Override
from outage_service.domain.lifecycle import News
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Bilingual
from outage_service.edge.holder import STALE_AFTER_SECONDS, SnapshotHolder
from outage_service.edge.publish import Publisher
from outage_service.services import outages, overrides
from outage_service.services.engine import Engine
from outage_service.services.outages import Target
from outage_service.services.snapshot import SnapshotKeeper, nothing_known
from outage_service.storage import DatabaseError, workers
from outage_service.web.pages.status import HomePage
from tests.builders import SUNDAY_2H, SUNDAY_6H, at
from tests.engines import an_engine
from tests.services.acts import (
    CCP_OUT,
    CERS_OUT,
    TCCU,
    announce,
    cancel,
    declare,
    resolve,
    revoke,
    tick,
    update,
)

MINUTE = timedelta(minutes=1)


class Process:
    """One process's pages, as its public sees them; time passes on both of its clocks."""

    def __init__(self, engine: Engine, clock: VirtualClock, publish_dir: Path | None = None) -> None:
        publisher = Publisher(publish_dir, "host") if publish_dir else None
        self.engine, self.clock, self.seconds = replace(engine, publisher=publisher), clock, 0.0
        self.holder = SnapshotHolder(nothing_known(load_content()), monotonic=lambda: self.seconds)
        self.keeper = SnapshotKeeper(self.engine, load_content(), self.holder)

    def page(self, path: str) -> str:
        held = self.holder.current()
        is_stale = held.is_stale(self.clock(), self.seconds)
        pages = held.snapshot.stale if is_stale else held.snapshot.fresh
        return pages[path].body.decode()

    def says(self, line: HelpLine = HelpLine.TCCU) -> str:
        """Returns what a help line says in both languages."""
        return self.page(f"/v1/broadcast/{line}/both.txt")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.page("/v1/status"))
        return found

    def conditions(self) -> dict[str, str]:
        return {system["code"]: system["condition"] for system in self.status()["systems"]}

    def pass_by(self, time: timedelta) -> None:
        self.clock.advance(time)
        self.seconds += time.total_seconds()


@pytest.fixture
def process(engine: Engine, clock: VirtualClock) -> Process:
    """A process that has read the database once, and looks again after each of its own acts, as in `app`."""
    found = Process(engine, clock)
    found.keeper.refresh()
    engine.after_commit.append(found.keeper.look)
    return found


@pytest.fixture
def elsewhere(database_url: str, clock: VirtualClock) -> Iterator[Engine]:
    """Another process's engine on the same database."""
    engine = an_engine(database_url, clock)
    yield engine
    engine.db.close()


def says_normal(process: Process) -> bool:
    everything = "".join(process.says(line) for line in HelpLine) + json.dumps(process.status())
    return "normal" in everything.casefold()


def test_a_database_with_nothing_open_is_knowledge(process: Process) -> None:
    """R22: then it is said that all is normal."""
    assert set(process.conditions().values()) == {"normal"}
    assert "normal" in process.says()
    assert process.status()["stale"] is False


def test_an_act_is_told_before_its_operator_is_answered(process: Process) -> None:
    """P17, decision 6: whoever gets the 201 finds it on the telephone."""
    done = declare(process.engine)
    assert "normal" not in process.says().casefold()
    assert process.conditions()["edi"] == "outage"
    assert process.conditions()["cers"] == "normal"
    assert "normal" in process.says(HelpLine.CCSH)
    resolve(process.engine, done)
    assert process.conditions()["edi"] == "normal"


def test_procedures_that_remain_in_effect_are_told(process: Process) -> None:
    """R6: restored, and yet not over; until they are revoked."""
    done = declare(process.engine)
    resolve(process.engine, done, remains_in_effect=True)
    remaining = process.says()
    revoke(process.engine, done)
    assert process.says() != remaining


def test_an_operators_own_text_is_told_and_ends(process: Process) -> None:
    """R23."""
    own = Bilingual("Ring back later.", "Rappelez plus tard.")
    override = Override(own, process.clock() + 60 * MINUTE)
    engine = process.engine
    engine.act(lambda tx: overrides.set_override(engine, tx, TCCU, HelpLine.CCSH, override))
    assert own.en in process.says(HelpLine.CCSH)
    engine.act(lambda tx: overrides.end_override(engine, tx, TCCU, HelpLine.CCSH))
    assert own.en not in process.says(HelpLine.CCSH)


def test_another_processs_act_is_noticed_by_the_next_check(process: Process, elsewhere: Engine) -> None:
    """Decision 6: whatever was committed, acts and the clock's own bulletins alike."""
    done = declare(elsewhere)
    assert process.conditions()["edi"] == "normal"
    process.keeper.check()
    assert process.conditions()["edi"] == "outage"
    first = process.status()["outages"][0]["next_bulletin_due_at"]
    assert tick(elsewhere, at("2026-11-26 12:00")) == 1
    process.keeper.check()
    assert process.status()["outages"][0]["next_bulletin_due_at"] != first
    resolve(elsewhere, done)
    process.keeper.check()
    assert process.conditions()["edi"] == "normal"


def test_a_check_that_finds_nothing_new_builds_nothing(process: Process) -> None:
    """The same pages, known to be true for a while longer."""
    before = process.holder.current()
    process.pass_by(timedelta(seconds=10))
    process.keeper.check()
    after = process.holder.current()
    assert after.snapshot is before.snapshot
    assert after.checked_seconds == before.checked_seconds + 10


class SlowToAnswer:
    """A process's database that takes its time before anybody may read."""

    def __init__(self, process: Process, by: timedelta) -> None:
        self._process, self._by, self._db = process, by, process.engine.db

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._process.pass_by(self._by)
        with self._db.read() as tx:
            yield tx


def test_the_half_minute_counts_from_the_question_not_from_its_answer(process: Process) -> None:
    """P21, decision 6: a database that takes 20 s to answer leaves 10 s."""
    slow = replace(process.engine, db=SlowToAnswer(process, timedelta(seconds=20)))
    keeper = SnapshotKeeper(slow, load_content(), process.holder)
    keeper.refresh()
    keeper.check()
    process.pass_by(timedelta(seconds=STALE_AFTER_SECONDS - 20))
    assert not process.holder.is_stale(process.clock())
    process.pass_by(timedelta(seconds=1))
    assert process.holder.is_stale(process.clock())


def test_a_look_every_second_builds_only_where_what_is_told_was_changed(
    process: Process, elsewhere: Engine
) -> None:
    """Decision 6: what senders record many times a second makes no pages."""
    before = process.holder.current().snapshot
    elsewhere.db.write(lambda tx: workers.register_worker(tx, "one", host="there"))
    process.keeper.look()
    assert process.holder.current().snapshot is before
    declare(elsewhere)
    process.keeper.look()
    assert process.conditions()["edi"] == "outage"


def test_a_message_is_made_anew_every_minute(process: Process) -> None:
    """It tells its time."""
    before = process.says()
    process.pass_by(MINUTE)
    process.keeper.check()
    assert process.says() != before
    assert not process.holder.is_stale(process.clock())


def test_the_clock_alone_changes_what_is_said(process: Process) -> None:
    """R17: a planned start, an overrun and an expiry, without any act."""
    announce(process.engine)
    assert process.conditions()["edi"] == "normal"
    process.clock.set(SUNDAY_2H)
    process.keeper.check()
    assert process.conditions()["edi"] == "outage"
    before = process.status()["outages"][0]["state"]
    process.clock.set(SUNDAY_6H + 15 * MINUTE)
    process.keeper.check()
    assert (before, process.status()["outages"][0]["state"]) == ("open", "overrun")


def test_a_cancelled_maintenance_leaves_the_pages(process: Process) -> None:
    """As if it had never been announced."""
    done = announce(process.engine, CCP_OUT)
    assert len(process.status()["outages"]) == 1
    cancel(process.engine, done)
    assert process.status()["outages"] == []


def test_the_latest_news_is_told_in_the_status(process: Process) -> None:
    """Not the first message."""
    done = declare(process.engine, CERS_OUT)
    update(process.engine, done)
    assert process.status()["outages"][0]["message"]["en"] == "It is getting better."


def test_a_first_start_without_the_database_knows_nothing(clock: VirtualClock) -> None:
    """P21, decision 8: it starts, and says that it cannot be known."""
    gone = an_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", clock)
    process = Process(gone, clock)
    for attempt in (process.keeper.refresh, process.keeper.check):
        with pytest.raises(DatabaseError):
            attempt()
    assert set(process.conditions().values()) == {"unknown"}
    assert process.status()["stale"] is True
    assert process.holder.current().snapshot.as_of is None
    assert not says_normal(process)
    gone.db.close()


def hide(engine: Engine, *, back: bool = False) -> None:
    """Makes reading fail, as an unreachable database does, or work again."""
    names = ("gone", "impact") if back else ("impact", "gone")
    engine.db.write(lambda tx: tx.execute(text("ALTER TABLE {} RENAME TO {}".format(*names))))


def test_a_database_that_goes_away_leaves_the_last_known_message(process: Process) -> None:
    """P21: still told as known for half a minute, then as old; what was normal is unknown then (R11)."""
    declare(process.engine)
    hide(process.engine)
    process.pass_by(timedelta(seconds=STALE_AFTER_SECONDS))
    assert process.status()["stale"] is False
    process.pass_by(timedelta(seconds=1))
    assert process.status()["stale"] is True
    assert process.conditions() == {
        "edi": "outage",
        **dict.fromkeys(["emanifest", "cers", "ccp", "cad_api", "swi"], "unknown"),
    }
    assert "TCC26-0001" in json.dumps(process.status())
    assert not says_normal(process)


def test_a_failed_build_is_not_confirmed_by_a_good_check(process: Process, elsewhere: Engine) -> None:
    """P21: the version was seen, the state behind it was not; the next check tries again."""
    declare(elsewhere)
    hide(elsewhere)
    with pytest.raises(DatabaseError):
        process.keeper.check()
    process.pass_by(timedelta(seconds=STALE_AFTER_SECONDS + 1))
    with pytest.raises(DatabaseError):
        process.keeper.check()
    assert not says_normal(process)
    hide(elsewhere, back=True)
    process.keeper.check()
    assert process.conditions()["edi"] == "outage"
    assert process.status()["stale"] is False


def test_a_clock_that_was_set_back_is_noticed(process: Process) -> None:
    """P5: what was made in the future is made anew."""
    process.clock.set(process.clock() - timedelta(hours=3))
    assert process.holder.is_stale(process.clock())
    process.keeper.check()
    assert not process.holder.is_stale(process.clock())


def test_a_restored_backup_is_noticed(process: Process) -> None:
    """Its version is lower than the one last seen, not higher."""
    declare(process.engine)
    process.engine.db.write(lambda tx: tx.execute(text("DELETE FROM impact")))
    process.engine.db.write(lambda tx: tx.execute(text("UPDATE public_state SET version = 0")))
    process.keeper.check()
    assert process.conditions()["edi"] == "normal"


def test_many_processes_and_threads_agree_in_the_end(process: Process, elsewhere: Engine) -> None:
    """Whoever builds last has read last: no older state stays over a newer one."""
    done = declare(elsewhere)

    def act() -> None:
        for _ in range(5):
            update(elsewhere, done)

    def look() -> None:
        for _ in range(10):
            process.keeper.check()

    threads = [threading.Thread(target=work) for work in (act, look, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    resolve(elsewhere, done)
    process.keeper.check()
    assert process.conditions()["edi"] == "normal"


def test_a_commit_that_comes_late_is_noticed(engine: Engine, elsewhere: Engine, clock: VirtualClock) -> None:
    """P21: begun before another act and committed while that one was waiting or done; neither is missed."""
    process = Process(engine, clock)
    first, second = declare(engine), declare(engine, CERS_OUT)
    begun, may_end = threading.Event(), threading.Event()
    late, quick = Bilingual("Late.", "Tard."), Bilingual("Quick.", "Vite.")

    def act_slowly(tx: Connection) -> None:
        outages.update(elsewhere, tx, TCCU, Target(first.outage.id), News(), late)
        begun.set()
        may_end.wait(10)

    slowly = threading.Thread(target=elsewhere.db.write, args=(act_slowly,))
    slowly.start()
    begun.wait(10)
    quickly = threading.Thread(target=update, args=(elsewhere, second), kwargs={"message": quick})
    quickly.start()
    quickly.join(0.3)
    process.keeper.check()
    may_end.set()
    slowly.join()
    quickly.join()
    process.keeper.check()
    assert [one["message"]["en"] for one in process.status()["outages"]] == [late.en, quick.en]


def test_what_outlives_the_process_never_says_normal(
    engine: Engine, clock: VirtualClock, tmp_path: Path
) -> None:
    """Decision 5: files cannot know how old they are."""
    process = Process(engine, clock, tmp_path)
    for act in (lambda: None, lambda: declare(engine)):
        act()
        process.keeper.check()
        files = [path for path in (tmp_path / "host" / "current").rglob("*") if path.is_file()]
        assert len(files) > 10
        assert not [path for path in files if "normal" in path.read_text(encoding="utf-8").casefold()]
    status = json.loads((tmp_path / "host" / "current" / "status.json").read_text(encoding="utf-8"))
    assert {system["code"]: system["condition"] for system in status["systems"]}["edi"] == "outage"


def test_the_first_page_of_the_site_is_made_of_what_was_read(engine: Engine, clock: VirtualClock) -> None:
    """P21: it is there before the database was ever read, and when it is gone."""
    home = HomePage(load_content(), engine.calendar, engine.base_url)
    holder = SnapshotHolder(nothing_known(load_content(), home), monotonic=lambda: 0.0)
    keeper = SnapshotKeeper(engine, load_content(), holder, home)
    unknown = holder.current().snapshot.stale["/fr/"].body.decode()
    assert "État inconnu" in unknown
    assert "L’état actuel ne peut être connu" in unknown
    declare(engine)
    keeper.refresh()
    snapshot = holder.current().snapshot
    assert "TCC26-0001" in snapshot.fresh["/en/"].body.decode()
    assert "Functioning normally" in snapshot.fresh["/en/"].body.decode()
    assert "TCC26-0001" in snapshot.stale["/fr/"].body.decode()
    assert "L’état actuel ne peut être connu" in snapshot.stale["/fr/"].body.decode()
    assert "L’état actuel ne peut être connu" not in snapshot.fresh["/fr/"].body.decode()
    assert "normal" not in snapshot.stale["/fr/"].body.decode().lower()
    assert snapshot.as_of == clock()
