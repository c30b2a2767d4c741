"""Personal links: derived from the key, good for one purpose and one holder, read without a guess."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.services.links import Holder, Purpose, link, read_token, token

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
HOLDERS = st.builds(Holder, st.integers(0, 10**15 - 1), st.integers(0, 10**6))


def test_a_link_has_the_token_and_its_purpose() -> None:
    """Its form is part of the outside contract: /subscriptions/{token}/…"""
    holder = Holder(12, 3)
    given_token = token(KEY, Purpose.MANAGE, holder)
    url = link("https://outages.example.org", KEY, Purpose.MANAGE, holder)
    assert url == f"https://outages.example.org/subscriptions/{given_token}/manage"
    assert set(given_token) <= set(string.ascii_letters + string.digits + "-_.")


def test_a_token_is_always_the_same() -> None:
    """P8, P15: a letter that is sent again has the same bytes."""
    assert token(KEY, Purpose.MANAGE, Holder(12, 3)) == token(KEY, Purpose.MANAGE, Holder(12, 3))


@given(holder=HOLDERS, purpose=st.sampled_from(Purpose))
def test_a_token_is_read_by_whoever_has_the_key(holder: Holder, purpose: Purpose) -> None:
    """And for the purpose it was made for, alone."""
    made = token(KEY, purpose, holder)
    assert read_token(KEY, purpose, made) == holder
    assert read_token(OTHER_KEY, purpose, made) is None
    assert [other for other in Purpose if read_token(KEY, other, made)] == [purpose]


@given(holder=HOLDERS, other=HOLDERS)
def test_a_token_is_of_one_holder(holder: Holder, other: Holder) -> None:
    """A changed number makes it nobody's."""
    mac = token(KEY, Purpose.MANAGE, holder).rpartition(".")[2]
    forged = f"{other.id}.{other.epoch}.{mac}"
    assert read_token(KEY, Purpose.MANAGE, forged) == (holder if other == holder else None)


@given(st.text())
def test_no_text_makes_it_fail(given_text: str) -> None:
    """P20: whatever a scanner sends."""
    assert read_token(KEY, Purpose.MANAGE, given_text) is None
    assert read_token(KEY, Purpose.MANAGE, f"1.1.{given_text}") is None


@pytest.mark.parametrize(
    "numbers",
    [
        "-1.1",
        "+1.1",
        " 1.1",
        "1_0.1",
        "٣.1",
        "²3.1",
        "1.1.1",
        "",
        ".",
        "1",
        "1" * 16 + ".1",
        "1." + "1" * 5000,
    ],
)
def test_only_plain_short_numbers_are_read(numbers: str) -> None:
    """Neither other digits nor those that a database could not hold."""
    assert read_token(KEY, Purpose.MANAGE, f"{numbers}.{'A' * 22}") is None


def test_every_character_of_the_mac_counts() -> None:
    """It is compared whole, in constant time."""
    made = token(KEY, Purpose.MANAGE, Holder(1, 1))
    head, mac = made[:-22], made[-22:]
    for index, character in enumerate(mac):
        changed = "A" if character != "A" else "B"
        forged = head + mac[:index] + changed + mac[index + 1 :]
        assert read_token(KEY, Purpose.MANAGE, forged) is None, index
