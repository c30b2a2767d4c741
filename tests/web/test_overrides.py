"""An operator's own text for a help line (R23)."""

from datetime import timedelta

import pytest

from outage_service.clock import VirtualClock
from outage_service.services.engine import Engine
from outage_service.storage.overrides import current_overrides
from tests.web.bodies import unscheduled
from tests.web.client import Api, problem, shown

TEXT = {"en": "We are closed for a drill.", "fr": "Nous sommes fermés pour un exercice."}
BODY = {"message": TEXT, "expires_at": "2026-11-26T12:00:00-05:00"}


def overridden(engine: Engine) -> list[str]:
    with engine.db.read() as tx:
        return sorted(current_overrides(tx, now=engine.clock()))


@pytest.mark.parametrize("line", ["tccu", "ctsu", "ccsh"])
def test_tccu_speaks_on_every_line(line: str, engine: Engine, tccu: Api) -> None:
    answer = tccu.request("PUT", f"/v1/broadcast/{line}/override", json=BODY)
    assert shown(answer) == {"line": line, "message": TEXT, "expires_at": "2026-11-26T17:00:00Z"}
    assert overridden(engine) == [line]
    assert tccu.request("DELETE", f"/v1/broadcast/{line}/override").status_code == 204
    assert overridden(engine) == []


def test_ctsu_speaks_on_its_lines_alone(engine: Engine, ctsu: Api) -> None:
    for line in ("ctsu", "ccsh"):
        assert ctsu.request("PUT", f"/v1/broadcast/{line}/override", json=BODY).status_code == 200
    problem(ctsu.request("PUT", "/v1/broadcast/tccu/override", json=BODY), 403, "not_permitted")
    problem(ctsu.request("DELETE", "/v1/broadcast/tccu/override"), 403, "not_permitted")
    assert overridden(engine) == ["ccsh", "ctsu"]


def test_a_second_text_replaces_the_first(engine: Engine, tccu: Api) -> None:
    other = {"message": {"en": "Other.", "fr": "Autre."}, "expires_at": "2026-11-27T10:00:00-05:00"}
    for body in (BODY, other):
        shown(tccu.request("PUT", "/v1/broadcast/tccu/override", json=body))
    with engine.db.read() as tx:
        [kept] = current_overrides(tx, now=engine.clock()).values()
    assert kept.message.en == "Other."


@pytest.mark.parametrize("expires_at", ["2026-11-26T10:00:00-05:00", "2026-11-27T10:00:01-05:00"])
def test_a_text_ends_within_24_hours(expires_at: str, tccu: Api) -> None:
    body = {"message": TEXT, "expires_at": expires_at}
    refused = problem(tccu.request("PUT", "/v1/broadcast/tccu/override", json=body), 422, "override_expiry")
    assert refused["errors"][0]["field"] == "expires_at"


def test_a_text_must_not_say_normal_while_an_outage_is_open_on_the_line(tccu: Api) -> None:
    """R22."""
    body = {**BODY, "message": {"en": "All is NORMAL.", "fr": "Tout va bien."}}
    shown(tccu.request("PUT", "/v1/broadcast/tccu/override", json=body))
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    answer = tccu.request("PUT", "/v1/broadcast/tccu/override", json=body)
    assert problem(answer, 422, "override_says_normal")["errors"][0]["field"] == "message.en"
    shown(tccu.request("PUT", "/v1/broadcast/ctsu/override", json=body))


def test_a_text_is_short_enough_to_be_spoken(tccu: Api) -> None:
    body = {**BODY, "message": {"en": "Short.", "fr": "x" * 451}}
    problem(tccu.request("PUT", "/v1/broadcast/tccu/override", json=body), 422, "override_too_long")


def test_news_on_a_system_of_the_line_ends_its_text(engine: Engine, tccu: Api) -> None:
    for line in ("tccu", "ccsh"):
        shown(tccu.request("PUT", f"/v1/broadcast/{line}/override", json=BODY))
    shown(tccu.post("/v1/outages", unscheduled()), 201)
    assert overridden(engine) == ["ccsh"]


def test_what_is_not_there_cannot_be_ended(tccu: Api) -> None:
    problem(tccu.request("DELETE", "/v1/broadcast/tccu/override"), 404, "not_found")


def test_a_text_whose_time_has_run_out_cannot_be_ended(clock: VirtualClock, tccu: Api) -> None:
    """R23: it has ended."""
    shown(tccu.request("PUT", "/v1/broadcast/tccu/override", json=BODY))
    clock.advance(timedelta(hours=2))
    problem(tccu.request("DELETE", "/v1/broadcast/tccu/override"), 404, "not_found")


@pytest.mark.parametrize("line", ["all", "TCCU", "%00", "tccu%2F..", "x" * 300])
def test_an_unknown_line_is_not_found(line: str, tccu: Api) -> None:
    problem(tccu.request("PUT", f"/v1/broadcast/{line}/override", json=BODY), 404, "not_found")
