"""One public page as bytes: made when the state changes, answered without any further work.

To add a format: its suffix in `_CONTENT_TYPES`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outage_service.domain.texts import Language

Headers = tuple[tuple[bytes, bytes], ...]
JsonObject = Mapping[str, object]
Document = str | JsonObject
"""What a page says: text, or a JSON object to which `as_of` and `age_seconds` are added per request."""

_CONTENT_TYPES = {
    "txt": b"text/plain; charset=utf-8",
    "ssml": b"application/ssml+xml; charset=utf-8",
    "vxml": b"application/voicexml+xml; charset=utf-8",
    "twiml": b"text/xml; charset=utf-8",
    "json": b"application/json",
}
_CONTENT_LANGUAGES = {"en": b"en-CA", "fr": b"fr-CA"}
_BOTH_LANGUAGES = b"en-CA, fr-CA"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy of a page of the site: what it needs comes from here, and stands in files."""
STAY_ON_HTTPS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""The header for readers who come by HTTPS."""
_BRIEFLY = b"public, max-age=5, must-revalidate"
"""Caches may keep a page for moments only, and must not serve it when it is old: it may say "normal"."""
_NOT_AT_ALL = b"no-store"


@dataclass(frozen=True, slots=True)
class Page:
    """A prepared answer; `splice` is where `as_of` and `age_seconds` go into the body, None in plain text.

    `etag` is bare, without quotes and without `W/`. The headers lack the length only where there is a splice.
    """

    status: int
    body: bytes
    etag: bytes
    headers: Headers
    unchanged_headers: Headers
    splice: int | None = None

    def at(self, as_of: bytes, age_seconds: bytes) -> tuple[Headers, bytes]:
        """Returns headers and body as answered now; both arguments are JSON values."""
        if self.splice is None:
            return self.headers, self.body
        stamp = b'"as_of":%b,"age_seconds":%b,' % (as_of, age_seconds)
        body = self.body[: self.splice] + stamp + self.body[self.splice :]
        return (*self.headers, _length(body)), body


def page_of(name: str, document: Document) -> Page:
    """Returns the page `name` (`en.txt`, `status.json`), whose suffix gives its type and its language."""
    stem, _, suffix = name.rpartition(".")
    if not isinstance(document, str):
        return _page(to_json(document), _CONTENT_TYPES[suffix], _BOTH_LANGUAGES, splice=1)
    language = _CONTENT_LANGUAGES.get(stem, _BOTH_LANGUAGES)
    return _page(document.encode(), _CONTENT_TYPES[suffix], language)


def html_page(language: Language, html: str) -> Page:
    """Returns a page of the site, with the headers that such a page has anywhere."""
    body = html.encode()
    etag = _etag(body)
    unchanged = ((b"etag", b'"%b"' % etag), (b"cache-control", _BRIEFLY))
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", _CONTENT_LANGUAGES[language]),
        (b"content-security-policy", PAGE_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        *unchanged,
        _length(body),
    )
    return Page(200, body, etag, headers, unchanged)


def not_found_page(sentence: str) -> Page:
    """Returns the 404 that a telephone platform may well read out."""
    body = sentence.encode()
    headers = (
        (b"content-type", _CONTENT_TYPES["txt"]),
        (b"content-language", _BOTH_LANGUAGES),
        (b"cache-control", _NOT_AT_ALL),
        (b"x-content-type-options", b"nosniff"),
        _length(body),
    )
    return Page(404, body, b"", headers, headers)


def to_json(document: JsonObject) -> bytes:
    """Returns `document` as compact UTF-8 JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def stamped_json(document: JsonObject, *, as_of: str | None) -> bytes:
    """Returns `document` with an `as_of` and no age: a file cannot know how old it is."""
    return to_json({"as_of": as_of, "age_seconds": None, **document})


def _page(body: bytes, content_type: bytes, language: bytes, splice: int | None = None) -> Page:
    etag = _etag(body)
    # The age differs in every answer and the facts do not: such a page is the same only in meaning.
    quoted = b'"%b"' % etag if splice is None else b'W/"%b"' % etag
    unchanged = ((b"etag", quoted), (b"cache-control", _BRIEFLY))
    headers = (
        (b"content-type", content_type),
        (b"content-language", language),
        (b"x-content-type-options", b"nosniff"),
        *unchanged,
    )
    complete = headers if splice else (*headers, _length(body))
    return Page(200, body, etag, complete, unchanged, splice)


def _etag(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:32].encode()


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % len(body)


def is_listed(etag: bytes, if_none_match: Iterable[bytes]) -> bool:
    """Returns whether an `If-None-Match` names `etag`; the comparison is weak (RFC 9110, 13.1.2)."""
    return any(
        tag.strip().removeprefix(b"W/").strip(b'"') in (etag, b"*")
        for value in if_none_match
        for tag in value.split(b",")
    )
