"""What may leave when: the bound on what is uncertain holds in every order of events."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from outage_service.channels.email.envelope import Envelope
from outage_service.channels.email.thawed import ThawedLetter
from outage_service.clock import monotonic_seconds
from outage_service.domain.deliveries import Attempt, DeliveryState, Stage, Verdict
from outage_service.domain.texts import Language
from outage_service.services.sending import ReadyMailing
from outage_service.storage.deliveries import Claim, Settlement
from outage_service.storage.mailings import FrozenLetters, MailingRecord
from outage_service.worker.backlog import LOOK_AGAIN_SECONDS, Ready
from outage_service.worker.window import Lane, Window

pytestmark = pytest.mark.anyio

MAILING = ReadyMailing(
    MailingRecord(1, 1, 1, FrozenLetters(b"", b"")), {Language.EN: ThawedLetter.parse(b"hello\r\n")}
)
ACCEPTED = Attempt(Verdict.ACCEPTED, Stage.AFTER_DOT, 250, "kept")
DOWN = Attempt(Verdict.RELAY_DOWN, Stage.DATA)


class Scene:
    """A window with lanes, and relays that keep what leaves."""

    def __init__(self, size: int) -> None:
        self.is_silent = False
        self.looks = 0
        self.ready: list[int] = []
        self.left: list[int] = []
        self.given_up: list[int] = []
        self.recorded: list[Settlement] = []
        self.window = Window(size, is_silent=lambda: self.is_silent, look=self._look)
        self._next = 0
        self.age = 0.0

    def _look(self) -> None:
        self.looks += 1

    def _take(self) -> tuple[Ready, Envelope]:
        self._next += 1
        address = f"person{self._next}@example.org"
        claim = Claim(1, self._next, 1, 0, 0, timedelta(0), address, Language.EN, self._next, 1)
        ready = Ready(claim, MAILING, monotonic_seconds() - self.age)
        return ready, Envelope("bulletins@example.org", address, b"hello\r\n.\r\n")

    def lane(self) -> Lane:
        """Returns a lane that has announced a message."""
        lane = Lane(self.window, self._take, self.recorded.append)
        assert lane.take()
        return lane

    def offer(self, *lanes: Lane) -> None:
        """The relay says 354 to each of them."""
        for lane in lanes:
            lane.admit(partial(self._told, lane.claim.recipient_id))

    async def leaving(self, *lanes: Lane) -> list[int]:
        """The relay says 354 to each of them; returns who has left so far."""
        self.offer(*lanes)
        await some_turns()
        return self.left

    def _told(self, recipient: int, may_leave: bool) -> Callable[[], None] | None:
        if may_leave:
            self.ready.append(recipient)
            return partial(self.left.append, recipient)
        self.given_up.append(recipient)
        return None


async def some_turns() -> None:
    """Lets the event loop turn often enough for all who wait for one another."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_leave_than_there_is_room_for() -> None:
    """P8."""
    scene = Scene(2)
    assert await scene.leaving(*(scene.lane() for _ in range(4))) == [1, 2]


async def test_those_who_ask_together_are_all_made_ready_before_one_leaves() -> None:
    scene = Scene(8)
    scene.offer(scene.lane(), scene.lane())
    await asyncio.sleep(0)
    scene.offer(scene.lane())
    await asyncio.sleep(0)
    assert scene.ready == []
    await some_turns()
    assert scene.ready == scene.left == [1, 2, 3]


async def test_nobody_waits_for_those_who_do_not_come() -> None:
    scene = Scene(8)
    assert await scene.leaving(scene.lane()) == [1]
    assert await scene.leaving(scene.lane()) == [1, 2]


async def test_room_comes_back_when_outcomes_are_durable_and_not_before() -> None:
    """P8: an accepted message that is not recorded yet still is uncertain."""
    scene = Scene(1)
    first, second = scene.lane(), scene.lane()
    assert await scene.leaving(first, second) == [1]
    first.done(ACCEPTED)
    scene.window.let_go()
    assert scene.left == [1]
    scene.window.take_back(1)
    assert scene.left == [1, 2]
    assert await scene.leaving(scene.lane()) == [1, 2]


