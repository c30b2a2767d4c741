"""A drill's scenario: read from YAML, checked strictly, every mistake told at once with its place.

An action is one field of `Event`, whose body is one of `Act`; `acts.perform` does what it says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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


class _Frame(Body):
    """The scenario around its events, which are checked one by one."""

    start: Instant
    until: Instant
    events: list[Any]


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


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario; `steps` are in the order of time, those of one instant in that of the file."""

    start: datetime
    until: datetime
    steps: tuple[Step, ...]
    source: Source

    def mistake(self, place: Place, reason: str) -> Mistake:
        """Returns a mistake found while running, with its place and line."""
        return _mistake(self.source, place, reason)


def read_scenario(text: str) -> Scenario:
    """Returns the scenario that `text` describes.

    Raises:
        WrongScenario: with every mistake that can be seen without running it.
    """
    source = Source(text)
    if not isinstance(source.data, dict):
        raise WrongScenario([Mistake("scenario", "must be a mapping with start, until and events", 1)])
    given = source.data.get("events")
    events = given if isinstance(given, list) else []
    steps, mistakes = _read_events(source, events)
    steps.sort(key=lambda step: step.at)
    mistakes += _wrong_refs(source, steps, events)
    try:
        frame = _Frame.model_validate(source.data)
    except ValidationError as error:
        raise _wrong([*_mistakes(source, error, ()), *mistakes]) from error
    mistakes += _out_of_range(source, steps, frame)
    if mistakes:
        raise _wrong(mistakes)
    return Scenario(frame.start, frame.until, tuple(steps), source)


def _wrong(mistakes: Sequence[Mistake]) -> WrongScenario:
    return WrongScenario(sorted(mistakes, key=lambda mistake: mistake.line or 0))


def _read_events(source: Source, events: Sequence[Any]) -> tuple[list[Step], list[Mistake]]:
    steps, mistakes = list[Step](), list[Mistake]()
    for position, raw in enumerate(events):
        place = ("events", position)
        named = [name for name in ACTIONS if name in raw] if isinstance(raw, dict) else []
        if isinstance(raw, dict) and len(named) != 1:
            reason = (
                f"must have one action, not {' and '.join(named) or 'none'}; known are {', '.join(ACTIONS)}"
            )
            mistakes.append(_mistake(source, place, reason))
        try:
            event = Event.model_validate(raw)
        except ValidationError as error:
            mistakes += _mistakes(source, error, place)
            continue
        what = getattr(event, named[0]) if len(named) == 1 else None
        if what is not None:
            steps.append(Step(position, event.at, named[0], what))
        elif len(named) == 1:
            mistakes.append(_mistake(source, (*place, named[0]), "is empty"))
    return steps, mistakes


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


def _out_of_range(source: Source, steps: Sequence[Step], frame: _Frame) -> Iterator[Mistake]:
    if frame.until < frame.start:
        yield _mistake(source, ("until",), "is before start")
        return
    for step in steps:
        if not frame.start <= step.at <= frame.until:
            yield _mistake(source, ("events", step.position, "at"), "is not from start to until")


def _wrong_refs(source: Source, steps: Sequence[Step], events: Sequence[Any]) -> Iterator[Mistake]:
    """Yields refs that are declared twice or used before they are declared."""
    # A declare that is wrong elsewhere still declares: one mistake is not told as two.
    half_read = _refs_declared(events) - {s.what.ref for s in steps if isinstance(s.what, Declare)}
    declared = set[str]()
    for step in steps:
        for field, ref in _refs_used(step.what):
            if ref not in declared | half_read:
                yield _mistake(source, (*step.place, field), f"{ref} is not declared before this")
        if isinstance(step.what, Declare):
            if step.what.ref in declared:
                yield _mistake(source, (*step.place, "ref"), f"{step.what.ref} is declared already")
            declared.add(step.what.ref)


def _refs_used(what: Act | Switch) -> list[tuple[str, str]]:
    if isinstance(what, Declare):
        return [("relapse_of", what.relapse_of_ref)] if what.relapse_of_ref else []
    return [] if isinstance(what, str) else [("ref", what.ref)]


def _refs_declared(events: Sequence[Any]) -> set[str]:
    declares = [event.get("declare") for event in events if isinstance(event, Mapping)]
    refs = [declare.get("ref") for declare in declares if isinstance(declare, Mapping)]
    return {ref for ref in refs if isinstance(ref, str)}
