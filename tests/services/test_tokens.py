"""API tokens: shown once, kept as a digest, good until they expire or are revoked."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Actor, Role
from outage_service.services import tokens
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.storage.schema import api_token, audit
from outage_service.storage.tokens import list_tokens
from tests.engines import an_engine

DAY = timedelta(days=1)


def create(engine: Engine, *, role: Role = Role.TCCU, valid_for: timedelta | None = None) -> str:
    return engine.act(lambda tx: tokens.create(engine, tx, name="night desk", role=role, valid_for=valid_for))


def recognise(engine: Engine, token: str) -> tokens.Bearer | None:
    with engine.db.read() as tx:
        return tokens.recognise(engine, tx, token)


@pytest.mark.parametrize("role", Role)
def test_a_token_stands_for_its_name_and_role(engine: Engine, role: Role) -> None:
    """As long as it is not told otherwise."""
    bearer = recognise(engine, create(engine, role=role))
    assert bearer is not None
    assert bearer.actor == Actor("night desk", role)


def test_two_tokens_are_never_the_same(engine: Engine) -> None:
    """256 random bits behind a prefix that scanners of leaked secrets can find."""
    one, two = create(engine), create(engine)
    assert one != two
    assert one.startswith(tokens.PREFIX)
    assert len(one) >= len(tokens.PREFIX) + 43


def test_nothing_kept_could_be_used_as_the_token(engine: Engine) -> None:
    """P30: a keyed digest; a copy of the database opens nothing."""
    token = create(engine)
    with engine.db.read() as tx:
        kept = tx.execute(select(api_token)).one()
        logged = tx.execute(select(audit.c.detail)).scalar_one()
    assert token not in repr(tuple(kept))
    assert logged == {"token_id": kept.id, "role": "tccu"}
    assert recognise(engine, kept.digest) is None
    assert recognise(engine, tokens.PREFIX + kept.digest) is None


def test_a_token_is_of_one_key(engine: Engine) -> None:
    """Another installation's database does not make it good here."""
    token = create(engine)
    other = an_engine(engine.db)
    object.__setattr__(other, "secret_key", b"another key, just as long as the first one is")
    assert recognise(other, token) is None


def test_a_token_expires(engine: Engine, clock: VirtualClock) -> None:
    """At its hour it is over."""
    token = create(engine, valid_for=DAY)
    clock.advance(DAY - timedelta(seconds=1))
    assert recognise(engine, token) is not None
    clock.advance(timedelta(seconds=1))
    assert recognise(engine, token) is None


def test_a_token_without_a_term_does_not_expire(engine: Engine, clock: VirtualClock) -> None:
    """Until it is revoked."""
    token = create(engine)
    clock.advance(4000 * DAY)
    assert recognise(engine, token) is not None
    engine.db.write(lambda tx: tx.execute(update(api_token).values(revoked_at=clock())))
    assert recognise(engine, token) is None


@pytest.mark.parametrize(
    "given",
    ["", "outage_live_", "outage_live_x", "Bearer x", "é" * 50, "\ud800", "outage_live_\ud800", "x" * 9999],
)
def test_any_other_text_is_nobody(engine: Engine, given: str) -> None:
    """P20: whatever stands in the header."""
    create(engine)
    assert recognise(engine, given) is None


def note(engine: Engine, token: str) -> None:
    bearer = recognise(engine, token)
    assert bearer is not None
    engine.db.write(lambda tx: tokens.note_use(engine, tx, bearer))


def last_used(engine: Engine) -> datetime | None:
    with engine.db.read() as tx:
        return list_tokens(tx)[0].last_used_at


def test_when_a_token_was_last_used_is_known_to_the_minute(engine: Engine, clock: VirtualClock) -> None:
    """Not written down with every request: a telephone platform sends many in a second."""
    token = create(engine)
    assert last_used(engine) is None
    note(engine, token)
    first = clock()
    assert last_used(engine) == first
    for seconds, is_due in ((59, False), (1, True)):
        clock.advance(timedelta(seconds=seconds))
        bearer = recognise(engine, token)
        assert bearer is not None
        assert bearer.is_to_be_noted is is_due
        note(engine, token)
        assert last_used(engine) == (clock() if is_due else first)


def test_a_revoked_token_stands_for_nobody_and_is_revoked_once(engine: Engine) -> None:
    """At once, and with its row in the audit log."""
    token = create(engine)
    engine.act(lambda tx: tokens.revoke(engine, tx, 1))
    assert recognise(engine, token) is None
    for wrong in (1, 2):
        with pytest.raises(NotFound):
            engine.act(lambda tx, wrong=wrong: tokens.revoke(engine, tx, wrong))  # type: ignore[misc]
    with engine.db.read() as tx:
        actions = tx.execute(select(audit.c.action).order_by(audit.c.id)).scalars().all()
    assert actions == ["token_created", "token_revoked"]
