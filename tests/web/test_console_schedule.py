"""The schedule: a month with what is planned, the reminders that will go out, and what is unusual."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.domain.systems import System
from outage_service.services.engine import Engine
from tests.builders import an_impact, at
from tests.desk import Desk, a_desk
from tests.engines import an_engine
from tests.services import acts
from tests.web.writing import form_at


@pytest.fixture
def engine(sqlite_url: str, clock: VirtualClock) -> Iterator[Engine]:
    """An engine on SQLite: what the page calls is tested on both kinds of database."""
    made = an_engine(sqlite_url, clock)
    yield made
    made.db.close()


@pytest.fixture
def desk(app: FastAPI, engine: Engine) -> Desk:
    """An operator, signed in."""
    return a_desk(app, engine, Role.TCCU)


def cells(page: str) -> dict[int, str]:
    """Returns what stands on each day, without its marks."""
    found = re.findall(r'<p class="day".*?</span>(\d+)</p>(.*?)</td>', page, re.DOTALL)
    return {int(day): " ".join(re.sub(r"<[^>]+>", " ", rest).split()) for day, rest in found}


def test_a_month_shows_windows_and_reminders(desk: Desk, engine: Engine) -> None:
    """R17."""
    acts.announce(engine, acts.CERS_OUT)
    shown = cells(desk.get("/en/console/schedule").text)
    assert len(shown) == 30
    assert "TCC26-0001" in shown[29]
    assert shown[29].split()[1:] == ["CERS", "Portal,", "02:00", "(ET)", "–", "06:00", "(ET)"]
    assert shown[27].startswith("Reminder 21:00")
    assert shown[28].startswith("Reminder 22:00")
    assert [day for day, said in shown.items() if said] == [27, 28, 29]


def test_months_lead_to_their_neighbours(desk: Desk) -> None:
    page = desk.get("/fr/console/schedule?month=2027-01").text
    assert "Janvier 2027" in page
    assert 'href="?month=2026-12"' in page
    assert 'href="?month=2027-02"' in page
    assert cells(page).keys() == set(range(1, 32))


@pytest.mark.parametrize("month", ["", "soon", "2026-13", "1999-01"])
def test_what_is_no_month_is_the_present_one(desk: Desk, month: str) -> None:
    assert "November 2026" in desk.get(f"/en/console/schedule?month={month}").text


def test_unusual_windows_are_pointed_out(desk: Desk, engine: Engine) -> None:
    """R17, R19."""
    acts.announce(engine, acts.CERS_OUT, start=at("2026-11-26 11:00"), end=at("2026-11-26 12:00"))
    page = desk.get("/en/console/schedule").text
    assert "less than two hours before the start" in page
    assert "early morning of a Saturday or Sunday" in page
    assert "No reminder is left to send." in page


def test_an_outage_under_way_says_so(app: FastAPI, engine: Engine) -> None:
    acts.announce(engine, acts.CERS_OUT)
    acts.set_clock(engine, at("2026-11-29 04:00"))
    assert "Ongoing" in cells(a_desk(app, engine, Role.TCCU).get("/en/console/schedule").text)[29]


def test_an_outage_that_overruns_is_on_today_and_says_so(app: FastAPI, engine: Engine) -> None:
    """R11, R17: nothing ends by itself; it was to end on the 29th."""
    acts.announce(engine, acts.CERS_OUT)
    acts.set_clock(engine, at("2026-12-01 09:00"))
    desk = a_desk(app, engine, Role.TCCU)
    page = desk.get("/en/console/schedule").text
    assert "Past its planned end" in cells(page)[1]
    assert cells(page)[2] == ""
    november = desk.get("/fr/console/schedule?month=2026-11").text
    assert all("TCC26-0001" in cells(november)[day] for day in (29, 30))
    assert "Fin prévue dépassée" in november.partition("Ce qui est à venir")[2]


def test_a_scheduled_outage_that_is_resolved_stands_until_it_was_restored(
    app: FastAPI, engine: Engine
) -> None:
    done = acts.announce(engine, acts.CERS_OUT)
    acts.set_clock(engine, at("2026-11-30 09:00"))
    acts.resolve(engine, done)
    shown = cells(a_desk(app, engine, Role.TCCU).get("/en/console/schedule").text)
    assert [day for day, said in shown.items() if "TCC26-0001" in said] == [29, 30]
    assert "Past its planned end" not in shown[30]


def test_what_is_over_stays_in_its_month_and_is_no_longer_ahead(app: FastAPI, engine: Engine) -> None:
    done = acts.announce(engine, an_impact(System.CCP))
    cancelled = acts.announce(engine, acts.CERS_OUT)
    acts.cancel(engine, cancelled)
    acts.set_clock(engine, at("2026-11-29 05:00"))
    acts.resolve(engine, done)
    page = a_desk(app, engine, Role.AUDITOR).get("/en/console/schedule").text
    assert "TCC26-0001" in cells(page)[29]
    assert "TCC26-0002" not in page
    assert "No scheduled outage is ahead." in page
    assert "console/declare" not in page.partition("<h1>")[2]


def test_a_system_taken_off_before_the_start_is_not_called_restored(
    app: FastAPI, desk: Desk, engine: Engine, clock: VirtualClock
) -> None:
    """It never failed: the operator reads what clients will."""
    acts.announce(engine, acts.CERS_OUT)
    form = desk.get("/en/console/outages/TCC26-0001/update")
    assert "is told to be no longer part of this outage" in form.text
    fields = form_at(form, "/update") | {
        "on": ["emanifest"],
        "message_en": ["Other."],
        "message_fr": ["Autre."],
    }
    fields["go"] = ["preview"]
    preview = desk.submit("/en/console/outages/TCC26-0001/update", fields).text
    facts = preview[: preview.index("The message")]
    assert "No longer part of this outage" in facts
    assert "Restored" not in facts
    clock.set(at("2026-11-29 03:00"))
    later = a_desk(app, engine, Role.TCCU)
    assert "is told to be restored" in later.get("/en/console/outages/TCC26-0001/update").text
