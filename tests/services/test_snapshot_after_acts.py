"""Which acts make the prepared pages anew: all that change what the public is told, and no others."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from outage_service.content import load_content
from outage_service.domain.broadcasts import Override
from outage_service.domain.grace import Extension
from outage_service.domain.roles import Role
from outage_service.domain.status import StatusFacts
from outage_service.domain.systems import HelpLine, System
from outage_service.domain.texts import Language
from outage_service.edge.holder import SnapshotHolder
from outage_service.edge.pages import Page
from outage_service.services import outages, overrides, subscriptions, tokens
from outage_service.services.engine import Engine
from outage_service.services.outages import Done, Target
from outage_service.services.snapshot import HomePages, SnapshotKeeper, no_site, nothing_known
from outage_service.web.pages.status import HomePage
from tests.builders import THURSDAY_10H
from tests.services.acts import (
    NEWS,
    TCCU,
    announce,
    cancel,
    correct,
    declare,
    resolve,
    revoke,
    subscribe,
    tick,
    update,
)
from tests.storage.rows import choices

HOUR = timedelta(hours=1)
Act = Callable[[Engine, Done], object]


def a_keeper(engine: Engine, home: HomePages = no_site) -> tuple[SnapshotKeeper, SnapshotHolder]:
    holder = SnapshotHolder(nothing_known(load_content()))
    return SnapshotKeeper(engine, load_content(), holder, home), holder


def override(engine: Engine, done: Done) -> object:
    own = Override(NEWS, engine.clock() + HOUR)
    engine.act(lambda tx: overrides.set_override(engine, tx, TCCU, HelpLine.CCSH, own))
    return done


def end_override(engine: Engine, done: Done) -> object:
    override(engine, done)
    return engine.act(lambda tx: overrides.end_override(engine, tx, TCCU, HelpLine.CCSH))


def resolve_and_extend(engine: Engine, done: Done) -> object:
    resolve(engine, done)
    more = Extension((System.EDI,), engine.clock() + 5 * HOUR, None)
    target = Target(done.outage.id)
    return engine.act(lambda tx: outages.extend_relief(engine, tx, TCCU, target, NEWS, extension=more))


ACTS: Mapping[str, Act] = {
    "declare": lambda engine, _: declare(engine),
    "announce": lambda engine, _: announce(engine),
    "update": update,
    "resolve": resolve,
    "resolve_and_remain": lambda engine, done: resolve(engine, done, remains_in_effect=True),
    "revoke": lambda engine, done: (resolve(engine, done, remains_in_effect=True), revoke(engine, done)),
    "cancel": lambda engine, _: cancel(engine, announce(engine)),
    "correct": lambda engine, done: correct(engine, done, 1),
    "extend": resolve_and_extend,
    "override": override,
    "end_override": end_override,
    "periodic": lambda engine, _: tick(engine, THURSDAY_10H + 2 * HOUR),
}


@pytest.mark.parametrize("name", ACTS)
def test_after_each_act_its_process_tells_what_the_database_says(engine: Engine, name: str) -> None:
    """Decision 6: before its operator is answered; a public page that no act touched would be too late."""
    done = declare(engine) if name not in {"declare", "announce", "cancel"} else None
    home = HomePage(load_content(), engine.calendar, engine.base_url)
    keeper, holder = a_keeper(engine, home)
    keeper.refresh()
    before = holder.current().snapshot
    engine.after_commit.append(keeper.look)
    ACTS[name](engine, done)  # type: ignore[arg-type]
    assert holder.current().snapshot is not before
    other, told = a_keeper(engine, home)
    other.refresh()
    assert bodies(holder.current().snapshot.fresh) == bodies(told.current().snapshot.fresh)


def bodies(pages: Mapping[str, Page]) -> dict[str, bytes]:
    return {path: page.body for path, page in pages.items()}


def test_readers_who_come_and_go_make_no_pages(engine: Engine) -> None:
    """P23: anybody may ask for as many subscriptions as the limits allow; each would cost a whole build."""
    keeper, holder = a_keeper(engine)
    keeper.refresh()
    before = holder.current().snapshot
    engine.after_commit.append(keeper.look)
    engine.act(lambda tx: subscriptions.request(engine, tx, choices("ann@example.org")))
    engine.act(lambda tx: tokens.create(engine, tx, name="one", role=Role.IVR, valid_for=None))
    subscribe(engine)
    assert holder.current().snapshot is before


def test_a_look_does_not_take_for_told_what_another_thread_is_still_building(engine: Engine) -> None:
    """Decision 6: of two acts at once, the second is told before it is answered too."""
    reached, may_end = threading.Event(), threading.Event()

    def home(facts: StatusFacts, *, is_stale: bool) -> Mapping[Language, str]:
        if facts.outages and not is_stale:
            reached.set()
            may_end.wait(5)
        return {}

    keeper, holder = a_keeper(engine, home)
    keeper.refresh()
    declare(engine)
    first = threading.Thread(target=keeper.look)
    first.start()
    assert reached.wait(5)
    threading.Timer(0.2, may_end.set).start()
    keeper.look()
    assert b'"condition":"outage"' in holder.current().snapshot.fresh["/v1/status"].body.replace(b" ", b"")
    first.join()
