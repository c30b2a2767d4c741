"""Previews: exactly what the act would send, and nothing of it is kept."""

from collections.abc import Callable

import pytest

from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.errors import InvalidAct, StateConflict
from outage_service.domain.outages import ContingencyState
from outage_service.domain.subscriptions import SubscriptionKind
from outage_service.domain.systems import HelpLine, System
from outage_service.domain.warnings import WarningCode
from outage_service.services import acting, queries
from outage_service.services.engine import Engine
from outage_service.services.errors import AlreadyDeclared, NotPermitted, Stale
from outage_service.services.outages import Target
from outage_service.services.previews import preview_act, preview_declaration
from outage_service.services.requests import DeclareBody, ResolveBody, UpdateBody
from outage_service.storage.state import state_version
from tests.builders import a_delay, at
from tests.services import acts

MESSAGE = {"en": "It is slow.", "fr": "C’est lent."}
DELAY = DeclareBody(
    kind="unscheduled",
    impacts=[{"system": "edi", "condition": "delay", "behind_minutes": 45}],
    message=MESSAGE,
)


def test_a_preview_is_what_the_act_then_sends(engine: Engine) -> None:
    seen = preview_declaration(engine, acts.TCCU, DELAY)
    done = engine.act(lambda tx: acting.declare(engine, tx, acts.TCCU, DELAY))
    with engine.db.read() as tx:
        bulletin, page = queries.find_bulletin(tx, done.bulletin_id), queries.find_page(tx, done.bulletin_id)
    assert (seen.subject, seen.html, seen.text) == (bulletin.bulletin.subject, page.html, page.text)
    assert (seen.kind, seen.message) == (bulletin.bulletin.kind, bulletin.bulletin.message)
    assert (seen.after.next_due_at, seen.after.number) == (done.outage.next_due_at, "TCC26-0001")


def test_a_preview_leaves_nothing_behind_and_wakes_nobody(engine: Engine) -> None:
    acts.subscribe(engine)
    done = acts.declare(engine, a_delay())
    woken: list[str] = []
    engine.after_commit.append(lambda: woken.append("woken"))
    before, outage = acts.rows(engine), acts.stored(engine, done)
    with engine.db.read() as tx:
        version = state_version(tx)
    preview_act(engine, acts.TCCU, Target(done.outage.id), UpdateBody(message=MESSAGE))
    preview_act(engine, acts.TCCU, Target(done.outage.id), ResolveBody(message=MESSAGE))
    preview_declaration(
        engine, acts.TCCU, DeclareBody(kind="unscheduled", impacts=[{"system": "ccp"}], message=MESSAGE)
    )
    assert acts.rows(engine) == before
    assert acts.stored(engine, done) == outage
    with engine.db.read() as tx:
        assert state_version(tx) == version
    assert woken == []
    assert acts.declare(engine, acts.CCP_OUT).outage.number == "TCC26-0002"


def test_it_counts_whom_the_bulletin_would_reach(engine: Engine) -> None:
    """R14."""
    acts.subscribe(engine, "all@example.org")
    acts.subscribe(engine, "edi@example.org", systems=(System.EDI,), kinds=(SubscriptionKind.DELAY,))
    acts.subscribe(engine, "ccp@example.org", systems=(System.CCP,))
    acts.subscribe(engine, "out@example.org", kinds=(SubscriptionKind.OUTAGE,))
    assert preview_declaration(engine, acts.TCCU, DELAY).recipients == 2


def test_it_shows_how_procedures_and_telephones_would_change(engine: Engine) -> None:
    """R36, R21."""
    done = acts.declare(engine, a_delay())
    worse = UpdateBody(
        message=MESSAGE, impacts=[{"system": "edi", "condition": "delay", "behind_minutes": 75}]
    )
    seen = preview_act(engine, acts.TCCU, Target(done.outage.id), worse)
    assert seen.before is not None
    assert seen.before.contingency_at(seen.at).state is ContingencyState.NOT_INVOKED
    assert seen.after.contingency_at(seen.at).state is ContingencyState.INVOKED
    assert seen.kind is BulletinKind.UPDATE
    assert set(seen.lines) == {HelpLine.TCCU}
    assert "An outage has affected EDI since" in seen.lines[HelpLine.TCCU].text.en


def test_it_carries_the_warnings_of_the_act(engine: Engine) -> None:
    """R17, R19."""
    late = DeclareBody(
        kind="scheduled",
        impacts=[{"system": "cers"}],
        planned_start_at="2026-11-26T11:00-05:00",
        planned_end_at="2026-11-26T12:00-05:00",
        message=MESSAGE,
    )
    seen = preview_declaration(engine, acts.TCCU, late)
    assert seen.warnings == (WarningCode.ANNOUNCED_LATE, WarningCode.NOT_EARLY_WEEKEND)
    assert seen.after.deadlines_at(seen.at, engine.calendar).transmit_by == at("2026-11-26 09:00")


def _another_s_system(engine: Engine) -> None:
    preview_declaration(engine, acts.CTSU, DELAY)


def _declared_already(engine: Engine) -> None:
    acts.declare(engine)
    preview_declaration(engine, acts.TCCU, DELAY)


def _old_version(engine: Engine) -> None:
    done = acts.declare(engine)
    preview_act(engine, acts.TCCU, Target(done.outage.id, 7), UpdateBody(message=MESSAGE))


def _too_early(engine: Engine) -> None:
    done = acts.declare(engine)
    body = ResolveBody(message=MESSAGE, restored_at="2026-11-26T09:00-05:00")
    preview_act(engine, acts.TCCU, Target(done.outage.id), body)


def _not_started(engine: Engine) -> None:
    done = acts.announce(engine)
    preview_act(engine, acts.TCCU, Target(done.outage.id), ResolveBody(message=MESSAGE))


@pytest.mark.parametrize(
    ("try_it", "refusal"),
    [
        (_another_s_system, NotPermitted),
        (_declared_already, AlreadyDeclared),
        (_old_version, Stale),
        (_too_early, InvalidAct),
        (_not_started, StateConflict),
    ],
)
def test_it_refuses_what_the_act_would_refuse(
    engine: Engine, try_it: Callable[[Engine], None], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        try_it(engine)
