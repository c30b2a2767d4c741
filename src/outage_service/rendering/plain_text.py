"""Laying out plain text: our own prose wraps at 76 columns, nobody else's does.

Lines break at ordinary spaces only, so that no-break spaces hold.
"""

import textwrap
from collections.abc import Iterable
from typing import Protocol

WIDTH = 76


class Labelled(Protocol):
    """What a table shows on a line of its own."""

    @property
    def label(self) -> str: ...

    @property
    def value(self) -> str: ...


def wrap(text: str, *, first: str = "") -> str:
    """Returns `text` wrapped, its first line after `first`, the others after as many blanks."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(rows: Iterable[Labelled]) -> str:
    """Returns label and value of each row side by side, values aligned behind the widest label."""
    listed = list(rows)
    widest = max((len(row.label) for row in listed), default=0)
    return "\n".join(wrap(row.value, first=f"  {row.label.ljust(widest)}  ") for row in listed)


def opposite(left: str, right: str) -> str:
    """Returns `left` and `right` at the two ends of a line."""
    return f"{left}{right.rjust(WIDTH - len(left))}"


def rule(mark: str) -> str:
    """Returns a line across the text."""
    return mark * WIDTH
