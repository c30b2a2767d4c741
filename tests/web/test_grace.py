"""`POST /v1/outages/{id}/grace`: relief extended system by system, with a bulletin of its own (R51, R54)."""

from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from outage_service.clock import VirtualClock
from outage_service.domain.deliveries import DeliveryState
from outage_service.services.engine import Engine
from outage_service.storage.mailings import progress_of
from tests.services import acts
from tests.web.bodies import delay, news, unscheduled
from tests.web.client import Api, problem, shown

TWENTY = "2026-11-26T20:00:00-05:00"
TWO_OUT = ({"system": "edi"}, {"system": "emanifest"})


def grace(*systems: str, **fields: Any) -> dict[str, Any]:
    return news(systems=list(systems) or ["edi"], **(fields or {"paper_accepted_until": TWENTY}))


def resolved(tccu: Api, clock: VirtualClock, *impacts: dict[str, Any]) -> dict[str, Any]:
    """Returns an outage from 10:00 to 12:00."""
    outage = shown(tccu.post("/v1/outages", unscheduled(*(impacts or TWO_OUT))), 201)
    clock.advance(timedelta(hours=2))
    return shown(tccu.act(outage, "resolve", news()))


def test_one_system_is_extended_and_the_others_keep_what_is_in_force(
    tccu: Api, public: Api, clock: VirtualClock
) -> None:
    outage = resolved(tccu, clock)
    after = shown(tccu.act(outage, "grace", grace("edi")))
    seen = shown(public.get(f"/v1/outages/{outage['id']}"))
    assert seen["deadlines"] == outage["deadlines"]
    assert seen["extensions"] == [
        {
            "system": "edi",
            "paper_accepted_until": "2026-11-27T01:00:00Z",
            "penalty_relief_until": "2026-11-26T19:00:00Z",
        }
    ]
    assert (after["version"], after["next_bulletin_due_at"], after["state"]) == (3, None, "resolved")


def test_its_bulletin_says_so_in_both_languages(tccu: Api, public: Api, clock: VirtualClock) -> None:
    after = shown(tccu.act(resolved(tccu, clock), "grace", grace("edi")))
    bulletin = shown(public.get(after["bulletin"]))
    assert bulletin["kind"] == "grace"
    assert "– EXTENSION / PROLONGATION –" in bulletin["subject"]["en"]
    said = public.get(f"{after['bulletin']}.txt").text
    assert "EDI – Paper accepted until Thursday, November 26, 2026, 20:00" in said
    assert "EDI – Papier accepté jusqu’au" in said
    assert [item["id"] for item in shown(public.get("/v1/bulletins?kind=grace"))["items"]] == [bulletin["id"]]


def test_whoever_got_a_bulletin_of_the_outage_gets_this_one(
    engine: Engine, tccu: Api, clock: VirtualClock
) -> None:
    """R14."""
    acts.subscribe(engine, "edi@example.org")
    after = shown(tccu.act(resolved(tccu, clock), "grace", grace("edi")))
    with engine.db.read() as tx:
        newest = progress_of(tx, int(after["bulletin"].rsplit("/", 1)[1]))
    assert not newest.is_superseded
    assert newest.counts[DeliveryState.SUPERSEDED] == 0


def test_an_open_outage_gets_news_and_an_override_ends(tccu: Api, clock: VirtualClock) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=1))
    after = shown(tccu.act(outage, "grace", grace("edi")))
    assert after["next_bulletin_due_at"] == "2026-11-26T18:00:00Z"
    assert after["deadlines"]["paper_accepted_until"] is None
    assert after["extensions"][0]["paper_accepted_until"] == "2026-11-27T01:00:00Z"


def test_seconds_are_cut_for_none_are_printed(tccu: Api, clock: VirtualClock) -> None:
    after = shown(
        tccu.act(
            resolved(tccu, clock), "grace", grace("edi", penalty_relief_until="2026-11-26T20:00:59-05:00")
        )
    )
    assert after["extensions"][0]["penalty_relief_until"] == "2026-11-27T01:00:00Z"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (grace("cers"), 422, "unknown_system"),
        (grace("edi", penalty_relief_until="2026-11-26T14:00:00-05:00"), 422, "no_extension"),
        (grace("edi", penalty_relief_until="2027-11-26T14:00:00-05:00"), 422, "extension_too_long"),
        (grace("edi", penalty_relief_until="2026-11-26T20:00:00"), 422, "invalid_input"),
        (news(systems=["edi"]), 422, "no_extension"),
        (news(systems=[], paper_accepted_until=TWENTY), 422, "invalid_input"),
        ({"systems": ["edi"], "paper_accepted_until": TWENTY}, 422, "invalid_input"),
    ],
)
def test_what_extends_nothing_is_refused(
    tccu: Api, clock: VirtualClock, body: dict[str, Any], status: int, code: str
) -> None:
    problem(tccu.act(resolved(tccu, clock), "grace", body), status, code)


def test_a_delay_has_no_relief_to_extend(tccu: Api, clock: VirtualClock) -> None:
    problem(tccu.act(resolved(tccu, clock, delay()), "grace", grace("edi")), 409, "not_invoked")


def test_it_needs_the_version_that_was_read_and_a_system_of_ones_own(
    tccu: Api, ctsu: Api, clock: VirtualClock
) -> None:
    outage = resolved(tccu, clock, {"system": "ccp"})
    problem(tccu.act({**outage, "version": 1}, "grace", grace("ccp")), 412, "stale")
    problem(tccu.post(f"/v1/outages/{outage['id']}/grace", grace("ccp")), 428, "if_match_required")
    assert shown(ctsu.act(outage, "grace", grace("ccp")))["version"] == 3
    other = resolved(tccu, clock)
    problem(ctsu.act(other, "grace", grace("edi")), 403, "not_permitted")


def test_it_can_be_previewed(tccu: Api, clock: VirtualClock) -> None:
    outage = resolved(tccu, clock)
    seen = shown(tccu.post(f"/v1/outages/{outage['id']}/preview", {"grace": grace("edi")}))
    assert seen["extensions"][0]["system"] == "edi"
    assert shown(tccu.get(f"/v1/outages/{outage['id']}"))["version"] == 2


def test_relief_that_was_extended_in_an_open_outage_is_in_force_at_least_until_then(
    tccu: Api, public: Api, clock: VirtualClock
) -> None:
    """R51: longer if the outage goes on; once it is over the time is final."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    outage = shown(tccu.act(outage, "grace", grace("edi")))
    (open_one,) = shown(public.get("/v1/outages/1/deadlines"))["items"]
    (event,) = Calendar.from_ical(public.get("/v1/outages/1/deadlines.ics").content).walk("VEVENT")
    assert (open_one["name"], open_one["is_final"]) == ("paper_accepted_until", False)
    assert "at least, and longer if the outage or its procedures go on" in open_one["note"]["en"]
    assert open_one["label"]["en"] == "Paper accepted at least until"
    assert open_one["note"]["fr"] in str(event["description"])
    assert str(event["summary"]).startswith("TCC26-0001 – Paper accepted at least until Thu")
    assert "plus longtemps si la panne ou ses procédures se prolongent" in open_one["note"]["fr"]
    clock.advance(timedelta(hours=2))
    shown(tccu.act(outage, "resolve", news()))
    items = shown(public.get("/v1/outages/1/deadlines"))["items"]
    assert all(item["is_final"] for item in items)
    assert not any("at least" in item["note"]["en"] for item in items)
