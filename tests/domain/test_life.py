"""Any acts at any times: what is always true of an outage, whatever operators and the clock do to it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from outage_service.domain.bulletins import BulletinFacts
from outage_service.domain.errors import RuleError
from outage_service.domain.outages import ContingencyState, Impact, Outage, OutageState
from outage_service.domain.systems import Condition, System
from tests.builders import (
    LITERAL,
    a_scheduled_outage,
    an_outage,
    bulletin_facts,
    cancelled,
    corrected,
    resolved,
    revoked,
    ticked,
    updated,
)
from tests.domain import walk
from tests.domain.strategies import minutes, some_impacts

REMAINS = ContingencyState.REMAINS_IN_EFFECT
a_while = st.one_of(
    st.timedeltas(timedelta(0), timedelta(minutes=6)),
    st.timedeltas(timedelta(0), timedelta(hours=12)),
    st.timedeltas(timedelta(0), timedelta(days=4)),
)
planned_impacts = st.lists(
    st.builds(Impact, st.sampled_from(System), st.none(), st.just(Condition.OUTAGE)), min_size=1, max_size=3
)
offsets = st.none() | st.timedeltas(timedelta(hours=-30), timedelta(hours=30))


class LifeOfAnOutage(RuleBasedStateMachine):
    """One outage under random acts; an act is refused without a trace or is exactly one bulletin."""

    outage: Outage
    facts: BulletinFacts
    now: datetime

    @initialize(
        now=minutes,
        impacts=some_impacts | planned_impacts,
        since=offsets,
        window=st.none() | st.tuples(a_while, a_while),
    )
    def begins(
        self,
        now: datetime,
        impacts: list[Impact],
        since: timedelta | None,
        window: tuple[timedelta, timedelta] | None,
    ) -> None:
        self.now = now
        try:
            self.outage = self._begun(impacts, since, window)
        except RuleError:
            self.outage = a_scheduled_outage(
                start=now + timedelta(hours=20), end=now + timedelta(hours=22), announced_at=now
            )
        self.facts = bulletin_facts(self.outage, now=now)

    def _begun(
        self, impacts: list[Impact], since: timedelta | None, window: tuple[timedelta, timedelta] | None
    ) -> Outage:
        if window is None:
            return an_outage(*impacts, declared_at=self.now, started_at=self.now + since if since else None)
        start = self.now + window[0]
        return a_scheduled_outage(*impacts, start=start, end=start + window[1], announced_at=self.now)

    def _try(self, act: Callable[[], Outage]) -> None:
        before = self.outage
        try:
            after = act()
        except RuleError:
            return
        assert after.sequence == before.sequence + 1
        self._take(after)

    def _take(self, after: Outage) -> None:
        before = self.outage
        assert before.last_bulletin_at is not None
        assert after.last_bulletin_at is not None
        assert after.last_bulletin_at >= before.last_bulletin_at
        assert after.version == before.version
        assert after.number == before.number
        assert after.kinds_ever >= before.kinds_ever
        assert set(after.systems_ever) >= set(before.systems_ever)
        assert after.is_closed >= before.is_closed
        if after.sequence > before.sequence:
            self.facts = bulletin_facts(after, before=before, now=self.now)
        self.outage = after

    @rule(passed=a_while)
    def time_passes(self, passed: timedelta) -> None:
        self.now += passed

    @rule()
    def the_clock_looks(self) -> None:
        """At any time, however late: at most one bulletin, after which nothing is due any more."""
        before = self.outage
        after = ticked(before, self.now)
        assert after.sequence - before.sequence in (0, 1)
        assert (after.is_closed, after.impacts) == (before.is_closed, before.impacts)
        assert after.next_due_at is None or after.next_due_at > self.now
        self._take(after)

    @rule(impacts=some_impacts | planned_impacts | st.just([]))
    def news(self, impacts: list[Impact]) -> None:
        self._try(lambda: updated(self.outage, self.now, *impacts))

    @rule(start=offsets, end=offsets)
    def the_window_moves(self, start: timedelta | None, end: timedelta | None) -> None:
        new_start = self.now + start if start else None
        new_end = self.now + end if end else None
        self._try(lambda: updated(self.outage, self.now, start=new_start, end=new_end))

    @precondition(lambda self: self.outage.sequence > 3)
    @rule(ago=offsets, remains=st.booleans(), confirmed=st.booleans())
    def the_fault_ends(self, ago: timedelta | None, remains: bool, confirmed: bool) -> None:
        restored_at = self.now + ago if ago else None
        self._try(
            lambda: resolved(
                self.outage,
                self.now,
                restored_at=restored_at,
                remains_in_effect=remains,
                confirm_past_deadlines=confirmed,
            )
        )

    @rule(ago=offsets, confirmed=st.booleans())
    def procedures_end(self, ago: timedelta | None, confirmed: bool) -> None:
        effective_at = self.now + ago if ago else None
        self._try(
            lambda: revoked(
                self.outage, self.now, effective_at=effective_at, confirm_past_deadlines=confirmed
            )
        )

    @precondition(lambda self: self.outage.sequence > 3)
    @rule()
    def it_is_called_off(self) -> None:
        self._try(lambda: cancelled(self.outage, self.now))

    @rule(ago=offsets)
    def it_is_corrected(self, ago: timedelta | None) -> None:
        restored_at = self.now + ago if ago else None
        self._try(lambda: corrected(self.outage, self.now, restored_at=restored_at))

    @invariant()
    def an_open_outage_has_a_next_bulletin_and_a_closed_one_none(self) -> None:
        """R11, section 2: and never in quiet hours."""
        due = self.outage.next_due_at
        assert (due is None) is self.outage.is_closed
        assert due is None or not walk.is_quiet(walk.minute_of(due))

    @invariant()
    def its_state_is_that_of_the_clock_and_of_operators_acts(self) -> None:
        """R11, R17"""
        outage, end = self.outage, self.outage.planned_end_at
        state = outage.state_at(self.now)
        assert state.is_closed is outage.is_closed
        assert (state is OutageState.SCHEDULED) is (not outage.is_closed and self.now < outage.started_at)
        is_late = end is not None and self.now >= end + timedelta(minutes=15)
        assert (state is OutageState.OVERRUN) is (is_late and not outage.is_closed)

    @invariant()
    def procedures_and_deadlines_agree(self) -> None:
        """R5, R6, R54: deadlines are known from the moment procedures are over for good."""
        contingency = self.outage.contingency_at(self.now)
        known = self.outage.deadlines_at(self.now, LITERAL)
        was_invoked = contingency.state is not ContingencyState.NOT_INVOKED
        is_over = self.outage.is_closed and was_invoked and contingency.state is not REMAINS
        assert (known.paper_accepted_until is not None) is is_over
        assert (known.documents_due_at is not None) is is_over
        assert (known.transmit_by is not None) is self.outage.is_scheduled
        if contingency.invoked_at and contingency.revoked_at:
            assert contingency.invoked_at <= contingency.revoked_at

    @invariant()
    def its_last_bulletin_is_true(self) -> None:
        """No end before its start or after the whole, no next bulletin in the past."""
        facts = self.facts
        assert facts.sequence == self.outage.sequence
        assert facts.next_due_at is None or facts.next_due_at >= facts.issued_at
        assert not all(impact.was_dropped for impact in facts.impacts)
        assert not (facts.invokes and facts.revokes)
        for impact in facts.impacts:
            ended_early = impact.restored_at is not None and impact.restored_at < impact.started_at
            assert ended_early is impact.was_withdrawn
            assert not impact.was_withdrawn or facts.is_scheduled
            assert not facts.restored_at or not impact.restored_at or impact.restored_at <= facts.restored_at


LifeOfAnOutage.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestLifeOfAnOutage = LifeOfAnOutage.TestCase
