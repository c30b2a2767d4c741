"""The form of a message: text people can read, HTML mail programs can show, nothing anybody can inject."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import TemplateNotFound

from outage_service.channels.email.addresses import Sender
from outage_service.channels.email.letter import freeze
from outage_service.domain.bulletins import BulletinKind, Chapter
from outage_service.domain.letters import MAILING_LINKS, Letter, LetterSlot
from outage_service.domain.texts import Bilingual, Language
from outage_service.rendering.bulletins import BulletinComposer, ComposedBulletin
from outage_service.rendering.plain_text import WIDTH
from outage_service.rendering.templating import environment, paragraphs, require
from tests.builders import THURSDAY_10H, an_outage, bulletin_facts
from tests.rendering.reading import BASE_URL, COMPOSED, COMPOSER, CONTENT
from tests.rendering.stories import NEWS, STORIES

HOSTILE = "<script>alert(1)</script> & \"x\" 'y' {{ 7*7 }} {% raw %} </style>\n  two\n\nthree\t<b>"
VOID = {"br", "meta", "hr", "img", "link", "input"}
every_story = pytest.mark.parametrize("story", STORIES)
both = pytest.mark.parametrize("first", Language)


class Reader(HTMLParser):
    """Reads a page as mail programs do, and keeps what matters of it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "br":
            self.text += "\n"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def hostile() -> ComposedBulletin:
    """Returns a bulletin whose news, and whose earlier bulletin's news, are as bad as they can be."""
    message = Bilingual(HOSTILE, HOSTILE.replace("two", "deux"))
    earlier = (Chapter(1, BulletinKind.UPDATE, THURSDAY_10H, message),)
    return COMPOSER.compose(replace(bulletin_facts(an_outage(), message=message), earlier=earlier))


@every_story
@both
def test_html_is_well_formed_and_small(story: str, first: Language) -> None:
    """Mail programs cut off what is over about 100 kB."""
    html = COMPOSED[story].mail[first].html
    reader = Reader(html)
    assert (reader.unbalanced, reader.open) == ([], [])
    assert len(html.encode()) < 30_000


@every_story
@both
def test_lines_of_our_own_text_fit_76_columns(story: str, first: Language) -> None:
    fixed = CONTENT.wording.assume_ongoing
    lines = COMPOSED[story].mail[first].text.splitlines()
    long = [line for line in lines if len(line) > WIDTH and line not in (fixed.en, fixed.fr)]
    assert long == []


@every_story
@both
def test_the_chosen_language_comes_first_and_the_other_is_marked(story: str, first: Language) -> None:
    titles = {language: COMPOSED[story].page[language].html for language in Language}
    reader = Reader(titles[first])
    order = [attrs["lang"] for tag, attrs in reader.tags if tag == "td" and "lang" in attrs]
    assert order == [first, first.other]
    assert ("html", {"lang": first.value}) in reader.tags


@every_story
def test_the_languages_link_to_each_other(story: str) -> None:
    reader = Reader(COMPOSED[story].page[Language.EN].html)
    targets = {attrs["id"] for _, attrs in reader.tags if "id" in attrs}
    jumps = {str(attrs["href"])[1:] for _, attrs in reader.tags if str(attrs.get("href", "")).startswith("#")}
    assert jumps == targets == {"en", "fr"}


@every_story
@both
def test_a_message_loads_nothing_from_elsewhere(story: str, first: Language) -> None:
    reader = Reader(COMPOSED[story].mail[first].html)
    assert not {tag for tag, _ in reader.tags} & {
        "img",
        "link",
        "script",
        "iframe",
        "object",
        "form",
        "video",
    }
    assert not [attrs for _, attrs in reader.tags if {"src", "background", "onclick"} & attrs.keys()]
    assert "url(" not in COMPOSED[story].mail[first].html


@every_story
@both
def test_mail_can_be_left_and_the_page_has_no_personal_link(story: str, first: Language) -> None:
    """Unsubscribing in every message; a slot stands alone on its line of text."""
    mail, page = COMPOSED[story].mail[first], COMPOSED[story].page[first]
    for slot in MAILING_LINKS:
        assert mail.text.splitlines().count(slot) == 1
        assert mail.html.count(f'href="{slot}"') == 2
    assert not any(slot in page.text + page.html for slot in LetterSlot)


