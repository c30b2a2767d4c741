"""Records of outages, and the codes by which whoever is handed one can confirm it (R107).

A code is `<number>-<sequence>-<digest><mac>`: the outage, its newest bulletin then, the beginning of the
digest of all that the record says, and of the HMAC of these three. Nothing is stored: a code that we gave is
genuine for ever, and whether the record still says the same is seen by comparing digests.
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from outage_service.domain.records import ChainPosition, OutageRecord, RecordedBulletin, record_of
from outage_service.services import queries
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage import Connection, audit
from outage_service.storage.archive import outage_id_of
from outage_service.storage.audit import AuditFilter

_PURPOSE = "outage-record"
_BYTES = 10
"""Of digest and mac each: 16 characters."""
_CLOCKED = ("state", "as_of")
"""What the clock alone changes: it is shown and is no part of what the code confirms."""
_LOOKED_AT = 200
"""Rows of the audit log that notes and alerts may have put after the newest bulletin's."""
_CODE = re.compile(r"(TCC\d{2}-\d{4,5})-(\d{1,9})-([A-Z2-7]{16})([A-Z2-7]{16})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CodedRecord:
    """A record and the code that confirms it."""

    record: OutageRecord
    code: str


def find_record(engine: Engine, tx: Connection, outage_id: int) -> CodedRecord:
    """Returns the record of an outage as it stands now.

    Raises:
        NotFound: there is no outage with this id.
    """
    view = queries.find_outage(tx, outage_id)
    bulletins = tuple(RecordedBulletin(one.sequence, one.kind, one.issued_at) for one in view.bulletins)
    chained = _chained(tx, outage_id, view.outage.sequence)
    record = record_of(view.outage, bulletins, chained, now=engine.clock(), calendar=engine.calendar)
    return CodedRecord(record, _code(engine.secret_key, record.number, record.sequence, _digest(record)))


def _chained(tx: Connection, outage_id: int, sequence: int) -> ChainPosition | None:
    rows = audit.list_rows(tx, AuditFilter(outage_id=outage_id), before_id=None, limit=_LOOKED_AT)
    found = next((row for row in rows if row.detail.get("sequence") == sequence), None)
    if found is None or found.position is None or found.digest is None:
        return None
    return ChainPosition(found.position, found.digest)


def _digest(record: OutageRecord) -> str:
    said = {name: value for name, value in asdict(record).items() if name not in _CLOCKED}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), default=_instant)
    return _short(hashlib.sha256(canonical.encode()).digest())


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _short(digest: bytes) -> str:
    return base64.b32encode(digest[:_BYTES]).decode()


def _code(key: bytes, number: str, sequence: int, digest: str) -> str:
    said = f"{number}-{sequence}-{digest}"
    return said + _short(hmac.digest(key, f"{_PURPOSE}:{said}".encode(), "sha256"))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What becomes of a genuine code: the outage's record now, and whether it still says the same."""

    current: CodedRecord
    outage_id: int
    sequence: int
    is_unchanged: bool


def confirm(engine: Engine, tx: Connection, code: str) -> Confirmation:
    """Returns what a code confirms; it may be given in small letters and with blanks around it.

    Raises:
        NotFound: this service did not give it.
    """
    match = _CODE.fullmatch(code.strip().upper())
    if match is None:
        raise NotFound("record with this code", "")
    number, sequence, digest = match[1], int(match[2]), match[3]
    genuine = _code(engine.secret_key, number, sequence, digest)
    outage_id = outage_id_of(tx, number) if hmac.compare_digest(genuine, match[0]) else None
    if outage_id is None:
        raise NotFound("record with this code", "")
    current = find_record(engine, tx, outage_id)
    is_unchanged = (current.record.sequence, _digest(current.record)) == (sequence, digest)
    return Confirmation(current, outage_id, sequence, is_unchanged)
