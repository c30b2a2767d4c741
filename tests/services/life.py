"""The whole engine's life as a state machine, beside a plain model of what must be true of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select, update

from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import DeliveryState
from outage_service.domain.errors import RuleError
from outage_service.domain.systems import Direction, System
from outage_service.services import due_bulletins, sending
from outage_service.services.engine import Engine
from outage_service.services.errors import AlreadyDeclared, Stale
from outage_service.services.outages import Done
from outage_service.storage.database import Database
from outage_service.storage.deliveries import Claim
from outage_service.storage.schema import bulletin, delivery, mailing, outage
from outage_service.storage.subscribers import SubscriberState, set_subscriber_state
from tests.builders import THURSDAY_10H, an_impact
from tests.engines import an_engine
from tests.services import acts
from tests.services.struck import AFTER_COMMIT, FragileDatabase, Struck
from tests.worker.harness import LONG_AGO

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SYSTEMS = (System.EDI, System.CERS, System.CCP)
REFUSALS = (RuleError, AlreadyDeclared, Stale)
FINAL = set(DeliveryState) - {DeliveryState.QUEUED, DeliveryState.CLAIMED}
numbers = st.integers(0, 9)
moves = st.sampled_from([HOUR / 12, HOUR, 4 * HOUR, DAY, 9 * DAY, -2 * HOUR, -DAY, -30 * DAY])
strikes = st.one_of(st.just(AFTER_COMMIT), st.integers(0, 25))
ACTS: dict[str, Callable[[Engine, Done], Done]] = {
    "update": acts.update,
    "resolve": acts.resolve,
    "remain": lambda engine, done: acts.resolve(engine, done, remains_in_effect=True),
    "cancel": acts.cancel,
    "revoke": acts.revoke,
    "correct": lambda engine, done: acts.correct(engine, done, acts.bulletins(engine, done)[0].id),
}


@dataclass
class Told:
    """An outage as whoever acts on it was told: the newest answer, and who its newest bulletin is for."""

    done: Done
    sequence: int
    audience: frozenset[int]


@dataclass
class Mailbox:
    """What one recipient was sent."""

    sequences: dict[int, int] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)
    recorded: set[int] = field(default_factory=set)


class Life(RuleBasedStateMachine):
    """Whatever happens in whatever order, and wherever the process is struck."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self.url = database_url
        self.clock = VirtualClock(THURSDAY_10H)
        self.outages: dict[int, Told] = {}
        self.people: dict[int, Mailbox] = {}
        self.active: set[int] = set()
        self.in_hand: list[Claim] = []
        self.starts = 0
        self.start()

    def start(self) -> None:
        """Begins as a process does: whatever an earlier one had in hand is free again."""
        self.db = FragileDatabase(self.url)
        self.engine = an_engine(cast(Database, self.db), self.clock)
        self.starts += 1
        self.worker = f"worker-{self.starts}"
        self.in_hand = []
        sending.rescue(self.engine, everything=True)

    def die(self) -> None:
        """Ends without a word, and is followed by another."""
        self.db.close()
        self.start()

    def state(self) -> tuple[object, ...]:
        """Returns what may not change where an act is refused."""
        return (acts.rows(self.engine), [acts.stored(self.engine, one.done) for one in self.outages.values()])

    def attempt(self, act: Callable[[], Done]) -> None:
        """Acts, and notes what came of it: all of it or nothing (P2, P17)."""
        before = self.state()
        try:
            done = act()
        except REFUSALS:
            self.db.strike = None
            assert self.state() == before
            return
        except Struck as struck:
            self.die()
            if struck.result is None:
                assert self.state() == before
                return
            done = cast(Done, struck.result)
        self.db.strike = None
        self.outages[done.outage.id] = Told(done, done.outage.sequence, frozenset(self.active))

    def pick(self, number: int) -> Told:
        """Returns one of the outages."""
        return list(self.outages.values())[number % len(self.outages)]

    # What people do

    @rule(number=numbers)
    def declare(self, number: int) -> None:
        """Refused where an open one covers the same."""
        impact = an_impact(SYSTEMS[number % 3], Direction.BOTH if number % 3 == 0 else None)
        self.attempt(lambda: acts.declare(self.engine, impact))

    @rule(number=numbers, lead=st.integers(1, 80))
    def announce(self, number: int, lead: int) -> None:
        """A scheduled outage some hours ahead."""
        start = self.clock() + lead * HOUR
        impact = an_impact(SYSTEMS[number % 3])
        self.attempt(lambda: acts.announce(self.engine, impact, start=start, end=start + 4 * HOUR))

    @precondition(lambda self: self.outages)
    @rule(number=numbers, name=st.sampled_from(sorted(ACTS)))
    def act(self, number: int, name: str) -> None:
        """An act on any outage, closed ones included."""
        told = self.pick(number)
        self.attempt(lambda: ACTS[name](self.engine, told.done))

    @precondition(lambda self: self.outages)
    @rule(number=numbers, name=st.sampled_from(["update", "resolve"]), strike=strikes)
    def act_and_be_struck(self, number: int, name: str, strike: int) -> None:
        """Before any statement, between two, before the commit, or right after it."""
        told, self.db.strike = self.pick(number), strike
        self.attempt(lambda: ACTS[name](self.engine, told.done))

    @precondition(lambda self: self.outages)
    @rule(number=numbers)
    def act_on_what_has_changed(self, number: int) -> None:
        """P19: an act on an earlier version changes nothing."""
        told, before = self.pick(number), self.state()
        stale = acts.stored(self.engine, told.done).version - 1
        with pytest.raises(REFUSALS):
            acts.update(self.engine, told.done, version=stale)
        assert self.state() == before

    @rule()
    def subscribe(self) -> None:
        """Somebody new, to everything."""
        person = acts.subscribe(self.engine, f"person{len(self.people)}@example.org")
        self.people[person] = Mailbox()
        self.active.add(person)

    @precondition(lambda self: self.active)
    @rule(number=numbers)
    def unsubscribe(self, number: int) -> None:
        """Somebody leaves for good."""
        person = sorted(self.active)[number % len(self.active)]
        self.engine.db.write(
            lambda tx: set_subscriber_state(tx, person, SubscriberState.UNSUBSCRIBED, now=self.clock())
        )
        self.active.remove(person)

    # What time does

    @rule(move=moves)
    def move_clock(self, move: timedelta) -> None:
        """Time goes on; or the clock jumps, ahead or back."""
        self.clock.advance(move)

    @rule(strike=st.one_of(st.none(), strikes))
    def tick(self, strike: int | None) -> None:
        """P1, P3, P5: at most one bulletin of each outage, none of a closed one, and then no more at once."""
        self.db.strike = strike
        try:
            due_bulletins.issue_due(self.engine)
        except Struck:
            self.die()
        self.db.strike = None
        self.note_ticked(at_most=2 if strike is not None else 1)
        due_bulletins.issue_due(self.engine)
        self.note_ticked(at_most=1 if strike is not None else 0)

    def note_ticked(self, *, at_most: int) -> None:
        for told in self.outages.values():
            now = acts.stored(self.engine, told.done)
            assert 0 <= now.sequence - told.sequence <= (0 if told.done.outage.is_closed else at_most)
            if now.sequence > told.sequence:
                told.sequence, told.audience = now.sequence, frozenset(self.active)

    # What the sender does

    @precondition(lambda self: not self.in_hand)
    @rule(limit=st.integers(1, 6))
    def claim(self, limit: int) -> None:
        """Takes some in hand; anything may happen before they are sent."""
        self.in_hand = self.claimed(limit)

    def claimed(self, limit: int) -> list[Claim]:
        """Claims as if whatever waits had waited long enough: the database's time is not ours to move."""
        waiting = update(delivery).where(delivery.c.state == DeliveryState.QUEUED.value)
        self.engine.db.write(lambda tx: tx.execute(waiting.values(retry_at=LONG_AGO)))
        return sending.claim(self.engine, self.worker, limit=limit)

    @rule(is_recorded=st.booleans())
    def send(self, is_recorded: bool) -> None:
        """Sends what is in hand; struck before it was recorded, it may be sent again (P8)."""
        claims, self.in_hand = self.in_hand, []
        withdrawn = sending.withdrawn(self.engine, claims)
        for claim in claims:
            if claim not in withdrawn:
                self.deliver(claim)
        if not is_recorded:
            self.die()
            return
        ended = [sending.ended(claim, withdrawn.get(claim, DeliveryState.ACCEPTED)) for claim in claims]
        assert sending.settle(self.engine, self.worker, ended) == len(claims)
        for claim in claims:
            self.people[claim.recipient_id].recorded.add(claim.mailing_id)

    def deliver(self, claim: Claim) -> None:
        """What a recipient makes of a message (P8, P12, P14)."""
        ready = sending.prepare(self.engine, claim.mailing_id)
        wire = sending.render(self.engine, ready, claim)
        box, record = self.people[claim.recipient_id], ready.record
        assert record.outage_id is not None
        assert record.sequence is not None
        assert claim.recipient_id in self.active
        assert claim.mailing_id not in box.recorded
        assert record.sequence >= box.sequences.get(record.outage_id, 0)
        digest = hashlib.sha256(wire).hexdigest()
        assert box.digests.setdefault(claim.mailing_id, digest) == digest
        box.sequences[record.outage_id] = record.sequence

    # What must hold at any time

    @invariant()
    def bulletins_are_whole(self) -> None:
        """P1, P2: numbered without a gap, a slot once, each with its mailing; the newest alone is live."""
        with self.engine.db.read() as tx:
            issued = tx.execute(select(bulletin).order_by(bulletin.c.id)).all()
            mailings = tx.execute(select(mailing)).all()
            sequences = {row.id: row.sequence for row in tx.execute(select(outage.c.id, outage.c.sequence))}
        assert set(sequences) == set(self.outages)
        for outage_id, sequence in sequences.items():
            own = [one for one in issued if one.outage_id == outage_id]
            assert [one.sequence for one in own] == list(range(1, sequence + 1))
            slots = [one.slot_at for one in own if one.slot_at is not None]
            assert len(slots) == len(set(slots))
            sent = [one for one in mailings if one.outage_id == outage_id]
            assert sorted(one.sequence for one in sent) == list(range(1, sequence + 1))
            assert [one.sequence for one in sent if one.superseded_by is None] == [sequence]

    @invariant()
    def what_was_answered_is_kept(self) -> None:
        """P17, P19: as it was told, but for what the clock issued since."""
        for told in self.outages.values():
            now = acts.stored(self.engine, told.done)
            assert now.sequence == told.sequence
            assert now.version == told.done.outage.version
            assert now.is_closed == told.done.outage.is_closed

    def teardown(self) -> None:
        """P7: once everything is sent, nobody of any newest bulletin is missing and nothing is left over."""
        try:
            self.die()
            self.check_the_end()
        finally:
            self.db.close()

    def check_the_end(self) -> None:
        """Sends whatever is left, and looks at what became of everybody."""
        while claims := self.claimed(50):
            self.in_hand = claims
            self.send(is_recorded=True)
        sending.rescue(self.engine)
        with self.engine.db.read() as tx:
            rows = tx.execute(select(delivery)).all()
            newest = select(mailing.c.outage_id, mailing.c.id).where(mailing.c.superseded_by.is_(None))
            live = {row.outage_id: row.id for row in tx.execute(newest)}
        assert {row.state for row in rows} <= {state.value for state in FINAL}
        for outage_id, told in self.outages.items():
            of_newest = [row for row in rows if row.mailing_id == live[outage_id]]
            got = {row.recipient_id for row in of_newest if row.state == DeliveryState.ACCEPTED.value}
            assert told.audience & self.active <= got <= told.audience
