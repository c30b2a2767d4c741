"""Letters about clients' own outages: to who reported one, to the regions, to who deals with incidents.

To add one: a member of `CaseLetter` and a folder in `templates/letters/` with its subject and body in both
languages. Subjects hold the case number alone: what a client has said never stands in a header.
"""

from collections.abc import Mapping
from enum import StrEnum

from outage_service.content import Content
from outage_service.domain.external_outages import ExternalOutage
from outage_service.domain.texts import Language
from outage_service.rendering.letters import ComposedLetter, written_letter
from outage_service.rendering.words import Words


class CaseLetter(StrEnum):
    """The letters about a client's outage."""

    REPORTED = "external_reported"
    REGIONAL = "external_regional"
    REGIONAL_OVER = "external_regional_over"
    REGIONAL_CALLED_OFF = "external_regional_called_off"
    ESCALATION = "external_escalation"

    @property
    def is_internal(self) -> bool:
        """Whether it is for regional operations only (R12)."""
        return self in (CaseLetter.REGIONAL, CaseLetter.REGIONAL_OVER, CaseLetter.REGIONAL_CALLED_OFF)


def case_letter(
    content: Content, letter: CaseLetter, outage: ExternalOutage, first: Language, *, test_mode: bool
) -> ComposedLetter:
    """Returns a letter about a client's outage."""
    values = {language: _values(Words(content, language), outage) for language in Language}
    return written_letter(content, letter, values, first, test_mode=test_mode, is_internal=letter.is_internal)


def _values(words: Words, outage: ExternalOutage) -> Mapping[str, object]:
    return {
        "outage": outage,
        "case": outage.case_number,
        "when": words.moment,
        "systems": words.joined([words.name(system) for system in outage.systems]),
        "numbers": words.joined([number.number for number in words.content.lines[outage.line].numbers]),
    }
