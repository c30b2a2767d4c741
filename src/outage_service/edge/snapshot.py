"""Everything the public asks for most, prepared before it is asked for (P21, P23)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from outage_service.domain.texts import Language
from outage_service.edge.pages import Document, JsonObject, Page, html_page, not_found_page, page_of

BROADCAST_PREFIX = "/v1/broadcast/"
STATUS_PATH = "/v1/status"
HOME_PATHS: Mapping[str, Language] = MappingProxyType({f"/{language}/": language for language in Language})
"""Where the site begins, in each language."""

RENEWED_AFTER = timedelta(minutes=1)
"""A message tells its time: a live process tells one that is no older than this."""
CLOCK_SLACK = timedelta(seconds=2)
"""How long a snapshot is still served past `valid_until`: the moment it takes to make the next one."""

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wording:
    """What all pages say in one frame of mind: fresh, last known, or not known at all.

    `broadcasts` is keyed `tccu/en.txt`; JSON objects come without `as_of` and `age_seconds`. `home` is the
    page where the site begins, as HTML.
    """

    broadcasts: Mapping[str, Document]
    status: JsonObject
    home: Mapping[Language, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The pages by path, as of one reading of the database.

    `as_of` is None where nothing was ever read. From `valid_until` on, the clock alone has changed what
    is true. `stale_wording` is what `stale` was made of, for the files that outlive the process.
    """

    as_of: datetime | None
    valid_until: datetime | None
    fresh: Mapping[str, Page]
    stale: Mapping[str, Page]
    stale_wording: Wording
    not_found: Page

    @property
    def told_from(self) -> datetime:
        """The instant before which it is not told as known: the clock was set back; never, if never read."""
        return _END_OF_TIME if self.as_of is None else self.as_of - CLOCK_SLACK

    @property
    def told_until(self) -> datetime:
        """The instant from which it is not told as known any more: the clock has made it untrue."""
        return _END_OF_TIME if self.valid_until is None else self.valid_until + CLOCK_SLACK

    def is_due(self, now: datetime) -> bool:
        """Returns whether to read and build anew although nothing was written."""
        if self.as_of is None or not self.as_of <= now < self.as_of + RENEWED_AFTER:
            return True
        return self.valid_until is not None and now >= self.valid_until


def build_snapshot(
    *, as_of: datetime, valid_until: datetime | None, fresh: Wording, stale: Wording, not_found: str
) -> Snapshot:
    """Returns the snapshot of what was read at `as_of`, in service time.

    Args:
        as_of: when the database was read.
        valid_until: when the clock alone next changes what is true (`domain.status.next_change_at`).
        fresh: what a process says that has just checked.
        stale: what stays true however old it gets (R11): it never says "normal".
        not_found: the sentence for a line or a format that does not exist.
    """
    return Snapshot(
        as_of=as_of,
        valid_until=valid_until,
        fresh=_pages(fresh),
        stale=_pages(stale),
        stale_wording=stale,
        not_found=not_found_page(not_found),
    )


def unknown_snapshot(wording: Wording, *, not_found: str) -> Snapshot:
    """Returns what is said before anything was ever read: that nothing can be known."""
    pages = _pages(wording)
    return Snapshot(
        as_of=None,
        valid_until=None,
        fresh=pages,
        stale=pages,
        stale_wording=wording,
        not_found=not_found_page(not_found),
    )


def _pages(wording: Wording) -> Mapping[str, Page]:
    pages = {
        BROADCAST_PREFIX + key: page_of(key.rpartition("/")[2], document)
        for key, document in wording.broadcasts.items()
    }
    pages[STATUS_PATH] = page_of("status.json", wording.status)
    for path, language in HOME_PATHS.items():
        if language in wording.home:
            pages[path] = html_page(language, wording.home[language])
    return MappingProxyType(pages)
