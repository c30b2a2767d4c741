"""From words to a message: plain text, and HTML whose styles stand where every mail program sees them.

Each language's part is laid out once, by `<folder>/part.txt` and `part.html`; `templates/shell/` puts the two
together in either order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import css_inline
from markupsafe import Markup, escape

from outage_service.content import Content
from outage_service.domain.texts import Language
from outage_service.rendering import plain_text
from outage_service.rendering.templating import environment
from outage_service.rendering.words import Words

_BETWEEN_ELEMENTS = re.compile(r">\s*\n\s*<")
_FOR_AUTHORS = re.compile(
    r"/\*.*?\*/|;\s*(?=\})|(?<=[{};,])\s+|\s+(?=[{!])|(?<=[a-z]:) (?!dark)|\s+\Z", re.DOTALL
)
"""What a browser does not need of a style sheet: comments, last semicolons, blanks beside punctuation."""


@dataclass(frozen=True, slots=True)
class LetterBody:
    """The two bodies of a message, one the twin of the other."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Part:
    """One language's part, laid out; `html` is not inlined yet."""

    words: Words
    text: str
    html: Markup

    @property
    def language(self) -> Language:
        """The language of the part."""
        return self.words.language


def part(folder: str, section: object, content: Content, language: Language) -> Part:
    """Returns the part that the templates of `folder` make of `section`, which they call `s`."""
    words = Words(content, language)
    text = environment().get_template(f"{folder}/part.txt").render(s=section, words=words, plain=plain_text)
    html = environment().get_template(f"{folder}/part.html").render(s=section, words=words, verbatim=verbatim)
    return Part(words, text.strip("\n"), Markup(html))  # noqa: S704 - it comes out of an escaping template


def lay_out(
    parts: Sequence[Part],
    *,
    subject: str,
    preheader: str,
    links: Mapping[str, str],
    test_mode: bool,
    is_internal: bool = False,
) -> LetterBody:
    """Returns the message of two parts, in their order; `links` are the reader's own, if any.

    What `is_internal` says above and below that it is for regional operations only (R12).
    """
    values = {
        "parts": parts,
        "subject": subject,
        "links": links,
        "test_mode": test_mode,
        "is_internal": is_internal,
    }
    text = environment().get_template("shell/mail.txt").render(values, plain=plain_text)
    html = environment().get_template("shell/mail.html").render(values, preheader=preheader)
    return LetterBody(f"{text.strip()}\n", inlined(html))


def verbatim(message: str) -> Markup:
    """Returns an operator's text as HTML, unaltered: escaped, its line breaks kept."""
    lines = message.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Markup("<br>").join(escape(line) for line in lines)


def inlined(html: str) -> str:
    """Returns `html` with `mail.css` in `style` attributes and the sheets of `head.html` in its head.

    Some mail programs drop every sheet, and only those that keep one know `@media`. Line breaks between
    elements go: every byte is sent to every subscriber. Verbatim text has none, only `<br>`.
    """
    laid_out = _inliner().inline(_BETWEEN_ELEMENTS.sub("><", html))
    return laid_out.replace("</head>", f"{_kept_head()}</head>", 1)


@cache
def _kept_head() -> str:
    head = environment().get_template("shell/head.html").render(sheet=_sheet)
    return _BETWEEN_ELEMENTS.sub("><", head).strip()


def _sheet(name: str) -> Markup:
    """Returns a style sheet without what is for its authors."""
    source = environment().get_template(name).render()
    return Markup(_FOR_AUTHORS.sub("", source).strip())  # noqa: S704 - a file of ours, no text of others


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
