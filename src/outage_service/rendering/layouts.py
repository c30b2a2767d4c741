"""From words to a message: plain text, and HTML whose styles stand where every mail program sees them.

Each language's part is laid out once, by `<folder>/part.txt` and `part.html`; `templates/shell/` puts the two
together in either order.
"""

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
    parts: Sequence[Part], *, subject: str, preheader: str, links: Mapping[str, str], test_mode: bool
) -> LetterBody:
    """Returns the message of two parts, in their order; `links` are the reader's own, if any."""
    values = {"parts": parts, "subject": subject, "links": links, "test_mode": test_mode}
    text = environment().get_template("shell/mail.txt").render(values, plain=plain_text)
    html = environment().get_template("shell/mail.html").render(values, preheader=preheader)
    return LetterBody(f"{text.strip()}\n", inlined(html))


def verbatim(message: str) -> Markup:
    """Returns an operator's text as HTML, unaltered: escaped, its line breaks kept."""
    lines = message.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Markup("<br>").join(escape(line) for line in lines)


def inlined(html: str) -> str:
    """Returns `html` with its style sheet in `style` attributes; a sheet marked `keep` stays.

    Many mail programs drop a style sheet, and only those that keep one know `@media`.
    """
    return _inliner().inline(html)


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
