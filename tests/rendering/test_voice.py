"""The formats telephone platforms take: well-formed, escaped, tagged with their language."""

from xml.etree import ElementTree

import pytest

from outage_service.domain.broadcasts import BroadcastFormat, BroadcastLanguage, LineState
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Bilingual
from outage_service.rendering.broadcasts import LineMessage
from outage_service.rendering.script import spaced_digits
from outage_service.rendering.voice import broadcast_documents

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
TEXT = Bilingual('Less < more & "quoted" > ]]>', "Moins < plus & « cité »")
MESSAGE = LineMessage(HelpLine.CTSU, LineState.DELAY, TEXT, is_override=True)
DOCUMENTS = broadcast_documents([MESSAGE])
TAGS = {"en": ["en-CA"], "fr": ["fr-CA"], "both": ["en-CA", "fr-CA"]}
SAID = {"en": [TEXT.en], "fr": [TEXT.fr], "both": [TEXT.en, TEXT.fr]}


def parsed(language: str, form: str) -> ElementTree.Element:
    document = DOCUMENTS[f"ctsu/{language}.{form}"]
    assert isinstance(document, str)
    return ElementTree.fromstring(document.encode())  # noqa: S314 - our own output


def test_every_language_has_every_format() -> None:
    assert set(DOCUMENTS) == {f"ctsu/{lang}.{form}" for lang in BroadcastLanguage for form in BroadcastFormat}


def test_plain_text_is_the_text_alone() -> None:
    assert DOCUMENTS["ctsu/en.txt"] == TEXT.en
    assert DOCUMENTS["ctsu/fr.txt"] == TEXT.fr


def test_both_is_english_first_then_french() -> None:
    assert DOCUMENTS["ctsu/both.txt"] == f"{TEXT.en}\n{TEXT.fr}"


@pytest.mark.parametrize("language", ["en", "fr", "both"])
def test_json_has_both_languages_whatever_the_resource(language: str) -> None:
    assert DOCUMENTS[f"ctsu/{language}.json"] == {
        "line": "ctsu",
        "state": "delay",
        "text": {"en": TEXT.en, "fr": TEXT.fr},
        "stale": False,
        "override": True,
    }


@pytest.mark.parametrize("language", ["en", "fr", "both"])
def test_ssml_says_each_language_in_its_own_voice(language: str) -> None:
    root = parsed(language, "ssml")
    assert (root.tag, root.get("version")) == ("{http://www.w3.org/2001/10/synthesis}speak", "1.1")
    assert root.get(LANGUAGE) == TAGS[language][0]
    assert [part.get(LANGUAGE) for part in root] == TAGS[language]
    assert [part.text for part in root] == SAID[language]


@pytest.mark.parametrize("language", ["en", "fr", "both"])
def test_voicexml_prompts_in_each_language(language: str) -> None:
    root = parsed(language, "vxml")
    prompts = root.findall(".//{http://www.w3.org/2001/vxml}prompt")
    assert (root.tag, root.get("version")) == ("{http://www.w3.org/2001/vxml}vxml", "2.1")
    assert [prompt.get(LANGUAGE) for prompt in prompts] == TAGS[language]
    assert [prompt.text for prompt in prompts] == SAID[language]


@pytest.mark.parametrize("language", ["en", "fr", "both"])
def test_twiml_says_each_language(language: str) -> None:
    root = parsed(language, "twiml")
    assert root.tag == "Response"
    assert [(said.tag, said.get("language")) for said in root] == [("Say", tag) for tag in TAGS[language]]
    assert [said.text for said in root] == SAID[language]


def test_what_no_xml_may_contain_is_left_out_of_it() -> None:
    message = LineMessage(HelpLine.CTSU, LineState.NORMAL, Bilingual("bell\x07 and \ufffe", "b"))
    document = broadcast_documents([message])["ctsu/en.ssml"]
    assert isinstance(document, str)
    assert ElementTree.fromstring(document.encode())[0].text == "bell  and  "  # noqa: S314 - our own output


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("1-888-957-7224", "1 8 8 8 9 5 7 7 2 2 4"),
        ("+1-613-946-0762", "1 6 1 3 9 4 6 0 7 6 2"),
    ],
)
def test_a_telephone_number_is_read_digit_by_digit(number: str, spoken: str) -> None:
    assert spaced_digits(number) == spoken
