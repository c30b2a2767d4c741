"""Runs a scenario through the real engine: same services, storage and composer; only the clock is virtual.

The clock jumps from one instant at which something happens to the next. At each, the events come first,
in the order of the file, and then what is due.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from outage_service.clock import VirtualClock
from outage_service.domain.calendar import cut_to_minute
from outage_service.domain.errors import RuleError
from outage_service.domain.texts import Bilingual
from outage_service.drill.acts import perform
from outage_service.drill.scenario import Act, Declare, Scenario, Step
from outage_service.drill.yaml_source import Mistake, Place, WrongScenario
from outage_service.services import schedule
from outage_service.services.engine import Engine
from outage_service.services.errors import AlreadyDeclared
from outage_service.storage.bulletins import BulletinRecord, list_bulletins
from outage_service.storage.outages import next_due_at


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
        WrongScenario: an act was refused; every such act is named, and the run goes on to the end.
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
        self._mistakes: list[Mistake] = []

    def run(self) -> list[Issued]:
        """Returns what went out, or raises with what was refused."""
        while (instant := self._next_instant()) is not None:
            self._clock.set(instant)
            while self._waiting and self._waiting[0].at <= instant:
                self._take(self._waiting.popleft())
            if not self._is_stopped:
                self._issue_due(instant)
        if self._mistakes:
            raise WrongScenario(self._mistakes)
        return self._issued

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
        count = schedule.issue_due(self._engine)
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
        elif isinstance(what, Declare) or what.ref in self._ids:  # else its declaration was refused already
            self._do(step, what)

    def _do(self, step: Step, what: Act) -> None:
        try:
            done = self._engine.act(lambda tx: perform(self._engine, tx, what, self._ids))
        except RuleError as refusal:
            place = (*step.place, *_steps(refusal.field))
            self._mistakes.append(self._scenario.mistake(place, f"{refusal.detail} ({refusal.code})"))
        except AlreadyDeclared as refusal:
            self._mistakes.append(self._scenario.mistake(step.place, f"{refusal} (already_declared)"))
        else:
            if done is not None:
                self._ids[what.ref], self._refs[done.outage.id] = done.outage.id, what.ref
                self._collect(1)

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
