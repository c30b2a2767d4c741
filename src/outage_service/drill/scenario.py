"""A drill's scenario: read from YAML, checked strictly, every mistake told at once with its place.

What is wrong as it stands is found here; the rest is run all the same, so that `run` finds what the rules
refuse. A `Fault` keeps what only follows from a mistake from being told as another.

An action is one field of `Event`, whose body is one of `Act`; `acts.perform` does what it says.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, StrictStr, ValidationError, model_validator
from pydantic_core import ErrorDetails

from outage_service.drill.yaml_source import Mistake, Place, Source, WrongScenario, place_text
from outage_service.services.messages import MessageBody
from outage_service.services.request_types import Body, Instant
from outage_service.services.requests import (
    CancelBody,
    DeclareBody,
    GraceBody,
    NoteBody,
    ResolveBody,
    RevokeBody,
    UpdateBody,
)

Ref = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""What a scenario calls an outage."""


class Declare(DeclareBody):
    """Declares the outage that later events call `ref`."""

    ref: Ref
    relapse_of_ref: Ref | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_the_relapse(cls, given: object) -> object:
        """Lets `relapse_of` name a ref, since the author of a scenario sees no ids."""
        if isinstance(given, dict) and isinstance(given.get("relapse_of"), str):
            return {**given, "relapse_of": None, "relapse_of_ref": given["relapse_of"]}
        return given


class Update(UpdateBody):
    """News of an outage."""

    ref: Ref


class Note(NoteBody):
    """An internal note."""

    ref: Ref


class Resolve(ResolveBody):
    """The end of an outage."""

    ref: Ref


class Cancel(CancelBody):
    """A scheduled outage called off."""

    ref: Ref


class Revoke(RevokeBody):
    """The end of the procedures."""

    ref: Ref


class Grace(GraceBody):
    """Relief extended."""

    ref: Ref


class Correct(MessageBody):
    """A correction of the outage's bulletin number `sequence`."""

    ref: Ref
    sequence: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    restored_at: Instant | None = None


Act = Declare | Update | Note | Resolve | Cancel | Revoke | Correct | Grace
Switch = Literal["stop", "start"]


class Event(Body):
    """One thing that happens: exactly one of the actions is set."""

    at: Instant
    declare: Declare | None = None
    update: Update | None = None
    note: Note | None = None
    resolve: Resolve | None = None
    cancel: Cancel | None = None
    revoke: Revoke | None = None
    correct: Correct | None = None
    grace: Grace | None = None
    scheduler: Switch | None = None


ACTIONS = tuple(name for name in Event.model_fields if name != "at")


class _Span(Body):
    """From when to when a scenario runs."""

    start: Instant
    until: Instant


class _Frame(_Span):
    """The scenario around its events, which are checked one by one."""

    events: list[Any]


class _When(Body):
    """The time of an event."""

    at: Instant


Turn = tuple[datetime, int]
"""An event's time, and its position in the file among those of one instant."""
_ALWAYS: Turn = (datetime.min.replace(tzinfo=UTC), -1)


@dataclass(frozen=True, slots=True)
class Fault:
    """From `since` on an outage may not be as its author meant it; `ref` is None where it may be any."""

    since: Turn
    ref: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """An event and its position in the file."""

    position: int
    at: datetime
    action: str
    what: Act | Switch

    @property
    def place(self) -> tuple[int | str, ...]:
        """Where the action stands in the file."""
        return ("events", self.position, self.action)

    @property
    def turn(self) -> Turn:
        """When it is this event's turn."""
        return self.at, self.position


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario.

    Args:
        start: when it begins.
        until: when it ends, itself included.
        steps: the events that can be run, in the order of time, those of one instant in that of the file.
        source: where they stand.
        mistakes: what is wrong with it as it stands.
        faults: which outages that concerns.
    """

    start: datetime
    until: datetime
    steps: tuple[Step, ...]
    source: Source
    mistakes: tuple[Mistake, ...] = ()
    faults: tuple[Fault, ...] = ()

    def mistake(self, place: Place, reason: str) -> Mistake:
        """Returns a mistake found while running, with its place and line."""
        return _mistake(self.source, place, reason)


def read_scenario(text: str) -> Scenario:
    """Returns the scenario that `text` describes, with every mistake that can be seen without running it.

    Raises:
        WrongScenario: with those mistakes, where it cannot be run at all: it has no span of time.
    """
    source = Source(text)
    if not isinstance(source.data, dict):
        raise WrongScenario([Mistake("scenario", "must be a mapping with start, until and events", 1)])
    given = source.data.get("events")
    reading = _Reading(source, given if isinstance(given, list) else [])
    reading.read_events()
    reading.check_refs()
    span = reading.read_span()
    if span is None:
        raise WrongScenario(in_order(reading.mistakes))
    reading.check_times(span)
    steps, mistakes = tuple(reading.good_steps()), tuple(reading.mistakes)
    return Scenario(span.start, span.until, steps, source, mistakes, tuple(reading.faults))


def in_order(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Returns mistakes in the order of their places."""
    return sorted(mistakes, key=lambda mistake: mistake.line or 0)


