"""How far a bulletin has come, as operators may ask."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from outage_service.domain.deliveries import DeliveryState
from outage_service.services.engine import Engine
from outage_service.storage import Connection, deliveries, workers
from outage_service.storage.deliveries import Settlement
from outage_service.storage.settling import settle
from tests.web.bodies import news, unscheduled
from tests.web.client import Api, compact, problem, shown

SECRET = "no-such-person@example.org"


def subscribe(admin: Api, *names: str) -> None:
    for name in names:
        shown(admin.post("/v1/subscribers", {"email": f"{name}@example.org", "language": "en"}), 201)


def deliver(engine: Engine, outcomes: Sequence[DeliveryState]) -> None:
    """Plays the sender: claims what is there and settles it in order."""

    def play(tx: Connection) -> None:
        workers.register_worker(tx, "w", host="here")
        claims = deliveries.claim_next(tx, "w").claims
        settled = [
            Settlement(
                claim, state, timedelta(minutes=1), tries=1, code=550, detail=f"550 <{SECRET}> unknown"
            )
            for claim, state in zip(claims, outcomes, strict=True)
        ]
        assert settle(tx, "w", settled) == len(outcomes)

    engine.db.write(play)


@pytest.fixture
def sent(engine: Engine, tccu: Api, admin: Api) -> dict[str, object]:
    """A bulletin to four people: accepted, failed, waiting, failed."""
    subscribe(admin, "ann", "bob", "cy", "dee")
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    states = (DeliveryState.ACCEPTED, DeliveryState.FAILED, DeliveryState.QUEUED, DeliveryState.FAILED)
    deliver(engine, states)
    return outage


@pytest.mark.usefixtures("sent")
def test_operators_see_counts_and_ids_but_no_addresses(tccu: Api, auditor: Api) -> None:
    """P13; personal data stays with the administrators."""
    for api in (tccu, auditor):
        report = shown(api.get("/v1/bulletins/1/deliveries"))
        assert report["counts"] == {
            "claimed": 0,
            "queued": 1,
            "accepted": 1,
            "failed": 2,
            "suppressed": 0,
            "superseded": 0,
            "expired": 0,
        }
        assert (report["total"], report["fanned_out"], report["complete"]) == (4, True, False)
        assert report["lateness"]["first_seconds"] >= 0
        assert [(f["recipient"], f["code"]) for f in report["failures"]["items"]] == [(2, 550), (4, 550)]
        assert "@" not in compact(report)


@pytest.mark.usefixtures("sent")
def test_administrators_see_whom_a_bulletin_did_not_reach(admin: Api) -> None:
    report = shown(admin.get("/v1/bulletins/1/deliveries?limit=1"))
    [first] = report["failures"]["items"]
    assert first["email"] == "bob@example.org"
    assert SECRET in first["detail"]
    second = shown(admin.get("/v1/bulletins/1/deliveries", params={"cursor": report["failures"]["next"]}))
    assert [f["email"] for f in second["failures"]["items"]] == ["dee@example.org"]
    assert second["failures"]["next"] is None


def test_a_newer_bulletin_supersedes_what_was_not_sent(sent: dict[str, object], tccu: Api) -> None:
    """P12."""
    shown(tccu.act(sent, "updates", news()))
    report = shown(tccu.get("/v1/bulletins/1/deliveries"))
    assert report["superseded"]
    assert (report["counts"]["queued"], report["counts"]["superseded"]) == (0, 1)
    newer = shown(tccu.get("/v1/bulletins/2/deliveries"))
    assert (newer["total"], newer["fanned_out"], newer["complete"]) == (0, False, False)
    assert newer["lateness"] == {"first_seconds": None, "last_seconds": None}


@pytest.mark.usefixtures("sent")
def test_an_erased_subscriber_leaves_only_an_id(admin: Api) -> None:
    assert admin.request("DELETE", "/v1/subscribers/2").status_code == 204
    [first, _] = shown(admin.get("/v1/bulletins/1/deliveries"))["failures"]["items"]
    assert (first["recipient"], first["email"]) == (2, None)


def test_a_bulletin_that_does_not_exist_has_no_deliveries(tccu: Api) -> None:
    problem(tccu.get("/v1/bulletins/99/deliveries"), 404, "not_found")
