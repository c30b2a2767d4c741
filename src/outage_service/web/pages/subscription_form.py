"""The form in which somebody chooses what is sent: read, and filled in again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs

from fastapi import Depends
from starlette.requests import Request

from outage_service.content import load_content
from outage_service.domain.subscriptions import (
    SubscriptionKind,
    kinds_mask,
    kinds_of_mask,
    systems_mask,
    systems_of_mask,
)
from outage_service.domain.systems import System
from outage_service.domain.texts import Language
from outage_service.rendering.words import Words
from outage_service.services.addresses import Address, AddressRefused, parse_address
from outage_service.storage.subscribers import Choices
from outage_service.web.forms import SHOWING, note_typed
from outage_service.web.problems import Problem, Refusal
from outage_service.web.texts import texts_in

T = TypeVar("T", System, SubscriptionKind, Language)
_FIELDS_AT_MOST = 40
_NOT_SENT_YET = {SubscriptionKind.KNOWN_PROBLEMS}
"""Kinds that can be asked for before there is a bulletin of them."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent, as far as it can be used, and the fields that cannot."""

    email: str
    language: Language | None
    systems: tuple[System, ...]
    kinds: tuple[SubscriptionKind, ...]
    errors: tuple[str, ...]
    is_only_shown: bool = False

    @property
    def masks(self) -> tuple[int, int]:
        """What is stored of the systems and the kinds."""
        return systems_mask(self.systems), kinds_mask(self.kinds)


async def _read(request: Request) -> Form:
    """Returns the form of a request's body.

    Raises:
        Refusal: it is no form.
    """
    try:
        sent = parse_qs((await request.body()).decode(), max_num_fields=_FIELDS_AT_MOST)
    except ValueError as error:
        raise Refusal(Problem(422, "invalid_input", "The form cannot be used.")) from error
    errors: list[str] = []
    languages = _members(Language, sent, "language", errors)
    if len(languages) != 1 and "language" not in errors:
        errors.append("language")
    systems = _members(System, sent, "system", errors)
    kinds = _members(SubscriptionKind, sent, "kind", errors)
    note_typed(request, [(name, value) for name, values in sent.items() for value in values])
    return Form(
        email=sent.get("email", [""])[0],
        language=languages[0] if len(languages) == 1 else None,
        systems=systems,
        kinds=kinds,
        errors=tuple(errors),
        is_only_shown=not SHOWING.isdisjoint(sent.get("go", ())),
    )


SentForm = Annotated[Form, Depends(_read)]


def _members(known: type[T], sent: dict[str, list[str]], name: str, errors: list[str]) -> tuple[T, ...]:
    try:
        return tuple(known(value) for value in sent.get(name, ()))
    except ValueError:
        errors.append(name)
        return ()


def address_of(form: Form) -> Address | None:
    """Returns the address of a form, or None where it cannot be used."""
    try:
        return parse_address(form.email)
    except AddressRefused:
        return None


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to tick."""

    code: str
    label: str
    is_chosen: bool
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything there is to choose, in one language."""

    languages: Sequence[Option]
    systems: Sequence[Option]
    kinds: Sequence[Option]


def options_of(form: Form, language: Language) -> Options:
    """Returns the options with those of `form` chosen."""
    words, texts = Words(load_content(), language), texts_in("subscription", language)
    names = words.content.wording.subscription_kinds
    return Options(
        [Option(each, texts[f"language_{each}"], form.language is each) for each in Language],
        [Option(each, system_name(each, words), each in form.systems) for each in System],
        [
            Option(each, words.of(names, each), each in form.kinds, kind_hint(each, language))
            for each in SubscriptionKind
        ],
    )


def kind_hint(kind: SubscriptionKind, language: Language) -> str:
    """Returns what somebody must know who asks for a kind; blank for most."""
    return texts_in("subscription", language)["kind_not_yet"] if kind in _NOT_SENT_YET else ""


def system_name(system: System, words: Words) -> str:
    """Returns the name of a system at the start of a line."""
    return words.heading(words.content.systems[system].full.plain)


def form_of(choices: Choices) -> Form:
    """Returns the form as somebody has filled it in before."""
    systems, kinds = systems_of_mask(choices.systems), kinds_of_mask(choices.kinds)
    return Form(choices.email, choices.language, systems, kinds, ())


def form_body(*, with_email: bool) -> dict[str, Any]:
    """Returns how OpenAPI describes the form."""
    properties: dict[str, Any] = {
        "language": {"type": "string", "enum": list(Language)},
        "system": {"type": "array", "items": {"type": "string", "enum": list(System)}},
        "kind": {"type": "array", "items": {"type": "string", "enum": list(SubscriptionKind)}},
    }
    example: dict[str, Any] = {"language": "fr", "system": ["edi", "cers"], "kind": ["outage", "scheduled"]}
    if with_email:
        properties["email"] = {"type": "string", "format": "email"}
        example["email"] = "trade@example.org"
    schema = {
        "type": "object",
        "required": ["language", *(["email"] if with_email else [])],
        "properties": properties,
    }
    content = {"application/x-www-form-urlencoded": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
