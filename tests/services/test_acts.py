"""Operators' acts: each is one transaction with exactly one bulletin, by whoever may, on what they saw."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from outage_service.clock import VirtualClock
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.errors import InvalidAct, RuleError, StateConflict
from outage_service.domain.grace import Extension
from outage_service.domain.lifecycle import News
from outage_service.domain.outages import ContingencyState, OutageState
from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import System
from outage_service.domain.texts import Bilingual, Language
from outage_service.domain.warnings import WarningCode
from outage_service.services import outages
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, NotPermitted, Stale
from outage_service.services.evidence import digest_of, kept_of
from outage_service.services.outages import Done, Target
from outage_service.storage import Connection, notes
from outage_service.storage.bulletins import find_page
from outage_service.storage.outages import find_outage
from outage_service.storage.schema import audit
from tests.builders import MESSAGE, SUNDAY_2H, SUNDAY_6H, THURSDAY_10H, a_delay, an_impact, at
from tests.services.acts import (
    CCP_OUT,
    CTSU,
    NEWS,
    TCCU,
    announce,
    bulletins,
    cancel,
    correct,
    declare,
    resolve,
    revoke,
    rows,
    set_clock,
    stored,
    story,
    update,
)

ELEVEN, NOON = at("2026-11-26 11:00"), at("2026-11-26 12:00")
Act = Callable[[Engine, Done], object]
ACTS: dict[str, Act] = {
    "update": update,
    "resolve": resolve,
    "revoke": revoke,
    "cancel": cancel,
    "correct": lambda engine, done: correct(engine, done, done.bulletin_id),
}


def text_of(engine: Engine, done: Done) -> Bilingual:
    """Returns the bulletin of an act as plain text."""
    with engine.db.read() as tx:
        page = find_page(tx, done.bulletin_id)
    assert page is not None
    return page[1]


def test_declaring_makes_an_outage_its_bulletin_and_its_mailing(engine: Engine) -> None:
    """R5: invocation and bulletin are one act."""
    done = declare(engine)
    assert stored(engine, done) == done.outage
    assert (done.outage.number, done.outage.sequence, done.outage.version) == ("TCC26-0001", 1, 1)
    assert done.outage.next_due_at == NOON
    (first,) = bulletins(engine, done)
    assert (first.id, first.kind, first.message) == (done.bulletin_id, BulletinKind.INITIAL, MESSAGE)
    assert (first.issued_at, first.next_due_at, first.policy_version) == (THURSDAY_10H, NOON, "carm-1")
    counts = rows(engine)
    assert (counts["outage"], counts["bulletin"], counts["mailing"], counts["audit"]) == (1, 1, 1, 1)
    assert counts["delivery"] == 0


def test_a_life_of_an_unscheduled_outage(engine: Engine) -> None:
    """Every act leads to one bulletin, in sequence, and to the next version."""
    done = declare(engine)
    set_clock(engine, ELEVEN)
    assert update(engine, done).outage.version == 2
    assert correct(engine, done, done.bulletin_id).outage.version == 3
    set_clock(engine, NOON)
    resolved = resolve(engine, done, remains_in_effect=True)
    assert resolved.outage.contingency_at(NOON).state is ContingencyState.REMAINS_IN_EFFECT
    revoked = revoke(engine, done)
    assert (revoked.outage.version, revoked.outage.sequence) == (5, 5)
    assert story(engine, done) == [
        (BulletinKind.INITIAL, THURSDAY_10H),
        (BulletinKind.UPDATE, ELEVEN),
        (BulletinKind.CORRECTION, ELEVEN),
        (BulletinKind.RESOLVED, NOON),
        (BulletinKind.REVOKED, NOON),
    ]
    assert [one.sequence for one in bulletins(engine, done)] == [1, 2, 3, 4, 5]
    assert stored(engine, done) == revoked.outage


def test_a_life_of_a_scheduled_outage(engine: Engine) -> None:
    """Announced, moved, called off."""
    done = announce(engine)
    assert bulletins(engine, done)[0].kind is BulletinKind.ADVANCE
    later = SUNDAY_6H + timedelta(hours=1)
    moved = update(engine, done, news=News(planned_end_at=later))
    assert stored(engine, done).planned_end_at == later
    assert moved.outage.state_at(THURSDAY_10H) is OutageState.SCHEDULED
    cancelled = cancel(engine, done)
    assert cancelled.outage.next_due_at is None
    assert [kind for kind, _ in story(engine, done)] == [
        BulletinKind.ADVANCE,
        BulletinKind.UPDATE,
        BulletinKind.CANCELLED,
    ]


def test_a_resolved_outage_takes_corrections_and_notes_only(engine: Engine) -> None:
    """The contract: any other act on a closed outage is a conflict."""
    done = declare(engine)
    resolve(engine, done)
    for act in (update, resolve, cancel):
        with pytest.raises(StateConflict):
            act(engine, done)
    assert correct(engine, done, done.bulletin_id).outage.sequence == 3


@pytest.mark.parametrize("name", ACTS)
def test_acting_on_an_outage_that_is_not_there_is_told_as_that(engine: Engine, name: str) -> None:
    """Not as a wrong bulletin, nor as a conflict."""
    done = declare(engine)
    nowhere = replace(done, outage=replace(done.outage, id=77))
    with pytest.raises(NotFound) as caught:
        ACTS[name](engine, nowhere)
    assert caught.value.what == "outage"


@pytest.mark.parametrize("name", ["update", "resolve"])
def test_an_act_on_an_old_version_changes_nothing(engine: Engine, name: str) -> None:
    """P19: its operator saw something else; the present version is told."""
    done = declare(engine)
    update(engine, done, version=1)
    before = rows(engine), stored(engine, done)
    act = update if name == "update" else resolve
    with pytest.raises(Stale) as caught:
        act(engine, done, version=1)
    assert caught.value.version == 2
    assert (rows(engine), stored(engine, done)) == before


def test_resolving_twice_makes_one_resolved_bulletin(engine: Engine) -> None:
    """P19: the second sees another version, or a closed outage."""
    done = declare(engine)
    resolve(engine, done, version=1)
    with pytest.raises(Stale):
        resolve(engine, done, version=1)
    with pytest.raises(StateConflict):
        resolve(engine, done)
    assert [kind for kind, _ in story(engine, done)] == [BulletinKind.INITIAL, BulletinKind.RESOLVED]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.TCCU, Role.CTSU)])
def test_only_operators_act(engine: Engine, role: Role) -> None:
    """R5: nobody else's token, whatever the route lets through."""
    actor = Actor("somebody", role)
    with pytest.raises(NotPermitted):
        declare(engine, CCP_OUT, actor=actor)
    done = declare(engine, CCP_OUT)
    with pytest.raises(NotPermitted):
        update(engine, done, actor=actor)
    assert len(bulletins(engine, done)) == 1


