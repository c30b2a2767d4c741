"""The rows of systems on the forms of acts: as an outage is, as they were typed, and both together (P19)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count, takewhile

from outage_service.domain.outages import Impact, Outage
from outage_service.domain.roles import Actor
from outage_service.domain.systems import Condition, Direction, System
from outage_service.web.forms import Sent
from outage_service.web.pages.console.form_fields import Row

Said = tuple[str, str, str]
"""What a ticked row says of its system: direction, condition and minutes, as they are typed."""


def systems_of(actor: Actor) -> list[System]:
    """Returns the systems that this operator may act on (R5)."""
    return [system for system in System if actor.may_act_on(frozenset({system}))]


def blank_rows(actor: Actor) -> list[Row]:
    """Returns a row for each of the operator's systems."""
    return [Row(system.value, system) for system in systems_of(actor)]


def rows_of(outage: Outage, actor: Actor) -> list[Row]:
    """Returns a row for each thing that the outage's systems suffer now, and one for each other system."""
    found = []
    for blank in blank_rows(actor):
        own = [_row_of(impact) for impact in outage.active_impacts if impact.system is blank.system]
        found += _numbered(own) or [blank]
    return found


def _row_of(impact: Impact) -> Row:
    behind = (
        "" if impact.behind is None else f"{impact.behind.total_seconds() / 60:.2f}".rstrip("0").rstrip(".")
    )
    return Row(
        id=impact.system.value,
        system=impact.system,
        is_on=True,
        direction=impact.direction or Direction.BOTH,
        condition=impact.stated,
        behind=behind,
    )


def _numbered(rows: Iterable[Row]) -> list[Row]:
    """Returns the rows of one system with ids of their own."""
    return [
        replace(row, id=row.system.value if index == 1 else f"{row.system}-{index}")
        for index, row in enumerate(rows, start=1)
    ]


def rows_typed(sent: Sent, actor: Actor) -> list[Row]:
    """Returns the rows that the page had, with what was typed into them."""
    on = set(sent.texts("on"))
    return [
        Row(
            id=row_id,
            system=system,
            is_on=row_id in on,
            direction=sent.text(f"direction_{row_id}") or Direction.BOTH,
            condition=sent.text(f"condition_{row_id}") or Condition.OUTAGE,
            behind=sent.text(f"behind_{row_id}"),
        )
        for system in systems_of(actor)
        for row_id in _ids_on_page(sent, system)
    ]


def _ids_on_page(sent: Sent, system: System) -> list[str]:
    more = (f"{system}-{index}" for index in count(2))
    return [system.value, *takewhile(lambda row_id: sent.text(f"condition_{row_id}"), more)]


def print_of(rows: Iterable[Row]) -> str:
    """Returns what two lists of rows have in common if they say the same."""
    return ";".join(",".join((row.id, *_said(row))) for row in rows if row.is_on) or "none"


def merged(typed: Sequence[Row], shown: str, current: Sequence[Row]) -> list[Row]:
    """Returns the rows as they are now, with those that the operator changed as they were typed (P19).

    Args:
        typed: the rows of the page, all systems of the operator.
        shown: `print_of` what the page had shown.
        current: what the same systems suffer now.
    """
    found = []
    for system in dict.fromkeys(row.system for row in typed):
        own, now = ([row for row in rows if row.system is system] for rows in (typed, current))
        found += _merged_of(own, _shown_of(system, shown), now)
    return found


def _shown_of(system: System, shown: str) -> list[Said]:
    entries = (entry.split(",") for entry in shown.split(";"))
    return [
        (entry[1], entry[2], entry[3])
        for entry in entries
        if len(entry) == 4 and entry[0].partition("-")[0] == system
    ]


def _merged_of(typed: list[Row], shown: list[Said], current: list[Row]) -> list[Row]:
    """Returns the rows of one system: as whoever alone has changed it, else each side of it for itself."""
    said, now = _all_said(typed), _all_said(current)
    if sorted(now) == sorted(shown):
        return typed
    if sorted(said) == sorted(shown):
        return current
    own = [row for row in typed if row.is_on and _said(row) not in shown]
    changed = {
        direction for direction, condition, behind in shown if (direction, condition, behind) not in said
    }
    others = [
        row for row in current if row.is_on and row.direction not in changed and not _is_covered(row, own)
    ]
    return _numbered([*own, *others]) or [replace(typed[0], is_on=False)]


def _is_covered(row: Row, rows: Iterable[Row]) -> bool:
    """Returns whether the rows say of all its messages what is so; where not, the rules ask which holds."""
    return bool({each.direction for each in rows} & {row.direction, Direction.BOTH})


def _all_said(rows: Iterable[Row]) -> list[Said]:
    return [_said(row) for row in rows if row.is_on]


def _said(row: Row) -> Said:
    return row.direction, row.condition, row.behind.strip()
