"""The numbers of a release query: transaction and cargo control numbers (CCN), told apart (R91–R99)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

NUMBERS_AT_MOST = 500
"""Lines of one form: some fifty pages."""
_SHOWN_AT_MOST = 40
_ACCOUNT_DIGITS = 5
"""A transaction number begins with the account security number of its broker or importer."""
_TRANSACTION = re.compile(r"[0-9]{14}")
_DIGITS = re.compile(r"[0-9]+")
_CCN = re.compile(r"[A-Za-z0-9-]{5,25}")


class Symbology(StrEnum):
    """How a number becomes bars: Code 128 is what barcode vendors give, Code 39 is the older one."""

    CODE128 = "code128"
    CODE39 = "code39"


class NumberKind(StrEnum):
    """What a number names: a transaction, or the cargo itself."""

    TRANSACTION = "transaction"
    CARGO = "cargo"


class Reason(StrEnum):
    """Why a line is refused."""

    BLANK = "blank"
    INNER_SPACE = "inner_space"
    WRONG_LENGTH = "wrong_length"
    NOT_A_NUMBER = "not_a_number"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class ReleaseNumber:
    """A number as its barcode encodes it: 14 digits, or a CCN in capitals with its hyphens."""

    kind: NumberKind
    encoded: str

    @property
    def shown(self) -> str:
        """The text for people: a transaction number has a hyphen, its barcode has none (R99)."""
        if self.kind is NumberKind.CARGO:
            return self.encoded
        return f"{self.encoded[:_ACCOUNT_DIGITS]}-{self.encoded[_ACCOUNT_DIGITS:]}"


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A refused line, counted from 1: `value` is its beginning, `first` the line that it repeats."""

    line: int
    value: str
    reason: Reason
    first: int | None = None


class WrongNumbers(Exception):
    """Some lines cannot be used; all of them are named."""

    def __init__(self, lines: tuple[WrongLine, ...]) -> None:
        super().__init__(f"{len(lines)} lines cannot be used")
        self.lines = lines


def read_numbers(lines: Iterable[tuple[int, str]]) -> tuple[ReleaseNumber, ...]:
    """Returns the numbers of `lines`, which are pairs of the line's number and its text, in order.

    Blanks around a number are passed over, and whether letters are small or capital.

    Raises:
        WrongNumbers: a line holds no number, or one that an earlier line has: two rows of a form that
            speak of one shipment are a mistake (R95).
    """
    found: dict[ReleaseNumber, int] = {}
    wrong: list[WrongLine] = []
    for line, text in lines:
        number = read_number(text)
        if isinstance(number, Reason):
            wrong.append(WrongLine(line, text[:_SHOWN_AT_MOST], number))
        elif number in found:
            wrong.append(WrongLine(line, text[:_SHOWN_AT_MOST], Reason.DUPLICATE, first=found[number]))
        else:
            found[number] = line
    if wrong:
        raise WrongNumbers(tuple(wrong))
    return tuple(found)


def read_number(text: str) -> ReleaseNumber | Reason:
    """Returns the number that `text` is, or why it is none.

    Without its hyphens exactly 14 digits are a transaction number, whose check digit nobody but the CBSA
    knows; digits alone of any other length are refused; the rest is a CCN and keeps its hyphens.
    """
    given = text.strip()
    if not given:
        return Reason.BLANK
    if any(character.isspace() for character in given):
        return Reason.INNER_SPACE
    digits = given.replace("-", "")
    if _TRANSACTION.fullmatch(digits):
        return ReleaseNumber(NumberKind.TRANSACTION, digits)
    if _DIGITS.fullmatch(given):
        return Reason.WRONG_LENGTH
    if not _CCN.fullmatch(given):
        return Reason.NOT_A_NUMBER
    return ReleaseNumber(NumberKind.CARGO, given.upper())
