"""Records of outages, and the codes by which whoever is handed one can confirm it (R107).

A code is `<number>-<sequence>-<digest><mac>`: the outage, its newest bulletin then, the beginning of the
digest of all that the record says, and of the HMAC of these three. Nothing is stored: a code that we gave is
genuine for ever, and whether the record still says the same is seen by comparing digests. No code is given
for a record that the audit log does not bear out (`evidence`).
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from outage_service.domain.records import ChainPosition, OutageRecord, RecordedBulletin, record_of
from outage_service.services import evidence, queries
from outage_service.services.engine import Engine
from outage_service.services.errors import NotBorneOut, NotFound
from outage_service.storage import Connection
from outage_service.storage.archive import outage_id_of
from outage_service.storage.audit import AuditRow

_PURPOSE = "outage-record"
_BYTES = 10
"""Of digest and mac each: 16 characters."""
_CLOCKED = ("state", "as_of")
"""What the clock alone changes: it is shown and is no part of what the code confirms."""
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
        NotBorneOut: the audit log tells otherwise.
    """
    coded, is_borne_out = _read(engine, tx, outage_id)
    if not is_borne_out:
        raise NotBorneOut(coded.record.number)
    return coded


def _read(engine: Engine, tx: Connection, outage_id: int) -> tuple[CodedRecord, bool]:
    view = queries.find_outage(tx, outage_id)
    bulletins = tuple(RecordedBulletin(one.sequence, one.kind, one.issued_at) for one in view.bulletins)
    rows = evidence.rows_of(tx, outage_id)
    chained = _chained(rows, view.outage.sequence)
    record = record_of(view.outage, bulletins, chained, now=engine.clock(), calendar=engine.calendar)
    code = _code(engine.secret_key, record.number, record.sequence, _digest(record))
    return CodedRecord(record, code), evidence.bear_out(tx, rows, view.outage)


def _chained(rows: list[AuditRow], sequence: int) -> ChainPosition | None:
    found = next((row for row in rows if row.detail["sequence"] == sequence), None)
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
    """What becomes of a genuine code: the outage's record now, and whether it still says the same.

    `is_borne_out` is whether the audit log bears out the record as it is now.
    """

    current: OutageRecord
    outage_id: int
    sequence: int
    is_unchanged: bool
    is_borne_out: bool


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
    coded, is_borne_out = _read(engine, tx, outage_id)
    record = coded.record
    is_unchanged = (record.sequence, _digest(record)) == (sequence, digest)
    return Confirmation(record, outage_id, sequence, is_unchanged, is_borne_out)
