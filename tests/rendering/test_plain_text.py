"""Plain text as people read it: 76 columns, values in a column, no-break spaces held."""

from dataclasses import dataclass

from outage_service.rendering import plain_text


@dataclass(frozen=True)
class Pair:
    label: str
    value: str


def test_a_paragraph_wraps_below_its_first_word() -> None:
    text = plain_text.wrap("word " * 20, first="- ")
    assert text.splitlines()[1].startswith("  word")
    assert max(map(len, text.splitlines())) <= plain_text.WIDTH


def test_a_no_break_space_holds_at_the_end_of_a_line() -> None:
    text = plain_text.wrap("x" * 70 + " 10\u00a0h\u00a020")
    assert text.splitlines() == ["x" * 70, "10\u00a0h\u00a020"]


def test_an_address_is_never_broken() -> None:
    address = "https://outages.example.org/" + "a-b/" * 30
    assert plain_text.wrap(address) == address


def test_values_line_up_behind_the_widest_label() -> None:
    text = plain_text.table([Pair("To", "one"), Pair("Direction", "word " * 20)])
    first, second, third = text.splitlines()[:3]
    assert first == "  To         one"
    assert second.startswith("  Direction  word")
    assert third.startswith(" " * 13 + "word")


def test_two_things_stand_at_the_ends_of_a_line() -> None:
    line = plain_text.opposite("OUTAGE", "TCC26-0001")
    assert line.startswith("OUTAGE ")
    assert line.endswith(" TCC26-0001")
    assert len(line) == len(plain_text.rule("=")) == plain_text.WIDTH
