"""What operators type, as the bodies that acts take; and what is wrong with it, by the field of the page.

Times are typed as Toronto's clocks show them. Whatever is wrong, everything typed stays in the form.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from outage_service.domain.calendar import EASTERN, eastern
from outage_service.domain.errors import RuleError
from outage_service.domain.outages import Impact, Outage, has_direction
from outage_service.domain.roles import Actor
from outage_service.domain.systems import Condition, Direction, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.services.console_forms import new_key
from outage_service.services.request_types import Body
from outage_service.services.standard_texts import BLANK
from outage_service.web.forms import Sent

B = TypeVar("B", bound=Body)
_MINUTES = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?", re.ASCII)
_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?", re.ASCII)
_CODES = {
    "missing": "missing",
    "string_too_short": "missing",
    "string_too_long": "too_long",
    "too_short": "no_impacts",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a field of the page; the words are `wrong_<code>` or `rule_<code>` of its texts."""

    field: str
    code: str


class WrongForm(Exception):
    """The form cannot be used as it is."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__([mistake.code for mistake in mistakes])
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Row:
    """What was typed of one system; `id` names its fields (`edi`, and `edi-2` if it suffers twice)."""

    id: str
    system: System
    is_on: bool = False
    direction: str = Direction.BOTH
    condition: str = Condition.OUTAGE
    behind: str = ""

    def impact(self, *, is_scheduled: bool) -> dict[str, Any]:
        """Returns the impact as acts take it; what is planned is always an outage.

        Raises:
            WrongForm: the minutes are no number.
        """
        found: dict[str, Any] = {"system": self.system}
        if has_direction(self.system):
            found["direction"] = self.direction
        if not is_scheduled:
            found["condition"] = self.condition
            if self.behind.strip():
                found["behind_minutes"] = minutes_typed(self.behind, f"behind_{self.id}")
        return found


def minutes_typed(typed: str, field: str) -> Decimal:
    """Returns a number of minutes; a French one may have a comma.

    Raises:
        WrongForm: it is none.
    """
    if not _MINUTES.fullmatch(typed.strip()):
        raise WrongForm([Mistake(field, "number")])
    return Decimal(typed.strip().replace(",", "."))


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
        own = [impact for impact in outage.active_impacts if impact.system is blank.system]
        rows = [_row_of(impact, index) for index, impact in enumerate(own, start=1)]
        found += rows or [blank]
    return found


def _row_of(impact: Impact, index: int) -> Row:
    behind = (
        "" if impact.behind is None else f"{impact.behind.total_seconds() / 60:.2f}".rstrip("0").rstrip(".")
    )
    return Row(
        id=impact.system.value if index == 1 else f"{impact.system}-{index}",
        system=impact.system,
        is_on=True,
        direction=impact.direction or Direction.BOTH,
        condition=impact.stated,
        behind=behind,
    )


def rows_typed(sent: Sent, blank: Iterable[Row]) -> list[Row]:
    """Returns the rows with what was typed into them."""
    on = set(sent.texts("on"))
    return [
        Row(
            id=row.id,
            system=row.system,
            is_on=row.id in on,
            direction=sent.text(f"direction_{row.id}") or row.direction,
            condition=sent.text(f"condition_{row.id}") or row.condition,
            behind=sent.text(f"behind_{row.id}"),
        )
        for row in blank
    ]


def local_instant(typed: str, field: str) -> datetime | None:
    """Returns the instant at which Toronto's clocks show what was typed; None where nothing was.

    A time that comes twice, on the night of the autumn change, is the first.

    Raises:
        WrongForm: it is no time, or one that the spring change leaves out.
    """
    if not typed.strip():
        return None
    if not _LOCAL.fullmatch(typed.strip()):
        raise WrongForm([Mistake(field, "time")])
    try:
        local = datetime.fromisoformat(typed.strip()).replace(tzinfo=EASTERN)
        instant = local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise WrongForm([Mistake(field, "time")]) from error
    if eastern(instant).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise WrongForm([Mistake(field, "no_such_time")])
    return instant


def local_text(instant: datetime | None) -> str:
    """Returns an instant as it is typed; blank for none."""
    return f"{eastern(instant):%Y-%m-%dT%H:%M}" if instant else ""


def gathered(parts: Mapping[str, Callable[[], object]]) -> dict[str, Any]:
    """Returns what each part of a form gives, without those that give None.

    Raises:
        WrongForm: with the mistakes of all parts.
    """
    found, mistakes = dict[str, Any](), list[Mistake]()
    for name, read in parts.items():
        try:
            value = read()
        except WrongForm as wrong:
            mistakes += wrong.mistakes
        else:
            if value is not None:
                found[name] = value
    if mistakes:
        raise WrongForm(mistakes)
    return found


def impacts_typed(on: Sequence[Row], *, is_scheduled: bool) -> list[dict[str, Any]]:
    """Returns the impacts of the rows that are ticked.

    Raises:
        WrongForm: with every row whose minutes are no number.
    """
    found, mistakes = list[dict[str, Any]](), list[Mistake]()
    for row in on:
        try:
            found.append(row.impact(is_scheduled=is_scheduled))
        except WrongForm as wrong:
            mistakes += wrong.mistakes
    if mistakes:
        raise WrongForm(mistakes)
    return found


def message_typed(sent: Sent) -> dict[str, str]:
    """Returns the operator's text, unaltered.

    Raises:
        WrongForm: a language is missing, or a place of a standard text was left blank.
    """
    said = {language.value: sent.text(f"message_{language}") for language in Language}
    blank = [Mistake(f"message_{name}", "missing") for name, text in said.items() if not text.strip()]
    unfilled = [Mistake(f"message_{name}", "blank_left") for name, text in said.items() if BLANK in text]
    if blank or unfilled:
        raise WrongForm([*blank, *unfilled])
    return said


def key_typed(sent: Sent) -> str:
    """Returns what makes a form its own; a new one where the page carried none that we could have made."""
    key = sent.text("once")
    return key if _KEY.fullmatch(key) else new_key()


def message_of(sent: Sent) -> Bilingual | None:
    """Returns the operator's text if both languages are there."""
    said = [sent.text(f"message_{language}") for language in Language]
    return Bilingual(*said) if all(text.strip() for text in said) else None


