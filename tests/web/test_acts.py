"""Operators' acts on an outage over HTTP, and who may not do what when."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from outage_service.clock import VirtualClock
from tests.builders import at
from tests.web.bodies import MESSAGE, Body, delay, news, scheduled, unscheduled
from tests.web.client import Api, problem, shown

ACTS = ("updates", "resolve", "revoke", "cancel", "corrections")


def test_an_update_issues_news_and_changes_the_version(clock: VirtualClock, tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled(delay("edi", 45))), 201)
    clock.advance(timedelta(minutes=20))
    answer = tccu.act(outage, "updates", news(impacts=[delay("edi", 61), {"system": "swi"}]))
    updated = shown(answer)
    assert answer.headers["etag"] == '"2"'
    assert [(i["system"], i["condition"]) for i in updated["impacts"]] == [
        ("edi", "outage"),
        ("swi", "outage"),
    ]
    assert updated["contingency"]["state"] == "invoked"
    assert updated["next_bulletin_due_at"] == "2026-11-26T17:20:00Z"
    assert [bulletin["kind"] for bulletin in updated["bulletins"]] == ["initial", "update"]


def test_a_system_dropped_by_an_update_was_restored_then(clock: VirtualClock, tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled({"system": "edi"}, {"system": "swi"})), 201)
    clock.advance(timedelta(minutes=20))
    updated = shown(tccu.act(outage, "updates", news(impacts=[{"system": "edi"}])))
    restored = {impact["system"]: impact["restored_at"] for impact in updated["impacts"]}
    assert restored == {"edi": None, "swi": "2026-11-26T15:20:00Z"}


@pytest.mark.parametrize("declaration", [unscheduled, scheduled], ids=["unscheduled", "scheduled"])
def test_the_impacts_that_were_answered_can_be_sent_back(declaration: Callable[..., Body], tccu: Api) -> None:
    before = shown(tccu.post("/v1/outages", declaration({"system": "cers"}, {"system": "swi"})), 201)
    shown(tccu.act(before, "updates", news(impacts=[{"system": "cers"}])))
    outage = shown(tccu.get(f"/v1/outages/{before['id']}"))
    again = shown(tccu.act(outage, "updates", news(impacts=outage["impacts"])))
    assert again["impacts"] == outage["impacts"]


@pytest.mark.parametrize(("sent", "answered"), [(59.99, 59.98), (59.98, 59.98), (60.01, 60.02), (0.01, 0.02)])
def test_a_delay_is_kept_in_whole_seconds_and_what_is_answered_can_be_sent_back(
    sent: float, answered: float, tccu: Api
) -> None:
    """A minute has sixty seconds and a hundred hundredths: one may move to the next, and stays there."""
    outage = shown(tccu.post("/v1/outages", unscheduled(delay("edi", sent))), 201)
    assert outage["impacts"][0]["behind_minutes"] == answered
    again = shown(tccu.act(outage, "updates", news(impacts=outage["impacts"])))
    assert again["impacts"] == outage["impacts"]


def test_a_delay_that_counts_as_an_outage_and_was_sent_back_falls_back_with_its_figure(tccu: Api) -> None:
    """R36: its answered condition is what the figures made of it, and no statement."""
    outage = shown(tccu.post("/v1/outages", unscheduled(delay("edi", 75))), 201)
    again = shown(tccu.act(outage, "updates", news(impacts=outage["impacts"])))
    assert again["impacts"] == outage["impacts"]
    fallen = [{**again["impacts"][0], "behind_minutes": 30}]
    updated = shown(tccu.act(again, "updates", news(impacts=fallen)))
    assert (updated["condition"], updated["next_bulletin_due_at"]) == ("delay", "2026-11-26T19:00:00Z")


def test_a_direction_left_out_of_a_list_was_restored_then(clock: VirtualClock, tccu: Api) -> None:
    """The contract: the list is the complete new one."""
    slow = delay("edi", 30, direction="outbound")
    outage = shown(
        tccu.post("/v1/outages", unscheduled({"system": "edi", "direction": "inbound"}, slow)), 201
    )
    clock.set(at("2026-11-26 12:00"))
    updated = shown(tccu.act(outage, "updates", news(impacts=[slow])))
    ends = {impact["direction"]: impact["restored_at"] for impact in updated["impacts"]}
    assert ends == {"outbound": None, "inbound": "2026-11-26T17:00:00Z"}


def test_an_estimate_needs_the_problem_to_be_identified(tccu: Api) -> None:
    """R18."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    estimate = {"estimated_resolution_at": "2026-11-26T15:00:00-05:00"}
    problem(tccu.act(outage, "updates", news(**estimate)), 422, "problem_not_identified")
    told = shown(tccu.act(outage, "updates", news(problem_identified=True, **estimate)))
    assert told["estimated_resolution_at"] == "2026-11-26T20:00:00Z"


