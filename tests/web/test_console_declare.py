"""Declaring in the console: three steps, nothing sent before the last, everything typed kept."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from outage_service.domain.roles import Role
from outage_service.domain.systems import Direction, System
from outage_service.services.engine import Engine
from outage_service.web.app import create_app
from tests.builders import a_delay, an_impact, at
from tests.desk import Desk, a_desk
from tests.engines import an_engine
from tests.services import acts
from tests.web.writing import EDI_DELAY, MESSAGE, form_at, press


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """An engine on SQLite: pages do not know the database, and what they call is tested on both kinds."""
    made = an_engine(sqlite_url)
    yield made
    made.db.close()


@pytest.fixture
def desk(app: FastAPI, engine: Engine) -> Desk:
    """An operator for all systems, signed in."""
    return a_desk(app, engine, Role.TCCU)


@pytest.fixture(scope="module")
def looking(sqlite_of_module: str) -> Iterator[Desk]:
    """An operator who sends nothing."""
    made = an_engine(sqlite_of_module)
    yield a_desk(create_app(made), made, Role.TCCU)
    made.db.close()


def outages_of(engine: Engine) -> int:
    return acts.rows(engine)["outage"]


def test_a_delay_is_declared_in_three_steps(desk: Desk, engine: Engine) -> None:
    acts.subscribe(engine)
    first = desk.get("/en/console/declare")
    text = desk.submit("/en/console/declare", {**form_at(first, "declare"), **EDI_DELAY, "go": "text"})
    assert "45\u00a0min later than usual" in form_at(text, "declare")["message_en"][0]
    preview = press(desk, text, "declare", "preview")
    assert preview.status_code == 200, preview.text
    assert "Goes to 1 subscriber." in preview.text
    assert outages_of(engine) == 0
    sent = press(desk, preview, "declare", "send")
    assert (sent.status_code, sent.headers["location"]) == (303, "/en/console/outages/TCC26-0001?sent=1")
    assert outages_of(engine) == 1


def test_a_double_click_sends_once(desk: Desk, engine: Engine) -> None:
    """P18."""
    preview = desk.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": "preview"})
    first, again = (press(desk, preview, "declare", "send") for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    assert acts.rows(engine)["bulletin"] == 1


def test_the_form_of_an_outage_that_is_over_declares_no_second_one(desk: Desk, engine: Engine) -> None:
    preview = desk.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": "preview"})
    press(desk, preview, "declare", "send")
    version = form_at(desk.get("/en/console/outages/TCC26-0001/resolve"), "resolve")["version"]
    desk.submit("/en/console/outages/TCC26-0001/resolve", {"version": version, **MESSAGE, "go": "send"})
    assert press(desk, preview, "declare", "send").headers["location"].endswith("?sent=1")
    assert outages_of(engine) == 1


def test_the_preview_says_what_a_figure_makes_of_a_delay(looking: Desk) -> None:
    """R34, R5."""
    wanted = {**EDI_DELAY, "behind_edi": "60.02", **MESSAGE, "go": "preview"}
    preview = looking.submit("/en/console/declare", wanted)
    assert "By its figures this counts as an outage." in preview.text
    assert "This bulletin invokes them." in preview.text
    assert "TCC26-0001 – EDI outage / Panne de l’EDI" in preview.text


def test_the_preview_has_what_the_telephone_will_say(looking: Desk) -> None:
    preview = looking.submit("/fr/console/declare", {**EDI_DELAY, **MESSAGE, "go": "preview"})
    assert "Unité des services techniques aux clients commerciaux" in preview.text
    assert "treat this outage as ongoing" in preview.text


def test_the_preview_can_be_seen_as_mail(desk: Desk, engine: Engine) -> None:
    for go, first in (("mail", "EDI is 45 min behind."), ("mail_fr", "L’EDI a 45 min de retard.")):
        mail = desk.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": go})
        assert mail.text.index(first) == min(mail.text.index(said) for said in MESSAGE.values())
        assert "style-src 'unsafe-inline'" in mail.headers["content-security-policy"]
    assert outages_of(engine) == 0


def test_an_operator_s_text_is_sent_as_it_is(desk: Desk, engine: Engine) -> None:
    typed = {"message_en": " Two\r\nlines <b> & more ", "message_fr": "Deux\r\nlignes « ici »"}
    preview = desk.submit("/en/console/declare", {**EDI_DELAY, **typed, "go": "preview"})
    press(desk, preview, "declare", "send")
    with engine.db.read() as tx:
        (bulletin,) = acts.bulletins_of(tx, 1)
    assert bulletin.message is not None
    assert (bulletin.message.en, bulletin.message.fr) == (" Two\nlines <b> & more ", "Deux\nlignes « ici »")


def test_scheduled_outages_have_a_window_and_warnings(desk: Desk, engine: Engine) -> None:
    """R17, R19."""
    wanted = {
        "kind": "scheduled",
        "on": "cers",
        "planned_start_at": "2026-11-26T11:00",
        "planned_end_at": "2026-11-26T12:00",
        "started_at": "nonsense that is hidden",
    }
    text = desk.submit("/en/console/declare", {**wanted, "go": "text"})
    assert form_at(text, "declare")["message_en"][0].startswith(
        "Maintenance work is planned on the CERS Portal"
    )
    preview = press(desk, text, "declare", "preview")
    assert "less than two hours before the start" in preview.text
    assert "early morning of a Saturday or Sunday" in preview.text
    assert "They are in effect from the planned start." in preview.text
    press(desk, preview, "declare", "send")
    with engine.db.read() as tx:
        found = acts.find_outage(tx, 1)
    assert found is not None
    assert found.started_at == at("2026-11-26 11:00")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"on": ""}, "systems", "Which systems? Tick at least one."),
        ({"behind_edi": "soon"}, "behind_edi", "EDI – Minutes behind: enter a number, such as 45."),
        ({"behind_edi": "10081"}, "behind_edi", "EDI – Minutes behind: this cannot be used."),
        ({"direction_edi": "up"}, "direction_edi", "EDI – Direction: this cannot be used."),
        ({"started_at": "yesterday"}, "started_at", "enter a day and a time"),
        ({"started_at": "2026-02-30T10:00"}, "started_at", "enter a day and a time"),
        ({"started_at": "2026-03-08T02:30"}, "started_at", "clocks skip this time in the spring"),
        ({"started_at": "2026-11-26T10:01"}, "started_at", "it cannot have begun in the future"),
        ({"started_at": "1026-11-26T10:01"}, "started_at", "this cannot be used"),
        ({"internal_systems": "coffee"}, "internal_systems", "Internal systems: this cannot be used."),
        (
            {"kind": "scheduled", "planned_start_at": "2026-11-29T02:00"},
            "planned_end_at",
            "a scheduled outage needs a start and an end",
        ),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(
    looking: Desk, typed: dict[str, str], field: str, said: str
) -> None:
    wanted = {**EDI_DELAY, **MESSAGE, **typed, "go": "preview"}
    answer = looking.submit("/en/console/declare", wanted)
    assert answer.status_code == 422, answer.text
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}"' in answer.text
    assert said in answer.text
    kept = form_at(answer, "declare")
    assert kept["message_fr"] == [MESSAGE["message_fr"]]
    for name, value in typed.items():
        if name not in ("on", "direction_edi", "internal_systems"):
            assert kept[name] == [value]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"message_fr": " "}, "French text: this is missing."),
        ({"message_en": "", "message_fr": ""}, "English text: this is missing."),
        ({"message_en": "It is ____ behind."}, "English text: fill in what is marked ____."),
        ({"message_en": "x" * 4001}, "English text: at most 4,000 characters."),
        ({"message_en": "bell \x07"}, "English text: it holds a character that cannot be kept"),
    ],
)
def test_a_text_that_cannot_go_out_is_shown_again(looking: Desk, typed: dict[str, str], said: str) -> None:
    answer = looking.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, **typed, "go": "preview"})
    assert answer.status_code == 422
    assert said in answer.text
    kept = form_at(answer, "declare")
    assert kept["behind_edi"] == ["45"]
    assert kept["message_en"] == [typed.get("message_en", MESSAGE["message_en"])]


def test_mistakes_are_told_in_french_on_a_french_page(looking: Desk) -> None:
    wrong = {**EDI_DELAY, "behind_edi": "bientôt", "go": "text"}
    answer = looking.submit("/fr/console/declare", wrong)
    assert "EDI – Minutes de retard\u00a0: entrez un nombre, comme 45." in answer.text


def test_a_french_figure_may_have_a_comma(looking: Desk) -> None:
    answer = looking.submit("/fr/console/declare", {**EDI_DELAY, "behind_edi": "45,5", "go": "text"})
    assert "45\u00a0min\u00a030\u00a0s" in form_at(answer, "declare")["message_fr"][0]


def test_a_standard_text_replaces_what_was_written(looking: Desk) -> None:
    chosen = {**EDI_DELAY, **MESSAGE, "template": "edi_delay_unmeasured", "go": "fill"}
    fields = form_at(looking.submit("/en/console/declare", chosen), "declare")
    assert fields["message_en"][0].startswith("Processing is slower than usual for EDI.")
    assert fields["template"] == ["edi_delay_unmeasured"]


def test_going_back_keeps_the_text(looking: Desk) -> None:
    preview = looking.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": "preview"})
    text = press(looking, preview, "declare", "text")
    assert form_at(text, "declare")["message_en"] == [MESSAGE["message_en"]]
    systems = press(looking, text, "declare", "systems")
    fields = form_at(systems, "declare")
    assert (fields["on"], fields["behind_edi"]) == (["edi"], ["45"])
    assert fields["message_en"] == [MESSAGE["message_en"]]


def test_differences_of_the_languages_are_hinted_at_and_block_nothing(looking: Desk) -> None:
    said = {"message_en": "It is 45 minutes behind.", "message_fr": "Le retard est de 54 minutes."}
    preview = looking.submit("/en/console/declare", {**EDI_DELAY, **said, "go": "preview"})
    assert preview.status_code == 200
    assert "Numbers. Only in English: 45. Only in French: 54." in preview.text


def test_what_is_declared_already_leads_there_with_the_text(desk: Desk, engine: Engine) -> None:
    acts.declare(engine)
    overlap = desk.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": "text"})
    assert overlap.status_code == 409
    assert "TCC26-0001 is not resolved and covers the same system" in overlap.text
    update = press(desk, overlap, "outages/TCC26-0001/update", "begin")
    fields = form_at(update, "update")
    assert fields["message_fr"] == [MESSAGE["message_fr"]]
    assert fields["version"] == ["1"]
    assert outages_of(engine) == 1


def test_who_may_not_update_what_is_declared_already_is_told_who_does(app: FastAPI, engine: Engine) -> None:
    """R5: of an outage with systems of others, CTSU would write news that nobody takes."""
    acts.declare(engine, an_impact(), an_impact(System.CCP))
    overlap = a_desk(app, engine, Role.CTSU).submit("/en/console/declare", {"on": "ccp", "go": "text"})
    assert overlap.status_code == 409
    assert "Tell the TCCU what you know by telephone" in overlap.text
    assert 'value="begin"' not in overlap.text
    assert 'href="/en/console/outages/TCC26-0001"' in overlap.text


def test_a_fault_that_returned_begins_with_the_same_systems(desk: Desk, engine: Engine) -> None:
    done = acts.declare(engine, acts.CERS_OUT)
    acts.resolve(engine, done)
    first = desk.get("/en/console/declare?relapse_of=TCC26-0001")
    assert form_at(first, "declare")["on"] == ["cers"]
    text = press(desk, first, "declare", "text")
    assert (
        "the CERS Portal that was reported as resolved has returned"
        in form_at(text, "declare")["message_en"][0]
    )
    press(desk, press(desk, text, "declare", "preview"), "declare", "send")
    with engine.db.read() as tx:
        found = acts.find_outage(tx, 2)
    assert found is not None
    assert found.relapse_of == done.outage.id


def test_a_fault_that_returned_in_two_ways_is_declared_in_both(desk: Desk, engine: Engine) -> None:
    """One direction is late, the other out."""
    both_ways = a_delay(direction=Direction.INBOUND), an_impact(System.EDI, Direction.OUTBOUND)
    acts.resolve(engine, acts.declare(engine, *both_ways))
    first = desk.get("/en/console/declare?relapse_of=TCC26-0001")
    assert form_at(first, "declare")["on"] == ["edi", "edi-2"]
    text = press(desk, first, "declare", "text")
    systems = press(desk, text, "declare", "systems")
    assert form_at(systems, "declare")["on"] == ["edi", "edi-2"]
    preview = press(desk, press(desk, systems, "declare", "text"), "declare", "preview")
    press(desk, preview, "declare", "send")
    with engine.db.read() as tx:
        found = acts.find_outage(tx, 2)
    assert found is not None
    assert [(one.direction, one.behind) for one in found.impacts] == [
        (Direction.INBOUND, timedelta(minutes=45)),
        (Direction.OUTBOUND, None),
    ]


def test_an_unknown_earlier_outage_is_passed_over(looking: Desk) -> None:
    assert "on" not in form_at(looking.get("/en/console/declare?relapse_of=TCC26-0009"), "declare")


def test_a_desk_sees_only_its_systems(app: FastAPI, engine: Engine) -> None:
    """R5."""
    carm = a_desk(app, engine, Role.CTSU)
    page = carm.get("/en/console/declare").text
    assert re.findall(r'name="on" value="(\w+)"', page) == [System.CCP, System.CAD_API]
    assert carm.submit("/en/console/declare", {**EDI_DELAY, **MESSAGE, "go": "send"}).status_code == 422
    assert outages_of(engine) == 0
