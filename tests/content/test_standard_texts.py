"""Standard texts: every situation of every system, complete and equally careful in both languages."""

import pytest

from outage_service.content import load_content
from outage_service.content.standard_texts import (
    FieldKind,
    Premise,
    StandardText,
    Use,
    WrongStandardText,
    read_standard_texts,
    standard_texts,
)
from outage_service.domain.parity import parity_hints
from outage_service.domain.systems import CATALOGUE, Direction, System
from outage_service.domain.texts import Bilingual
from outage_service.services.standard_texts import sample_of
from tests.content.typography import faults
from tests.content.walk import lacking

ALL = list(standard_texts().values())
TERMS = [(term.en, term.fr) for term in load_content().glossary]
FILE = """
several:
  the: {{en: the systems, fr: les systèmes}}
  of: {{en: of the systems, fr: des systèmes}}
situations:
  gone:
    name: {{en: Gone, fr: Parti}}
    uses: [update]
    fields: {fields}
    text: {{en: "{english}", fr: "{french}"}}
"""


def read(english: str, french: str, fields: str = "{}") -> dict[str, StandardText]:
    written = FILE.format(english=english, french=french, fields=fields)
    return dict(read_standard_texts(written, load_content().systems))


@pytest.mark.parametrize("system", System)
@pytest.mark.parametrize("use", Use)
def test_every_act_has_a_text_for_every_system(system: System, use: Use) -> None:
    assert [text for text in ALL if use in text.uses and text.system in (system, None)]


@pytest.mark.parametrize("system", System)
def test_every_system_has_its_own_text_for_delays_and_outages(system: System) -> None:
    directions = [way for way in Direction if way is not Direction.BOTH and CATALOGUE[system].has_directions]
    wanted = {f"{system}_delay", f"{system}_outage", *(f"{system}_outage_{way}" for way in directions)}
    assert wanted <= set(standard_texts())


@pytest.mark.parametrize("text", ALL, ids=lambda text: text.id)
def test_a_text_is_well_set_and_says_the_same_in_both_languages(text: StandardText) -> None:
    sample = sample_of(text)
    assert faults(sample.fr) == []
    assert lacking(load_content().glossary, sample) == []
    assert parity_hints(sample, TERMS) == ()
    assert (faults(text.name.fr), "{" in sample.en + sample.fr) == ([], False)


def test_a_text_without_a_name_in_it_stands_once() -> None:
    assert list(read("It is over.", "C’est fini.")) == ["gone"]


def test_a_text_with_a_name_stands_for_every_system_and_for_several() -> None:
    found = read("Service {of} is over.", "Le service {of} est fini.")
    assert set(found) == {"gone", *(f"{system}_gone" for system in System)}
    assert found["swi_gone"].pattern == Bilingual(
        "Service of the Single Window Initiative is over.",
        "Le service de l’Initiative du guichet unique est fini.",
    )
    assert found["gone"].pattern.fr == "Le service des systèmes est fini."


def test_fields_are_kept_with_their_types() -> None:
    found = read("Since {since}.", "Depuis {since}.", "{since: time}")
    assert found["gone"].fields == {"since": FieldKind.TIME}


@pytest.mark.parametrize(
    ("english", "french"),
    [("Since {since}.", "Depuis."), ("Since.", "Depuis {since}."), ("{since} {x}", "{since} {x}")],
)
def test_a_text_must_use_its_fields_in_both_languages(english: str, french: str) -> None:
    with pytest.raises(WrongStandardText, match=r"gone, (en|fr): its places must be"):
        read(english, french, "{since: time}")


def test_what_a_text_says_of_procedures_and_of_planned_work_is_stated_in_the_file() -> None:
    """R6, R17: forms leave a text out where it would not be true, and choose with it what it says."""
    said = {(text.situation, text.says) for text in ALL if text.says is not None}
    assert said == {
        ("resolved_backlog", Premise.PROCEDURES_REMAIN),
        ("window_moved", Premise.PLANNED_WORK),
        ("taking_longer", Premise.PLANNED_WORK),
    }
