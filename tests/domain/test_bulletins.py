"""What a bulletin says, as data: the facts of each act (R5, R6, R11, R14, R45, section 11)."""

from datetime import timedelta

import pytest

from outage_service.domain.bulletins import BulletinFacts, BulletinKind, Chapter, Telling, facts_of
from outage_service.domain.outages import ContingencyState, Outage, OutageState
from outage_service.domain.systems import (
    FULL_OUTAGE,
    Condition,
    Direction,
    HelpLine,
    InternalSystem,
    System,
)
from tests.builders import (
    LITERAL,
    MESSAGE,
    SUNDAY_2H,
    THURSDAY_10H,
    a_delay,
    a_scheduled_outage,
    an_impact,
    an_outage,
    at,
    bulletin_facts,
    cancelled,
    corrected,
    extended,
    resolved,
    revoked,
    ticked,
    updated,
)

ELEVEN, NOON = at("2026-11-26 11:00"), at("2026-11-26 12:00")
FRIDAY_10H = at("2026-11-27 10:00")
OPEN_AT = at("2026-11-29 03:00")


def _after(outage: Outage, before: Outage, kind: BulletinKind = BulletinKind.UPDATE) -> BulletinFacts:
    return bulletin_facts(outage, kind, before=before)


def _dropped(facts: BulletinFacts) -> set[System]:
    return {impact.system for impact in facts.impacts if impact.was_dropped}


def test_the_first_bulletin_says_what_was_declared() -> None:
    """R14, R15: every time filled in, and the next bulletin's."""
    outage = an_outage(
        an_impact(direction=Direction.INBOUND),
        a_delay(System.CERS),
        started_at=at("2026-11-26 09:30"),
        internal_systems=[InternalSystem.ACROSS],
    )
    facts = bulletin_facts(outage)
    assert (facts.number, facts.sequence, facts.kind) == ("TCC26-0001", 1, BulletinKind.INITIAL)
    assert (facts.issued_at, facts.next_due_at) == (THURSDAY_10H, NOON)
    assert (facts.state, facts.condition, facts.is_full) == (OutageState.OPEN, Condition.OUTAGE, False)
    assert [(i.system, i.direction, i.condition, i.behind) for i in facts.impacts] == [
        (System.EDI, Direction.INBOUND, Condition.OUTAGE, None),
        (System.CERS, Direction.BOTH, Condition.DELAY, timedelta(minutes=45)),
    ]
    assert {i.started_at for i in facts.impacts} == {facts.started_at} == {at("2026-11-26 09:30")}
    assert facts.internal_systems == {InternalSystem.ACROSS}
    assert (facts.message, facts.message_at, facts.policy_version) == (MESSAGE, THURSDAY_10H, "carm-1")


def test_each_system_is_shown_with_the_condition_its_figures_make() -> None:
    """R34–R36, section 2: each on its own."""
    facts = bulletin_facts(an_outage(a_delay(behind_minutes=61), a_delay(System.EMANIFEST, 59)))
    assert [impact.condition for impact in facts.impacts] == [Condition.OUTAGE, Condition.DELAY]
    assert [impact.stated for impact in facts.impacts] == [Condition.DELAY, Condition.DELAY]


def _out_one_by_one() -> Outage:
    """EDI is out inbound since 10:00, outbound since 11:00, the others since noon, SWI since 12:20."""
    others = [an_impact(s, started_at=NOON) for s in sorted(FULL_OUTAGE) if s is not System.EDI]
    later = at("2026-11-26 12:20")
    edi = [an_impact(direction=Direction.INBOUND), an_impact(direction=Direction.OUTBOUND, started_at=ELEVEN)]
    declared = an_outage(edi[0], internal_systems=[InternalSystem.RELEASE])
    return updated(declared, later, *edi, *others, an_impact(System.SWI, started_at=later))


def test_a_full_outage_begins_when_the_last_of_its_five_systems_goes_down() -> None:
    """R8: what was out before was not yet all of it, and the single window is not part of it."""
    outage = _out_one_by_one()
    assert outage.is_full
    assert bulletin_facts(outage).full_started_at == NOON


def test_a_system_of_a_full_outage_is_down_once_both_its_directions_are() -> None:
    """R8: until then one of them works, and nobody is told that nothing does."""
    edi = [an_impact(direction=Direction.INBOUND), an_impact(direction=Direction.OUTBOUND, started_at=NOON)]
    others = [an_impact(s, started_at=ELEVEN) for s in sorted(FULL_OUTAGE) if s is not System.EDI]
    declared = an_outage(edi[0], internal_systems=[InternalSystem.RELEASE])
    assert bulletin_facts(updated(declared, NOON, *edi, *others)).full_started_at == NOON