async def test_they_leave_in_the_order_in_which_they_waited() -> None:
    scene = Scene(1)
    assert await scene.leaving(*(scene.lane() for _ in range(4))) == [1]
    for _ in range(3):
        scene.window.take_back(1)
    assert scene.left == [1, 2, 3, 4]


async def test_what_ends_without_having_left_costs_and_brings_no_room() -> None:
    """A refused recipient, a connection lost under 354: the count comes out even."""
    scene = Scene(1)
    refused, lost, last = scene.lane(), scene.lane(), scene.lane()
    refused.done(Attempt(Verdict.REFUSED, Stage.RCPT, 550))
    scene.window.take_back(1)
    assert await scene.leaving(last, lost) == [3]
    lost.done(DOWN)
    scene.window.take_back(1)
    assert await scene.leaving(scene.lane()) == [3]


async def test_a_connection_that_is_gone_leaves_its_room_to_the_next() -> None:
    """It was lost a moment ago, and its lane has not heard of it yet."""
    scene = Scene(1)
    first, gone, third = scene.lane(), scene.lane(), scene.lane()
    scene.offer(first)
    gone.admit(lambda _: None)
    assert await scene.leaving(third) == [1]
    scene.window.take_back(1)
    assert scene.left == [1, 3]
    gone.done(DOWN)
    scene.window.take_back(1)
    assert await scene.leaving(scene.lane()) == [1, 3]


async def test_nothing_leaves_while_this_worker_may_be_taken_for_dead() -> None:
    """P9."""
    scene = Scene(8)
    scene.is_silent = True
    assert await scene.leaving(scene.lane()) == []
    scene.is_silent = False
    scene.window.let_go()
    assert scene.left == [1]


@pytest.mark.parametrize("is_wanted", [True, False], ids=["still wanted", "withdrawn"])
async def test_what_waited_too_long_is_looked_at_once_more(is_wanted: bool) -> None:
    """P12, P14: a relay may take its time between the commands and 354."""
    scene = Scene(8)
    scene.age = LOOK_AGAIN_SECONDS + 1
    lane = scene.lane()
    assert await scene.leaving(lane) == []
    assert scene.looks == 1
    ((waiting, claim),) = scene.window.stale().items()
    waiting.looked_again(claim, monotonic_seconds(), is_wanted=is_wanted)
    scene.window.let_go()
    assert (scene.left, scene.given_up) == (([1], []) if is_wanted else ([], [1]))
    assert not scene.window.stale()


async def test_a_look_that_comes_too_late_changes_nothing() -> None:
    """The connection was lost meanwhile, and the lane may have another message by now."""
    scene = Scene(8)
    scene.age = LOOK_AGAIN_SECONDS + 1
    lane = scene.lane()
    await scene.leaving(lane)
    ((_, claim),) = scene.window.stale().items()
    lane.done(DOWN)
    lane.looked_again(claim, monotonic_seconds(), is_wanted=False)
    lane.take()
    await scene.leaving(lane)
    lane.looked_again(claim, monotonic_seconds(), is_wanted=False)
    assert scene.given_up == []
    assert list(scene.window.stale().values()) == [lane.claim]


async def test_what_a_silent_worker_had_in_hand_never_leaves() -> None:
    """P9: others may have taken it over; the next message is another matter."""
    scene = Scene(8)
    lane = scene.lane()
    lane.forbid()
    assert await scene.leaving(lane) == []
    lane.looked_again(lane.claim, monotonic_seconds(), is_wanted=True)
    assert scene.given_up == [1]
    lane.done(DOWN)
    lane.take()
    assert await scene.leaving(lane) == [2]


async def test_a_failure_of_our_own_ends_all_that_is_in_hand() -> None:
    """P10: counted, and tried again."""
    scene = Scene(8)
    lane = scene.lane()
    assert await scene.leaving(lane) == [1]
    lane.take()
    lane.fail("ArithmeticError")
    assert [(one.claim.recipient_id, one.state, one.faults) for one in scene.recorded] == [
        (1, DeliveryState.QUEUED, 1),
        (2, DeliveryState.QUEUED, 1),
    ]
    scene.window.take_back(2)
    assert len(await scene.leaving(*(scene.lane() for _ in range(9)))) == 1 + 8
