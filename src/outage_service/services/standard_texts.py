"""Filling in standard texts: which there are, what their fields take, and what they say."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import create_model

from outage_service.content.standard_texts import FieldKind, StandardText, Use, standard_texts
from outage_service.domain.outages import Outage
from outage_service.domain.systems import Condition, Direction, System
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.times import minutes_behind, prose_date, prose_time
from outage_service.services.request_types import BilingualText, Body, Day, Instant, Minutes

BLANK = "____"
"""What an operator still has to fill in; nothing with it in is sent."""

_TYPES: Mapping[FieldKind, Any] = {
    FieldKind.MINUTES: Minutes,
    FieldKind.TIME: Instant,
    FieldKind.DATE: Day,
    FieldKind.TEXT: BilingualText,
}
_SAMPLES: Mapping[FieldKind, object] = {
    FieldKind.MINUTES: 45,
    FieldKind.TIME: "2026-11-26T10:20:00-05:00",
    FieldKind.DATE: "2026-12-06",
    FieldKind.TEXT: {"en": "(your words)", "fr": "(vos mots)"},
}


def texts_for(use: Use, systems: frozenset[System]) -> list[StandardText]:
    """Returns the texts to offer for an act on an outage of these systems, the most fitting first.

    One system has its own; several have those that name none.
    """
    only = next(iter(systems)) if len(systems) == 1 else None
    fitting = [text for text in standard_texts().values() if use in text.uses and text.system in (only, None)]
    own = {text.id.removeprefix(f"{text.system}_") for text in fitting if text.system is not None}
    return [text for text in fitting if text.system is not None or text.id not in own]


def suggested_text(outage: Outage) -> StandardText:
    """Returns the text that fits an outage as it is declared: by its condition, direction and system."""
    systems = {impact.system for impact in outage.active_impacts}
    situation = _situation(outage)
    own = [f"{system}_{situation}" for system in systems] if len(systems) == 1 else []
    known = standard_texts()
    return next(known[text_id] for text_id in (*own, situation, "outage") if text_id in known)


def _situation(outage: Outage) -> str:
    impacts = outage.active_impacts
    if outage.is_scheduled:
        return "maintenance"
    if outage.relapse_of is not None:
        return "relapse"
    if all(impact.stated is Condition.DELAY for impact in impacts):
        return "delay" if all(impact.behind is not None for impact in impacts) else "delay_unmeasured"
    directions = {impact.direction for impact in impacts} - {Direction.BOTH, None}
    return f"outage_{directions.pop()}" if len(impacts) == len(directions) == 1 else "outage"


@cache
def fields_of(text_id: str) -> type[Body]:
    """Returns what checks the fields of a standard text: all required, none besides."""
    fields: dict[str, Any] = {
        name: (_TYPES[kind], ...) for name, kind in standard_texts()[text_id].fields.items()
    }
    model: type[Body] = create_model(f"FieldsOf_{text_id}", __base__=Body, **fields)
    return model


def compose(text_id: str, given: Mapping[str, object]) -> Bilingual:
    """Returns the standard text with its fields filled in, in both languages.

    Raises:
        pydantic.ValidationError: a field is missing, unknown or wrong.
    """
    text = standard_texts()[text_id]
    checked = fields_of(text_id).model_validate(dict(given))
    values = {name: getattr(checked, name) for name in text.fields}

    def written(language: Language) -> str:
        places = {name: _written(value, language) for name, value in values.items()}
        return text.pattern[language].format_map(places)

    return Bilingual(written(Language.EN), written(Language.FR))


def draft(text: StandardText, known: Mapping[str, object]) -> Bilingual:
    """Returns the text to go on writing: what is not among `known` is left as `BLANK`.

    Args:
        known: fields as `fields_of` gives them: minutes, instants, days.
    """

    def written(language: Language) -> str:
        places = {name: _written(known[name], language) if name in known else BLANK for name in text.fields}
        return text.pattern[language].format_map(places)

    return Bilingual(written(Language.EN), written(Language.FR))


def sample_of(text: StandardText) -> Bilingual:
    """Returns the text with made-up fields, to choose by."""
    return compose(text.id, samples_of(text))


def samples_of(text: StandardText) -> dict[str, object]:
    """Returns made-up fields of the text, as they are sent."""
    return {name: _SAMPLES[kind] for name, kind in text.fields.items()}


def _written(value: object, language: Language) -> str:
    write: Callable[[Any, Language], str] = next(
        writer for kind, writer in _WRITERS if isinstance(value, kind)
    )
    return write(value, language)


def _minutes(value: Decimal, _: Language) -> str:
    return minutes_behind(timedelta(seconds=round(value * 60)))


def _words(value: BilingualText, language: Language) -> str:
    """Returns the words without a stop of their own: the text they stand in has one."""
    return value.bilingual()[language].strip().removesuffix(".")


_WRITERS: tuple[tuple[type, Callable[..., str]], ...] = (
    (Decimal, _minutes),
    (datetime, prose_time),  # before its base class
    (date, prose_date),
    (BilingualText, _words),
)