def test_a_second_extension_is_told_in_its_own_bulletin() -> None:
    """R51, R54: not the first one again."""
    first = extended(an_outage(), ELEVEN, paper=at("2026-11-26 16:00"))
    second = extended(first, NOON, paper=at("2026-11-26 20:00"))
    told = bulletin_facts(second, BulletinKind.GRACE).extends
    assert told is not None
    assert told.paper_accepted_until == at("2026-11-26 20:00")


def test_an_outage_of_some_systems_never_began_as_a_full_one() -> None:
    assert bulletin_facts(an_outage()).full_started_at is None
    four = [an_impact(s) for s in sorted(FULL_OUTAGE) if s is not System.EDI]
    smaller = updated(_out_one_by_one(), at("2026-11-26 13:00"), *four)
    assert bulletin_facts(smaller).full_started_at is None


def test_a_system_that_was_restored_keeps_its_times_and_leaves_the_title() -> None:
    """R14, section 11: the body still names it, with its end."""
    before = an_outage(an_impact(), an_impact(System.CERS))
    facts = _after(updated(before, ELEVEN, an_impact()), before)
    assert {i.system: i.restored_at for i in facts.impacts} == {System.EDI: None, System.CERS: ELEVEN}
    assert facts.systems == (System.EDI, System.CERS)
    assert _dropped(facts) == {System.CERS}


def test_a_resolved_bulletin_gives_every_system_its_end() -> None:
    """Per system start and end."""
    before = updated(an_outage(an_impact(), an_impact(System.CERS)), ELEVEN, an_impact())
    facts = _after(resolved(before, NOON), before, BulletinKind.RESOLVED)
    assert {i.system: i.restored_at for i in facts.impacts} == {System.EDI: NOON, System.CERS: ELEVEN}
    assert (facts.restored_at, facts.next_due_at) == (NOON, None)
    assert (_dropped(facts), facts.assumes_ongoing) == ({System.CERS}, False)


def test_a_system_restored_in_the_minute_of_the_end_left_the_title_all_the_same() -> None:
    """A title names what the outage was at its end, whatever the two times are."""
    before = updated(an_outage(an_impact(), an_impact(System.CERS)), NOON, an_impact())
    facts = _after(resolved(before, NOON), before, BulletinKind.RESOLVED)
    assert {i.system: i.restored_at for i in facts.impacts} == {System.EDI: NOON, System.CERS: NOON}
    assert _dropped(facts) == {System.CERS}


def test_a_system_taken_off_a_planned_outage_was_withdrawn_not_restored() -> None:
    """R14, section 11: an end before its start is no end."""
    before = a_scheduled_outage(an_impact(), an_impact(System.CERS))
    for outage in (
        updated(before, FRIDAY_10H, an_impact()),
        updated(before, FRIDAY_10H, an_impact(), start=at("2026-11-28 02:00")),
        resolved(updated(before, FRIDAY_10H, an_impact()), OPEN_AT),
    ):
        edi, cers = bulletin_facts(outage).impacts
        assert (edi.was_withdrawn, cers.was_withdrawn) == (False, True)
    dropped_in_the_window = bulletin_facts(updated(before, OPEN_AT, an_impact()))
    assert not any(impact.was_withdrawn for impact in dropped_in_the_window.impacts)


def test_help_lines_are_those_of_all_its_systems() -> None:
    """R20"""
    facts = bulletin_facts(an_outage(an_impact(System.CCP), an_impact(System.CAD_API)))
    assert facts.lines == (HelpLine.CTSU, HelpLine.CCSH)


BEFORE_A_DELAY = an_outage(a_delay())
BEFORE_AN_OUTAGE = an_outage()
CALM = updated(BEFORE_AN_OUTAGE, ELEVEN, a_delay())
SCHEDULED = a_scheduled_outage()
IN_EFFECT = resolved(BEFORE_AN_OUTAGE, ELEVEN, remains_in_effect=True)
OVER = resolved(BEFORE_AN_OUTAGE, ELEVEN)