@every_story
@both
def test_what_is_composed_can_be_sent(story: str, first: Language) -> None:
    bulletin = COMPOSED[story]
    letter = Letter(
        subject=bulletin.subject[first],
        text=bulletin.mail[first].text,
        html=bulletin.mail[first].html,
        first=first,
        links=MAILING_LINKS,
        list_name="bulletins",
    )
    frozen = freeze(letter, sender=Sender.parse("outages@example.org"), issued_at=THURSDAY_10H)
    assert frozen.isascii()


def test_styles_stand_in_attributes_and_media_rules_above() -> None:
    html = COMPOSED["initial"].mail[Language.EN].html
    assert re.search(r'<h1 style="[^"]*font-size:\s?24px', html)
    assert "@media (prefers-color-scheme: dark)" in html
    assert "max-width: 480px" in html.replace("max-width:480px", "max-width: 480px")


def test_a_mail_program_that_drops_the_head_keeps_the_frame_and_the_facts_apart() -> None:
    body = COMPOSED["initial"].mail[Language.EN].html.partition("</head>")[2]
    assert re.search(r'class="bar bar-outage"[^>]*background:#a3201d', body)
    assert re.search(r'class="card"[^>]*color:#1a2029', body)
    assert '<table class="facts" cellpadding="5"' in body


def test_status_is_told_by_a_word_and_a_shape_not_by_colour_alone() -> None:
    marks = set()
    for story in ("initial", "delay", "advance", "resolved", "cancelled"):
        html = COMPOSED[story].page[Language.EN].html
        marks.update(re.findall(r'aria-hidden="true"[^>]*>(.)<', html))
    assert len(marks) == 5


def test_operators_text_is_escaped_and_its_lines_are_kept() -> None:
    """P28"""
    bulletin = hostile()
    for first in Language:
        html = bulletin.mail[first].html
        reader = Reader(html)
        assert "<script" not in html
        assert "<b>" not in html
        assert HOSTILE in reader.text
        assert (reader.unbalanced, reader.open) == ([], [])


def test_operators_text_is_never_altered() -> None:
    bulletin = hostile()
    for first in Language:
        assert bulletin.mail[first].text.count(HOSTILE) == 2
        assert bulletin.page[first].text.count(HOSTILE) == 2


def test_operators_text_is_no_template() -> None:
    assert "49" not in Reader(hostile().page[Language.EN].html).text


def test_line_breaks_of_any_system_are_line_breaks() -> None:
    message = Bilingual("one\r\ntwo\rthree", "un\ndeux")
    html = COMPOSER.compose(bulletin_facts(an_outage(), message=message)).page[Language.EN].html
    assert "one<br>two<br>three" in html
    assert "un<br>deux" in html


def test_test_mode_marks_every_part_of_every_body() -> None:
    """P33"""
    marked = BulletinComposer(CONTENT, BASE_URL, test_mode=True).compose(STORIES["initial"])
    for body in (*marked.mail.values(), *marked.page.values()):
        for warning in (CONTENT.labels["test_banner"].en, CONTENT.labels["test_banner"].fr):
            assert warning in body.text
            assert warning in unescape(body.html)
    assert CONTENT.labels["test_banner"].en not in COMPOSED["initial"].mail[Language.EN].text


def test_the_preheader_is_the_first_thing_said() -> None:
    """Lists of messages show it beside the subject."""
    html = COMPOSED["initial"].mail[Language.FR].html
    assert re.search(r"<body[^>]*>\s*<div[^>]*>Une panne touche l’EDI depuis", html)


def test_the_message_says_that_software_wrote_it() -> None:
    for language in Language:
        assert CONTENT.labels["about"][language] in COMPOSED["initial"].mail[Language.EN].html


def test_an_unknown_variable_is_an_error_never_a_blank() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_every_html_template_is_named_so_that_it_is_escaped() -> None:
    names = environment().list_templates()
    assert any(name.endswith(".html") for name in names)
    assert {name.rsplit(".", 1)[1] for name in names} == {"html", "txt", "css"}


def test_a_missing_text_is_found_before_the_first_bulletin() -> None:
    with pytest.raises(TemplateNotFound):
        require(["bulletins/advance/lead.de.txt"])


def test_paragraphs_break_at_blank_lines_and_never_at_a_no_break_space() -> None:
    assert paragraphs("one\n  two\u00a0:\n\n \nthree \n") == ("one two\u00a0:", "three")


def test_news_is_shown_as_it_was_written() -> None:
    assert NEWS.en in COMPOSED["periodic"].mail[Language.EN].text