def test_moving_a_window_warns_as_announcing_one_does(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", scheduled()), 201)
    window = {"planned_start_at": "2026-11-27T02:00:00-05:00", "planned_end_at": "2026-11-27T06:00:00-05:00"}
    moved = shown(tccu.act(outage, "updates", news(**window)))
    assert [warning["code"] for warning in moved["warnings"]] == ["not_early_weekend"]


def test_a_note_sends_nothing_and_changes_no_version(tccu: Api, public: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    path = f"/v1/outages/{outage['id']}"
    note = shown(tccu.post(f"{path}/notes", {"text": "Called the\nnetwork\tteam."}), 201)
    assert note["text"] == "Called the\nnetwork\tteam."
    assert note["actor"] == "a-tccu"
    after = shown(public.get(path))
    assert after["version"] == outage["version"]
    assert len(after["bulletins"]) == 1


def test_resolving_ends_the_clock_and_fixes_the_deadlines(clock: VirtualClock, tccu: Api) -> None:
    """Golden of R54."""
    clock.set(at("2026-11-20 15:00"))
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.set(at("2026-11-20 16:10"))
    restored = {"restored_at": "2026-11-20T16:00:00-05:00"}
    resolved = shown(tccu.act(outage, "resolve", news(**restored)))
    assert resolved["state"] == "resolved"
    assert resolved["next_bulletin_due_at"] is None
    assert resolved["contingency"]["state"] == "revoked"
    assert resolved["deadlines"] == {
        "transmit_by": None,
        "paper_accepted_until": "2026-11-20T23:00:00Z",
        "penalty_relief_until": "2026-11-20T23:00:00Z",
        "documents_due_at": "2026-11-25T18:00:00Z",
        "documents_recommended_by": "2026-11-21T21:00:00Z",
    }


def test_a_restoration_long_ago_is_warned_about_and_then_refused(clock: VirtualClock, tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.set(at("2026-11-26 13:00"))
    early = {"restored_at": "2026-11-26T10:30:00-05:00"}
    refused = problem(tccu.act(outage, "resolve", news(**early)), 422, "deadlines_past")
    assert refused["errors"][0]["field"] == "restored_at"
    resolved = shown(tccu.act(outage, "resolve", news(**early, confirm_past_deadlines=True)))
    assert [warning["code"] for warning in resolved["warnings"]] == ["restored_long_ago"]


def test_a_warning_claims_no_deadlines_where_none_count_from_the_restoration(
    clock: VirtualClock, tccu: Api
) -> None:
    """R54: with `remains_in_effect` they count from the revocation."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(minutes=50))
    kept = news(restored_at=outage["started_at"], contingency="remains_in_effect")
    resolved = shown(tccu.act(outage, "resolve", kept))
    assert set(resolved["deadlines"].values()) == {None}
    [warning] = resolved["warnings"]
    assert "their deadlines count" not in warning["message"]["en"]
    assert "leurs échéances se calculent" not in warning["message"]["fr"]


def test_procedures_that_remain_in_effect_are_revoked_later(clock: VirtualClock, tccu: Api) -> None:
    """R6: restored and cleared are two moments."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=1))
    resolved = shown(tccu.act(outage, "resolve", news(contingency="remains_in_effect")))
    assert resolved["contingency"]["state"] == "remains_in_effect"
    assert resolved["deadlines"]["paper_accepted_until"] is None
    clock.advance(timedelta(hours=3))
    revoked = shown(tccu.act(resolved, "revoke", news()))
    assert revoked["contingency"]["state"] == "revoked"
    assert revoked["deadlines"]["paper_accepted_until"] == "2026-11-26T21:00:00Z"
    problem(tccu.act(revoked, "revoke", news()), 409, "not_in_effect")


def test_a_correction_is_possible_after_the_end_and_moves_the_deadlines(
    clock: VirtualClock, tccu: Api
) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    clock.advance(timedelta(hours=1))
    resolved = shown(tccu.act(outage, "resolve", news()))
    body = news(corrects=resolved["bulletins"][1]["id"], restored_at="2026-11-26T10:45:00-05:00")
    corrected = shown(tccu.act(resolved, "corrections", body))
    assert corrected["restored_at"] == "2026-11-26T15:45:00Z"
    assert corrected["deadlines"]["paper_accepted_until"] == "2026-11-26T17:45:00Z"
    assert corrected["bulletins"][2]["corrects"] == resolved["bulletins"][1]["id"]
    wrong = news(corrects=99)
    problem(tccu.act(corrected, "corrections", wrong), 422, "unknown_bulletin")


def test_a_scheduled_outage_is_cancelled_before_its_start_and_resolved_after(
    clock: VirtualClock, tccu: Api
) -> None:
    outage = shown(tccu.post("/v1/outages", scheduled()), 201)
    problem(tccu.act(outage, "resolve", news()), 409, "not_started")
    clock.set(at("2026-11-29 02:00"))
    problem(tccu.act(outage, "cancel", news()), 409, "already_started")
    assert shown(tccu.act(outage, "resolve", news()))["state"] == "resolved"


def test_a_cancelled_outage_is_closed(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", scheduled()), 201)
    cancelled = shown(tccu.act(outage, "cancel", news()))
    assert cancelled["state"] == "cancelled"
    assert cancelled["cancelled_at"] == "2026-11-26T15:00:00Z"
    for act in ("updates", "resolve", "cancel"):
        problem(tccu.act(cancelled, act, news()), 409, "closed")
    shown(tccu.post(f"/v1/outages/{outage['id']}/notes", {"text": "Still possible."}), 201)


def test_what_is_not_in_effect_cannot_be_kept_or_revoked(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled(delay("edi", 5))), 201)
    problem(tccu.act(outage, "resolve", news(contingency="remains_in_effect")), 409, "not_invoked")
    problem(tccu.act(outage, "revoke", news()), 409, "not_in_effect")


@pytest.mark.parametrize("act", ACTS)
def test_an_act_without_the_version_it_is_meant_for_is_refused(act: str, tccu: Api) -> None:
    """P19: 428 missing, 412 for anything but one strong tag of the present version."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    path = f"/v1/outages/{outage['id']}/{act}"
    body = news(corrects=1) if act == "corrections" else news()
    problem(tccu.post(path, body), 428, "if_match_required")
    for tag in ("*", 'W/"1"', '"1", "2"', "1", '"x"', '""', '"1', '"' + "9" * 5000 + '"', '"-1"'):
        problem(tccu.post(path, body, headers={"If-Match": tag}), 412, "if_match_unusable")
    answer = tccu.post(path, body, headers={"If-Match": '"7"'})
    assert problem(answer, 412, "stale")["version"] == 1
    assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("act", [*ACTS, "notes"])
def test_an_act_on_an_outage_that_does_not_exist_is_not_found(act: str, tccu: Api) -> None:
    bodies = {"corrections": news(corrects=1), "notes": {"text": "?"}}
    nothing = {"id": 99, "version": 1}
    problem(tccu.act(nothing, act, bodies.get(act, news())), 404, "not_found")


@pytest.mark.parametrize("act", [*ACTS, "notes"])
def test_an_operator_acts_only_on_outages_of_its_own_systems(act: str, tccu: Api, ctsu: Api) -> None:
    """R5."""
    outage = shown(tccu.post("/v1/outages", unscheduled({"system": "ccp"}, {"system": "edi"})), 201)
    bodies = {"corrections": news(corrects=1), "notes": {"text": "?"}}
    problem(ctsu.act(outage, act, bodies.get(act, news())), 403, "not_permitted")


def test_of_many_who_resolve_at_once_one_does(tccu: Api, public: Api) -> None:
    """P19."""
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    statuses: list[int] = []

    def resolve() -> None:
        statuses.append(tccu.act(outage, "resolve", news()).status_code)

    threads = [threading.Thread(target=resolve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[412] * 7]
    after = shown(public.get(f"/v1/outages/{outage['id']}"))
    assert [bulletin["kind"] for bulletin in after["bulletins"]] == ["initial", "resolved"]


def test_of_many_who_declare_the_same_at_once_one_does(tccu: Api, public: Api) -> None:
    statuses: list[int] = []

    def declare() -> None:
        statuses.append(tccu.post("/v1/outages", unscheduled()).status_code)

    threads = [threading.Thread(target=declare) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, *[409] * 7]
    [only] = shown(public.get("/v1/outages"))["items"]
    assert only["number"] == "TCC26-0001"


def test_operators_text_is_never_altered(tccu: Api, public: Api) -> None:
    text = "  Ligne une.\n\n\tLigne « deux » — e\u0301té, 25\u00a0% ; <b>&amp;</b> {{ x }} @@TO@@  "
    message = {"en": "Line.", "fr": text}
    outage = shown(tccu.post("/v1/outages", unscheduled(message=message)), 201)
    told = shown(public.get(f"/v1/outages/{outage['id']}"))
    assert told["updates"][0]["message"]["fr"] == text
    assert MESSAGE not in [update["message"] for update in told["updates"]]
