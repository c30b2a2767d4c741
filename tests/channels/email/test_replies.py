"""What is kept of a relay's replies."""

import pytest

from outage_service.channels.email.replies import LONGEST_DETAIL, words

ADDRESS = "marie-claude@brokers.example.org"


def test_a_reply_of_several_lines_becomes_one() -> None:
    assert words(b"550-5.1.1 no\r\n550 5.1.1 such mailbox\r\n") == "5.1.1 no 5.1.1 such mailbox"


@pytest.mark.parametrize("before", range(LONGEST_DETAIL - len(ADDRESS), LONGEST_DETAIL + 1))
def test_a_long_reply_is_never_cut_within_an_address(before: int) -> None:
    """P30: who leaves out addresses knows them by their @, and the recipient's by the whole of it."""
    said = "x" * (before - 1) + f" {ADDRESS} is unknown"
    kept = words(f"550 {said}\r\n".encode())
    assert kept in said
    assert ADDRESS in kept or "marie" not in kept
    assert LONGEST_DETAIL - len(ADDRESS) - 1 <= len(kept) <= LONGEST_DETAIL


def test_a_single_word_that_is_too_long_is_left_out() -> None:
    assert words(b"550 5.1.1 " + b"x" * 1_000 + b"\r\n") == "5.1.1"
