"""A client's checklist in one language: what to do in order, the papers, by when, where it is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from outage_service.content.procedures import Paper, Procedure, Procedures
from outage_service.domain.contingency import ClientRole, Deadline, Flow, Mode, Timeframe
from outage_service.domain.message_order import checklist
from outage_service.domain.systems import System, lines_of
from outage_service.domain.texts import Language
from outage_service.rendering.documents.typesetting import typeset
from outage_service.rendering.rows import Card, Row, help_card
from outage_service.rendering.words import Words

Known = Sequence[tuple[str, Sequence[Deadline]]]
"""The deadlines that run, by the number of their outage."""


@dataclass(frozen=True, slots=True)
class Task:
    """One procedure: what to do, step by step, and all there is to know of it; a note is only to know."""

    id: str
    is_note: bool
    title: str
    steps: tuple[str, ...]
    exceptions: tuple[str, ...]
    place: str
    papers: tuple[str, ...]
    deadlines: tuple[Row, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """What is to be done at one time."""

    phase: Timeframe
    heading: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper of the list: its form number, how many copies, what to write on it, where to hand it in."""

    name: str
    number: str
    copies: str
    write: str
    place: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A checklist in one language; `order` are the messages to send afterwards, `who` the answers given."""

    title: str
    who: tuple[Row, ...]
    groups: tuple[Group, ...]
    papers: tuple[PaperRow, ...]
    memoranda: tuple[Row, ...]
    order: tuple[Row, ...]
    contacts: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the three answers."""

    role: ClientRole
    mode: Mode
    flow: Flow


@dataclass(frozen=True, slots=True)
class ChecklistWriter:
    """Puts procedures into the words of one language."""

    said: Procedures
    words: Words
    client: Client

    def write(self, procedures: Sequence[Procedure], known: Known, systems: Iterable[System]) -> Shown:
        """Returns the checklist; `known` deadlines stand with what must be done by them."""
        who = self._who()
        order = any(procedure.id == "message_order" for procedure in procedures)
        return Shown(
            title=", ".join([who[0].value, *(row.value[0].lower() + row.value[1:] for row in who[1:])]),
            who=who,
            groups=tuple(self._groups(procedures, known)),
            papers=tuple(self._papers(procedures)),
            memoranda=tuple(self._memoranda(procedures)),
            order=tuple(self._order()) if order else (),
            contacts=tuple(help_card(line, self.words) for line in lines_of(systems)),
        )

    def _who(self) -> tuple[Row, ...]:
        names, client = self.said.names, self.client
        return (
            Row("role", self.words.of(names.roles, client.role)),
            Row("mode", self.words.of(names.modes, client.mode)),
            Row("flow", self.words.of(names.flows, client.flow)),
        )

    def _groups(self, procedures: Sequence[Procedure], known: Known) -> Iterator[Group]:
        for phase in Timeframe:
            tasks = tuple(self._task(each, known) for each in procedures if each.phase is phase)
            if tasks:
                yield Group(phase, self.words.of(self.said.names.phases, phase), tasks)

    def _task(self, procedure: Procedure, known: Known) -> Task:
        pick = self.words.pick
        return Task(
            id=procedure.id,
            is_note=procedure.is_note,
            title=pick(procedure.title),
            steps=tuple(map(pick, procedure.steps)),
            exceptions=tuple(map(pick, procedure.exceptions)),
            place=self._place(procedure),
            papers=tuple(self._brief(paper) for paper in procedure.documents),
            deadlines=tuple(self._deadlines(procedure, known)),
            source=", ".join(procedure.source),
        )

    def _place(self, procedure: Procedure) -> str:
        place = self.words.pick(self.said.places[procedure.place]) if procedure.place else ""
        return f"{place}. {self.words.pick(self.said.names.by_email)}" if procedure.by_email else place

    def _deadlines(self, procedure: Procedure, known: Known) -> Iterator[Row]:
        for number, deadlines in known:
            for each in deadlines:
                if each.name in procedure.deadlines:
                    obligation = self.words.of(self.said.names.obligations, each.name.obligation)
                    label = self.words.label(each.name if each.is_final else f"{each.name}_open")
                    at = f"{label} {self.words.moment(each.at)}"
                    yield Row(f"{number}{self._systems(each)}", at, obligation)

    def _systems(self, deadline: Deadline) -> str:
        if not deadline.systems:
            return ""
        names = self.words.joined([self.words.name(system, "plain") for system in deadline.systems])
        return f", {names}"

    def _brief(self, paper: Paper) -> str:
        document = self.said.documents[paper.document]
        name = self.words.pick(document.name)
        text = f"{document.number} – {name}" if document.number else name
        if paper.copies and paper.copies > 1:
            text += f"\u00a0× {paper.copies}"
        if paper.write:
            words = self.words.pick(paper.write)
            text += f" ({self.words.pick(self.said.names.write_on_it).format(words=words)})"
        return text

    def _papers(self, procedures: Iterable[Procedure]) -> Iterator[PaperRow]:
        """Yields each paper once for each thing to be written on it."""
        rows: dict[tuple[str, str], PaperRow] = {}
        for procedure in procedures:
            for paper in procedure.documents:
                row = self._paper(paper, procedure)
                rows.setdefault((paper.document, row.write), row)
        yield from rows.values()

    def _paper(self, paper: Paper, procedure: Procedure) -> PaperRow:
        document = self.said.documents[paper.document]
        return PaperRow(
            name=self.words.pick(document.name),
            number=document.number or "",
            copies=str(paper.copies or ""),
            write=self.words.pick(paper.write) if paper.write else "",
            place=self.words.pick(self.said.places[procedure.place]) if procedure.place else "",
        )

    def _memoranda(self, procedures: Iterable[Procedure]) -> Iterator[Row]:
        cited = {n for each in procedures for n in self.said.references_of(each, [self.client.mode])}
        for number, memorandum in self.said.memoranda.items():
            if number in cited:
                yield Row(number, self.words.pick(memorandum.title))

    def _order(self) -> Iterator[Row]:
        for message in checklist(self.client.mode):
            text = self.said.messages[message]
            note = text.note(self.client.mode)
            yield Row(self.words.pick(text.name), self.words.pick(note) if note else "")


