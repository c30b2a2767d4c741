"""How long what was read is told as known (P21)."""

import threading
from datetime import timedelta
from functools import partial

import pytest

from outage_service.edge.holder import SnapshotHolder
from outage_service.edge.snapshot import Snapshot
from tests.edge.pages import NOW, UNKNOWN, Clocks, a_snapshot

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def holder(clocks: Clocks) -> SnapshotHolder:
    return SnapshotHolder(UNKNOWN, monotonic=clocks.monotonic)


class ReadError(Exception):
    """The database did not answer."""


def fail() -> Snapshot:
    raise ReadError


def test_before_the_first_build_nothing_is_known(holder: SnapshotHolder, clocks: Clocks) -> None:
    held = holder.current()
    assert (held.snapshot, held.checked_at) == (UNKNOWN, None)
    assert holder.is_stale(clocks.now)
    assert holder.is_refresh_due(clocks.now)


def test_a_confirmation_before_the_first_build_makes_nothing_known(
    holder: SnapshotHolder, clocks: Clocks
) -> None:
    holder.confirm(clocks.now, clocks.seconds)
    assert holder.is_stale(clocks.now)
    assert (holder.current().checked_at, holder.current().as_of_json) == (None, b"null")


def test_a_build_is_known_for_30_seconds(holder: SnapshotHolder, clocks: Clocks) -> None:
    holder.refresh(a_snapshot)
    clocks.pass_by(30)
    assert not holder.is_stale(clocks.now)
    clocks.pass_by(0.1)
    assert holder.is_stale(clocks.now)


def test_every_confirmation_gives_30_seconds_more(holder: SnapshotHolder, clocks: Clocks) -> None:
    holder.refresh(a_snapshot)
    clocks.pass_by(29)
    holder.confirm(clocks.now, clocks.seconds)
    clocks.pass_by(29)
    held = holder.current()
    assert not holder.is_stale(clocks.now)
    assert held.checked_at == NOW + timedelta(seconds=29)
    assert clocks.seconds - held.checked_seconds == pytest.approx(29)


def test_a_confirmation_from_before_the_last_build_is_too_late(
    holder: SnapshotHolder, clocks: Clocks
) -> None:
    asked = clocks.now, clocks.seconds
    clocks.pass_by(5)
    holder.refresh(lambda: a_snapshot(as_of=clocks.now))
    holder.confirm(*asked)
    held = holder.current()
    assert (held.checked_at, held.checked_seconds) == (clocks.now, clocks.seconds)


def test_a_confirmation_counts_from_the_question_not_from_its_answer(
    holder: SnapshotHolder, clocks: Clocks
) -> None:
    """P21, decision 6: an act that was committed while the answer was on its way is not told yet."""
    holder.refresh(a_snapshot)
    clocks.pass_by(29)
    asked = clocks.now, clocks.seconds
    clocks.pass_by(20)
    holder.confirm(*asked)
    clocks.pass_by(10)
    assert not holder.is_stale(clocks.now)
    clocks.pass_by(1)
    assert holder.is_stale(clocks.now)


def test_the_age_counts_from_before_the_database_was_read(holder: SnapshotHolder, clocks: Clocks) -> None:
    def slowly() -> Snapshot:
        clocks.pass_by(7)
        return a_snapshot()

    holder.refresh(slowly)
    assert clocks.seconds - holder.current().checked_seconds == pytest.approx(7)


def test_the_age_is_not_fooled_by_a_wall_clock_that_jumps(holder: SnapshotHolder, clocks: Clocks) -> None:
    """P5."""
    holder.refresh(a_snapshot)
    clocks.now += timedelta(hours=5)
    clocks.seconds += 3
    assert clocks.seconds - holder.current().checked_seconds == pytest.approx(3)
    assert not holder.is_stale(clocks.now)


def test_a_wall_clock_set_back_asks_for_a_new_snapshot(holder: SnapshotHolder, clocks: Clocks) -> None:
    """A message must not tell a time still to come."""
    holder.refresh(a_snapshot)
    clocks.now -= timedelta(hours=1)
    assert holder.is_refresh_due(clocks.now)
    assert holder.is_stale(clocks.now)


def test_a_snapshot_is_renewed_every_minute(holder: SnapshotHolder) -> None:
    holder.refresh(a_snapshot)
    assert not holder.is_refresh_due(NOW + MINUTE - timedelta(seconds=1))
    assert holder.is_refresh_due(NOW + MINUTE)


def test_a_snapshot_is_renewed_when_the_clock_changes_what_is_true(holder: SnapshotHolder) -> None:
    change = NOW + timedelta(seconds=10)
    holder.refresh(lambda: a_snapshot(valid_until=change))
    assert not holder.is_refresh_due(change - timedelta(seconds=1))
    assert holder.is_refresh_due(change)


def test_what_the_clock_has_made_untrue_is_not_told_as_known(holder: SnapshotHolder) -> None:
    """R11: a planned start that comes while the database is away."""
    change = NOW + timedelta(seconds=10)
    holder.refresh(lambda: a_snapshot(valid_until=change))
    assert not holder.is_stale(change)
    assert holder.is_stale(change + timedelta(seconds=2))


def test_a_failed_build_keeps_the_former_snapshot_and_is_tried_again(
    holder: SnapshotHolder, clocks: Clocks
) -> None:
    first = holder.refresh(a_snapshot)
    with pytest.raises(ReadError):
        holder.refresh(fail)
    assert holder.current().snapshot is first
    assert holder.is_refresh_due(clocks.now)


def test_after_a_failed_build_only_a_new_one_makes_it_known_again(
    holder: SnapshotHolder, clocks: Clocks
) -> None:
    """Something was written that the snapshot does not tell: asking again must not renew it."""
    holder.refresh(a_snapshot)
    with pytest.raises(ReadError):
        holder.refresh(fail)
    clocks.pass_by(31)
    holder.confirm(clocks.now, clocks.seconds)
    assert holder.is_stale(clocks.now)
    holder.refresh(lambda: a_snapshot(as_of=clocks.now))
    assert not holder.is_stale(clocks.now)


def test_a_slow_build_cannot_put_an_older_state_over_a_newer_one(holder: SnapshotHolder) -> None:
    """The builds take turns: who reads later, stays."""
    state, reading, go_on = ["old"], threading.Event(), threading.Event()

    def slowly() -> Snapshot:
        read = state[0]
        reading.set()
        go_on.wait(10)
        return a_snapshot(read)

    slow = threading.Thread(target=holder.refresh, args=(slowly,))
    slow.start()
    reading.wait(10)
    state[0] = "new"
    writer = threading.Thread(target=holder.refresh, args=(lambda: a_snapshot(state[0]),))
    writer.start()
    go_on.set()
    slow.join(10)
    writer.join(10)
    assert holder.current().snapshot.fresh["/v1/broadcast/tccu/en.txt"].body == b"new"


def test_readers_always_see_one_whole_snapshot(holder: SnapshotHolder) -> None:
    """The pages of one answer are of one build, however many build and read at once."""
    torn: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            snapshot = holder.current().snapshot
            bodies = {snapshot.fresh[f"/v1/broadcast/tccu/{name}"].body[:3] for name in ("en.txt", "fr.txt")}
            if len(bodies) != 1:
                torn.append(bodies)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for build in range(200):
        holder.refresh(partial(a_snapshot, f"{build:03}"))
    done.set()
    for reader in readers:
        reader.join(10)
    assert not torn
    assert holder.current().snapshot.fresh["/v1/broadcast/tccu/en.txt"].body == b"199"
