"""P18: the same request with the same key has one effect and one answer."""

import threading
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import create_engine, text

from outage_service.clock import VirtualClock
from outage_service.domain.roles import Role
from outage_service.services.engine import Engine
from outage_service.storage import Connection
from outage_service.storage.failures import is_lock_timeout
from outage_service.storage.idempotency import wait_for_turn
from outage_service.web.app import create_app
from tests.engines import an_engine
from tests.web.bodies import MESSAGE, news, unscheduled
from tests.web.client import Api, problem, shown
from tests.web.conftest import a_token

KEY = {"Idempotency-Key": "6f1c0d1e-declare-edi"}


def parts(answer: httpx.Response) -> tuple[int, str | None, str | None, str]:
    return (answer.status_code, answer.headers.get("location"), answer.headers.get("etag"), answer.text)


def test_a_repeated_request_gets_the_same_answer_and_has_no_further_effect(
    clock: VirtualClock, tccu: Api, public: Api
) -> None:
    first = tccu.post("/v1/outages", unscheduled(), headers=KEY)
    clock.advance(timedelta(hours=23))
    again = tccu.post("/v1/outages", unscheduled(), headers=KEY)
    assert first.status_code == 201
    assert parts(again) == parts(first)
    assert again.headers["cache-control"] == first.headers["cache-control"]
    assert len(shown(public.get("/v1/bulletins"))["items"]) == 1


def test_a_repeated_act_is_answered_although_the_version_has_moved_on(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    first = tccu.act(outage, "resolve", news(), headers=KEY)
    again = tccu.act(outage, "resolve", news(), headers=KEY)
    assert first.status_code == 200
    assert parts(again) == parts(first)
    assert len(shown(public.get(f"/v1/outages/{outage['id']}"))["bulletins"]) == 2


def test_every_post_with_a_token_takes_a_key(tccu: Api, admin: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    path = f"/v1/outages/{outage['id']}/notes"
    assert tccu.post(path, {"text": "Once."}, headers=KEY).json()["id"] == 1
    assert tccu.post(path, {"text": "Once."}, headers=KEY).json()["id"] == 1
    person = {"email": "one@example.org", "language": "en"}
    added = admin.post("/v1/subscribers", person, headers=KEY)
    assert parts(admin.post("/v1/subscribers", person, headers=KEY)) == parts(added)
    assert added.status_code == 201


def test_a_key_used_for_another_body_is_refused(tccu: Api, public: Api) -> None:
    shown(tccu.post("/v1/outages", unscheduled(), headers=KEY), 201)
    other = unscheduled({"system": "swi"})
    problem(tccu.post("/v1/outages", other, headers=KEY), 422, "idempotency_key_reused")
    assert len(shown(public.get("/v1/outages"))["items"]) == 1


def test_a_key_belongs_to_its_token_and_its_path(tccu: Api, ctsu: Api) -> None:
    first = shown(tccu.post("/v1/outages", unscheduled({"system": "ccp"}), headers=KEY), 201)
    problem(ctsu.post("/v1/outages", unscheduled({"system": "ccp"}), headers=KEY), 409, "already_declared")
    second = shown(tccu.act(first, "resolve", news(), headers=KEY))
    assert second["state"] == "resolved"


def test_a_refusal_is_not_kept(tccu: Api) -> None:
    blocked = unscheduled({"system": "edi"}, message=MESSAGE)
    first = shown(tccu.post("/v1/outages", blocked), 201)
    problem(tccu.post("/v1/outages", blocked, headers=KEY), 409, "already_declared")
    shown(tccu.act(first, "resolve", news()))
    assert shown(tccu.post("/v1/outages", blocked, headers=KEY), 201)["number"] == "TCC26-0002"


def test_a_key_is_forgotten_after_24_hours(clock: VirtualClock, tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled(), headers=KEY), 201)
    shown(tccu.act(outage, "resolve", news()))
    clock.advance(timedelta(hours=24))
    assert shown(tccu.post("/v1/outages", unscheduled(), headers=KEY), 201)["id"] == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "clé", "tab\there"])
def test_a_key_is_made_of_visible_ascii(key: str, tccu: Api) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = tccu.request(
        "POST", "/v1/outages", json=unscheduled(), headers={**headers, **authorization(tccu)}
    )
    refused = problem(answer, 422, "invalid_input")
    assert refused["errors"][0]["field"] == "Idempotency-Key"


def authorization(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.token}"}


def test_of_many_with_one_key_at_once_all_get_the_one_answer(tccu: Api, public: Api) -> None:
    answers: list[httpx.Response] = []

    def declare() -> None:
        answers.append(tccu.post("/v1/outages", unscheduled(), headers=KEY))

    threads = [threading.Thread(target=declare) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {parts(answer) for answer in answers} == {parts(answers[0])}
    assert answers[0].status_code == 201
    assert len(shown(public.get("/v1/bulletins"))["items"]) == 1


def test_a_request_whose_first_is_still_under_way_waits_for_it(engine: Engine, tccu: Api) -> None:
    """In progress: it waits; here the first one ends within a second and kept no answer."""
    release = threading.Event()
    holding = threading.Event()

    def hold(tx: Connection) -> None:
        wait_for_turn(tx, token_id=1, path="/v1/outages", key=KEY["Idempotency-Key"])
        holding.set()
        release.wait(10)

    first = threading.Thread(target=lambda: engine.db.write(hold))
    first.start()
    holding.wait(10)
    threading.Timer(0.3, release.set).start()
    assert tccu.post("/v1/outages", unscheduled(), headers=KEY).status_code == 201
    first.join()


def test_a_request_whose_first_is_under_way_for_5_seconds_is_told_so(postgresql_url: str) -> None:
    """409; on SQLite the one writer never lets it come to that."""
    engine = an_engine(postgresql_url)
    tccu = Api(create_app(engine), a_token(engine, Role.TCCU))
    server = create_engine(postgresql_url)
    with server.begin() as first:
        wait_for_turn(first, token_id=1, path="/v1/outages", key=KEY["Idempotency-Key"])
        answer = tccu.post("/v1/outages", unscheduled(), headers=KEY)
    problem(answer, 409, "idempotency_in_progress")
    assert answer.headers["retry-after"] == "5"
    assert tccu.post("/v1/outages", unscheduled(), headers=KEY).status_code == 201
    engine.db.close()
    server.dispose()


def test_only_a_lock_timeout_counts_as_under_way(postgresql_url: str) -> None:
    server = create_engine(postgresql_url)
    with server.connect() as first, server.connect() as second:
        wait_for_turn(first, token_id=1, path="/", key="k")
        second.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(Exception, match="lock timeout") as caught:
            wait_for_turn(second, token_id=1, path="/", key="k")
        assert is_lock_timeout(caught.value)
    server.dispose()
