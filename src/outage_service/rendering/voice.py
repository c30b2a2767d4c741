"""The messages of the help lines in the formats telephone platforms take.

To add a format: a member of `BroadcastFormat`, a function here, an entry in `_SPOKEN`, a content type in
`edge/pages.py`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from itertools import product

from outage_service.domain.broadcasts import BroadcastFormat, BroadcastLanguage
from outage_service.domain.texts import Language
from outage_service.rendering.broadcasts import LineMessage

Document = str | Mapping[str, object]
_Part = tuple[str, str]
"""A language tag and what is said in it."""

_TAGS = {Language.EN: "en-CA", Language.FR: "fr-CA"}
_LANGUAGES = {
    BroadcastLanguage.EN: (Language.EN,),
    BroadcastLanguage.FR: (Language.FR,),
    BroadcastLanguage.BOTH: (Language.EN, Language.FR),
}
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may contain, escaped or not (XML 1.0, 2.2)."""


def broadcast_documents(messages: Iterable[LineMessage]) -> dict[str, Document]:
    """Returns every resource of the given lines, keyed `tccu/en.txt`.

    JSON comes as an object without `as_of` and `age_seconds`, which only the answer knows.
    """
    return {
        f"{message.line}/{language}.{form}": _document(message, language, form)
        for message in messages
        for language, form in product(BroadcastLanguage, BroadcastFormat)
    }


def _document(message: LineMessage, language: BroadcastLanguage, form: BroadcastFormat) -> Document:
    if form is BroadcastFormat.JSON:
        return line_object(message)
    return _SPOKEN[form]([(_TAGS[lang], message.text[lang]) for lang in _LANGUAGES[language]])


def line_object(message: LineMessage) -> dict[str, object]:
    """Returns a line's message with its state, in both languages whatever the resource."""
    return {
        "line": message.line.value,
        "state": message.state.value,
        "text": {"en": message.text.en, "fr": message.text.fr},
        "stale": message.is_stale,
        "override": message.is_override,
    }


def _plain(parts: list[_Part]) -> str:
    return "\n".join(text for _, text in parts)


def _ssml(parts: list[_Part]) -> str:
    said = "".join(f'<p xml:lang="{tag}">{_xml(text)}</p>' for tag, text in parts)
    return (
        f'{_PROLOGUE}<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" '
        f'xml:lang="{parts[0][0]}">{said}</speak>'
    )


def _voicexml(parts: list[_Part]) -> str:
    said = "".join(f'<prompt xml:lang="{tag}">{_xml(text)}</prompt>' for tag, text in parts)
    return (
        f'{_PROLOGUE}<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="{parts[0][0]}">'
        f'<form id="broadcast"><block>{said}</block></form></vxml>'
    )


def _twiml(parts: list[_Part]) -> str:
    said = "".join(f'<Say language="{tag}">{_xml(text)}</Say>' for tag, text in parts)
    return f"{_PROLOGUE}<Response>{said}</Response>"


_SPOKEN: Mapping[BroadcastFormat, Callable[[list[_Part]], str]] = {
    BroadcastFormat.TXT: _plain,
    BroadcastFormat.SSML: _ssml,
    BroadcastFormat.VXML: _voicexml,
    BroadcastFormat.TWIML: _twiml,
}


def _xml(text: str) -> str:
    return escape(_NOT_IN_XML.sub(" ", text), quote=False)
