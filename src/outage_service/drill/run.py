"""Runs a scenario through the real engine: same services, storage and composer; only the clock is virtual.

The clock jumps from one instant at which something happens to the next. At each, the events come first,
in the order of the file, and then what is due.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from outage_service.clock import VirtualClock
from outage_service.domain.calendar import cut_to_minute
from outage_service.domain.errors import RuleError, StateConflict
from outage_service.domain.texts import Bilingual
from outage_service.drill.acts import perform
from outage_service.drill.scenario import Act, Declare, Fault, Note, Scenario, Step, in_order
from outage_service.drill.yaml_source import Place, WrongScenario
from outage_service.services import due_bulletins
from outage_service.services.engine import Engine
from outage_service.services.errors import AlreadyDeclared
from outage_service.storage.bulletins import BulletinRecord, list_bulletins
from outage_service.storage.outages import next_due_at

_LEANS_ON_OTHERS = frozenset({"unknown_bulletin", "unknown_system"})
"""Besides conflicts of state, what is refused where an earlier act on the outage is missing."""


class DrillFailed(Exception):
    """The engine could not issue what was due; its log says why."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A bulletin that went out in a drill; `at` is the virtual instant, cut to the minute."""

    at: datetime
    ref: str
    number: str
    sequence: int
    kind: str
    next_due_at: datetime | None
    subject: Bilingual


def run_scenario(scenario: Scenario, engine: Engine, clock: VirtualClock) -> list[Issued]:
    """Returns every bulletin of a scenario in the order in which they went out.

    Args:
        engine: works on an empty, migrated database and reads `clock`.

    Raises:
        WrongScenario: the scenario has mistakes, or an act was refused; every one is named in the order of
            the file, and the run goes on to the end. What may only follow from another is not.
        DrillFailed: something that was due could not be issued.
    """
    return _Drill(scenario, engine, clock).run()


class _Drill:
    """One run: what is still to happen, what outages are called, and what went out."""

    def __init__(self, scenario: Scenario, engine: Engine, clock: VirtualClock) -> None:
        self._scenario = scenario
        self._engine = engine
        self._clock = clock
        self._waiting = deque(scenario.steps)
        self._ids: dict[str, int] = {}
        self._refs: dict[int, str] = {}
        self._is_stopped = False
        self._issued: list[Issued] = []
        self._mistakes = list(scenario.mistakes)
        self._faults = list(scenario.faults)

    def run(self) -> list[Issued]:
        """Returns what went out, or raises with what was refused."""
        try:
            self._go_through()
        except DrillFailed:
            if not self._mistakes:
                raise
        if self._mistakes:
            raise WrongScenario(in_order(self._mistakes))
        return self._issued

    def _go_through(self) -> None:
        while (instant := self._next_instant()) is not None:
            self._clock.set(instant)
            while self._waiting and self._waiting[0].at <= instant:
                self._take(self._waiting.popleft())
            if not self._is_stopped:
                self._issue_due(instant)

    def _next_instant(self) -> datetime | None:
        """Returns when something happens next, or None if nothing more does."""
        ahead = [self._waiting[0].at] if self._waiting else []
        due = None if self._is_stopped else self._due()
        if due is not None:
            ahead.append(due)
        return min((at for at in ahead if at <= self._scenario.until), default=None)

    def _due(self) -> datetime | None:
        with self._engine.db.read() as tx:
            return next_due_at(tx)

    def _issue_due(self, now: datetime) -> None:
        count = due_bulletins.issue_due(self._engine)
        if count:
            self._collect(count)
        due = self._due()
        if due is not None and due <= now:
            raise DrillFailed(f"What was due at {due.isoformat()} could not be issued.")

    def _take(self, step: Step) -> None:
        """Does what an event says; a refusal is noted with the place of what was refused."""
        what = step.what
        if isinstance(what, str):
            self._is_stopped = what == "stop"
        elif isinstance(what, Declare):
            self._do(step, self._without_a_lost_relapse(step, what))
        elif what.ref in self._ids:  # else its declaration was refused already
            self._do(step, what)

    def _without_a_lost_relapse(self, step: Step, what: Declare) -> Declare:
        """Returns the declaration, unlinked where the outage it relapses from is wrong in itself."""
        earlier = what.relapse_of_ref
        if earlier is None or (earlier in self._ids and not self._is_at_fault(step, earlier)):
            return what
        return what.model_copy(update={"relapse_of_ref": None})

    def _do(self, step: Step, what: Act) -> None:
        try:
            done = self._engine.act(lambda tx: perform(self._engine, tx, what, self._ids))
        except RuleError as refusal:
            leans = isinstance(refusal, StateConflict) or refusal.code in _LEANS_ON_OTHERS
            reason = f"{refusal.detail} ({refusal.code})"
            self._refuse(step, what, _steps(refusal.field), reason, leans_on=what.ref if leans else None)
        except AlreadyDeclared as refusal:
            reason = f"{refusal} (already_declared)"
            self._refuse(step, what, (), reason, leans_on=self._refs[refusal.outage_id])
        else:
            if done is not None:
                self._ids[what.ref], self._refs[done.outage.id] = done.outage.id, what.ref
                self._collect(1)

    def _refuse(self, step: Step, what: Act, field: Place, reason: str, *, leans_on: str | None) -> None:
        """Notes a refusal, unless the outage `leans_on` is at fault already: then it may follow from that."""
        if leans_on is None or not self._is_at_fault(step, leans_on):
            self._mistakes.append(self._scenario.mistake((*step.place, *field), reason))
        if not isinstance(what, Note):  # a note changes nothing that another act depends on
            self._faults.append(Fault(step.turn, what.ref))

    def _is_at_fault(self, step: Step, ref: str) -> bool:
        return any(fault.since < step.turn and fault.ref in {None, ref} for fault in self._faults)

    def _collect(self, count: int) -> None:
        """Notes the newest `count` bulletins as gone out."""
        with self._engine.db.read() as tx:
            newest = list_bulletins(tx, before_id=None, limit=count)
        self._issued += [_issued(self._refs[record.outage_id], record) for record in reversed(newest)]


def _issued(ref: str, record: BulletinRecord) -> Issued:
    return Issued(
        at=cut_to_minute(record.created_at),
        ref=ref,
        number=record.number,
        sequence=record.sequence,
        kind=record.kind.value,
        next_due_at=record.next_due_at,
        subject=record.subject,
    )


def _steps(field: str | None) -> Place:
    """Returns where a refused field stands: `impacts.0.direction` is in the first of a list."""
    steps = field.split(".") if field else []
    return [int(step) if step.isdigit() else step for step in steps]
