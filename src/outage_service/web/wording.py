"""What the pages and the public answers say, from `wording.yaml`."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from outage_service.domain.texts import Bilingual

_FILE = Path(__file__).resolve().parent / "wording.yaml"


class WebWording(BaseModel):
    """Every text in both languages; a missing one stops the service from starting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted: Bilingual
    service: Bilingual
    jump: Bilingual
    confirm_title: Bilingual
    confirm_text: Bilingual
    confirm_button: Bilingual
    confirmed_title: Bilingual
    confirmed_text: Bilingual
    manage_title: Bilingual
    manage_link: Bilingual
    left_text: Bilingual
    saved_text: Bilingual
    language_label: Bilingual
    english: Bilingual
    french: Bilingual
    systems_label: Bilingual
    kinds_label: Bilingual
    none_means_all: Bilingual
    all_systems: Bilingual
    all_kinds: Bilingual
    save_button: Bilingual
    leave_title: Bilingual
    leave_text: Bilingual
    leave_button: Bilingual
    gone_title: Bilingual
    gone_text: Bilingual
    return_link: Bilingual
    unknown_title: Bilingual
    unknown_text: Bilingual
    unavailable_title: Bilingual
    unavailable_text: Bilingual
    refused_title: Bilingual
    refused_text: Bilingual


@cache
def load_wording() -> WebWording:
    """Returns the wording, complete in both languages.

    Raises:
        pydantic.ValidationError: a text or a language is missing, or is one nobody knows.
    """
    return WebWording.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
