"""Times as operators type them: Toronto's clocks, on the nights of their changes too."""

from datetime import datetime

import pytest
from fastapi import FastAPI

from outage_service.domain.roles import Role
from outage_service.domain.texts import Language
from outage_service.services.engine import Engine
from outage_service.web.pages.console.form_fields import WrongForm, local_instant, local_text, time_input
from tests.builders import an_impact, at
from tests.desk import a_desk
from tests.services import acts
from tests.web.writing import MESSAGE, form_at

FIRST, SECOND = at("2026-11-01 01:30"), at("2026-11-01 01:30", fold=1)
RESOLVE = "/en/console/outages/TCC26-0001/resolve"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what pages say."""
    return sqlite_url


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-11-26T10:20", at("2026-11-26 10:20")),
        ("2026-11-26 10:20", at("2026-11-26 10:20")),
        (" 2026-11-26 10:20:30 ", at("2026-11-26 10:20:30")),
        ("2026-11-26 10:20 EST", at("2026-11-26 10:20")),
        ("2026-07-26T10:20 hae", at("2026-07-26 10:20")),
        ("2026-11-01T00:59", at("2026-11-01 00:59")),
        ("2026-11-01T02:00", at("2026-11-01 02:00")),
        ("2026-11-01 01:30 EDT", FIRST),
        ("2026-11-01 01:30 HAE", FIRST),
        ("2026-11-01T01:30EST", SECOND),
        ("2026-11-01 01:30 hne", SECOND),
    ],
)
def test_a_time_is_the_instant_that_clocks_show_it(typed: str, expected: datetime) -> None:
    assert local_instant(typed, "restored_at") == expected


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("2026-11-01T01:00", "twice"),
        ("2026-11-01 01:59", "twice"),
        ("2026-11-01 01:30 PST", "time"),
        ("2026-11-01 02:00 EDT", "time"),
        ("2026-07-26 10:20 EST", "time"),
        ("2026-03-08 02:30", "no_such_time"),
        ("2026-03-08 02:30 EST", "no_such_time"),
        ("2026-02-30 10:00 EST", "time"),
        ("9999-12-31T23:59", "time"),
        ("0000-01-01T00:00", "time"),
    ],
)
def test_a_time_that_is_none_or_could_be_two_is_refused(typed: str, code: str) -> None:
    with pytest.raises(WrongForm) as wrong:
        local_instant(typed, "restored_at")
    assert [(each.field, each.code) for each in wrong.value.mistakes] == [("restored_at", code)]


def test_what_is_shown_is_read_as_the_same_instant() -> None:
    for instant in (FIRST, SECOND, at("2026-11-01 00:59"), at("2026-11-01 02:00"), at("2026-03-08 03:00")):
        for language in Language:
            assert local_instant(local_text(instant, language), "") == instant
    assert local_text(None, Language.EN) == ""
    assert local_text(FIRST, Language.EN) == "2026-11-01 01:30 EDT"
    assert local_text(SECOND, Language.FR) == "2026-11-01 01:30 HNE"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "datetime-local"),
        ("2026-11-26T10:20", "datetime-local"),
        ("2026-03-08T02:30", "datetime-local"),
        ("2026-11-01T01:30", "text"),
        ("2026-11-01 01:30 EST", "text"),
        ("yesterday", "text"),
        ("2026-02-30T10:00", "text"),
    ],
)
def test_a_field_is_such_that_a_browser_keeps_what_was_typed(value: str, expected: str) -> None:
    assert time_input(value) == expected


def test_service_that_was_restored_in_the_hour_that_comes_twice(app: FastAPI, engine: Engine) -> None:
    """R54: an hour makes a difference to every deadline."""
    acts.set_clock(engine, at("2026-11-01 00:30"))
    done = acts.declare(engine, an_impact())
    acts.set_clock(engine, at("2026-11-01 01:45", fold=1))
    desk = a_desk(app, engine, Role.TCCU)
    page = form_at(desk.get(RESOLVE), "/resolve")
    typed = {**page, **MESSAGE, "restored_at": "2026-11-01T01:30", "go": "preview"}
    asked = desk.submit(RESOLVE, typed)
    assert asked.status_code == 422
    assert "Restoration: clocks show this time twice that night." in asked.text
    assert '<input type="text" id="restored_at" name="restored_at" value="2026-11-01T01:30"' in asked.text
    french = desk.submit(RESOLVE.replace("/en/", "/fr/"), typed)
    assert "Ajoutez HAE pour la première, HNE pour la seconde" in french.text
    told = {**form_at(asked, "/resolve"), "restored_at": "2026-11-01 01:30 EST"}
    preview = desk.submit(RESOLVE, {**told, "go": "preview"})
    assert preview.status_code == 200, preview.text
    assert desk.submit(RESOLVE, {**form_at(preview, "/resolve"), "go": "send"}).status_code == 303
    assert acts.stored(engine, done).restored_at == SECOND


def test_a_window_in_that_hour_that_is_left_alone_stays(app: FastAPI, engine: Engine) -> None:
    acts.set_clock(engine, at("2026-10-26 10:00"))
    done = acts.announce(engine, start=SECOND, end=at("2026-11-01 04:00"))
    desk = a_desk(app, engine, Role.TCCU)
    update = "/en/console/outages/TCC26-0001/update"
    page = form_at(desk.get(update), "/update")
    assert page["planned_start_at"] == ["2026-11-01 01:30 EST"]
    french = {**page, **MESSAGE, "planned_end_at": "2026-11-01T05:00", "go": "form"}
    again = desk.submit(update.replace("/en/", "/fr/"), french)
    assert form_at(again, "/update")["planned_start_at"] == ["2026-11-01 01:30 HNE"]
    sent = {**form_at(again, "/update"), "go": "send"}
    assert desk.submit(update, sent).status_code == 303
    after = acts.stored(engine, done)
    assert (after.started_at, after.planned_end_at) == (SECOND, at("2026-11-01 05:00"))


def test_what_has_passed_of_a_window_is_not_asked_for(app: FastAPI, engine: Engine) -> None:
    """R17: it cannot be moved any more. A form that is older than that is told so at its field."""
    acts.announce(engine, start=at("2026-11-26 13:00"), end=at("2026-11-26 15:00"))
    update, window = "/en/console/outages/TCC26-0001/update", {"planned_start_at", "planned_end_at"}
    for clock, asked in (("12:50", window), ("14:50", {"planned_end_at"}), ("15:10", set[str]())):
        acts.set_clock(engine, at(f"2026-11-26 {clock}"))
        desk = a_desk(app, engine, Role.TCCU)
        page = desk.get(update)
        form = form_at(page, "/update")
        assert (window & form.keys(), "cannot be moved any more" in page.text) == (asked, not asked), clock
    late = desk.submit(update, {**form, **MESSAGE, "planned_end_at": "2026-11-26T18:00", "go": "preview"})
    assert late.status_code == 422
    assert form_at(late, "/update")["planned_end_at"] == ["2026-11-26T18:00"]
    assert desk.submit(update, {**form, **MESSAGE, "go": "preview"}).status_code == 200
