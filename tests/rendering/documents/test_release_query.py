"""The release query form: what is drawn is what a reader, and another reader, reads (R91–R99)."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_service.domain.release_numbers import ReleaseNumber, Symbology, read_number, read_numbers
from outage_service.domain.texts import Language
from outage_service.rendering.documents.barcodes import DOTS_PER_INCH, FEWEST_DOTS, WIDEST, bars_of
from outage_service.rendering.documents.release_query import (
    ReleaseQuery,
    UnreadableForm,
    check_barcodes,
    release_query,
)
from tests.rendering.documents.pdf import claims_accessibility, greyscale_page, pages_of, text_of

MIL = 1 / 1000
MIXED = (
    "12345001495785",
    "12345-001495786",
    "ABCD123456",
    "014-12345678",
    "A" * 25,
    "W-" * 12 + "Z",
    "x-1-2",
)
SYMBOLOGIES = pytest.mark.parametrize("symbology", Symbology)


def a_query(*numbers: str, symbology: Symbology = Symbology.CODE128, **fields: object) -> ReleaseQuery:
    """Returns a form with numbers; a test names only what matters to it."""
    query = ReleaseQuery(
        language=Language.EN,
        symbology=symbology,
        release_office="453",
        client_name="Example Customs Brokers",
        client_id="12345",
        client_contact="A. Person 519-555-0100",
        numbers=read_numbers(enumerate(numbers, 1)),
    )
    return replace(query, **fields)  # type: ignore[arg-type]


def many(count: int) -> list[str]:
    return [f"{12345_001495000 + each}" for each in range(count)]


def zbar_reads(pdf: bytes, page: int, folder: Path) -> set[str]:
    """Returns what an independent reader reads on a page."""
    zbarimg = shutil.which("zbarimg")
    assert zbarimg, "zbarimg is not installed: scripts/system_packages.sh"
    width, height, grey = greyscale_page(pdf, page, dots_per_inch=DOTS_PER_INCH)
    image = folder / f"{page}.pgm"
    image.write_bytes(b"P5 %d %d 255\n" % (width, height) + grey)
    read = subprocess.run([zbarimg, "--raw", "--quiet", image], capture_output=True, text=True, check=True)
    return set(read.stdout.split())


@SYMBOLOGIES
def test_an_independent_reader_reads_every_number_without_its_hyphen(
    symbology: Symbology, tmp_path: Path
) -> None:
    """R95, R99."""
    query = a_query(*MIXED, symbology=symbology)
    made = release_query(query)
    assert zbar_reads(made, 0, tmp_path) == {number.encoded for number in query.numbers}


def test_what_looks_like_a_pharmacy_s_code_39_is_read_as_it_stands() -> None:
    """`HPM42L` is also a Code 32, which says `A525963346`; -1234562 is also a PZN."""
    assert release_query(a_query("HPM42L", "0ULY7L", "-1234562", symbology=Symbology.CODE39))


def test_the_text_of_a_transaction_number_has_a_hyphen() -> None:
    said = text_of(release_query(a_query("12345001495785", "abcd123456")))
    assert "12345-001495785" in said
    assert "12345001495785" not in said
    assert "ABCD123456" in said


def test_hundreds_of_numbers_make_pages_that_each_say_whose_they_are(tmp_path: Path) -> None:
    numbers = many(300)
    made = release_query(a_query(*numbers))
    assert pages_of(made) > 20
    for page in range(pages_of(made)):
        said = text_of(made, page)
        assert all(
            words in said
            for words in (
                "Multiple Import Shipment Release Query form",
                "Example Customs Brokers",
                "CBSA stamp",
                "Badge number",
                "N/A = not on file",
                f"Page {page + 1} of",
            )
        )
    on_the_last = zbar_reads(made, pages_of(made) - 1, tmp_path)
    assert on_the_last == set(numbers[-len(on_the_last) :])
    assert on_the_last


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.EN,
            (
                "Multiple Import Shipment Release Query form",
                "Release office:",
                "Client name:",
                "Client ID:",
                "Contact and telephone:",
                "Transaction number or cargo control number",
                "Barcode",
                "R = released",
                "NR = not released",
                "N/A = not on file",
                "CBSA stamp",
                "Badge number",
                "lines marked R only",
            ),
        ),
        (
            Language.FR,
            (
                "expéditions d’importation multiples",
                "Bureau de mainlevée",
                "Nom du client",
                "Identification du client",
                "Personne-ressource",
                "Numéro de transaction ou numéro de contrôle du fret",
                "Code à barres",
                "R = mainlevée accordée",
                "NR = mainlevée non accordée",
                "N/A = absent du dossier",
                "Timbre de l’ASFC",
                "Numéro d’insigne",
                "seules lignes marquées R",
            ),
        ),
    ],
)
def test_the_form_is_in_either_language_and_tagged(language: Language, words: tuple[str, ...]) -> None:
    """R91: who asks; R92, R96: the codes; R93: room for stamp and badge; R94: title; R98: its use."""
    made = release_query(a_query(*MIXED, language=language))
    assert claims_accessibility(made)
    said = text_of(made)
    assert all(each in said for each in words)


@pytest.mark.parametrize("text", ["W" * 120, "mot " * 30, "\u0301" * 120, "😀日本", "#panic() *a*", "\u200b"])
def test_whatever_stands_in_its_fields_the_barcodes_can_be_read(text: str) -> None:
    """P20."""
    fields = dict.fromkeys(("release_office", "client_name", "client_id", "client_contact"), text)
    assert release_query(a_query(*MIXED, **fields)).startswith(b"%PDF-")


def test_a_form_whose_barcode_is_of_another_number_is_not_handed_out() -> None:
    """R95: the printed example repeats a barcode; R97: an unreadable one gets the form returned."""
    made = release_query(a_query("12345001495785", "ABCD123456"))
    for wrong in (("12345001495785", "ABCD123457"), ("12345001495785",), ("ABCD123456", "12345001495785")):
        with pytest.raises(UnreadableForm):
            check_barcodes(made, a_query(*wrong))


numbers = st.from_regex(r"[A-Z0-9-]{5,25}", fullmatch=True).map(read_number)


@SYMBOLOGIES
@given(number=numbers.filter(lambda number: isinstance(number, ReleaseNumber)))
@settings(max_examples=50, deadline=None)
def test_bars_are_10_mil_or_more_and_fit_the_column(symbology: Symbology, number: ReleaseNumber) -> None:
    made = bars_of(number.encoded, symbology)
    assert FEWEST_DOTS / DOTS_PER_INCH >= 10 * MIL
    assert made.dots >= FEWEST_DOTS
    assert (made.modules + 20) * made.dots <= WIDEST
    assert made.bars[0][0] == 0
    assert sum(made.bars[-1]) == made.modules


@SYMBOLOGIES
@given(
    found=st.lists(
        numbers.filter(lambda number: isinstance(number, ReleaseNumber)), min_size=1, max_size=8, unique=True
    )
)
@settings(max_examples=25, deadline=None)
def test_whatever_the_numbers_are_the_form_can_be_read(
    symbology: Symbology, found: list[ReleaseNumber]
) -> None:
    query = replace(a_query("12345001495785", symbology=symbology), numbers=tuple(found))
    assert release_query(query).startswith(b"%PDF-")
