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
from outage_service.domain.outages import has_direction
from outage_service.domain.systems import Condition, Direction, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.services.addresses import Address, AddressRefused, parse_address
from outage_service.services.form_keys import new_key
from outage_service.services.request_types import Body
from outage_service.services.standard_texts import BLANK
from outage_service.web.forms import Sent

B = TypeVar("B", bound=Body)
_MINUTES = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?", re.ASCII)
_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
_LOCAL = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?: ?(EDT|EST|HAE|HNE))?", re.ASCII | re.IGNORECASE
)
_ZONES = {Language.EN: {"EDT": "EDT", "EST": "EST"}, Language.FR: {"EDT": "HAE", "EST": "HNE"}}
"""What operators type for standard and for daylight time, by the calendar's name of it."""
_PICKER = "datetime-local"
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


def local_instant(typed: str, field: str) -> datetime | None:
    """Returns the instant at which Toronto's clocks show what was typed; None where nothing was.

    On the night of the autumn change an hour comes twice: its times need a zone behind them (`01:30 EST`).

    Raises:
        WrongForm: it is no time, one that the spring change leaves out, or one that could be either of two.
    """
    if not typed.strip():
        return None
    found = _LOCAL.fullmatch(typed.strip())
    instants = _instants_at(found[1]) if found else None
    if found is None or instants is None:
        raise WrongForm([Mistake(field, "time")])
    if not instants:
        raise WrongForm([Mistake(field, "no_such_time")])
    fitting = [instant for instant in instants if found[2] is None or found[2].upper() in _names_of(instant)]
    if len(fitting) != 1:
        raise WrongForm([Mistake(field, "twice" if fitting else "time")])
    return fitting[0]


def _instants_at(clock: str) -> list[datetime] | None:
    """Returns when Toronto's clocks show this, which may be never or twice; None where it is no time."""
    try:
        local = datetime.fromisoformat(clock)
        either = {local.replace(tzinfo=EASTERN, fold=fold).astimezone(UTC) for fold in (0, 1)}
        return sorted(each for each in either if eastern(each).replace(tzinfo=None) == local)
    except (ValueError, OverflowError):
        return None


def _names_of(instant: datetime) -> set[str]:
    name = eastern(instant).tzname() or ""
    return {names.get(name, name) for names in _ZONES.values()}


def local_text(instant: datetime | None, language: Language) -> str:
    """Returns an instant as it is typed, with its zone where clocks show that time twice; blank for none."""
    if instant is None:
        return ""
    local = eastern(instant)
    if len(_instants_at(f"{local:%Y-%m-%d %H:%M}") or ()) < 2:
        return f"{local:%Y-%m-%dT%H:%M}"
    name = local.tzname() or ""
    return f"{local:%Y-%m-%d %H:%M} {_ZONES[language].get(name, name)}"


def time_input(value: str) -> str:
    """Returns the type of input that can hold a time as it was typed: browsers' own knows no zone."""
    if not value.strip():
        return _PICKER
    found = _LOCAL.fullmatch(value.strip())
    instants = _instants_at(found[1]) if found and not found[2] else None
    return "text" if instants is None or len(instants) > 1 else _PICKER


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


def is_touched(sent: Sent, name: str) -> bool:
    """Returns whether a field has something else than the page had shown in it (`<name>_shown`)."""
    return sent.text(name) != sent.text(f"{name}_shown")


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


def address_typed(sent: Sent) -> Address | None:
    """Returns the address in the field `email`; None where it is none."""
    try:
        return parse_address(sent.text("email"))
    except AddressRefused:
        return None


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
