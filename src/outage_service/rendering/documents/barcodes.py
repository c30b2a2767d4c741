"""Barcodes: made from a number, and read back from what was rendered (R95, R97)."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from outage_service.domain.release_numbers import Symbology
from outage_service.rendering.documents.typesetting import optional_module

DOTS_PER_INCH = 300
"""The resolution at which a page is read back: all barcodes can be read at it, not all below."""
POINTS_PER_INCH = 72
QUIET_ZONE = 10
"""Bars of white on either side."""
FEWEST_DOTS = 3
"""At 300 dots per inch: 10 mil, the least width of a bar."""
MOST_DOTS = 6
WIDEST = 1_133
"""Dots of the form's column: room for 25 characters of Code 39, the longest there are, at 10 mil."""
_PDFIUM = threading.Lock()
"""PDFium is not made for threads."""
_FORMATS = {Symbology.CODE128: "Code128", Symbology.CODE39: "Code39Std"}
"""Plain Code 39: the reader would take some numbers for a pharmacy's, which have codes of their own in it."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode: where its bars begin and how wide they are, in modules, and the dots of a module."""

    modules: int
    dots: int
    bars: tuple[tuple[int, int], ...]


def bars_of(encoded: str, symbology: Symbology) -> Bars:
    """Returns the barcode of a number, as wide as the column allows: the wider, the easier to read.

    Raises:
        DocumentsUnavailable: the extra `pdf` is not installed.
    """
    zxing = optional_module("zxingcpp")
    symbol = zxing.create_barcode(encoded, getattr(zxing.BarcodeFormat, _FORMATS[symbology]))
    pixels = memoryview(symbol.to_image(scale=1, add_quiet_zones=False))
    _, modules = pixels.shape or (0, 0)
    first_line = pixels.tobytes()[:modules]
    dots = min(MOST_DOTS, WIDEST // (modules + 2 * QUIET_ZONE))
    return Bars(modules, max(FEWEST_DOTS, dots), tuple(_runs(first_line)))


def _runs(pixels: bytes) -> Iterator[tuple[int, int]]:
    """Yields start and width of each run of black."""
    at = 0
    for value, run in groupby(pixels):
        width = len(list(run))
        if value == 0:
            yield at, width
        at += width


def read_pages(pdf: bytes, symbology: Symbology) -> list[str]:
    """Returns what the barcodes of a PDF say to a reader, page by page from the top.

    Raises:
        DocumentsUnavailable: the extra `pdf` is not installed.
    """
    with _PDFIUM, optional_module("pypdfium2").PdfDocument(pdf) as document:
        return [text for page in document for text in _read_page(page, symbology)]


def _read_page(page: Any, symbology: Symbology) -> list[str]:  # noqa: ANN401 - `pypdfium2.PdfPage`
    zxing = optional_module("zxingcpp")
    image = page.render(scale=DOTS_PER_INCH / POINTS_PER_INCH, grayscale=True)
    # A line may be padded by up to three bytes, which then are some pixels of margin more.
    pixels = memoryview(image.buffer).cast("B", (image.height, image.stride))
    found = zxing.read_barcodes(
        pixels,
        formats=getattr(zxing.BarcodeFormat, _FORMATS[symbology]),
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    )
    return [each.text for each in sorted(found, key=lambda each: each.position.top_left.y)]
