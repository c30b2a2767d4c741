"""How far a bulletin has come, on a page; and what an administrator does about whom it did not reach."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy import update as change_rows

from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import GIVE_UP_AFTER, DeliveryState
from outage_service.domain.roles import Role
from outage_service.services import pulse
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from outage_service.storage import Connection, pauses
from outage_service.storage.schema import delivery, subscriber
from outage_service.storage.subscribers import SubscriberState, set_subscriber_state
from tests.desk import Desk, a_desk
from tests.services.acts import declare, subscribe, update
from tests.storage.rows import a_worker, all_claims, end, states

PATH = "/en/console/bulletins/1"


@pytest.fixture
def done(engine: Engine) -> Done:
    """A bulletin that one got, two are refused for alike, and one is to be tried again."""
    for name in ("ann", "bob", "eve", "joe"):
        subscribe(engine, f"{name}@example.org")
    a_worker(engine.db)
    found = declare(engine)
    for claim, state in zip(all_claims(engine.db), ("accepted", "failed", "failed", "queued"), strict=True):
        end(engine.db, [claim], DeliveryState(state))

    def say(tx: Connection) -> None:
        for recipient, code, said in (
            (2, 550, "5.1.1 <bob@example.org>: no such user"),
            (3, 550, "5.1.1 <eve@example.org>: no such user"),
            (4, 451, "greylisted"),
        ):
            one = change_rows(delivery).where(delivery.c.recipient_id == recipient)
            tx.execute(one.values(code=code, detail=said, tries=1))

    engine.db.write(say)
    return found


@pytest.mark.usefixtures("done")
def test_reasons_that_differ_by_the_address_alone_are_one(tccu_desk: Desk, auditor_desk: Desk) -> None:
    """And whoever is no administrator sees no address."""
    for desk in (tccu_desk, auditor_desk):
        text = desk.get(PATH).text
        assert "5.1.1 …: no such user" in text
        assert "greylisted" in text
        assert "example.org" not in text.replace("desk.example.org", "").replace("outages.example.org", "")


@pytest.mark.usefixtures("done")
def test_an_administrator_sees_whom_it_did_not_reach(admin_desk: Desk) -> None:
    text = admin_desk.get(PATH).text
    assert "bob@example.org" in text
    assert "ann@example.org" not in text
    assert "Try 2 again" in text
    assert 'href="/en/console/subscribers/2"' in text
    page = admin_desk.get(f"{PATH}?limit=1").text
    assert "eve@example.org" not in page
    assert "More" in page


def test_whom_it_did_not_reach_is_tried_again_unless_gone(
    done: Done, admin_desk: Desk, engine: Engine
) -> None:
    left = SubscriberState.UNSUBSCRIBED
    engine.db.write(lambda tx: set_subscriber_state(tx, 3, left, now=engine.clock()))
    answer = admin_desk.submit(f"{PATH}/retry")
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    assert states(engine.db) == {"accepted": 1, "queued": 2, "failed": 1}
    (again,) = [claim for claim in all_claims(engine.db) if claim.recipient_id == 2]
    assert (again.tries, again.attempt) == (0, 2)
    assert done.outage.number in admin_desk.get("/en/console/audit").text


def test_nobody_is_sent_a_bulletin_that_a_newer_one_has_replaced(
    done: Done, admin_desk: Desk, engine: Engine
) -> None:
    """P12."""
    update(engine, done)
    before = states(engine.db)
    assert "Try 2 again" not in admin_desk.get(PATH).text
    assert admin_desk.submit(f"{PATH}/retry").status_code == 409
    assert states(engine.db) == before


@pytest.mark.usefixtures("done")
def test_an_old_bulletin_is_not_tried_again(app: FastAPI, engine: Engine, clock: VirtualClock) -> None:
    """It would be given up at once."""
    clock.advance(GIVE_UP_AFTER - timedelta(minutes=1))
    assert "Try 2 again" in a_desk(app, engine, Role.ADMIN).get(PATH).text
    clock.advance(timedelta(minutes=1))
    assert "Try 2 again" not in a_desk(app, engine, Role.ADMIN).get(PATH).text


@pytest.mark.usefixtures("done")
def test_an_address_is_written_to_no_more(admin_desk: Desk, engine: Engine) -> None:
    for _ in range(2):  # a second click finds it done
        assert admin_desk.submit(f"{PATH}/suppress/2").status_code == 303
    with engine.db.read() as tx:
        state = tx.execute(select(subscriber.c.state).where(subscriber.c.id == 2)).scalar_one()
    assert state == "suppressed"
    assert admin_desk.submit(f"{PATH}/suppress/99").status_code == 404


@pytest.mark.usefixtures("done")
def test_a_paused_bulletin_is_let_go_on(tccu_desk: Desk, ctsu_desk: Desk, engine: Engine) -> None:
    engine.db.write(lambda tx: pauses.pause_mailing(tx, 1, detail="554 spam"))
    assert "Nothing of this bulletin is sent" in tccu_desk.get(PATH).text
    assert "Let it go on" not in ctsu_desk.get(PATH).text
    assert tccu_desk.submit(f"{PATH}/resume").status_code == 303
    assert "Nothing of this bulletin is sent" not in tccu_desk.get(PATH).text
    assert tccu_desk.submit(f"{PATH}/resume").status_code == 409


@pytest.mark.usefixtures("done")
def test_a_held_bulletin_says_so_and_offers_no_button(tccu_desk: Desk, engine: Engine) -> None:
    """P34: `release` on the command line lets it go, and nothing on a page."""
    tag = {"If-None-Match": tccu_desk.get(PATH).headers["etag"]}
    engine.act(lambda tx: pulse.hold(engine, tx))
    text = tccu_desk.get(PATH, headers=tag).text
    assert "This bulletin is held" in text
    assert "<code>outage-service release</code>" in text
    assert "Ce bulletin est retenu" in tccu_desk.get(PATH.replace("/en/", "/fr/")).text
    assert "Nothing of this bulletin is sent" not in text
    assert "Let it go on" not in text
    assert tccu_desk.submit(f"{PATH}/resume").status_code == 409
    assert "This bulletin is held" in tccu_desk.get(PATH).text


@pytest.mark.usefixtures("done")
def test_a_script_gets_figures_only_when_they_change(tccu_desk: Desk, engine: Engine) -> None:
    tag = {"If-None-Match": tccu_desk.get(PATH).headers["etag"]}
    assert tccu_desk.get(PATH, headers=tag).status_code == 304
    gone = change_rows(delivery).where(delivery.c.recipient_id == 4).values(state="accepted")
    engine.db.write(lambda tx: tx.execute(gone))
    assert tccu_desk.get(PATH, headers=tag).status_code == 200


def test_a_bulletin_that_is_not_there_is_told_so(tccu_desk: Desk) -> None:
    assert tccu_desk.get("/en/console/bulletins/999").status_code == 404
