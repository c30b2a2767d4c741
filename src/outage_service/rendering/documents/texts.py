"""The documents that are mostly text: `bulletin.typ` and `checklist.typ`, and what they are made of.

Each has one part a language, in the order in which they are to be read; the first part's language is the
document's. A fact is a label, without its colon, and a value.
"""

from dataclasses import asdict, dataclass

from outage_service.domain.texts import Language
from outage_service.rendering.documents.typesetting import typeset

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Paragraphs, then facts in rows, then a bulleted list, under a heading; what is empty is left out."""

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    facts: Facts = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text in one language; `note` stands small above its title."""

    language: Language
    title: str
    sections: tuple[Section, ...] = ()
    facts: Facts = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class TextDocument:
    """A text in one or both languages; `title` is the PDF's own, `footer` stands on every page."""

    title: str
    footer: str
    parts: tuple[TextPart, ...]


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """Something to tick off: `notes` below it, then where it comes from (`R63, SOCP 4.1`)."""

    text: str
    notes: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class ChecklistGroup:
    """Items under a heading, after what is to be said of all of them."""

    heading: str
    items: tuple[ChecklistItem, ...]
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChecklistPart:
    """A checklist in one language; `note` stands small above its title."""

    language: Language
    title: str
    groups: tuple[ChecklistGroup, ...]
    facts: Facts = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """A list to tick off, in one or both languages."""

    title: str
    footer: str
    parts: tuple[ChecklistPart, ...]


def text_document(document: TextDocument) -> bytes:
    """Returns the PDF of a text; see `typeset` for what it raises."""
    return typeset("bulletin.typ", asdict(document))


def checklist(document: Checklist) -> bytes:
    """Returns the PDF of a checklist; see `typeset` for what it raises."""
    return typeset("checklist.typ", asdict(document))
