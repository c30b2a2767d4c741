"""Letters to one person: the confirmation of a subscription, alerts to the operators.

To add an alert: a member of `AlertKind` and a folder in `templates/letters/` with its subject and body in
both languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from outage_service.content import Content
from outage_service.domain.letters import LetterSlot
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.layouts import LetterBody, lay_out, part
from outage_service.rendering.sections import outage_url
from outage_service.rendering.templating import environment, paragraphs
from outage_service.rendering.titles import in_both


class AlertKind(StrEnum):
    """What operators are told of by mail, where a setting asks for it."""

    OVERRUN = "overrun"
    OVERDUE = "overdue"
    RELAY_PAUSED = "relay_paused"
    HEARTBEAT_LOST = "heartbeat_lost"
    CLOCK_DIFFERS = "clock_differs"
    DATABASE_CLOCK_DIFFERS = "database_clock_differs"
    BULLETIN_PAUSED = "bulletin_paused"
    CANARY_MISSING = "canary_missing"
    MAIL_HELD = "mail_held"
    REGIONAL_LETTER_LOST = "regional_letter_lost"
    CASE_LETTER_LOST = "case_letter_lost"
    ESCALATION_LOST = "escalation_lost"


OVER = "over"
"""The folder of the letter that tells that an alert is over."""


@dataclass(frozen=True, slots=True)
class ComposedLetter:
    """A bilingual letter in one language order."""

    subject: str
    body: LetterBody


@dataclass(frozen=True, slots=True)
class _Section:
    """What one language's part of a letter says; without an address there is no button."""

    language: Language
    subject: str
    body: tuple[str, ...]
    button: str
    url: str


def confirmation_letter(content: Content, first: Language, *, test_mode: bool) -> ComposedLetter:
    """Returns the letter that asks to confirm a subscription; none of it comes from whoever asked (P25)."""
    said = {
        language: _Section(
            language=language,
            subject=_line("confirmation", "subject", language),
            body=_prose("confirmation", "body", language),
            button=_line("confirmation", "button", language),
            url=LetterSlot.CONFIRM_URL,
        )
        for language in Language
    }
    return _compose(content, said, first, test_mode=test_mode)


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What an alert is about.

    Args:
        kind: what is wrong, or was.
        number: its outage's, where it is about one.
        host: the machine's name, where it is about one.
        case: the number of a client's outage, where it is about one.
        is_over: whether nothing is wrong any more.
    """

    kind: AlertKind
    number: str | None = None
    host: str = ""
    case: str = ""
    is_over: bool = False


def written_letter(
    content: Content,
    letter: str,
    values: Mapping[Language, Mapping[str, object]],
    first: Language,
    *,
    test_mode: bool,
    is_internal: bool = False,
) -> ComposedLetter:
    """Returns the letter that the templates of `letters/<letter>` make of each language's `values`."""
    said = {
        language: _Section(
            language=language,
            subject=_line(letter, "subject", language, **values[language]),
            body=_prose(letter, "body", language, **values[language]),
            button="",
            url="",
        )
        for language in Language
    }
    return _compose(content, said, first, test_mode=test_mode, is_internal=is_internal)


def alert_letter(
    content: Content, facts: AlertFacts, *, base_url: str, first: Language, test_mode: bool
) -> ComposedLetter:
    """Returns the alert, or that it is over."""
    said = {language: _alert_section(content, facts, base_url, language) for language in Language}
    return _compose(content, said, first, test_mode=test_mode)


def _alert_section(content: Content, facts: AlertFacts, base_url: str, language: Language) -> _Section:
    values = {"number": facts.number, "host": facts.host, "case": facts.case}
    letter, subject = str(facts.kind), _line(facts.kind, "subject", language, **values)
    if facts.is_over:
        letter, values = OVER, {"subject": subject}
        subject = _line(OVER, "subject", language, **values)
    return _Section(
        language=language,
        subject=subject,
        body=_prose(letter, "body", language, **values),
        button=content.label("outage_page", language) if facts.number else "",
        url=outage_url(base_url, language, facts.number) if facts.number else "",
    )


def _compose(
    content: Content,
    said: Mapping[Language, _Section],
    first: Language,
    *,
    test_mode: bool,
    is_internal: bool = False,
) -> ComposedLetter:
    subject = in_both(Bilingual(*(said[language].subject for language in Language)), first)
    if test_mode:
        subject = f"[{in_both(content.labels['test_tag'], first)}] {subject}"
    body = lay_out(
        [part("letters/_base", said[language], content, language) for language in (first, first.other)],
        subject=subject,
        preheader=said[first].body[0],
        links={},
        test_mode=test_mode,
        is_internal=is_internal,
    )
    return ComposedLetter(subject, body)


def _prose(letter: str, name: str, language: Language, **values: object) -> tuple[str, ...]:
    return paragraphs(environment().get_template(f"letters/{letter}/{name}.{language}.txt").render(values))


def _line(letter: str, name: str, language: Language, **values: object) -> str:
    return " ".join(_prose(letter, name, language, **values))