def test_ctsu_declares_its_own_systems(engine: Engine) -> None:
    """R5: `ccp` and `cad_api`, on TCCU's behalf."""
    done = declare(engine, CCP_OUT, an_impact(System.CAD_API), actor=CTSU)
    assert update(engine, done, actor=CTSU).outage.sequence == 2


def test_ctsu_touches_no_outage_with_another_system(engine: Engine) -> None:
    """R5: only if all its systems are theirs: now, or by the update itself."""
    with pytest.raises(NotPermitted):
        declare(engine, CCP_OUT, an_impact(System.EDI), actor=CTSU)
    mixed = declare(engine, CCP_OUT, an_impact(System.EDI))
    with pytest.raises(NotPermitted):
        update(engine, mixed, actor=CTSU)
    own = declare(engine, an_impact(System.CAD_API), actor=CTSU)
    with pytest.raises(NotPermitted):
        update(engine, own, an_impact(System.CAD_API), an_impact(System.CERS), actor=CTSU)
    with pytest.raises(NotPermitted):
        engine.act(lambda tx: outages.note(engine, tx, CTSU, mixed.outage.id, "not theirs"))
    assert len(bulletins(engine, own)) == len(bulletins(engine, mixed)) == 1


def test_no_act_of_ctsu_reaches_an_outage_of_tccu(engine: Engine) -> None:
    """R5: whatever the act would change, and whether the outage is open or planned."""
    done, planned = declare(engine), announce(engine, an_impact(System.CERS))
    open_, ahead = Target(done.outage.id), Target(planned.outage.id)
    relief = Extension((System.EDI,), at("2026-11-27 12:00"), None)
    before = rows(engine)
    acts: list[Callable[[Connection], object]] = [
        lambda tx: outages.update(engine, tx, CTSU, open_, News(), NEWS),
        lambda tx: outages.resolve(engine, tx, CTSU, open_, NEWS),
        lambda tx: outages.revoke(engine, tx, CTSU, open_, NEWS),
        lambda tx: outages.correct(engine, tx, CTSU, open_, NEWS, corrects=done.bulletin_id),
        lambda tx: outages.extend_relief(engine, tx, CTSU, open_, NEWS, extension=relief),
        lambda tx: outages.cancel(engine, tx, CTSU, ahead, NEWS),
    ]
    for act in acts:
        with pytest.raises(NotPermitted):
            engine.act(act)
    assert rows(engine) == before


