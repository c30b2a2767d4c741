"""Reading bulletins in tests: the parts of a composed one, and its text in one line."""

from dataclasses import fields, is_dataclass

from outage_service.content import load_content
from outage_service.domain.bulletins import BulletinFacts
from outage_service.domain.texts import Language
from outage_service.rendering.bulletins import BulletinComposer
from outage_service.rendering.sections import Section, section
from tests.rendering.stories import STORIES

CONTENT = load_content()
BASE_URL = "https://outages.example.org"
COMPOSER = BulletinComposer(CONTENT, BASE_URL)
COMPOSED = {story: COMPOSER.compose(facts) for story, facts in STORIES.items()}
"""Every story's bulletin, composed once."""


def parts(facts: BulletinFacts) -> tuple[Section, Section]:
    """Returns what the bulletin says in English and in French."""
    english, french = (section(facts, CONTENT, language, base_url=BASE_URL) for language in Language)
    return english, french


def flat(facts: BulletinFacts) -> str:
    """Returns the plain text in one line, no-break spaces as spaces."""
    return spaced(COMPOSER.compose(facts).page[Language.EN].text)


def spaced(text: str) -> str:
    """Returns `text` in one line with ordinary spaces only."""
    return " ".join(text.split())


def own_words(part: Section) -> list[str]:
    """Returns every string of a part that is ours, operators' texts left out."""

    def strings(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, tuple):
            return [text for one in value for text in strings(one)]
        if is_dataclass(value) and not isinstance(value, type):
            return [
                text for f in fields(value) if f.name != "message" for text in strings(getattr(value, f.name))
            ]
        return []

    return strings(part)
