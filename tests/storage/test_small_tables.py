"""Numbers, notes, overrides, tokens, the audit log and kept answers as rows."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from outage_service.domain.broadcasts import Override
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Bilingual
from outage_service.storage import audit, idempotency, notes, overrides, tokens
from outage_service.storage.bulletin_numbers import take_number
from outage_service.storage.database import Database
from outage_service.storage.idempotency import KEPT_FOR, KeptAnswer
from outage_service.storage.schema import audit as audit_table
from outage_service.storage.schema import idempotency as kept_table
from outage_service.storage.schema import number_counter
from outage_service.storage.state import state_version
from outage_service.storage.tokens import TokenRecord
from tests.builders import MESSAGE, THURSDAY_10H
from tests.storage.rows import a_stored_outage

SECOND = timedelta(seconds=1)
ANSWER = KeptAnswer("digest", 201, {"Location": "/v1/outages/1"}, '{"id": 1, "é": "…"}')


def test_numbers_count_within_their_year(db: Database) -> None:
    """`TCCyy-nnnn`."""
    taken = [db.write(lambda tx, year=year: take_number(tx, year)) for year in (2026, 2026, 2027, 2026)]
    assert taken == ["TCC26-0001", "TCC26-0002", "TCC27-0001", "TCC26-0003"]


def test_after_9999_numbers_have_five_digits(db: Database) -> None:
    db.write(lambda tx: take_number(tx, 2026))
    db.write(lambda tx: tx.execute(update(number_counter).values(last=9998)))
    assert [db.write(lambda tx: take_number(tx, 2026)) for _ in range(2)] == ["TCC26-9999", "TCC26-10000"]


def test_a_number_is_given_back_by_what_fails(db: Database) -> None:
    """Refused acts use none."""

    def fail(tx: Connection) -> None:
        take_number(tx, 2026)
        raise LookupError

    with pytest.raises(LookupError):
        db.write(fail)
    assert db.write(lambda tx: take_number(tx, 2026)) == "TCC26-0001"


def test_notes_are_told_oldest_first(db: Database) -> None:
    """Of one outage, with who wrote them."""

    def write(number: str, *texts: str) -> int:
        outage_id = db.write(lambda tx: a_stored_outage(tx, number=number)).id
        for text in texts:
            db.write(
                lambda tx, text=text: notes.insert_note(
                    tx, outage_id, at=THURSDAY_10H, actor="desk", text=text
                )
            )
        return outage_id

    first, other = write("TCC26-0001", "called", "called again"), write("TCC26-0002", "else")
    with db.read() as tx:
        found = notes.notes_of(tx, first)
        assert [one.text for one in notes.notes_of(tx, other)] == ["else"]
    assert [(one.at, one.actor, one.text) for one in found] == [
        (THURSDAY_10H, "desk", "called"),
        (THURSDAY_10H, "desk", "called again"),
    ]


def test_a_line_has_one_override_until_it_expires(db: Database) -> None:
    """R23: at its expiry it has ended."""
    first = Override(MESSAGE, THURSDAY_10H + SECOND)
    second = Override(Bilingual("Other.", "Autre."), THURSDAY_10H + 2 * SECOND)
    for override in (first, second):
        db.write(lambda tx, override=override: overrides.set_override(tx, HelpLine.CTSU, override))
    with db.read() as tx:
        assert overrides.current_overrides(tx, now=THURSDAY_10H) == {HelpLine.CTSU: second}
        assert overrides.current_overrides(tx, now=second.expires_at) == {}


def test_overrides_end_by_line(db: Database) -> None:
    """The caller is told whether there was any."""
    override = Override(MESSAGE, THURSDAY_10H + SECOND)
    for line in (HelpLine.CTSU, HelpLine.CCSH):
        db.write(lambda tx, line=line: overrides.set_override(tx, line, override))
    assert db.write(lambda tx: overrides.end_overrides(tx, [HelpLine.TCCU, HelpLine.CTSU]))
    assert not db.write(lambda tx: overrides.end_overrides(tx, [HelpLine.TCCU, HelpLine.CTSU]))
    with db.read() as tx:
        assert set(overrides.current_overrides(tx, now=THURSDAY_10H)) == {HelpLine.CCSH}


def test_the_public_hears_of_an_override_and_of_its_end(db: Database) -> None:
    """P21: the prepared pages of every process are made anew."""

    def version() -> int:
        with db.read() as tx:
            return state_version(tx)

    seen = [version()]
    db.write(lambda tx: overrides.set_override(tx, HelpLine.CTSU, Override(MESSAGE, THURSDAY_10H)))
    seen.append(version())
    db.write(lambda tx: overrides.end_overrides(tx, [HelpLine.CTSU]))
    seen.append(version())
    assert seen == sorted(set(seen))
    db.write(lambda tx: overrides.end_overrides(tx, [HelpLine.CTSU]))
    assert version() == seen[-1]


def test_a_token_is_found_by_its_digest(db: Database) -> None:
    """Whoever may not use it any more, too: that is for the service to say."""
    expiry = THURSDAY_10H + SECOND
    token_id = db.write(
        lambda tx: tokens.insert_token(
            tx, name="desk", role="tccu", digest="abc", now=THURSDAY_10H, expires_at=expiry
        )
    )
    with db.read() as tx:
        assert tokens.find_token(tx, "abc") == TokenRecord(
            id=token_id,
            name="desk",
            role="tccu",
            created_at=THURSDAY_10H,
            expires_at=expiry,
            revoked_at=None,
            last_used_at=None,
        )
        assert tokens.find_token(tx, "abd") is None


def test_the_audit_log_keeps_who_did_what_to_which_outage(db: Database) -> None:
    """One row an act, with ids and figures."""
    db.write(
        lambda tx: audit.record(
            tx, "update", at=THURSDAY_10H, actor="desk", outage_id=3, detail={"sequence": 2}
        )
    )
    db.write(lambda tx: audit.record(tx, "token_created", at=THURSDAY_10H, actor="console"))
    columns = (audit_table.c.action, audit_table.c.actor, audit_table.c.outage_id, audit_table.c.detail)
    with db.read() as tx:
        found = [tuple(row) for row in tx.execute(select(*columns).order_by(audit_table.c.id))]
    assert found == [("update", "desk", 3, {"sequence": 2}), ("token_created", "console", None, {})]


@pytest.fixture
def token_id(db: Database) -> int:
    """A token that requests can come with."""
    return db.write(
        lambda tx: tokens.insert_token(
            tx, name="desk", role="tccu", digest="abc", now=THURSDAY_10H, expires_at=None
        )
    )


def keep(db: Database, token_id: int, *, path: str = "/v1/outages", key: str = "k", later: timedelta) -> None:
    db.write(
        lambda tx: idempotency.keep_answer(
            tx, ANSWER, token_id=token_id, path=path, key=key, now=THURSDAY_10H + later
        )
    )


def find(
    db: Database, token_id: int, *, path: str = "/v1/outages", key: str = "k", later: timedelta
) -> KeptAnswer | None:
    with db.read() as tx:
        return idempotency.find_answer(tx, token_id=token_id, path=path, key=key, now=THURSDAY_10H + later)


def test_an_answer_is_kept_for_a_day(db: Database, token_id: int) -> None:
    """P18: by token, path and key."""
    keep(db, token_id, later=timedelta(0))
    assert find(db, token_id, later=KEPT_FOR - SECOND) == ANSWER
    assert find(db, token_id, later=KEPT_FOR) is None
    assert find(db, token_id, key="other", later=SECOND) is None
    assert find(db, token_id, path="/v1/outages/1/updates", later=SECOND) is None
    assert find(db, token_id + 1, later=SECOND) is None


def test_a_key_may_be_used_again_after_its_day(db: Database, token_id: int) -> None:
    """And what is past its time is forgotten on the way."""
    keep(db, token_id, key="old", later=timedelta(0))
    keep(db, token_id, later=timedelta(0))
    keep(db, token_id, later=KEPT_FOR)
    with db.read() as tx:
        assert list(tx.execute(select(kept_table.c.key)).scalars()) == ["k"]


def test_requests_with_one_key_take_turns(postgres_db: Database) -> None:
    """P18: the second waits for the first, whichever process it is in; another key does not."""
    order: list[str] = []
    begun, may_end = threading.Event(), threading.Event()

    def first(tx: Connection) -> None:
        idempotency.wait_for_turn(tx, token_id=1, path="/", key="k")
        begun.set()
        may_end.wait(10)
        order.append("first")

    def wait(key: str, token_id: int = 1) -> None:
        postgres_db.write(lambda tx: idempotency.wait_for_turn(tx, token_id=token_id, path="/", key=key))
        order.append(f"{token_id} {key}")

    one = threading.Thread(target=postgres_db.write, args=(first,))
    one.start()
    begun.wait(10)
    two = threading.Thread(target=wait, args=("k",))
    two.start()
    wait("other")
    wait("k", token_id=2)
    may_end.set()
    one.join()
    two.join()
    assert order == ["1 other", "2 k", "first", "1 k"]
