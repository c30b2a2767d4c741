"""P31: the audit log is a chain; a change to it is refused, and shows where it was not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from outage_service.services import audit_log
from outage_service.services.audit_log import Broken, Damage, Verification
from outage_service.services.engine import Engine
from outage_service.storage import Connection, DatabaseError, audit
from outage_service.storage.audit import Head
from tests.builders import THURSDAY_10H
from tests.services.acts import declare

DROP_TRIGGERS = {
    "sqlite": [
        f"DROP TRIGGER {name}" for name in ("audit_keeps_sealed", "audit_keeps_said", "audit_keeps_all")
    ],
    "postgresql": [f"DROP TRIGGER {name} ON audit" for name in ("audit_keeps_rows", "audit_keeps_all")],
}


def run(engine: Engine, *statements: str) -> None:
    def execute(tx: Connection) -> None:
        for statement in statements:
            tx.execute(text(statement))

    engine.db.write(execute)


def drop_triggers(engine: Engine) -> None:
    run(engine, *DROP_TRIGGERS[engine.db.url.get_backend_name()])


def act(engine: Engine, action: str = "tested", **detail: object) -> None:
    engine.db.write(lambda tx: audit.record(tx, action, at=THURSDAY_10H, actor="ann", detail=detail))


def verified(engine: Engine) -> Verification:
    with engine.db.read() as tx:
        return audit_log.verify(tx)


def ids(engine: Engine) -> list[int]:
    with engine.db.read() as tx:
        return [row.id for row in audit.walk(tx)]


def test_what_was_done_forms_a_chain_that_holds(engine: Engine) -> None:
    """Real acts among them, whatever their details hold."""
    declare(engine)
    act(engine, figure=1.5, words="é « x »", nothing=None, many=[1, {"a": True}])
    found = verified(engine)
    assert (found.broken, found.unsealed, found.head.position) == (None, 0, len(ids(engine)))
    assert found.head.position >= 2


def test_several_rows_of_one_transaction_stand_in_their_order(engine: Engine) -> None:
    def twice(tx: Connection) -> None:
        for action in ("first", "second"):
            audit.record(tx, action, at=THURSDAY_10H, actor="ann")

    engine.db.write(twice)
    with engine.db.read() as tx:
        assert [(row.position, row.action) for row in audit.walk(tx)] == [(1, "first"), (2, "second")]
    assert verified(engine).broken is None


def test_what_was_rolled_back_leaves_no_gap(engine: Engine) -> None:
    def fail(tx: Connection) -> None:
        audit.record(tx, "never", at=THURSDAY_10H, actor="ann")
        raise LookupError

    act(engine)
    with pytest.raises(LookupError):
        engine.db.write(fail)
    act(engine)
    assert (verified(engine).broken, verified(engine).head.position) == (None, 2)


def test_those_who_act_at_once_are_chained_one_after_another(engine: Engine) -> None:
    """And none waits for what another needs: sealing comes last."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: act(engine, number=number), range(40)))
    assert (verified(engine).broken, verified(engine).head.position) == (None, 40)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'bob'",
        "UPDATE audit SET digest = NULL",
        "UPDATE audit SET position = 7",
        "DELETE FROM audit",
    ],
)
def test_the_database_refuses_to_change_what_was_written(engine: Engine, statement: str) -> None:
    act(engine)
    with pytest.raises(DatabaseError, match="the audit log cannot be changed"):
        run(engine, statement)
    assert verified(engine).broken is None


def test_postgresql_refuses_to_empty_the_log_at_once(engine: Engine) -> None:
    """`TRUNCATE` calls no trigger of rows."""
    act(engine)
    if engine.db.url.get_backend_name() == "postgresql":
        with pytest.raises(DatabaseError, match="the audit log cannot be changed"):
            run(engine, "TRUNCATE audit")
    assert verified(engine).head.position == 1


TAMPERINGS: dict[str, tuple[str, Callable[[list[int]], Broken]]] = {
    "another actor": (
        "UPDATE audit SET actor = 'bob' WHERE position = 3",
        lambda ids: Broken(Damage.CHANGED, 3, ids[2]),
    ),
    "another time": (
        "UPDATE audit SET at = '2020-01-01 00:00:00' WHERE position = 2",
        lambda ids: Broken(Damage.CHANGED, 2, ids[1]),
    ),
    "other details": (
        """UPDATE audit SET detail = '{"n": 7}' WHERE position = 4""",
        lambda ids: Broken(Damage.CHANGED, 4, ids[3]),
    ),
    "another digest": (
        "UPDATE audit SET digest = 'x' WHERE position = 1",
        lambda ids: Broken(Damage.CHANGED, 1, ids[0]),
    ),
    "a row taken out": (
        "DELETE FROM audit WHERE position = 2",
        lambda _: Broken(Damage.MISSING, 2, None),
    ),
    "a row cut off the end": (
        "DELETE FROM audit WHERE position = 5",
        lambda _: Broken(Damage.MISSING, 5, None),
    ),
    "everything gone": ("DELETE FROM audit", lambda _: Broken(Damage.MISSING, 1, None)),
    "another end noted": (
        "UPDATE audit_head SET digest = 'x'",
        lambda _: Broken(Damage.NOT_THE_END, 5, None),
    ),
    "an earlier end noted": (
        "UPDATE audit_head SET position = 4",
        lambda _: Broken(Damage.NOT_THE_END, 5, None),
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_first_row_that_breaks_the_chain_is_named(engine: Engine, name: str) -> None:
    """By somebody who could take the triggers away first."""
    for number in range(5):
        act(engine, n=number)
    before = ids(engine)
    statement, broken = TAMPERINGS[name]
    drop_triggers(engine)
    run(engine, statement)
    assert verified(engine).broken == broken(before)


def test_a_whole_new_chain_shows_against_a_head_kept_elsewhere(engine: Engine) -> None:
    act(engine, n=1)
    act(engine, n=2)
    kept = verified(engine).head
    act(engine, n=3)
    with engine.db.read() as tx:
        assert audit_log.is_still_there(tx, kept)
    drop_triggers(engine)
    forged = "UPDATE audit SET digest = NULL, position = NULL, actor = 'bob'"
    run(engine, forged, f"UPDATE audit_head SET position = 0, digest = '{audit.NOTHING}'")
    act(engine, n=4)
    assert verified(engine).broken is None
    with engine.db.read() as tx:
        assert not audit_log.is_still_there(tx, kept)
        assert audit_log.is_still_there(tx, Head(0, audit.NOTHING))
        assert not audit_log.is_still_there(tx, Head(99, kept.digest))


def test_what_an_older_release_writes_is_chained_by_the_next_act(engine: Engine) -> None:
    """P24: it knows no chain, and runs beside this release for a while."""
    columns = "at, actor, action, detail"
    old = f"INSERT INTO audit ({columns}) VALUES ('2026-11-26 15:00:00', 'old', 'initial', '{{}}')"
    run(engine, old)
    assert (verified(engine).unsealed, verified(engine).head.position) == (1, 0)
    with pytest.raises(DatabaseError, match="the audit log cannot be changed"):
        run(engine, "UPDATE audit SET actor = 'bob'")
    act(engine)
    found = verified(engine)
    assert (found.broken, found.unsealed, found.head.position) == (None, 0, 2)
