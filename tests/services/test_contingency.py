"""For which systems a checklist is: those whose contingency procedures were invoked, and no others."""

from datetime import timedelta

from outage_service.clock import VirtualClock
from outage_service.domain.contingency import ClientRole, Flow, Mode, Timeframe
from outage_service.domain.systems import System
from outage_service.services import contingency
from outage_service.services.engine import Engine
from outage_service.storage import audit
from tests.builders import SUNDAY_2H, a_delay, an_impact
from tests.services.acts import CERS_OUT, announce, declare, resolve, revoke, update

EDI_OUT = an_impact()
CERS_SLOW = a_delay(System.CERS)


def concerned(engine: Engine) -> tuple[Timeframe, set[System]]:
    """Returns what the only outage calls for, and for which systems."""
    with engine.db.read() as tx:
        (standing,) = contingency.standings(engine, tx)
    return standing.phase, set(standing.systems)


def is_told_of_others(engine: Engine) -> bool:
    """Returns whether somebody with EDI alone hears that others have an outage now."""
    with engine.db.read() as tx:
        plan = contingency.checklist(engine, tx, ClientRole.CARRIER, Mode.HIGHWAY, Flow.IMPORT)
    assert plan.is_general
    return plan.has_others


def test_what_is_ahead_or_over_is_not_called_an_outage_now(engine: Engine, clock: VirtualClock) -> None:
    """Nor where its procedures remain in effect, or its deadlines still run (R6)."""
    announce(engine, CERS_OUT)
    assert not is_told_of_others(engine)
    done = declare(engine, CERS_OUT)
    assert is_told_of_others(engine)
    clock.advance(timedelta(minutes=10))
    done = resolve(engine, done, remains_in_effect=True)
    assert not is_told_of_others(engine)
    revoke(engine, done)
    assert not is_told_of_others(engine)


def test_a_resolved_outage_leaves_no_duties_for_what_was_merely_slow(engine: Engine) -> None:
    """R5, R44: nobody had procedures for it, so nobody has paper to send, by when ever."""
    resolve(engine, declare(engine, EDI_OUT, CERS_SLOW))
    assert concerned(engine) == (Timeframe.AFTER, {System.EDI})


def test_nor_while_a_backlog_clears(engine: Engine) -> None:
    """R6, R44: what is followed on paper then is still only that of the system that was out."""
    resolve(engine, declare(engine, EDI_OUT, CERS_SLOW), remains_in_effect=True)
    assert concerned(engine) == (Timeframe.DURING, {System.EDI})


def test_what_was_out_before_it_became_slow_is_still_to_be_put_right(
    engine: Engine, clock: VirtualClock
) -> None:
    """R46: also where an update in between gave no list, and another took it off."""
    done = declare(engine, EDI_OUT, CERS_OUT, a_delay(System.CCP))
    clock.advance(timedelta(hours=1))
    done = update(engine, done, EDI_OUT, CERS_SLOW, a_delay(System.CCP))
    done = update(engine, done)
    done = update(engine, done, EDI_OUT)
    assert concerned(engine) == (Timeframe.DURING, {System.EDI})
    resolve(engine, done)
    assert concerned(engine) == (Timeframe.AFTER, {System.EDI, System.CERS})


def test_once_only_delays_are_left_the_procedures_are_those_of_what_was_out(engine: Engine) -> None:
    """R35: they stay in effect until they are revoked, and their paper is to be sent then."""
    done = declare(engine, EDI_OUT, CERS_SLOW)
    done = update(engine, done, a_delay(), CERS_SLOW)
    assert concerned(engine) == (Timeframe.DURING, {System.EDI})
    revoke(engine, done)
    assert concerned(engine) == (Timeframe.AFTER, {System.EDI})


def test_a_system_taken_off_a_plan_before_the_start_was_never_out(
    engine: Engine, clock: VirtualClock
) -> None:
    done = announce(engine, EDI_OUT, CERS_OUT)
    done = update(engine, done, EDI_OUT)
    clock.set(SUNDAY_2H + timedelta(hours=1))
    resolve(engine, done)
    assert concerned(engine) == (Timeframe.AFTER, {System.EDI})


def test_an_outage_that_an_older_release_has_told_of_concerns_all_its_systems(engine: Engine) -> None:
    """P24: its rows do not say what was out; rather one too many is told to send what it has on paper."""
    done = declare(engine, EDI_OUT, CERS_SLOW)
    detail = {"bulletin_id": done.bulletin_id, "sequence": 1}
    engine.db.write(
        lambda tx: audit.record(
            tx, "initial", at=engine.clock(), actor="desk", outage_id=done.outage.id, detail=detail
        )
    )
    resolve(engine, done)
    assert concerned(engine) == (Timeframe.AFTER, {System.EDI, System.CERS})
