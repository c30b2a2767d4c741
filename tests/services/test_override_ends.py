"""An operator's own text for a line ends with the next news on a system of the line (R23)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from outage_service.domain.broadcasts import Override
from outage_service.domain.systems import HelpLine, System
from outage_service.domain.texts import Bilingual
from outage_service.services import outages, overrides
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.storage.overrides import current_overrides
from tests.builders import an_impact, at
from tests.services.acts import (
    CCP_OUT,
    TCCU,
    announce,
    cancel,
    correct,
    declare,
    resolve,
    revoke,
    tick,
    update,
)

CAD_API = an_impact(System.CAD_API)
TEXT = Bilingual("We are working on it.", "Nous y travaillons.")
ALL = set(HelpLine)


def speak_on_all(engine: Engine) -> None:
    """Puts an operator's text on every line."""
    override = Override(TEXT, engine.clock() + timedelta(hours=12))
    for line in HelpLine:
        engine.act(lambda tx, line=line: overrides.set_override(engine, tx, TCCU, line, override))


def overridden(engine: Engine) -> set[HelpLine]:
    with engine.db.read() as tx:
        return set(current_overrides(tx, now=engine.clock()))


def test_a_new_outage_ends_the_text_of_its_lines(engine: Engine) -> None:
    """And of no other: the mapping of lines is data (R20)."""
    speak_on_all(engine)
    declare(engine, CCP_OUT)
    assert overridden(engine) == {HelpLine.TCCU, HelpLine.CTSU}
    declare(engine)
    assert overridden(engine) == {HelpLine.CTSU}


@pytest.mark.parametrize(
    "act",
    [update, resolve, lambda engine, done: correct(engine, done, done.bulletin_id)],
    ids=["update", "resolve", "correct"],
)
def test_every_news_ends_it(engine: Engine, act: Callable[[Engine, Done], object]) -> None:
    """What an operator tells now is newer than what was recorded for callers."""
    done = declare(engine, CAD_API)
    speak_on_all(engine)
    act(engine, done)
    assert overridden(engine) == ALL - {HelpLine.CTSU}


def test_a_revocation_and_a_cancellation_end_it(engine: Engine) -> None:
    """They are news, too."""
    done, planned = declare(engine, CAD_API), announce(engine, CCP_OUT)
    resolve(engine, done, remains_in_effect=True)
    speak_on_all(engine)
    revoke(engine, done)
    assert overridden(engine) == ALL - {HelpLine.CTSU}
    cancel(engine, planned)
    assert overridden(engine) == {HelpLine.TCCU}


def test_a_bulletin_of_the_clock_ends_nothing(engine: Engine) -> None:
    """Neither a periodic one nor a reminder: they say nothing new."""
    declare(engine)
    announce(engine, CCP_OUT)
    speak_on_all(engine)
    assert tick(engine, at("2026-11-26 12:00")) == 1
    assert overridden(engine) == ALL
    tick(engine, at("2026-11-27 20:00"))
    speak_on_all(engine)
    assert tick(engine, at("2026-11-27 21:00")) == 1
    assert overridden(engine) == ALL


def test_a_note_ends_nothing(engine: Engine) -> None:
    """It is not news."""
    done = declare(engine)
    speak_on_all(engine)
    engine.act(lambda tx: outages.note(engine, tx, TCCU, done.outage.id, "Called."))
    assert overridden(engine) == ALL


def test_a_system_that_an_update_drops_or_adds_is_concerned(engine: Engine) -> None:
    """Its line has something new to tell; one dropped long ago has not."""
    done = declare(engine, an_impact(), CAD_API)
    speak_on_all(engine)
    update(engine, done, an_impact())
    assert overridden(engine) == {HelpLine.CCSH}
    speak_on_all(engine)
    update(engine, done, an_impact(), CCP_OUT)
    assert overridden(engine) == {HelpLine.CTSU}
