"""Which messages may leave: lanes keep the order of one connection, the window bounds what is uncertain.

A message is announced to the relay ahead of time (MAIL, RCPT, DATA). Its body waits until there is room in
the window and somebody has looked lately whether it still is wanted.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from outage_service.channels.email.envelope import Envelope, Told
from outage_service.domain.deliveries import Attempt
from outage_service.services import sending
from outage_service.storage.deliveries import Claim, Settlement
from outage_service.worker.backlog import Ready


class Window:
    """Room for so many messages that are accepted or under way and not committed (P8).

    Args:
        size: how many at most.
        is_silent: whether this worker may be taken for dead: then no body leaves (P9).
        look: asks for a look at the messages that wait and are not fresh.
    """

    def __init__(self, size: int, *, is_silent: Callable[[], bool], look: Callable[[], None]) -> None:
        self._room = size
        self._is_silent = is_silent
        self._look = look
        self._waiting: deque[Lane] = deque()
        self._is_gathering = False

    def ask(self, lane: "Lane") -> None:
        """Has a lane's message leave as soon as it may.

        Those that ask at nearly the same time leave together. A relay on the same host, or near, then finds
        the next message before it falls asleep: to wake it costs as much as to send one.
        """
        self._waiting.append(lane)
        if not self._is_gathering:
            self._is_gathering = True
            self._gather(0)

    def _gather(self, had_asked: int) -> None:
        """Waits for others, a turn of the loop at a time, until none has come."""
        if len(self._waiting) > had_asked:
            asyncio.get_running_loop().call_soon(self._gather, len(self._waiting))
        else:
            self._is_gathering = False
            self.let_go()

    def give(self) -> None:
        """Counts an outcome of nothing that was handed over: `take_back` will count it like the others."""
        self._room -= 1

    def take_back(self, count: int) -> None:
        """Opens the window by so many outcomes that are durable."""
        self._room += count
        if not self._is_gathering:
            self.let_go()

    def let_go(self) -> None:
        """Lets those that wait leave, as many as there is room for: all are made ready before one is sent."""
        bodies = []
        for _ in range(len(self._waiting)):
            lane = self._waiting.popleft()
            if not self._may_leave(lane):
                self._waiting.append(lane)
            elif body := lane.leave():
                self._room -= 1
                bodies.append(body)
        for send in bodies:
            send()

    def _may_leave(self, lane: "Lane") -> bool:
        is_fresh = lane.is_fresh
        if not is_fresh:
            self._look()
        return is_fresh and self._room > 0 and not self._is_silent()

    def forget(self, lane: "Lane") -> None:
        """Takes out a lane whose connection was lost."""
        self._waiting.remove(lane)

    def stale(self) -> dict["Lane", Claim]:
        """Returns the lanes that wait for a look, and what they wait with."""
        return {lane: lane.claim for lane in self._waiting if not lane.is_fresh}


class Lane:
    """The messages of one connection, in the order they are sent: what `MailPool.send` calls a run."""

    def __init__(
        self,
        window: Window,
        next_one: Callable[[], tuple[Ready, Envelope] | None],
        settle: Callable[[Settlement], None],
    ) -> None:
        self._window = window
        self._next_one = next_one
        self._settle = settle
        self._in_hand: deque[Ready] = deque()
        self._has_room = False
        self._told: Told | None = None
        self.may_leave = True
        """Whether what is in hand may be this worker's still: others take over from one that was silent."""

    def take(self) -> Envelope | None:
        """Returns the next message; None where there is none just now."""
        if (found := self._next_one()) is None:
            return None
        ready, envelope = found
        self._in_hand.append(ready)
        return envelope

    def admit(self, told: Told) -> None:
        """Has the body leave as soon as it may: `told` is called then, or where it is not wanted any more."""
        self._told = told
        self._window.ask(self)

    def done(self, attempt: Attempt) -> None:
        """Has the outcome of the oldest message recorded."""
        self._end(sending.after_attempt(self._in_hand.popleft().claim, attempt))

    def fail(self, reason: str) -> None:
        """Has it recorded that we failed over whatever is in hand (P10)."""
        while self._in_hand:
            self._end(sending.after_fault(self._in_hand.popleft().claim, reason))

    def _end(self, settlement: Settlement) -> None:
        if self._told is not None:
            self._window.forget(self)
            self._told = None
        if not self._has_room:
            self._window.give()
        self._has_room = False
        self.may_leave = self.may_leave or not self._in_hand
        self._settle(settlement)

    def forbid(self) -> None:
        """Lets nothing leave any more of what is in hand (P9)."""
        self.may_leave = not self._in_hand

    # While the body waits

    @property
    def claim(self) -> Claim:
        """The claim whose message waits."""
        return self._in_hand[0].claim

    @property
    def is_fresh(self) -> bool:
        """Whether the message that waits need not be looked at again."""
        return self.may_leave and self._in_hand[0].is_fresh

    def leave(self) -> Callable[[], None] | None:
        """Makes the body that waited ready; returns what sends it, None where its connection is lost."""
        told, self._told = self._told, None
        body = told(True) if told is not None else None
        self._has_room = body is not None
        return body

    def looked_again(self, claim: Claim, at: float, *, is_wanted: bool) -> None:
        """Takes what a look has found, if the message still waits: one that is not wanted breaks off here."""
        if self._told is None or self.claim != claim:
            return
        if is_wanted and self.may_leave:
            self._in_hand[0].found_wanted(at)
        else:
            self._window.forget(self)
            told, self._told = self._told, None
            told(False)
