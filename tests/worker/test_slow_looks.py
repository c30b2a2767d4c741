"""A database that takes longer to answer than a look counts: mail is slow then, and does not stop (P11)."""

from datetime import timedelta

import pytest

from outage_service.clock import monotonic_seconds
from outage_service.domain.texts import Language
from outage_service.storage.deliveries import Claim
from outage_service.worker.backlog import LOOK_AGAIN_SECONDS, Backlog, Ready
from tests.worker.test_window import MAILING, Scene

LONG_AGO = 3 * LOOK_AGAIN_SECONDS


def test_what_was_looked_at_slowly_may_be_sent() -> None:
    """Else it is looked at again and again, and nothing ever leaves."""
    claim = Claim(1, 1, 1, 0, 0, timedelta(0), "ann@example.org", Language.EN, 1, 1)
    backlog = Backlog(lambda _: {})
    backlog.add(Ready(claim, MAILING, monotonic_seconds() - LONG_AGO))
    group = backlog.take_stale()
    backlog.put_back(group, monotonic_seconds() - LONG_AGO)
    assert backlog.is_fresh
    group[0].looked_at -= LOOK_AGAIN_SECONDS
    assert not backlog.is_fresh


@pytest.mark.anyio
async def test_what_the_relay_waits_for_may_leave_after_a_slow_look() -> None:
    scene = Scene(8)
    scene.age = LONG_AGO
    lane = scene.lane()
    await scene.leaving(lane)
    lane.looked_again(lane.claim, monotonic_seconds() - LONG_AGO, is_wanted=True)
    scene.window.let_go()
    assert scene.left == [1]
