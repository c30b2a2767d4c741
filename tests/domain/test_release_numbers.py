"""Transaction numbers and cargo control numbers, told apart (R91–R99)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.domain.release_numbers import (
    NumberKind,
    Reason,
    ReleaseNumber,
    WrongLine,
    WrongNumbers,
    read_number,
    read_numbers,
)

TRANSACTION = "12345001495785"
CCN_ALPHABET = string.ascii_letters + string.digits + "-"


def lines(*texts: str) -> list[tuple[int, str]]:
    return list(enumerate(texts, 1))


@pytest.mark.parametrize(
    ("text", "kind", "encoded", "shown"),
    [
        (TRANSACTION, NumberKind.TRANSACTION, TRANSACTION, "12345-001495785"),
        ("12345-001495785", NumberKind.TRANSACTION, TRANSACTION, "12345-001495785"),
        ("-1-2345001495785-", NumberKind.TRANSACTION, TRANSACTION, "12345-001495785"),
        (f" \t{TRANSACTION}\r\n", NumberKind.TRANSACTION, TRANSACTION, "12345-001495785"),
        ("00000000000000", NumberKind.TRANSACTION, "00000000000000", "00000-000000000"),
        ("ABCD123456", NumberKind.CARGO, "ABCD123456", "ABCD123456"),
        ("abcd123456", NumberKind.CARGO, "ABCD123456", "ABCD123456"),
        ("014-12345678", NumberKind.CARGO, "014-12345678", "014-12345678"),
        ("12345-0014957850", NumberKind.CARGO, "12345-0014957850", "12345-0014957850"),
        ("A2345", NumberKind.CARGO, "A2345", "A2345"),
        ("A" * 25, NumberKind.CARGO, "A" * 25, "A" * 25),
    ],
)
def test_a_number_is_told_by_its_digits_and_hyphens(
    text: str, kind: NumberKind, encoded: str, shown: str
) -> None:
    found = read_number(text)
    assert found == ReleaseNumber(kind, encoded)
    assert isinstance(found, ReleaseNumber)
    assert found.shown == shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.BLANK),
        (" \t ", Reason.BLANK),
        ("12345 001495785", Reason.INNER_SPACE),
        ("ABCD\u00a0123456", Reason.INNER_SPACE),
        ("1234500149578", Reason.WRONG_LENGTH),
        ("123450014957850", Reason.WRONG_LENGTH),
        ("1", Reason.WRONG_LENGTH),
        ("ABCD", Reason.NOT_A_NUMBER),
        ("A" * 26, Reason.NOT_A_NUMBER),
        ("ABCD_123456", Reason.NOT_A_NUMBER),
        ("ABCDé123456", Reason.NOT_A_NUMBER),
        ("ßßßßß", Reason.NOT_A_NUMBER),
        ("\x00ABCD123", Reason.NOT_A_NUMBER),
        ("１２３４５００１４９５７８５", Reason.NOT_A_NUMBER),
        ("12345–001495785", Reason.NOT_A_NUMBER),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(text: str, reason: Reason) -> None:
    assert read_number(text) is reason


def test_numbers_keep_their_order() -> None:
    found = read_numbers(lines("ABCD123456", TRANSACTION, "014-12345678"))
    assert [number.encoded for number in found] == ["ABCD123456", TRANSACTION, "014-12345678"]


def test_every_wrong_line_is_named_with_its_place() -> None:
    with pytest.raises(WrongNumbers) as refused:
        read_numbers([(2, TRANSACTION), (5, "12345-001495785"), (6, "1 2"), (9, "x" * 100)])
    assert refused.value.lines == (
        WrongLine(5, "12345-001495785", Reason.DUPLICATE, first=2),
        WrongLine(6, "1 2", Reason.INNER_SPACE),
        WrongLine(9, "x" * 40, Reason.NOT_A_NUMBER),
    )


def test_one_shipment_written_in_two_ways_is_a_duplicate() -> None:
    """R95: two rows of the printed example have one barcode."""
    with pytest.raises(WrongNumbers) as refused:
        read_numbers(lines("abcd123456", "ABCD123456", "ABCD-123456"))
    assert [(wrong.line, wrong.first) for wrong in refused.value.lines] == [(2, 1)]


@given(st.text(alphabet=string.digits, min_size=14, max_size=14), st.sets(st.integers(0, 14), max_size=6))
def test_hyphens_anywhere_leave_a_transaction_number_the_same(digits: str, places: set[int]) -> None:
    written = "".join(("-" if at in places else "") + digit for at, digit in enumerate(digits))
    assert read_number(written) == ReleaseNumber(NumberKind.TRANSACTION, digits)


@given(st.text())
def test_any_text_is_a_number_or_has_a_reason(text: str) -> None:
    found = read_number(text)
    if isinstance(found, ReleaseNumber):
        assert set(found.encoded) <= set(CCN_ALPHABET.upper())
        assert read_number(found.shown) == found


@given(st.sets(st.text(alphabet=CCN_ALPHABET, min_size=1, max_size=26), max_size=30))
def test_what_was_read_has_no_duplicates_and_reads_again_as_itself(texts: set[str]) -> None:
    read = [number for text in texts if isinstance(number := read_number(text), ReleaseNumber)]
    numbers = {number.encoded: number for number in read}
    found = read_numbers(lines(*numbers))
    assert found == tuple(numbers.values())
    assert read_numbers(lines(*(number.shown for number in found))) == found
