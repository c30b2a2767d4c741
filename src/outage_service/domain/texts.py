"""Text in the two official languages. Neither is a fallback for the other."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """The official languages; a subscriber's language is the one that comes first."""

    EN = "en"
    FR = "fr"

    @property
    def other(self) -> "Language":
        """The other official language."""
        return Language.FR if self is Language.EN else Language.EN


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One text in English and French; both are required and neither is blank."""

    en: str
    fr: str

    def __post_init__(self) -> None:
        if not self.en.strip() or not self.fr.strip():
            raise ValueError("a bilingual text needs both languages")

    def __getitem__(self, language: Language) -> str:
        return self.en if language is Language.EN else self.fr
