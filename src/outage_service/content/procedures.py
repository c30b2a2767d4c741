"""The contingency procedures in words, as checked, frozen types, read once from `procedures/*.yaml`.

To add a procedure: an entry in the file of its topic, with its rules and its section of the plan.
To add a topic: a file, and its name in `TOPICS`, which sets the order in which procedures are listed.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, model_validator

from outage_service.content.catalogue import Complete, Entry
from outage_service.content.loading import load_content
from outage_service.domain.contingency import (
    ClientRole,
    DeadlineName,
    Flow,
    Mode,
    Obligation,
    Scope,
    Timeframe,
)
from outage_service.domain.message_order import Fault, Finding, Message, Sent
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language

FOLDER = Path(__file__).resolve().parent / "procedures"
TOPICS = (
    "principles",
    "carriers",
    "in_bond",
    "forwarders",
    "importers_brokers",
    "carm",
    "streamlined_release",
    "release_status",
    "warehouses",
    "exports",
    "conditions",
    "afterwards",
)
Rule = Annotated[str, Field(pattern=r"^R\d{1,3}$")]
Section = Annotated[str, Field(pattern=r"^\d(\.\d){0,3}$")]


class Document(Entry):
    """A paper: its form number, where it has one, and its name; `provisional`: its French is our own."""

    name: Bilingual
    number: str | None = None
    provisional: bool = False


class Memorandum(Entry):
    """A D-memorandum, and the modes it is about."""

    title: Bilingual
    modes: frozenset[Mode] = frozenset(Mode)


class Paper(Entry):
    """A document as one procedure asks for it: how many, and what to write on it."""

    document: str
    copies: int | None = None
    write: Bilingual | None = None


class Procedure(Entry):
    """What some clients do in an outage of some systems; what a scope leaves out is not limited.

    `source` are sections of the plan, `references` D-memoranda, `deadlines` those it must be done by.
    `is_note`: to know, not to do. `provisional` marks our own French, `inferred` our own reading.
    """

    id: str
    topic: str
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    source: Annotated[tuple[Section, ...], Field(min_length=1)]
    phase: Timeframe
    systems: frozenset[System] = frozenset(System)
    flows: frozenset[Flow] = frozenset(Flow)
    modes: frozenset[Mode] = frozenset(Mode)
    roles: frozenset[ClientRole] = frozenset(ClientRole)
    title: Bilingual
    steps: Annotated[tuple[Bilingual, ...], Field(min_length=1)]
    documents: tuple[Paper, ...] = ()
    place: str | None = None
    by_email: bool = False
    references: tuple[str, ...] = ()
    deadlines: tuple[DeadlineName, ...] = ()
    exceptions: tuple[Bilingual, ...] = ()
    is_note: bool = False
    provisional: bool = False
    inferred: bool = False

    @property
    def scope(self) -> Scope:
        """Whom it is for."""
        return Scope(self.systems, self.flows, self.modes, self.roles)


class MessageNote(Entry):
    """What to know about a message's place in the order, in some modes."""

    text: Bilingual
    modes: frozenset[Mode] = frozenset(Mode)


class MessageText(Entry):
    """A message in words."""

    name: Bilingual
    notes: tuple[MessageNote, ...] = ()

    def note(self, mode: Mode) -> Bilingual | None:
        """Returns what there is to know in `mode`."""
        return next((note.text for note in self.notes if mode in note.modes), None)


class Names(Entry):
    """What roles, modes, flows, times, kinds of deadlines and faults are called."""

    roles: Complete[ClientRole, Bilingual]
    modes: Complete[Mode, Bilingual]
    flows: Complete[Flow, Bilingual]
    flow_hints: Complete[Flow, Bilingual]
    phases: Complete[Timeframe, Bilingual]
    obligations: Complete[Obligation, Bilingual]
    faults: Complete[Fault, Bilingual]
    by_email: Bilingual
    write_on_it: Bilingual


class Procedures(Entry):
    """Everything that is said about procedures, complete in both languages."""

    procedures: tuple[Procedure, ...]
    documents: Mapping[str, Document]
    places: Mapping[str, Bilingual]
    memoranda: Mapping[str, Memorandum]
    messages: Complete[Message, MessageText]
    names: Names

    def references_of(self, procedure: Procedure, modes: Iterable[Mode] = ()) -> tuple[str, ...]:
        """Returns the memoranda of a procedure; only those about `modes`, if any are given."""
        wanted = frozenset(modes) or frozenset(Mode)
        return tuple(number for number in procedure.references if self.memoranda[number].modes & wanted)

    def reason(self, finding: Finding, sent: Sent) -> Bilingual:
        """Returns in words what is wrong with a message of a proposed order."""
        name = self.messages[sent.message].name
        expected = self.messages[finding.expected].name if finding.expected else name
        return Bilingual(*(self._reason(finding, name[x], expected[x], x) for x in Language))

    def _reason(self, finding: Finding, name: str, expected: str, language: Language) -> str:
        return self.names.faults[finding.fault][language].format(
            message=name,
            expected=expected[0].lower() + expected[1:],
            after=", ".join(map(str, finding.after)),
            unlisted=", ".join(finding.unlisted),
        )

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        ids = [each.id for each in self.procedures]
        if repeated := {each for each in ids if ids.count(each) > 1}:
            raise ValueError(f"two procedures are called {', '.join(sorted(repeated))}")
        for each in self.procedures:
            if unknown := list(self._unknown(each)):
                raise ValueError(f"{each.id}: nothing is called {', '.join(unknown)}")
        return self

    def _unknown(self, procedure: Procedure) -> Iterator[str]:
        yield from (p.document for p in procedure.documents if p.document not in self.documents)
        yield from (number for number in procedure.references if number not in self.memoranda)
        if procedure.place is not None and procedure.place not in self.places:
            yield procedure.place


@cache
def load_procedures() -> Procedures:
    """Returns the procedures, complete in both languages.

    Raises:
        pydantic.ValidationError: a file lacks something, or has what nobody knows.
    """
    return read_procedures(FOLDER)


def read_procedures(folder: Path) -> Procedures:
    """Returns the procedures of the YAML files in `folder`: one a topic, and one for each register."""
    registers = {name: _read(folder, name) for name in Procedures.model_fields if name != "procedures"}
    entries = [{**entry, "topic": topic} for topic in TOPICS for entry in _read(folder, topic)]
    return Procedures.model_validate(
        {"procedures": [_with_shared_steps(entry) for entry in entries], **registers}
    )


def _read(folder: Path, name: str) -> Any:  # noqa: ANN401 - whatever YAML holds; the models check it
    with (folder / f"{name}.yaml").open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def _with_shared_steps(entry: dict[str, Any]) -> dict[str, Any]:
    """Returns an entry whose `{action: …}` steps say what bulletins say: one sentence, kept in one place."""
    actions = {action.id: action.text for action in load_content().actions}
    steps = [actions[step["action"]] if "action" in step else step for step in entry["steps"]]
    return {**entry, "steps": steps}
