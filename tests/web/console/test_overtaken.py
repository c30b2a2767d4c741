"""Two people at one entry that has no version: none overwrites what they never saw (P19)."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.domain.systems import HelpLine
from outage_service.services import users
from outage_service.services.engine import Engine
from outage_service.services.sessions import recognise
from outage_service.storage.overrides import current_overrides
from outage_service.storage.subscribers import (
    Subscriber,
    SubscriberState,
    find_subscriber,
    set_subscriber_state,
)
from outage_service.storage.users import User
from tests.builders import a_delay, at
from tests.desk import Desk, a_desk, a_user, email_of
from tests.services import acts
from tests.web.writing import Fields, form_at, toggle_on

LINES = "/en/console/lines"
TEXT = {"en": ["We moved."], "fr": ["Nous avons déménagé."]}
OTHER_TEXT = {"en": ["Call back later."], "fr": ["Rappelez plus tard."]}
LINE_NOTICE = "what callers hear has changed meanwhile"
ENTRY_NOTICE = "Somebody else has changed this entry meanwhile"
USER_NOTICE = "Somebody else has changed this user meanwhile"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what pages say."""
    return sqlite_url


def send(desk: Desk, path: str, fields: Fields) -> httpx.Response:
    return desk.submit(path, fields)


def line_form(desk: Desk, end: str = "lines/tccu") -> Fields:
    return form_at(desk.get(LINES), end)


def own_text(engine: Engine) -> str | None:
    with engine.db.read() as tx:
        found = current_overrides(tx, now=engine.clock()).get(HelpLine.TCCU)
    return found.message.en if found else None


def test_nobody_speaks_over_a_text_that_they_have_not_heard(tccu_desk: Desk, engine: Engine) -> None:
    mine = line_form(tccu_desk) | TEXT | {"hours": ["8"]}
    assert send(tccu_desk, f"{LINES}/tccu", line_form(tccu_desk) | OTHER_TEXT).status_code == 303
    back = send(tccu_desk, f"{LINES}/tccu", mine)
    assert (back.status_code, LINE_NOTICE in back.text) == (409, True)
    assert own_text(engine) == "Call back later."
    fields = form_at(back, "lines/tccu")
    assert (fields["en"], fields["fr"], fields["hours"]) == (TEXT["en"], TEXT["fr"], ["8"])
    assert send(tccu_desk, f"{LINES}/tccu", fields).status_code == 303
    assert own_text(engine) == "We moved."


def test_nobody_speaks_over_an_outage_that_they_do_not_know_of(tccu_desk: Desk, engine: Engine) -> None:
    mine = line_form(tccu_desk) | TEXT
    acts.declare(engine)
    back = send(tccu_desk, f"{LINES}/tccu", mine)
    assert (back.status_code, own_text(engine)) == (409, None)
    assert "An outage has affected EDI since" in back.text


@pytest.mark.parametrize(
    "typed", [{"en": [" "]}, {"go": ["show"]}, {"go": ["resume"]}], ids=["mistake", "toggle", "resumed"]
)
def test_whatever_leads_back_to_a_line_says_so_too(typed: Fields, tccu_desk: Desk, engine: Engine) -> None:
    mine = line_form(tccu_desk) | TEXT
    acts.declare(engine)
    back = send(tccu_desk, f"{LINES}/tccu", mine | typed)
    assert (back.status_code, LINE_NOTICE in back.text) == (409, True)


def test_the_clock_alone_overtakes_nobody(app: FastAPI, engine: Engine) -> None:
    """Not a bulletin on the cadence, nor the planned start that comes."""
    acts.declare(engine, a_delay())
    acts.announce(engine, acts.CERS_OUT, start=at("2026-11-26 13:45"), end=at("2026-11-26 20:00"))
    acts.set_clock(engine, at("2026-11-26 13:30"))
    desk = a_desk(app, engine, Role.TCCU)
    mine = line_form(desk) | TEXT
    assert acts.tick(engine, at("2026-11-26 14:00")) == 1
    assert send(desk, f"{LINES}/tccu", mine).status_code == 303


