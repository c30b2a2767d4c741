"""Two operators at one outage: nobody sends over what they never saw, and nothing typed is lost (P19)."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from outage_service.domain.outages import Outage
from outage_service.domain.systems import Condition, Direction, System
from outage_service.services import sessions
from outage_service.services.engine import Engine
from outage_service.services.outages import Done
from tests.builders import SUNDAY_6H, a_delay, an_impact, at
from tests.desk import Desk
from tests.services import acts
from tests.web.writing import MESSAGE, form_at, toggle_on

HERE = "/en/console/outages/TCC26-0001"
NOTICE = "Somebody else has sent news meanwhile"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what pages say."""
    return sqlite_url


def form_of(desk: Desk, act: str) -> dict[str, list[str]]:
    page = desk.get(f"{HERE}/{act}")
    assert page.status_code == 200
    return form_at(page, f"/{act}")


def send(desk: Desk, act: str, fields: dict[str, list[str]], go: str, **typed: object) -> httpx.Response:
    return desk.submit(f"{HERE}/{act}", {**fields, **typed, "go": go})


def carry_on(desk: Desk, act: str, page: httpx.Response) -> None:
    """Looks at the preview of a form as it stands, and sends."""
    preview = send(desk, act, form_at(page, f"/{act}"), "preview")
    assert preview.status_code == 200, preview.text
    assert send(desk, act, form_at(preview, f"/{act}"), "send").status_code == 303


def suffered(outage: Outage) -> dict[System, tuple[Direction | None, Condition]]:
    return {one.system: (one.direction, one.stated) for one in outage.active_impacts}


LEADING_BACK = {
    "use this text": ("fill", {"template": "edi_delay_unmeasured"}),
    "change it, on the preview": ("form", {}),
    "the session had ended": ("resume", {}),
    "the other language": ("show", {}),
    "a look without French": ("preview", {"message_fr": " "}),
    "sent without French": ("send", {"message_fr": " "}),
    "as mail without French": ("mail", {"message_fr": " "}),
    "a look": ("preview", {}),
    "sent": ("send", {}),
}


@pytest.mark.parametrize(("go", "typed"), LEADING_BACK.values(), ids=LEADING_BACK)
def test_whatever_leads_back_to_the_form_says_what_another_has_sent(
    go: str, typed: dict[str, str], tccu_desk: Desk, engine: Engine
) -> None:
    done = acts.declare(engine, a_delay())
    mine = form_of(tccu_desk, "update") | {"behind_edi": ["50"]}
    acts.update(engine, done, a_delay(), acts.CERS_OUT)
    back = send(tccu_desk, "update", mine, go, **{**MESSAGE, **typed})
    assert back.status_code == 409
    assert NOTICE in back.text
    assert acts.NEWS.en in back.text
    fields = form_at(back, "/update")
    assert (fields["version"], fields["sequence"]) == (["2"], ["2"])
    assert (fields["on"], fields["behind_edi"]) == (["edi", "cers"], ["50"])
    assert fields["message_en"] == [MESSAGE["message_en"]]
    assert [text.strip() for text in fields["message_fr"]] == [{**MESSAGE, **typed}["message_fr"].strip()]
    assert acts.stored(engine, done).sequence == 2


def test_who_has_seen_it_sends_theirs_on_top_and_restores_nothing(tccu_desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine, a_delay())
    mine = form_of(tccu_desk, "update") | {"behind_edi": ["50"]}
    acts.update(engine, done, a_delay(), acts.CERS_OUT)
    conflict = send(tccu_desk, "update", mine, "fill", **MESSAGE)
    carry_on(tccu_desk, "update", conflict)
    after = acts.stored(engine, done)
    assert after.impacts[0].behind == timedelta(minutes=50)
    assert all(impact.is_active for impact in after.impacts)
    assert set(suffered(after)) == {System.EDI, System.CERS}


def test_a_form_that_was_sent_before_is_not_overtaken_by_itself(tccu_desk: Desk, engine: Engine) -> None:
    """P18: a double click, a reload."""
    done = acts.declare(engine)
    preview = send(tccu_desk, "update", form_of(tccu_desk, "update"), "preview", **MESSAGE)
    fields = form_at(preview, "/update")
    first, again = (send(tccu_desk, "update", fields, "send") for _ in range(2))
    assert first.headers["location"] == again.headers["location"] == f"{HERE}?sent=2"
    assert acts.stored(engine, done).sequence == 2


def restored_but_in_effect(engine: Engine) -> Done:
    done = acts.declare(engine)
    acts.resolve(engine, done, remains_in_effect=True)
    return done


OTHERS: dict[str, Callable[[Engine], Done]] = {
    "resolve": acts.declare,
    "revoke": restored_but_in_effect,
    "cancel": acts.announce,
    "correct": acts.declare,
    "grace": acts.declare,
}