@pytest.mark.parametrize(
    ("before", "outage", "invokes", "revokes"),
    [
        pytest.param(None, BEFORE_AN_OUTAGE, True, False, id="initial-outage"),
        pytest.param(None, BEFORE_A_DELAY, False, False, id="initial-delay"),
        pytest.param(
            BEFORE_A_DELAY, updated(BEFORE_A_DELAY, ELEVEN, an_impact()), True, False, id="crossing-up"
        ),
        pytest.param(BEFORE_AN_OUTAGE, CALM, False, False, id="crossing-down"),
        pytest.param(BEFORE_AN_OUTAGE, ticked(BEFORE_AN_OUTAGE, NOON), False, False, id="periodic"),
        pytest.param(CALM, revoked(CALM, NOON), False, True, id="revoked-while-open"),
        pytest.param(
            revoked(CALM, NOON),
            updated(revoked(CALM, NOON), at("2026-11-26 13:00"), an_impact()),
            True,
            False,
            id="invoked-again",
        ),
        pytest.param(BEFORE_AN_OUTAGE, OVER, False, True, id="resolved"),
        pytest.param(BEFORE_A_DELAY, resolved(BEFORE_A_DELAY, ELEVEN), False, False, id="delay-resolved"),
        pytest.param(
            revoked(CALM, NOON), resolved(revoked(CALM, NOON), NOON), False, False, id="revoked-before"
        ),
        pytest.param(BEFORE_AN_OUTAGE, IN_EFFECT, False, False, id="remains-in-effect"),
        pytest.param(IN_EFFECT, revoked(IN_EFFECT, NOON), False, True, id="revoked-after-the-end"),
        pytest.param(OVER, corrected(OVER, NOON), False, False, id="correction-of-a-closed-one"),
        pytest.param(None, SCHEDULED, False, False, id="advance"),
        pytest.param(SCHEDULED, cancelled(SCHEDULED, FRIDAY_10H), False, False, id="cancelled"),
        pytest.param(SCHEDULED, updated(SCHEDULED, OPEN_AT), False, False, id="news-in-the-window"),
        pytest.param(SCHEDULED, resolved(SCHEDULED, OPEN_AT), False, True, id="scheduled-resolved"),
    ],
)
def test_a_bulletin_says_whether_it_invokes_or_revokes_procedures(
    before: Outage | None, outage: Outage, invokes: bool, revokes: bool
) -> None:
    """R5, R6: invocation, revocation and bulletin are one act."""
    facts = bulletin_facts(outage, before=before)
    assert (facts.invokes, facts.revokes) == (invokes, revokes)


def test_an_advance_bulletin_prints_the_cut_off_and_the_window() -> None:
    """R5, R45: procedures are not invoked yet."""
    facts = bulletin_facts(SCHEDULED, BulletinKind.ADVANCE)
    assert facts.is_scheduled
    assert (facts.started_at, facts.planned_end_at) == (SUNDAY_2H, at("2026-11-29 06:00"))
    assert facts.deadlines.transmit_by == at("2026-11-29 00:00")
    assert facts.contingency.state is ContingencyState.NOT_INVOKED
    assert facts.next_due_at == at("2026-11-27 21:00")


@pytest.mark.parametrize(
    ("outage", "assumes_ongoing"),
    [
        pytest.param(BEFORE_AN_OUTAGE, True, id="open"),
        pytest.param(BEFORE_A_DELAY, True, id="delay"),
        pytest.param(SCHEDULED, True, id="scheduled"),
        pytest.param(ticked(SCHEDULED, at("2026-11-29 10:30")), True, id="overrun"),
        pytest.param(IN_EFFECT, False, id="in-effect-still"),
        pytest.param(cancelled(SCHEDULED, FRIDAY_10H), False, id="cancelled"),
    ],
)
def test_clients_assume_it_is_ongoing_until_told_otherwise(outage: Outage, assumes_ongoing: bool) -> None:
    """R11"""
    assert bulletin_facts(outage).assumes_ongoing is assumes_ongoing


def test_a_missed_reminder_is_never_promised_for_the_past() -> None:
    """Section 2: the time printed for the next bulletin is one to come."""
    told = updated(SCHEDULED, at("2026-11-27 22:30"))
    assert told.next_due_at == at("2026-11-27 21:00")
    assert bulletin_facts(told).next_due_at == at("2026-11-27 22:30")


def test_a_bulletin_carries_its_history_what_it_corrects_and_what_it_returns_from() -> None:
    """The earlier text is kept below; relapses are linked."""
    outage = corrected(an_outage(relapse_of=3), NOON)
    chapter = Chapter(1, BulletinKind.INITIAL, THURSDAY_10H, MESSAGE)
    telling = Telling(
        BulletinKind.CORRECTION,
        MESSAGE,
        NOON,
        (chapter,),
        corrects=1,
        relapse_of="TCC26-0000",
        relapsed_by=("TCC26-0002",),
    )
    facts = facts_of(outage, telling, before=an_outage(), now=NOON, calendar=LITERAL)
    assert (facts.earlier, facts.corrects) == ((chapter,), 1)
    assert (facts.relapse_of, facts.relapsed_by) == ("TCC26-0000", ("TCC26-0002",))


def test_only_what_the_clock_issues_is_no_news() -> None:
    """R23: news ends a broadcast override."""
    assert {kind for kind in BulletinKind if not kind.is_news} == {"periodic", "reminder"}


@pytest.mark.parametrize(
    "kind",
    [
        *("advance", "reminder", "initial", "update", "periodic"),
        *("resolved", "cancelled", "correction", "revoked"),
    ],
)
def test_every_kind_of_an_outage_bulletin_is_known(kind: str) -> None:
    """R14"""
    assert BulletinKind(kind) == kind