def test_a_double_click_on_a_line_is_no_conflict(tccu_desk: Desk, engine: Engine) -> None:
    mine = line_form(tccu_desk) | TEXT
    assert [send(tccu_desk, f"{LINES}/tccu", mine).status_code for _ in range(2)] == [303, 303]
    assert own_text(engine) == "We moved."


def test_nobody_ends_a_text_that_they_have_not_heard(
    tccu_desk: Desk, engine: Engine, clock: VirtualClock
) -> None:
    send(tccu_desk, f"{LINES}/tccu", line_form(tccu_desk) | TEXT)
    mine = line_form(tccu_desk, "lines/tccu/end")
    send(tccu_desk, f"{LINES}/tccu", line_form(tccu_desk) | OTHER_TEXT)
    back = send(tccu_desk, f"{LINES}/tccu/end", mine)
    assert (back.status_code, LINE_NOTICE in back.text) == (409, True)
    assert own_text(engine) == "Call back later."
    assert tccu_desk.get(toggle_on(back).href).status_code == 200
    clock.advance(timedelta(hours=3))  # it has ended by itself, which is what was asked for
    assert send(tccu_desk, f"{LINES}/tccu/end", mine).status_code == 303


def person(engine: Engine, subscriber_id: int) -> Subscriber:
    with engine.db.read() as tx:
        found = find_subscriber(tx, subscriber_id)
    assert found
    return found


def entry(desk: Desk, ann: int, end: str = "") -> Fields:
    return form_at(desk.get(f"/en/console/subscribers/{ann}"), f"subscribers/{ann}{end}")


def test_a_tab_opened_once_more_ticks_nothing_beside_what_another_has_saved(
    admin_desk: Desk, engine: Engine
) -> None:
    """P19: Firefox fills the page that it fetches anew, of form and lists each unless told not to."""
    ann = acts.subscribe(engine)
    text = admin_desk.get(f"/en/console/subscribers/{ann}").text
    assert f'/console/subscribers/{ann}" autocomplete="off"' in text
    assert text.count("<select") == text.count('<select id="state" name="state" autocomplete="off"') == 1


def test_who_comes_second_to_a_subscriber_sees_what_the_first_has_saved(
    admin_desk: Desk, engine: Engine
) -> None:
    ann = acts.subscribe(engine)
    path = f"/en/console/subscribers/{ann}"
    mine = entry(admin_desk, ann) | {"email": ["ann@example.net"], "kind": ["outage"]}
    assert send(admin_desk, path, entry(admin_desk, ann) | {"system": ["edi", "swi"]}).status_code == 303
    for typed in ({}, {"email": ["nobody"]}, {"go": ["show"]}):
        back = send(admin_desk, path, mine | typed)
        assert (back.status_code, ENTRY_NOTICE in back.text) == (409, True), typed
        assert "Single Window" in back.text.split("</dl>")[0]
        fields = form_at(back, path)
        assert (fields["email"], fields["kind"]) == ((mine | typed)["email"], ["outage"])
    assert person(engine, ann).choices.email == "ann@example.org"
    back = send(admin_desk, path, mine)
    toggle = toggle_on(back)
    assert toggle.fields is not None
    french = send(admin_desk, toggle.href, toggle.fields)
    assert "Quelqu’un d’autre a modifié cette entrée entre-temps" in french.text
    assert [send(admin_desk, path, form_at(back, path)).status_code for _ in range(2)] == [303, 303]
    assert person(engine, ann).choices.email == "ann@example.net"


def test_a_state_is_not_set_over_one_that_nobody_has_seen(admin_desk: Desk, engine: Engine) -> None:
    ann = acts.subscribe(engine)
    path = f"/en/console/subscribers/{ann}"
    mine = entry(admin_desk, ann) | {"state": ["suppressed"]}
    left = SubscriberState.UNSUBSCRIBED
    engine.db.write(lambda tx: set_subscriber_state(tx, ann, left, now=engine.clock()))
    back = send(admin_desk, path, mine)
    assert (back.status_code, person(engine, ann).state) == (409, left)
    fields = form_at(back, path)
    assert (fields["state"], fields["state_before"]) == (["suppressed"], ["unsubscribed"])
    assert send(admin_desk, path, fields).status_code == 303
    assert person(engine, ann).state is SubscriberState.SUPPRESSED


