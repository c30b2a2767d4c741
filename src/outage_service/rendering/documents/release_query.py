"""The Multiple Import Shipment Release Query form as a PDF, each barcode read back (R91–R99)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from outage_service.domain.release_numbers import ReleaseNumber, Symbology
from outage_service.domain.texts import Language
from outage_service.rendering.documents.barcodes import bars_of, read_pages
from outage_service.rendering.documents.typesetting import typeset
from outage_service.rendering.documents.words import load_words

_DOCUMENT = "release_query"
_FIELDS = ("release_office", "client_id", "client_name", "client_contact")
_COLUMNS = ("row", "number", "barcode", "released", "not_released", "not_on_file")
_LEGEND = ("legend_codes", "legend_use")


class UnreadableForm(Exception):
    """A barcode of the finished form does not say what it should: the form must not be handed out (R97)."""


@dataclass(frozen=True, slots=True)
class ReleaseQuery:
    """What a client fills in (R91)."""

    language: Language
    symbology: Symbology
    release_office: str
    client_name: str
    client_id: str
    client_contact: str
    numbers: tuple[ReleaseNumber, ...]


def release_query(query: ReleaseQuery) -> bytes:
    """Returns the form as a PDF; it takes seconds for hundreds of numbers, and a core meanwhile.

    Raises:
        UnreadableForm: a reader did not find exactly these numbers, in this order, in the rendered pages.
        DocumentsUnavailable: the extra `pdf` is not installed.
    """
    made = typeset(f"{_DOCUMENT}.typ", _data(query))
    check_barcodes(made, query)
    return made


def check_barcodes(pdf: bytes, query: ReleaseQuery) -> None:
    """Renders every page, reads every barcode and compares (R95).

    Raises:
        UnreadableForm: see `release_query`.
    """
    read = read_pages(pdf, query.symbology)
    if read != [number.encoded for number in query.numbers]:
        raise UnreadableForm("A barcode of the form cannot be read back, so it is not handed out.")


def _data(query: ReleaseQuery) -> Mapping[str, Any]:
    words = {name: text[query.language] for name, text in load_words(_DOCUMENT).items()}
    return {
        "language": query.language,
        "words": words | {"columns": _picked(words, _COLUMNS), "legend": _picked(words, _LEGEND)},
        "fields": [(words[name], getattr(query, name)) for name in _FIELDS],
        "rows": [
            {"shown": number.shown, **asdict(bars_of(number.encoded, query.symbology))}
            for number in query.numbers
        ],
    }


def _picked(words: Mapping[str, str], names: Sequence[str]) -> list[str]:
    return [words[name] for name in names]