def test_a_note_sends_nothing_and_changes_no_version(engine: Engine) -> None:
    """A recorded note is not news; also on a closed outage."""
    done = declare(engine)
    resolved = resolve(engine, done).outage
    before = rows(engine)
    note = engine.act(lambda tx: outages.note(engine, tx, TCCU, done.outage.id, "Called the vendor."))
    with engine.db.read() as tx:
        assert notes.notes_of(tx, done.outage.id) == [note]
    assert (note.actor, note.at) == ("night desk", THURSDAY_10H)
    assert stored(engine, done) == resolved
    assert rows(engine) - before == {"note": 1, "audit": 1}
    with pytest.raises(NotFound):
        engine.act(lambda tx: outages.note(engine, tx, TCCU, 77, "Nowhere."))


def test_a_correction_is_of_a_bulletin_of_the_same_outage(engine: Engine) -> None:
    """And names it: in the record by id, in the text by sequence."""
    done, other = declare(engine), declare(engine, CCP_OUT)
    for wrong in (other.bulletin_id, 77):
        with pytest.raises(InvalidAct) as caught:
            correct(engine, done, wrong)
        assert (caught.value.code, caught.value.field) == ("unknown_bulletin", "corrects")
    mended = correct(engine, done, done.bulletin_id)
    assert bulletins(engine, done)[1].corrects_id == done.bulletin_id
    text = text_of(engine, mended)
    assert "corrects bulletin 1 of this outage" in text.en
    assert "corrige le bulletin 1 de cette panne" in text.fr


def test_the_earlier_text_of_an_outage_is_kept_below_the_news(engine: Engine) -> None:
    """One number for the life of an outage, and its whole story in the latest bulletin."""
    text = text_of(engine, update(engine, declare(engine)))
    for language in Language:
        assert 0 < text[language].index(NEWS[language]) < text[language].index(MESSAGE[language])


def test_a_correction_of_the_restoration_moves_the_deadlines(engine: Engine) -> None:
    """R51: recomputed from the corrected time."""
    done = declare(engine)
    set_clock(engine, NOON)
    resolve(engine, done)
    correct(engine, done, done.bulletin_id, restored_at=ELEVEN)
    deadlines = stored(engine, done).deadlines_at(NOON, engine.calendar)
    assert deadlines.paper_accepted_until == ELEVEN + timedelta(hours=2)


def test_a_relapse_is_of_a_resolved_outage(engine: Engine) -> None:
    """The contract: a fault that returns is a new outage, linked to the first."""
    first = declare(engine)
    for unknown in (first.outage.id, 77):
        with pytest.raises(RuleError) as caught:
            declare(engine, CCP_OUT, relapse_of=unknown)
        assert caught.value.code == "relapse_unknown"
    resolve(engine, first)
    again = declare(engine, relapse_of=first.outage.id)
    assert stored(engine, again).relapse_of == first.outage.id
    assert again.outage.number == "TCC26-0002"


def test_a_relapse_names_the_first_outage_in_its_bulletin(engine: Engine) -> None:
    """By its number, which is what clients know."""
    first = declare(engine)
    resolve(engine, first)
    again = declare(engine, relapse_of=first.outage.id)
    assert "TCC26-0001" in text_of(engine, again).en


def test_a_later_bulletin_of_an_outage_names_the_one_in_which_its_fault_returned(engine: Engine) -> None:
    """The contract: linked in both bulletins."""
    first = declare(engine)
    resolve(engine, first)
    again = declare(engine, relapse_of=first.outage.id)
    mended = correct(engine, first, first.bulletin_id)
    assert f"The fault has returned since. See {again.outage.number}." in text_of(engine, mended).en


