"""The documents that are mostly text, set by `bulletin.typ`, and what they are made of.

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


def text_document(document: TextDocument) -> bytes:
    """Returns the PDF of a text; see `typeset` for what it raises."""
    return typeset("bulletin.typ", asdict(document))