def body_of(model: type[B], fields: Mapping[str, Any], rows: Sequence[Row] = ()) -> B:
    """Returns the body of an act.

    Raises:
        WrongForm: a field cannot be used.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise WrongForm(
            [
                Mistake(field_of(".".join(map(str, each["loc"])), rows), _CODES.get(each["type"], "invalid"))
                for each in error.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from error


def refused(error: RuleError, rows: Sequence[Row] = ()) -> WrongForm:
    """Returns a rule's refusal as a mistake of the form."""
    return WrongForm([Mistake(field_of(error.field or "", rows), f"rule_{error.code}")])


def field_of(place: str, rows: Sequence[Row]) -> str:
    """Returns the page's name of a body's field: `impacts.0.behind_minutes` is `behind_edi`."""
    parts = place.split(".")
    if parts[0] == "message":
        return f"message_{parts[1] if len(parts) > 1 else Language.EN}"
    if parts[0] != "impacts":
        return parts[0] or "main"
    on = [row for row in rows if row.is_on]
    if len(parts) < 2 or int(parts[1]) >= len(on):
        return "systems"
    name = {"direction": "direction", "condition": "condition", "behind_minutes": "behind"}
    return f"{name.get(parts[2], 'on') if len(parts) > 2 else 'on'}_{on[int(parts[1])].id}"


def kept(sent: Sent, names: Iterable[str]) -> list[tuple[str, str]]:
    """Returns fields to carry along, in hidden inputs; blank ones are left out."""
    return [(name, value) for name in names for value in sent.texts(name) if value]
