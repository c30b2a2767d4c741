"""Keeping the prepared pages true: built from the database, looked after every second or two (P21)."""

from collections.abc import Mapping
from typing import Protocol

from outage_service.content import Content
from outage_service.domain.broadcasts import line_facts
from outage_service.domain.status import StatusFacts, last_known, next_change_at, status_of, unknown_status
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Language
from outage_service.edge.holder import SnapshotHolder
from outage_service.edge.publish import lasting_files
from outage_service.edge.snapshot import Snapshot, Wording, build_snapshot, unknown_snapshot
from outage_service.rendering.broadcasts import (
    LineMessage,
    current_message,
    last_known_message,
    not_found_sentence,
    unknown_message,
)
from outage_service.rendering.status import last_known_page, status_object
from outage_service.rendering.voice import broadcast_documents
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.bulletins import latest_messages
from outage_service.storage.outages import outages_in_effect
from outage_service.storage.overrides import current_overrides
from outage_service.storage.state import state_version


class HomePages(Protocol):
    """Makes the first page of the site; `app` brings the one of `web`."""

    def __call__(self, facts: StatusFacts, *, is_stale: bool) -> Mapping[Language, str]:
        """Returns the page as HTML, in each language."""


def no_site(facts: StatusFacts, *, is_stale: bool) -> Mapping[Language, str]:  # noqa: ARG001
    """Returns no page: where only telephones and programs ask."""
    return {}


def nothing_known(content: Content, home: HomePages = no_site) -> Snapshot:
    """Returns what is served before the database was ever read: that nothing can be known."""
    messages = [unknown_message(line, content) for line in HelpLine]
    status = unknown_status()
    wording = Wording(
        broadcast_documents(messages), status_object(status, is_stale=True), home(status, is_stale=True)
    )
    return unknown_snapshot(wording, not_found=not_found_sentence(content))


class SnapshotKeeper:
    """Builds the snapshot of one process and publishes what may outlive it.

    Args:
        home: makes the first page of the site.
    """

    def __init__(
        self,
        engine: Engine,
        content: Content,
        holder: SnapshotHolder,
        home: HomePages = no_site,
    ) -> None:
        self._engine = engine
        self._content = content
        self._holder = holder
        self._home = home
        self._version = -1
        self._last_known: list[LineMessage] = []

    def refresh(self) -> None:
        """Rebuilds the snapshot from the database; raises, and keeps the old one, where that fails."""
        version = -1

        def build() -> Snapshot:
            nonlocal version
            with self._engine.db.read() as tx:
                version = state_version(tx)
                return self._read(tx)

        self._holder.refresh(build)
        # Only now that it is served: `check` must not take a version for told that is still being built.
        self._version = version

    def check(self) -> None:
        """Rebuilds if anything was written, here or elsewhere, or if the clock alone has changed something.

        Publishes what may outlive the process: here and not in `refresh`, whose caller has somebody waiting.
        """
        now, seconds = self._engine.clock(), self._holder.monotonic()  # of the question, not of its answer
        if self._has_changed() or self._holder.is_refresh_due(now):
            self.refresh()
        else:
            self._holder.confirm(now, seconds)
        if self._engine.publisher is not None:
            page = last_known_page(self._last_known)
            self._engine.publisher.publish(lasting_files(self._holder.current().snapshot, page))

    def look(self) -> None:
        """Rebuilds if what the public is told was changed, here or elsewhere; what a sender records is not.

        To be called every second and after each act: it costs a tenth of a millisecond where nothing was, and
        returns when whatever was committed before is told (decision 6).
        """
        if self._has_changed():
            self.refresh()

    def _has_changed(self) -> bool:
        with self._engine.db.read() as tx:
            return state_version(tx) != self._version

    def _read(self, tx: Connection) -> Snapshot:
        now = self._engine.clock()
        outages = outages_in_effect(tx)
        overrides = current_overrides(tx, now=now)
        status = status_of(outages, now, messages=latest_messages(tx, [outage.id for outage in outages]))
        facts = [line_facts(line, outages, now=now, override=overrides.get(line)) for line in HelpLine]
        self._last_known = [last_known_message(line, self._content) for line in facts]
        fresh = Wording(
            broadcast_documents(current_message(line, self._content) for line in facts),
            status_object(status, is_stale=False),
            self._home(status, is_stale=False),
        )
        old = last_known(status)
        stale = Wording(
            broadcast_documents(self._last_known),
            status_object(old, is_stale=True),
            self._home(old, is_stale=True),
        )
        return build_snapshot(
            as_of=now,
            valid_until=next_change_at(outages, overrides.values(), now),
            fresh=fresh,
            stale=stale,
            not_found=not_found_sentence(self._content),
        )
