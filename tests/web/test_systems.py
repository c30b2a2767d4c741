"""The catalogue over HTTP."""

from outage_service.clock import VirtualClock
from tests.builders import at
from tests.web.bodies import delay, scheduled, unscheduled
from tests.web.client import Api, shown


def test_the_catalogue_has_names_lines_and_directions(public: Api) -> None:
    answer = shown(public.get("/v1/systems"))
    systems = {system["code"]: system for system in answer["items"]}
    assert list(systems) == ["edi", "emanifest", "cers", "ccp", "cad_api", "swi"]
    assert systems["edi"]["names"]["full"]["fr"] == "échange de données informatisé (EDI)"
    assert systems["edi"]["directions"] == ["inbound", "outbound", "both"]
    assert systems["ccp"]["directions"] == []
    assert systems["ccp"]["help_line"]["code"] == "ccsh"
    assert systems["cad_api"]["help_line"]["numbers"][0]["number"] == "1-800-461-9999"
    assert {system["condition"] for system in systems.values()} == {"normal"}
    assert answer["as_of"] == "2026-11-26T15:00:00Z"


def test_the_condition_is_that_of_what_is_open(clock: VirtualClock, tccu: Api, public: Api) -> None:
    """R22: a scheduled outage not yet started leaves its system normal."""
    shown(
        tccu.post("/v1/outages", unscheduled({"system": "edi", "direction": "inbound"}, delay("swi", 5))), 201
    )
    shown(tccu.post("/v1/outages", scheduled({"system": "cers"})), 201)

    def conditions() -> dict[str, tuple[str, str | None, str | None]]:
        items = shown(public.get("/v1/systems"))["items"]
        return {item["code"]: (item["condition"], item["inbound"], item["outbound"]) for item in items}

    assert conditions()["edi"] == ("outage", "outage", "normal")
    assert conditions()["swi"] == ("delay", None, None)
    assert conditions()["cers"] == ("normal", "normal", "normal")
    clock.set(at("2026-11-29 02:00"))
    assert conditions()["cers"] == ("outage", "outage", "outage")