class _Reading:
    """What was made out of a scenario so far, and what is wrong with it."""

    def __init__(self, source: Source, events: Sequence[Any]) -> None:
        self._source = source
        self._events = events
        self._times: dict[int, datetime] = {}
        self._steps: list[Step] = []
        self._wrong: set[int] = set()
        self.mistakes = list(source.mistakes)
        self.faults = [Fault(_ALWAYS, None)] if source.mistakes else []

    def good_steps(self) -> Iterator[Step]:
        """Yields the events that can be run."""
        return (step for step in self._steps if step.position not in self._wrong)

    def read_events(self) -> None:
        """Reads one event after the other, and puts them in the order of time."""
        for position, raw in enumerate(self._events):
            self._times |= _time_of(position, raw)
            named = [name for name in ACTIONS if name in raw] if isinstance(raw, dict) else []
            before = len(self.mistakes)
            step = self._read_event(position, raw, named)
            if step is not None:
                self._steps.append(step)
            elif len(self.mistakes) > before:
                since = (self._times[position], position) if position in self._times else _ALWAYS
                self.faults += [Fault(since, ref) for ref in _refs_hit(raw)]
        self._steps.sort(key=lambda step: step.turn)

    def _read_event(self, position: int, raw: object, named: Sequence[str]) -> Step | None:
        place = ("events", position)
        if isinstance(raw, dict) and len(named) != 1:
            known = f"known are {', '.join(ACTIONS)}"
            self._note(place, f"must have one action, not {' and '.join(named) or 'none'}; {known}")
        try:
            event = Event.model_validate(raw)
        except ValidationError as error:
            self.mistakes += _mistakes(self._source, error, place)
            return None
        if len(named) != 1:
            return None
        what = getattr(event, named[0])
        if what is None:
            self._note((*place, named[0]), "is empty")
            return None
        return Step(position, event.at, named[0], what)

    def check_refs(self) -> None:
        """Finds refs that are declared twice or used before they are declared."""
        # A declare that is wrong elsewhere still declares: one mistake is not told as two.
        every = _refs_declared(self._events)
        read = {step.what.ref for step in self._steps if isinstance(step.what, Declare)}
        half_read, declared = (every - read) | self._source.lost, set[str]()
        for step in self._steps:
            for field, ref in _refs_used(step.what):
                if ref not in declared | half_read:
                    self._note((*step.place, field), f"{ref} is not declared before this")
                    if field == "ref":  # one declared without what it relapses from is as good
                        self._spoil(step, Fault(step.turn, ref if ref in every else None))
            if isinstance(step.what, Declare):
                if step.what.ref in declared:
                    self._note((*step.place, "ref"), f"{step.what.ref} is declared already")
                    self._spoil(step, Fault(step.turn, step.what.ref))
                declared.add(step.what.ref)

    def read_span(self) -> _Span | None:
        """Returns from when to when it runs, or None where that cannot be read."""
        data: Any = self._source.data
        span = None
        with suppress(ValidationError):
            span = _Span.model_validate({name: data[name] for name in _Span.model_fields if name in data})
        try:
            _Frame.model_validate(data)
        except ValidationError as error:
            self.mistakes += _mistakes(self._source, error, ())
        if span is not None and span.until < span.start:
            self._note(("until",), "is before start")
            return None
        return span

    def check_times(self, span: _Span) -> None:
        """Finds events outside the span."""
        for position, at in self._times.items():
            if not span.start <= at <= span.until:
                self._note(("events", position, "at"), "is not from start to until")
                self._wrong.add(position)
                self.faults += [Fault(_ALWAYS, ref) for ref in _refs_hit(self._events[position])]

    def _spoil(self, step: Step, fault: Fault) -> None:
        self._wrong.add(step.position)
        self.faults.append(fault)

    def _note(self, place: Place, reason: str) -> None:
        self.mistakes.append(_mistake(self._source, place, reason))


def _time_of(position: int, raw: object) -> dict[int, datetime]:
    """Returns when an event happens, by its position; nothing where that cannot be read."""
    try:
        return {position: _When.model_validate({"at": raw.get("at")}).at} if isinstance(raw, dict) else {}
    except ValidationError:
        return {}


def _refs_hit(raw: object) -> set[str] | set[None]:
    """Returns the outages that a wrong event may have been about; notes and the clock change none."""
    if not isinstance(raw, dict):
        return {None}
    named = {name: body for name, body in raw.items() if name not in {"at", "note", "scheduler"}}
    refs = [body.get("ref") for body in named.values() if isinstance(body, dict)]
    known = {ref for ref in refs if isinstance(ref, str)}
    if known or (not named and len(raw) > 1):
        return known
    return {None}


def _mistakes(source: Source, error: ValidationError, around: Place) -> Iterator[Mistake]:
    for each in error.errors(include_input=False, include_url=False):
        yield _mistake(source, (*around, *each["loc"]), _reason(each))


def _mistake(source: Source, place: Place, reason: str) -> Mistake:
    return Mistake(place_text(place), reason, source.line_of(place))


def _reason(error: ErrorDetails) -> str:
    known = {
        "missing": "is missing",
        "extra_forbidden": "is not known here",
        "invalid_key": "is no key: quote it",
        "model_type": "must be a mapping",
        "model_attributes_type": "must be a mapping",
    }
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input ").replace("should be", "must be")
    return known.get(error["type"], said)


def _refs_used(what: Act | Switch) -> list[tuple[str, str]]:
    if isinstance(what, Declare):
        return [("relapse_of", what.relapse_of_ref)] if what.relapse_of_ref else []
    return [] if isinstance(what, str) else [("ref", what.ref)]


def _refs_declared(events: Sequence[Any]) -> set[str]:
    declares = [event.get("declare") for event in events if isinstance(event, Mapping)]
    refs = [declare.get("ref") for declare in declares if isinstance(declare, Mapping)]
    return {ref for ref in refs if isinstance(ref, str)}
