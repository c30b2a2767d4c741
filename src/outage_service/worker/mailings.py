"""The last few mailings that a sender has read, their letters cut and ready to be filled in."""

import structlog

from outage_service.services import sending
from outage_service.services.engine import Engine
from outage_service.services.sending import ReadyMailing
from outage_service.storage import DatabaseError

log = structlog.get_logger(__name__)
MAILINGS_IN_MEMORY = 8


class RecentMailings:
    """Reads each mailing once, while it is among the last few asked for; for one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: dict[int, ReadyMailing] = {}

    def of(self, wanted: set[int]) -> dict[int, ReadyMailing]:
        """Returns the mailings with these ids; without those that cannot be used."""
        found = {mailing_id: self._kept.get(mailing_id) or self._read(mailing_id) for mailing_id in wanted}
        usable = {mailing_id: mailing for mailing_id, mailing in found.items() if mailing}
        self._kept = dict(list((self._kept | usable).items())[-MAILINGS_IN_MEMORY:])
        return usable

    def _read(self, mailing_id: int) -> ReadyMailing | None:
        try:
            return sending.prepare(self._engine, mailing_id)
        except DatabaseError:
            raise
        except Exception:
            # Its deliveries fail and are set aside (P10); the others must not wait for it.
            log.exception("mailing_fault", mailing_id=mailing_id)
            return None
