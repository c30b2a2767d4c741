"""An operator's own text for a help line: by whom, for how long, and what it must not say (R22, R23)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outage_service.domain.broadcasts import Override
from outage_service.domain.errors import InvalidAct
from outage_service.domain.roles import Actor, Role
from outage_service.domain.systems import HelpLine
from outage_service.domain.texts import Bilingual
from outage_service.services import overrides
from outage_service.services.engine import Engine
from outage_service.services.errors import NotFound, NotPermitted
from outage_service.storage.overrides import current_overrides
from outage_service.storage.schema import audit
from tests.services.acts import CTSU, TCCU, announce, declare, rows

TEXT = Bilingual("We are working on it.", "Nous y travaillons.")
NORMAL = Bilingual("All is normal.", "Tout fonctionne normalement.")
DAY = timedelta(hours=24)


def speak(
    engine: Engine,
    line: HelpLine = HelpLine.TCCU,
    *,
    actor: Actor = TCCU,
    message: Bilingual = TEXT,
    lasts: timedelta = DAY,
) -> Override:
    override = Override(message, engine.clock() + lasts)
    engine.act(lambda tx: overrides.set_override(engine, tx, actor, line, override))
    return override


def be_silent(engine: Engine, line: HelpLine = HelpLine.TCCU, *, actor: Actor = TCCU) -> None:
    engine.act(lambda tx: overrides.end_override(engine, tx, actor, line))


def current(engine: Engine) -> dict[HelpLine, Override]:
    with engine.db.read() as tx:
        return current_overrides(tx, now=engine.clock())


def test_an_operators_text_takes_the_place_of_the_lines(engine: Engine) -> None:
    """Until the operator gives the line back its own."""
    override = speak(engine)
    assert current(engine) == {HelpLine.TCCU: override}
    be_silent(engine)
    assert current(engine) == {}
    with pytest.raises(NotFound):
        be_silent(engine)


@pytest.mark.parametrize("lasts", [timedelta(0), -DAY, DAY + timedelta(seconds=1)])
def test_it_lasts_a_day_at_most(engine: Engine, lasts: timedelta) -> None:
    """R23: and not no time at all."""
    with pytest.raises(InvalidAct) as caught:
        speak(engine, lasts=lasts)
    assert caught.value.field == "expires_at"
    assert current(engine) == {}


@pytest.mark.parametrize("line", HelpLine)
def test_ctsu_speaks_on_its_own_lines(engine: Engine, line: HelpLine) -> None:
    """The contract: `ctsu` and `ccsh`; TCCU on all."""
    speak(engine, line)
    if line is HelpLine.TCCU:
        with pytest.raises(NotPermitted):
            speak(engine, line, actor=CTSU)
        with pytest.raises(NotPermitted):
            be_silent(engine, line, actor=CTSU)
        return
    speak(engine, line, actor=CTSU)
    be_silent(engine, line, actor=CTSU)
    assert current(engine) == {}


def test_nobody_else_speaks(engine: Engine) -> None:
    """Whatever the route lets through."""
    for role in (Role.ADMIN, Role.AUDITOR, Role.IVR):
        with pytest.raises(NotPermitted):
            speak(engine, actor=Actor("somebody", role))
    assert +rows(engine) == {"public_state": 1, "audit_head": 1, "pulse": 1}


def test_normal_is_not_said_while_anything_is_open_on_the_line(engine: Engine) -> None:
    """R22: a maintenance to come and another line's outage leave it normal."""
    announce(engine)
    speak(engine, message=NORMAL)
    declare(engine)
    with pytest.raises(InvalidAct) as caught:
        speak(engine, message=NORMAL)
    assert caught.value.code == "override_says_normal"
    speak(engine, HelpLine.CCSH, message=NORMAL)


def test_who_spoke_on_which_line_is_logged(engine: Engine) -> None:
    """One row for each act."""
    speak(engine, HelpLine.CTSU, actor=CTSU)
    be_silent(engine, HelpLine.CTSU)
    with engine.db.read() as tx:
        logged = [tuple(row) for row in tx.execute(select(audit.c.action, audit.c.actor, audit.c.detail))]
    assert logged == [
        ("override_set", "carm desk", {"line": "ctsu"}),
        ("override_ended", "night desk", {"line": "ctsu"}),
    ]
