"""An issued bulletin as a document to keep: the frozen words of both languages, set anew."""

from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.documents.texts import Section, TextDocument, TextPart, text_document
from outage_service.rendering.frozen import Piece, Segment, plain, read_part

_FIRST = Section()


def bulletin_document(html: Bilingual, subject: Bilingual, first: Language, *, address: str) -> bytes:
    """Returns the PDF of a bulletin, `first` first.

    Args:
        html: the frozen page with either language first.
        address: where the bulletin is found on the web, for the foot of every page.

    Raises:
        DocumentsUnavailable: the extra `pdf` is not installed.
    """
    parts = tuple(_part(html[first], language) for language in (first, first.other))
    return text_document(TextDocument(title=subject[first], footer=address, parts=parts))


def _part(html: str, language: Language) -> TextPart:
    pieces = read_part(html, language)
    heads = {piece.name: piece.text for piece in pieces if piece.name in ("status", "number", "h1")}
    body = _with_key_facts([piece for piece in pieces if piece.name not in ("status", "number", "h1")])
    note = " – ".join(heads[name] for name in ("number", "status") if name in heads)
    return TextPart(language, heads.get("h1", note), _sections(body), note=note)


def _with_key_facts(pieces: list[Piece]) -> list[Piece]:
    """Returns the pieces with each of the times nobody may miss as a fact: its label, when, and a note."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.name == "key-label":
            found.append(Piece("facts", rows=((piece.segments, ()),)))
        elif piece.name in ("key-value", "key-note"):
            ((label, value),) = found.pop().rows
            said = (*value, ("\n", None), *piece.segments) if value else piece.segments
            found.append(Piece("facts", rows=((label, said),)))
        else:
            found.append(piece)
    return found


def _sections(pieces: list[Piece]) -> tuple[Section, ...]:
    """Returns a section for each heading, and one for whatever stands before the first."""
    sections: list[Section] = []
    for piece in pieces:
        last = sections[-1] if sections else _FIRST
        if piece.name in ("h2", "h3") or not sections or not _fits(last, piece):
            heading = piece.text if piece.name in ("h2", "h3") else ""
            sections.append(Section(heading) if heading else _with(Section(), piece))
        else:
            sections[-1] = _with(last, piece)
    return tuple(sections)


def _fits(section: Section, piece: Piece) -> bool:
    """Returns whether the order of a section (paragraphs, facts, list) is kept."""
    if piece.name == "list":
        return not section.items
    return not section.items and (piece.name == "facts" or not section.facts)


def _with(section: Section, piece: Piece) -> Section:
    facts = tuple((plain(label), plain(value)) for label, value in piece.rows)
    items = tuple(plain(item) for item in piece.items)
    paragraphs = () if piece.name in ("facts", "list") else (_printed(piece.segments),)
    return Section(
        section.heading, section.paragraphs + paragraphs, section.facts + facts, section.items + items
    )


def _printed(segments: tuple[Segment, ...]) -> str:
    """Returns segments for paper, where nothing can be followed: each address is written out."""
    return "".join(f"{text} ({href})" if href and href not in text else text for text, href in segments)