def test_a_late_announcement_is_warned_about(engine: Engine, clock: VirtualClock) -> None:
    """R17, R19: allowed, and said; a move is looked at as an announcement is."""
    clock.set(SUNDAY_2H - timedelta(hours=1))
    assert announce(engine).warnings == (WarningCode.ANNOUNCED_LATE,)
    weekday = at("2026-12-01 09:00")
    done = announce(engine, CCP_OUT, start=weekday, end=weekday + timedelta(hours=1))
    assert done.warnings == (WarningCode.NOT_EARLY_WEEKEND,)
    assert update(engine, done).warnings == ()
    later = weekday + timedelta(hours=2)
    assert update(engine, done, news=News(planned_end_at=later)).warnings == (WarningCode.NOT_EARLY_WEEKEND,)


def test_an_end_that_moves_during_the_window_is_not_called_late(engine: Engine, clock: VirtualClock) -> None:
    """R17: the start is what had to be announced in time."""
    done = announce(engine)
    clock.set(at("2026-11-29 05:00"))
    assert update(engine, done, news=News(planned_end_at=at("2026-11-29 07:00"))).warnings == ()
    assert update(engine, done, news=News(planned_end_at=at("2026-11-29 07:00"))).warnings == ()


def test_a_start_that_moves_late_is_warned_about(engine: Engine, clock: VirtualClock) -> None:
    """R17, R45: nobody can transmit two hours before it any more."""
    done = announce(engine)
    clock.set(SUNDAY_2H - timedelta(hours=1))
    moved = update(engine, done, news=News(planned_start_at=SUNDAY_2H - timedelta(minutes=30)))
    assert moved.warnings == (WarningCode.ANNOUNCED_LATE,)


def test_a_restoration_long_ago_is_warned_about(engine: Engine) -> None:
    """R54: clients relied on the outage until told; past the deadlines it needs a confirmation."""
    done = declare(engine)
    set_clock(engine, at("2026-11-26 15:00"))
    with pytest.raises(InvalidAct) as caught:
        resolve(engine, done, restored_at=ELEVEN)
    assert caught.value.code == "deadlines_past"
    confirmed = resolve(engine, done, restored_at=ELEVEN, confirm_past_deadlines=True)
    assert confirmed.warnings == (WarningCode.RESTORED_LONG_AGO,)
    again = correct(engine, done, done.bulletin_id, restored_at=NOON)
    assert again.warnings == (WarningCode.RESTORED_LONG_AGO,)


def test_procedures_are_revoked_while_only_delays_are_left(engine: Engine) -> None:
    """R6, R36: the outage stays open; back over the threshold they are invoked again."""
    done = declare(engine, a_delay(behind_minutes=61))
    with pytest.raises(StateConflict):
        revoke(engine, done)
    update(engine, done, a_delay(behind_minutes=30))
    revoked = revoke(engine, done)
    assert revoked.warnings == ()
    assert stored(engine, done).contingency_at(THURSDAY_10H).state is ContingencyState.REVOKED
    worse = update(engine, done, a_delay(behind_minutes=90))
    assert worse.outage.contingency_at(THURSDAY_10H).state is ContingencyState.INVOKED


def test_an_act_is_told_by_whom_it_was(engine: Engine) -> None:
    """The audit log: one row each, with the bulletin, in the transaction of the act."""
    done = declare(engine)
    update(engine, done, actor=Actor("day desk", Role.TCCU), message=NEWS)
    with engine.db.read() as tx:
        logged = tx.execute(
            select(audit.c.action, audit.c.actor, audit.c.outage_id, audit.c.detail).order_by(audit.c.id)
        ).all()
        now = find_outage(tx, done.outage.id)
    assert now is not None
    second = bulletins(engine, done)[1].id
    assert [tuple(row) for row in logged] == [
        (
            "initial",
            "night desk",
            done.outage.id,
            {"bulletin_id": done.bulletin_id, "sequence": 1, **kept_of(done.outage)},
        ),
        (
            "update",
            "day desk",
            done.outage.id,
            {"bulletin_id": second, "sequence": 2, "outage": digest_of(now), "out": "edi"},
        ),
    ]


def test_an_act_without_a_version_is_a_drills(engine: Engine) -> None:
    """It sees everything; the console and the API always name one."""
    done = declare(engine)
    target = Target(done.outage.id)
    assert target.version is None
    assert engine.act(lambda tx: outages.update(engine, tx, TCCU, target, News(), NEWS)).outage.version == 2