def test_nobody_is_erased_in_another_s_place(admin_desk: Desk, engine: Engine) -> None:
    ann = acts.subscribe(engine)
    path = f"/en/console/subscribers/{ann}"
    mine = entry(admin_desk, ann, "/erase") | {"typed": ["ERASE"]}
    send(admin_desk, path, entry(admin_desk, ann) | {"email": ["bob@example.org"]})
    back = send(admin_desk, f"{path}/erase", mine)
    assert (back.status_code, ENTRY_NOTICE in back.text) == (409, True)
    assert person(engine, ann).choices.email == "bob@example.org"
    again = form_at(back, "/erase") | {"typed": ["ERASE"]}
    assert send(admin_desk, f"{path}/erase", again).status_code == 303


def colleague(engine: Engine) -> User:
    with engine.db.read() as tx:
        found = users.find_by_email(tx, email_of(Role.TCCU))
    assert found
    return found


@pytest.fixture
def of_colleague(engine: Engine) -> str:
    """The page of a user."""
    return f"/en/console/users/{a_user(engine, Role.TCCU)}"


def test_a_password_is_not_replaced_by_who_does_not_know_that_it_was(
    of_colleague: str, admin_desk: Desk, engine: Engine
) -> None:
    path = f"{of_colleague}/password"
    form = form_at(admin_desk.get(of_colleague), "/password")
    first, second = ({name: [f"a sentence of {who}"] for name in ("password", "again")} for who in "ab")
    assert [send(admin_desk, path, form | first).status_code for _ in range(2)] == [303, 303]
    for typed in (second, second | {"again": ["another"]}):
        back = send(admin_desk, path, form | typed)
        assert (back.status_code, USER_NOTICE in back.text) == (409, True)
    assert users.is_password_of(colleague(engine), "a sentence of a")
    assert send(admin_desk, path, form_at(back, "/password") | second).status_code == 303


def test_who_was_shut_out_by_another_is_not_let_in_unknowingly(
    of_colleague: str, admin_desk: Desk, engine: Engine
) -> None:
    shut_out = form_at(admin_desk.get(of_colleague), "/disable")
    assert [send(admin_desk, f"{of_colleague}/disable", shut_out).status_code for _ in range(2)] == [303, 303]
    let_in = form_at(admin_desk.get(of_colleague), "/enable")
    assert [send(admin_desk, f"{of_colleague}/enable", let_in).status_code for _ in range(2)] == [303, 303]
    stale = send(admin_desk, f"{of_colleague}/disable", shut_out | {"seen": ["x"]})
    assert (stale.status_code, USER_NOTICE in stale.text) == (409, True)
    assert admin_desk.get(toggle_on(stale).href).status_code == 200
    send(admin_desk, f"{of_colleague}/disable", form_at(stale, "/disable"))
    assert colleague(engine).disabled_at is not None
    stale = send(admin_desk, f"{of_colleague}/enable", let_in | {"seen": ["x"]})
    assert (stale.status_code, USER_NOTICE in stale.text) == (409, True)


def test_a_form_without_what_was_seen_changes_nothing(
    of_colleague: str, admin_desk: Desk, app: FastAPI, engine: Engine
) -> None:
    acts.subscribe(engine)
    assert send(admin_desk, f"{of_colleague}/disable", {}).status_code == 409
    assert send(admin_desk, "/en/console/subscribers/1/erase", {"typed": ["ERASE"]}).status_code == 409
    desk = a_desk(app, engine, Role.TCCU)
    assert send(desk, f"{LINES}/tccu", {**TEXT, "hours": ["2"]}).status_code == 409
    with engine.db.read() as tx:
        assert recognise(engine, tx, desk.cookie)
