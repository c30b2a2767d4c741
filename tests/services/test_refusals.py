"""Contents that the relay refuses: of one recipient, or of the bulletin, which is then paused (P10)."""

import pytest

from outage_service.domain.deliveries import Attempt, DeliveryState, Stage, Verdict
from outage_service.domain.errors import StateConflict
from outage_service.services import refusals, sending
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound
from outage_service.services.refusals import REFUSED_IN_A_ROW
from outage_service.storage.deliveries import Claim
from outage_service.storage.pauses import paused_among, paused_at, paused_bulletins
from tests.services.acts import CCP_OUT, TCCU, declare, receivers, subscribe, update
from tests.storage.rows import a_letter, make_due, states

SPAM = Attempt(Verdict.CONTENT_REFUSED, Stage.AFTER_DOT, 554, "5.7.1 looks like spam")
TAKEN = Attempt(Verdict.ACCEPTED, Stage.AFTER_DOT, 250, "ok")


def people(engine: Engine, count: int) -> None:
    for number in range(count):
        subscribe(engine, f"p{number}@example.org")


def claims(engine: Engine, limit: int = 100) -> list[Claim]:
    make_due(engine.db)
    return sending.claim(engine, "worker", limit=limit)


def record(engine: Engine, some: list[Claim], attempt: Attempt) -> None:
    sending.settle(engine, "worker", [sending.after_attempt(claim, attempt) for claim in some])


def paused(engine: Engine) -> list[str]:
    with engine.db.read() as tx:
        return [one.number for one in paused_bulletins(tx)]


def resume(engine: Engine, bulletin_id: int = 1) -> None:
    engine.act(lambda tx: refusals.resume(engine, tx, TCCU, bulletin_id))


def test_five_in_a_row_pause_the_bulletin_and_fail_nobody(engine: Engine) -> None:
    """Whatever is queued stays so, those who were refused too; nothing more is claimed."""
    people(engine, 20)
    declare(engine)
    first = claims(engine, 8)
    for claim in first[:REFUSED_IN_A_ROW]:
        assert paused(engine) == []
        record(engine, [claim], SPAM)
    assert paused(engine) == ["TCC26-0001"]
    waiting = first[REFUSED_IN_A_ROW:]
    assert sending.withdrawn(engine, waiting) == dict.fromkeys(waiting, DeliveryState.QUEUED)
    sending.settle(engine, "worker", [sending.ended(one, DeliveryState.QUEUED) for one in waiting])
    assert states(engine.db) == {"queued": 8}
    assert claims(engine) == []


def test_it_does_not_matter_how_they_are_recorded(engine: Engine) -> None:
    """Together, by another process, or twice since the first commit was never answered."""
    people(engine, 10)
    declare(engine)
    first = claims(engine)
    record(engine, first[:4], SPAM)
    record(engine, first[:4], SPAM)
    assert paused(engine) == []
    record(engine, first[4:5], SPAM)
    assert paused(engine) == ["TCC26-0001"]


def test_one_that_is_accepted_in_between_ends_the_row(engine: Engine) -> None:
    people(engine, 12)
    declare(engine)
    first = claims(engine)
    record(engine, first[:4], SPAM)
    record(engine, first[4:5], TAKEN)
    record(engine, first[5:9], SPAM)
    assert paused(engine) == []


def test_who_is_refused_again_what_others_got_has_failed(engine: Engine) -> None:
    """Their own mail system's filter: it does not pause the bulletin however many they are."""
    people(engine, 8)
    declare(engine)
    first = claims(engine)
    for claim in first[:4]:
        record(engine, [claim], SPAM)
    record(engine, first[4:], TAKEN)
    assert states(engine.db) == {"queued": 4, "accepted": 4}
    again = claims(engine)
    for claim in again:
        record(engine, [claim], SPAM)
    assert states(engine.db) == {"failed": 4, "accepted": 4}
    assert paused(engine) == []


def test_a_bulletin_to_few_is_paused_too(engine: Engine) -> None:
    """Nobody gets it: that must not pass for eight failed deliveries."""
    people(engine, 2)
    declare(engine)
    for _ in range(3):
        record(engine, claims(engine), SPAM)
    assert paused(engine) == ["TCC26-0001"]
    assert states(engine.db) == {"queued": 2}


def test_a_letter_to_one_person_fails_at_once(engine: Engine) -> None:
    a_letter(engine.db)
    record(engine, claims(engine), SPAM)
    assert states(engine.db) == {"failed": 1}


def pause(engine: Engine, count: int = 6) -> None:
    people(engine, count)
    done = declare(engine)
    first = claims(engine)
    record(engine, first, SPAM)
    assert paused(engine) == [done.outage.number]


def test_an_operator_resumes_it_and_everybody_gets_it(engine: Engine) -> None:
    pause(engine)
    resume(engine)
    assert paused(engine) == []
    assert len(receivers(engine)) == 6
    assert states(engine.db) == {"accepted": 6}
    with pytest.raises(StateConflict):
        resume(engine)
    with pytest.raises(NotFound):
        resume(engine, 99)


def test_resumed_in_vain_it_is_paused_after_five_more(engine: Engine) -> None:
    pause(engine)
    resume(engine)
    for claim in claims(engine)[:4]:
        record(engine, [claim], SPAM)
    assert paused(engine) == []


def test_a_newer_bulletin_takes_its_place(engine: Engine) -> None:
    """P12: the paused one is superseded as any other."""
    people(engine, 6)
    done = declare(engine)
    record(engine, claims(engine), SPAM)
    update(engine, done)
    assert paused(engine) == []
    with engine.db.read() as tx:
        assert paused_at(tx, 1) is None
    assert len(receivers(engine)) == 6


def test_other_bulletins_go_on(engine: Engine) -> None:
    """P10: one that is stuck starves nobody."""
    pause(engine)
    declare(engine, CCP_OUT)
    assert len(receivers(engine)) == 6
    with engine.db.read() as tx:
        assert paused_among(tx, {1, 2}) == {1}
