"""Answers kept for repeated requests, in the transaction of their effect (P18)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from outage_service.storage.locks import take_turns
from outage_service.storage.schema import idempotency

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered, and the digest of the request it answered."""

    request_digest: str
    status: int
    headers: dict[str, str]
    body: str


def wait_for_turn(tx: Connection, *, token_id: int, path: str, key: str) -> None:
    """Makes requests with one key wait for each other until their transactions end."""
    take_turns(tx, f"idempotency {token_id} {path} {key}")


def find_answer(tx: Connection, *, token_id: int, path: str, key: str, now: datetime) -> KeptAnswer | None:
    """Returns what this key was answered within the last 24 h."""
    row = tx.execute(
        select(idempotency).where(
            idempotency.c.token_id == token_id,
            idempotency.c.path == path,
            idempotency.c.key == key,
            idempotency.c.created_at > now - KEPT_FOR,
        )
    ).one_or_none()
    return KeptAnswer(row.request_digest, row.status, row.headers, row.body) if row else None


def keep_answer(
    tx: Connection, answer: KeptAnswer, *, token_id: int, path: str, key: str, now: datetime
) -> None:
    """Keeps an answer and forgets those past their time."""
    tx.execute(delete(idempotency).where(idempotency.c.created_at <= now - KEPT_FOR))
    tx.execute(
        insert(idempotency).values(
            token_id=token_id,
            path=path,
            key=key,
            request_digest=answer.request_digest,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            created_at=now,
        )
    )
