"""What tests read out of a PDF: its text, its claims, and its pages as images."""

import re
import zlib

import pypdfium2

DOTS_PER_INCH = 72


def pages_of(pdf: bytes) -> int:
    """Returns how many pages there are."""
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def text_of(pdf: bytes, page: int | None = None) -> str:
    """Returns the text of a page, or of all, lines joined by blanks."""
    with pypdfium2.PdfDocument(pdf) as document:
        wanted = range(len(document)) if page is None else [page]
        texts = [document[each].get_textpage().get_text_bounded() for each in wanted]
    return re.sub(r"[ \r\n]+", " ", " ".join(texts))


def claims_accessibility(pdf: bytes) -> bool:
    """Returns whether it is tagged and says that it keeps to PDF/UA-1."""
    with pypdfium2.PdfDocument(pdf) as document:
        is_tagged = document.is_tagged()
    return is_tagged and b"pdfuaid:part" in _unpacked(pdf)


def _unpacked(pdf: bytes) -> bytes:
    """Returns the file with its compressed streams opened: the claim is in one of them."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return pdf + b"".join(filter(None, map(_inflated, streams)))


def _inflated(stream: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return None


def greyscale_page(pdf: bytes, page: int, *, dots_per_inch: int) -> tuple[int, int, bytes]:
    """Returns width, height and the grey values of a page."""
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[page].render(scale=dots_per_inch / DOTS_PER_INCH, grayscale=True)
        lines = bytes(image.buffer)
        return (
            image.width,
            image.height,
            b"".join(
                lines[start : start + image.width]
                for start in range(0, image.height * image.stride, image.stride)
            ),
        )
