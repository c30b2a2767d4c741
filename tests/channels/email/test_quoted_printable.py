"""Quoted-printable with open places: what any mail program decodes, within the limits of RFC 2045."""

import binascii
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.channels.email.quoted_printable import SOFT_BREAK, encode, encode_value, escape, fold

PLACE = re.compile("(@@A@@)")
texts = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=400)


def encoded(text: str) -> bytes:
    return encode(text, PLACE, b"@@")


@given(texts)
def test_any_text_reads_back(text: str) -> None:
    without_places = text.replace("@@A@@", "")
    assert binascii.a2b_qp(encoded(without_places)).decode() == without_places.replace("\n", "\r\n")


@given(texts)
def test_every_line_is_safe_for_mail(text: str) -> None:
    for line in encoded(text).split(b"\r\n"):
        assert len(line) <= 76
        assert re.fullmatch(rb"[\t -~]*", line)
        assert not line.endswith((b" ", b"\t"))
        assert not line.startswith((b".", b"From "))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=300))
def test_the_way_in_haste_gives_what_the_long_way_gives(value: str) -> None:
    assert encode_value(value.encode()) == SOFT_BREAK.join(fold(escape(value.encode())))


@given(st.lists(texts, min_size=2, max_size=4), st.binary(min_size=1, max_size=200))
def test_a_value_spliced_in_later_reads_back(pieces: list[str], value: bytes) -> None:
    pieces = [piece.replace("@", "a") for piece in pieces]
    spliced = encoded("@@A@@".join(pieces)).replace(b"@@A@@", SOFT_BREAK.join(fold(escape(value))))
    expected = value.join(piece.replace("\n", "\r\n").encode() for piece in pieces)
    assert binascii.a2b_qp(spliced) == expected
    assert all(len(line) <= 76 for line in spliced.split(b"\r\n"))


def test_a_place_is_a_line_of_its_own() -> None:
    assert encoded("before @@A@@ after\n@@A@@\n").split(b"\r\n") == [
        b"before=20=",
        b"@@A@@=",
        b" after",
        b"@@A@@",
        b"",
    ]


def test_what_only_looks_like_a_place_is_escaped() -> None:
    assert b"@@" not in encoded("@@B@@ @@@ a@@b")


@given(st.binary(max_size=400))
def test_no_escape_is_cut_in_two(value: bytes) -> None:
    assert not [line for line in fold(escape(value)) if re.search(rb"=.?\Z", line)]


@pytest.mark.parametrize("start", [".", "..", "From me", "F"])
def test_a_line_start_that_mail_would_alter_is_escaped(start: str) -> None:
    assert encoded(start).startswith(b"=")
    assert binascii.a2b_qp(encoded(start)).decode() == start
