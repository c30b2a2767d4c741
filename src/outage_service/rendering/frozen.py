"""Reading an issued bulletin back, one language of it: what the archive shows is what was sent.

The bytes are frozen and carry the styles that mail programs need; a page and a printed document want the
same words in elements of their own. What this knows of the layout: a language's part is the cell with its
`lang`, and tables with `role="presentation"` are no tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby

from outage_service.domain.texts import Language

_HELD = frozenset({"h1", "h2", "h3", "p", "li", "th"})
_HELD_CELLS = frozenset({"status", "number"})
"""The cells of the status bar; other cells of presentation tables only hold what stands in them."""
_HELD_DIVISIONS = frozenset({"message", "exercise"})

Segment = tuple[str, str | None]
"""A piece of text and the address it leads to, if any."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An element of a bulletin: `name` is its tag or, where that says more, its class.

    `facts` and `list` have their parts in `rows` and `items`; all others have `segments`.
    """

    name: str
    segments: tuple[Segment, ...] = ()
    rows: tuple[tuple[tuple[Segment, ...], tuple[Segment, ...]], ...] = ()
    items: tuple[tuple[Segment, ...], ...] = ()

    @property
    def text(self) -> str:
        """The piece as plain text."""
        return plain(self.segments)


def plain(segments: tuple[Segment, ...]) -> str:
    """Returns segments as plain text."""
    return "".join(text for text, _ in segments)


def read_part(html: str, language: Language) -> tuple[Piece, ...]:
    """Returns the pieces of one language's part of a frozen bulletin, in order."""
    reader = _Reader(language)
    reader.feed(html)
    reader.close()
    return tuple(_grouped(reader.found))


def _grouped(found: list[Piece]) -> Iterator[Piece]:
    for name, run in groupby(found, key=lambda piece: _GROUPS.get(piece.name, piece.name)):
        pieces = list(run)
        if name == "list":
            yield Piece("list", items=tuple(piece.segments for piece in pieces))
        elif name == "facts":
            labels, values = pieces[::2], pieces[1::2]
            pairs = zip(labels, values, strict=False)
            yield Piece("facts", rows=tuple((a.segments, b.segments) for a, b in pairs))
        else:
            yield from pieces


_GROUPS = {"li": "list", "th": "facts", "td": "facts"}


@dataclass
class _Open:
    """The element whose text is being gathered."""

    tag: str
    name: str
    segments: list[Segment] = field(default_factory=list)
    depth: int = 0


class _Reader(HTMLParser):
    """Gathers the pieces of the cell with one `lang`."""

    def __init__(self, language: Language) -> None:
        super().__init__(convert_charrefs=True)
        self._language = language.value
        self._cells = 0  # how many cells deep inside the part; 0 is outside
        self._open: _Open | None = None
        self._href: str | None = None
        self._unseen = 0
        self.found: list[Piece] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes where the part and its elements begin."""
        given = dict(attrs)
        if tag == "td" and (self._cells or given.get("lang") == self._language):
            self._cells += 1
        if not self._cells:
            return
        if tag == "span" and (self._unseen or given.get("aria-hidden") == "true"):
            self._unseen += 1
        if tag == "a":
            self._href = given.get("href")
        if self._open is not None:
            self._open.depth += tag == self._open.tag
            if tag == "br":
                self._open.segments.append(("\n", None))
        elif name := _name_of(tag, (given.get("class") or "").split(), self._is_value()):
            self._open = _Open(tag, name)

    def _is_value(self) -> bool:
        return bool(self.found) and self.found[-1].name == "th"

    def handle_endtag(self, tag: str) -> None:
        """Notes where they end."""
        if tag == "span" and self._unseen:
            self._unseen -= 1
        if tag == "a":
            self._href = None
        if self._open is not None and tag == self._open.tag:
            if self._open.depth:
                self._open.depth -= 1
            else:
                self.found.append(Piece(self._open.name, _trimmed(self._open.segments)))
                self._open = None
        if tag == "td" and self._cells:
            self._cells -= 1

    def handle_data(self, data: str) -> None:
        """Gathers text."""
        if self._open is not None and not self._unseen:
            self._open.segments.append((data, self._href))


def _name_of(tag: str, classes: list[str], is_value: bool) -> str | None:
    if tag in _HELD:
        return classes[0] if tag == "p" and classes else tag
    if tag == "div":
        return next((name for name in classes if name in _HELD_DIVISIONS), None)
    if tag == "td":
        return next((name for name in classes if name in _HELD_CELLS), "td" if is_value else None)
    return None


def _trimmed(segments: list[Segment]) -> tuple[Segment, ...]:
    """Returns segments without the blanks that the layout put around them."""
    kept = [(text, href) for text, href in segments if text]
    while kept and not kept[0][0].strip():
        kept.pop(0)
    while kept and not kept[-1][0].strip():
        kept.pop()
    return tuple(kept)