@dataclass(frozen=True, slots=True)
class PrintedTask:
    """A task on paper: its steps as lines, then what to bring and where; or a help line with its numbers."""

    title: str
    is_note: bool
    source: str
    lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PrintedGroup:
    """Tasks to tick off, or an order, or help lines, or lines, under a heading."""

    heading: str
    tasks: tuple[PrintedTask, ...] = ()
    contacts: tuple[PrintedTask, ...] = ()
    order: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """The data of `documents/contingency.typ`."""

    language: Language
    title: str
    footer: str
    notes: tuple[str, ...]
    deadlines: tuple[tuple[str, str], ...]
    groups: tuple[PrintedGroup, ...]


def printed(shown: Shown, texts: Mapping[str, str], language: Language, notes: Sequence[str]) -> Printed:
    """Returns the checklist for paper; `notes` are said before it.

    Args:
        texts: the words that are not of any procedure, by the names that the page's own texts have.
    """
    deadlines = {row: None for group in shown.groups for task in group.tasks for row in task.deadlines}
    return Printed(
        language=language,
        title=texts["checklist_for"].format(who=shown.title),
        footer=texts["footer"],
        notes=tuple(notes),
        deadlines=tuple((row.label, f"{row.value} ({row.note})") for row in deadlines),
        groups=tuple(_printed_groups(shown, texts)),
    )


def checklist_pdf(document: Printed) -> bytes:
    """Returns the PDF of a checklist; see `typeset` for what it raises."""
    return typeset("contingency.typ", asdict(document))


def _printed_groups(shown: Shown, texts: Mapping[str, str]) -> Iterator[PrintedGroup]:
    for group in shown.groups:
        yield PrintedGroup(group.heading, tuple(_printed_task(task, texts) for task in group.tasks))
    if shown.order:
        order = tuple(f"{row.label} – {row.value}" for row in shown.order)
        yield PrintedGroup(texts["order"], order=order, lines=(texts["order_inferred"],))
    if shown.contacts:
        yield PrintedGroup(texts["contacts"], contacts=tuple(map(_contact, shown.contacts)))
    if shown.memoranda:
        cited = "; ".join(f"{row.label}, {row.value}" for row in shown.memoranda)
        yield PrintedGroup(texts["memoranda"], lines=(cited,))


def _printed_task(task: Task, texts: Mapping[str, str]) -> PrintedTask:
    facts = ((texts["bring"], "; ".join(task.papers)), (texts["where"], task.place))
    return PrintedTask(
        task.title,
        task.is_note,
        task.source,
        task.steps + task.exceptions,
        tuple(fact for fact in facts if fact[1]),
    )


def _contact(card: Card) -> PrintedTask:
    return PrintedTask(card.name, True, "", (), tuple((row.label, row.value) for row in card.rows))
