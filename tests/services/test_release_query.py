"""What becomes of a filled-in form, and of the lists of numbers that clients have (R91–R99)."""

import pytest
from structlog.testing import capture_logs

from outage_service.domain.release_numbers import NumberKind, ReleaseNumber
from outage_service.rendering.documents.release_query import UnreadableForm
from outage_service.services.release_query import (
    is_doubtful_id,
    lines_of_csv,
    lines_of_text,
    print_release_query,
)
from tests.rendering.documents.test_release_query import a_query


def test_a_form_that_does_not_read_back_is_not_handed_out_and_is_logged() -> None:
    """R97: here, a barcode that is wider than the page."""
    query = a_query("ABCD123456", numbers=(ReleaseNumber(NumberKind.CARGO, "A" * 90),))
    with capture_logs() as logged, pytest.raises(UnreadableForm):
        print_release_query(query)
    assert [entry["event"] for entry in logged] == ["release_query_unreadable"]


@pytest.mark.parametrize(
    ("client_id", "is_doubtful"),
    [
        ("123456782RM0001", False),
        ("12345 6782 rm0001", False),
        ("123456789RM0001", True),
        ("12345", False),
        ("123456789", False),
        ("", False),
    ],
)
def test_only_what_looks_like_a_business_number_is_doubted(client_id: str, is_doubtful: bool) -> None:
    assert is_doubtful_id(client_id) is is_doubtful


def test_lines_keep_their_numbers_and_blank_ones_are_passed_over() -> None:
    assert lines_of_text("a\r\n\r\n  \nb\n") == [(1, "a"), (4, "b")]
    assert lines_of_csv(b"number\n,\n,12345\n") == [(3, "12345")]
    assert lines_of_csv(b"A1,x\nB2,y") == [(1, "A1"), (2, "B2")]
    assert lines_of_csv(b"") == []
