"""Resuming a bulletin that was paused since its content was refused, and seeing that it is (P10, P22)."""

from outage_service.domain.deliveries import Attempt, Stage, Verdict
from outage_service.services import alerts, pulse, sending
from outage_service.services.engine import Engine
from outage_service.storage import workers
from tests.services.acts import declare, receivers, subscribe
from tests.web.client import Api, problem, shown

SPAM = Attempt(Verdict.CONTENT_REFUSED, Stage.AFTER_DOT, 554, "5.7.1 looks like spam")


def a_paused_bulletin(engine: Engine) -> None:
    for number in range(6):
        subscribe(engine, f"p{number}@example.org")
    declare(engine)
    claims = sending.claim(engine, "worker", limit=10)
    sending.settle(engine, "worker", [sending.after_attempt(claim, SPAM) for claim in claims])


def test_a_paused_bulletin_is_shown_as_paused_and_resumed(engine: Engine, tccu: Api) -> None:
    a_paused_bulletin(engine)
    report = shown(tccu.get("/v1/bulletins/1/deliveries"))
    assert (report["counts"]["queued"], report["complete"]) == (6, False)
    assert report["paused_at"] is not None
    assert shown(tccu.post("/v1/bulletins/1/resume"))["id"] == 1
    assert shown(tccu.get("/v1/bulletins/1/deliveries"))["paused_at"] is None
    assert len(receivers(engine)) == 6
    problem(tccu.post("/v1/bulletins/1/resume"), 409, "not_paused")
    problem(tccu.post("/v1/bulletins/9/resume"), 404, "not_found")


def test_a_bulletin_that_is_held_is_shown_as_held_and_not_resumed(engine: Engine, tccu: Api) -> None:
    """P34: whoever got it before the backup was restored must not get it again by one click."""
    subscribe(engine)
    declare(engine)
    engine.act(lambda tx: pulse.hold(engine, tx))
    report = shown(tccu.get("/v1/bulletins/1/deliveries"))
    assert (report["paused_at"], report["held_at"] is None) == (None, False)
    refused = problem(tccu.post("/v1/bulletins/1/resume"), 409, "held")
    assert "outage-service release" in str(refused["detail"])
    assert receivers(engine) == []
    engine.act(lambda tx: pulse.release(engine, tx))
    assert shown(tccu.get("/v1/bulletins/1/deliveries"))["held_at"] is None
    problem(tccu.post("/v1/bulletins/1/resume"), 409, "not_paused")
    assert receivers(engine) == [1]


def test_what_is_wrong_is_shown_to_whoever_watches(engine: Engine, public: Api) -> None:
    """P22: it makes nothing unready, or nobody could declare an outage while the relay is down."""
    engine.db.write(lambda tx: workers.register_worker(tx, "w", host="here"))
    a_paused_bulletin(engine)
    alerts.watch(engine)
    assert shown(public.get("/readyz")) == {"status": "ready", "reasons": [], "alerts": ["bulletin_paused"]}
    metrics = public.get("/metrics").text.splitlines()
    for line in (
        'outage_alerts{kind="bulletin_paused"} 1.0',
        'outage_alerts{kind="relay_paused"} 0.0',
        "outage_bulletins_paused 1.0",
        'outage_suppressions{reason="hard_bounce"} 0.0',
    ):
        assert line in metrics