@pytest.mark.parametrize("act", OTHERS)
def test_the_form_of_every_other_act_says_it_too(act: str, tccu_desk: Desk, engine: Engine) -> None:
    done = OTHERS[act](engine)
    mine = form_of(tccu_desk, act)
    acts.correct(engine, done, acts.bulletins(engine, done)[0].id)
    for go, typed in LEADING_BACK.values():
        back = send(tccu_desk, act, mine, go, **{**MESSAGE, **typed})
        assert (back.status_code, NOTICE in back.text) == (409, True), go
        assert form_at(back, f"/{act}")["message_en"] == [MESSAGE["message_en"]]


def test_the_other_language_of_that_page_says_it_as_well(tccu_desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine)
    mine = form_of(tccu_desk, "resolve")
    acts.update(engine, done)
    toggle = toggle_on(send(tccu_desk, "resolve", mine, "send", **MESSAGE))
    assert toggle.fields is not None
    french = tccu_desk.submit(toggle.href, toggle.fields)
    assert french.status_code == 409
    assert "Quelqu’un d’autre a envoyé des nouvelles entre-temps" in french.text


def test_what_was_kept_while_the_session_ended_is_compared_with_the_outage(
    tccu_desk: Desk, engine: Engine
) -> None:
    """Its page is older than the sign-in."""
    done = acts.declare(engine, a_delay())
    mine = form_of(tccu_desk, "update")
    acts.update(engine, done, a_delay(), acts.CERS_OUT)
    engine.db.write(lambda tx: sessions.sign_out(engine, tx, tccu_desk.cookie))
    ended = send(tccu_desk, "update", mine, "preview", **MESSAGE)
    assert "version=1" in form_at(ended, "/sign-in")["kept"][0]


def test_a_bulletin_of_the_clock_alone_is_no_conflict(tccu_desk: Desk, engine: Engine) -> None:
    """It says nothing new, and changes no version."""
    acts.declare(engine)
    mine = form_of(tccu_desk, "update")
    assert acts.tick(engine, at("2026-11-26 12:00")) == 1
    back = send(tccu_desk, "update", mine, "show", **MESSAGE)
    assert (back.status_code, NOTICE in back.text) == (200, False)


def test_what_another_has_restored_is_not_listed_again(tccu_desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine, a_delay(), acts.CERS_OUT)
    mine = form_of(tccu_desk, "update") | {"behind_edi": ["50"]}
    acts.update(engine, done, a_delay())
    conflict = send(tccu_desk, "update", mine, "preview", **MESSAGE)
    assert form_at(conflict, "/update")["on"] == ["edi"]
    carry_on(tccu_desk, "update", conflict)
    assert set(suffered(acts.stored(engine, done))) == {System.EDI}


def test_one_direction_changed_here_and_the_other_added_there_are_both_kept(
    tccu_desk: Desk, engine: Engine
) -> None:
    inbound = a_delay(direction=Direction.INBOUND)
    done = acts.declare(engine, inbound)
    mine = form_of(tccu_desk, "update") | {"behind_edi": ["50"]}
    acts.update(engine, done, inbound, an_impact(System.EDI, Direction.OUTBOUND))
    conflict = send(tccu_desk, "update", mine, "preview", **MESSAGE)
    fields = form_at(conflict, "/update")
    assert fields["on"] == ["edi", "edi-2"]
    assert (fields["direction_edi"], fields["behind_edi"]) == (["inbound"], ["50"])
    assert fields["direction_edi-2"] == ["outbound"]
    carry_on(tccu_desk, "update", conflict)
    after = acts.stored(engine, done)
    assert {(one.direction, one.stated) for one in after.active_impacts} == {
        (Direction.INBOUND, Condition.DELAY),
        (Direction.OUTBOUND, Condition.OUTAGE),
    }


def test_a_window_that_another_has_moved_is_not_moved_back(tccu_desk: Desk, engine: Engine) -> None:
    done = acts.announce(engine)
    mine = form_of(tccu_desk, "update") | {"planned_start_at": ["2026-11-29T03:00"]}
    other = form_of(tccu_desk, "update") | {"planned_end_at": ["2026-11-29T07:00"]}
    carry_on(tccu_desk, "update", send(tccu_desk, "update", other, "form", **MESSAGE))
    conflict = send(tccu_desk, "update", mine, "form", **MESSAGE)
    assert conflict.status_code == 409
    carry_on(tccu_desk, "update", conflict)
    after = acts.stored(engine, done)
    assert after.started_at == at("2026-11-29 03:00")
    assert after.planned_end_at == SUNDAY_6H + timedelta(hours=1)
