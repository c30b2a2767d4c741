"""The order of messages after an outage, over REST and on its page (R117)."""

import re

import pytest

from outage_service.domain.message_order import MESSAGES_AT_MOST
from tests.web.client import Api, problem, shown

ORDER = "/v1/contingency/message-order"


def test_the_order_of_a_mode_is_told(quiet: Api) -> None:
    """R115: highway has no conveyance arrival by EDI."""
    found = shown(quiet.get(f"{ORDER}?mode=highway"))
    assert [item["message"] for item in found["items"] if item["is_sent"]] == [
        "cargo",
        "conveyance",
        "house_bill",
        "close",
        "release",
        "cargo_arrival",
    ]
    assert [item["message"] for item in found["items"] if not item["is_sent"]] == ["conveyance_arrival"]
    assert found["items"][1]["after"] == ["cargo"]
    assert found["inferred"] is True


def test_the_mode_must_be_named(quiet: Api) -> None:
    refused = problem(quiet.get(ORDER), 422, "invalid_input")
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("mode", "missing")]


def test_a_wrong_order_is_told_with_reasons_and_a_better_one(quiet: Api) -> None:
    """R110, R117"""
    messages = [{"message": "conveyance", "id": "V1", "references": ["C1"]}, {"message": "cargo", "id": "C1"}]
    found = shown(quiet.post(f"{ORDER}/check", {"mode": "rail", "messages": messages}))
    assert (found["in_order"], found["suggested"]) == (False, [2, 1])
    (finding,) = found["findings"]
    assert (finding["position"], finding["fault"], finding["after"]) == (1, "too_early", [2])
    assert finding["reason"]["en"] == "Conveyance: send it after cargo (message 2)."


def test_a_right_order_is_told(quiet: Api) -> None:
    found = shown(quiet.post(f"{ORDER}/check", {"mode": "air", "messages": [{"message": "conveyance"}]}))
    assert (found["in_order"], found["findings"], found["suggested"]) == (True, [], None)


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([], "messages"),
        ([{"message": "cargo"}] * 201, "messages"),
        ([{"message": "manifest"}], "messages.0.message"),
        ([{"message": "cargo", "id": "<b>"}], "messages.0.id"),
        ([{"message": "cargo", "id": "C1"}, {"message": "cargo", "id": "C1"}], "messages.1.id"),
        ([{"message": "cargo", "colour": "red"}], "messages.0.colour"),
    ],
    ids=["none", "too many", "unknown message", "no number", "number twice", "unknown member"],
)
def test_what_cannot_be_checked_is_refused_by_its_field(
    messages: list[object], field: str, quiet: Api
) -> None:
    answer = quiet.post(f"{ORDER}/check", {"mode": "rail", "messages": messages})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


# ---- Pages ----


def test_the_order_of_messages_is_checked_without_a_script(quiet: Api) -> None:
    """R117"""
    rows = (
        "message=conveyance&number=V1&belongs=C1&message=cargo&number=C1&belongs=&message=&number=&belongs="
    )
    answer = quiet.get(f"/en/contingency/message-order?mode=rail&{rows}")
    assert answer.status_code == 200
    assert "This order is not accepted." in answer.text
    assert "Conveyance: send it after cargo (message 2)." in answer.text
    assert re.findall(r"<li>(\w+ \w+) <span", answer.text) == ["Cargo C1", "Conveyance V1"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 200, "Check the order"),
        ("mode=highway", 200, "Not sent by EDI in this mode"),
        ("message=cargo", 422, "Say how the goods move."),
        ("mode=rail&message=&message=", 422, "List at least one message."),
        ("mode=rail&message=cargo&number=%3Cb%3E", 422, "Numbers have up to 50 letters"),
        ("mode=rail&message=cargo&number=1&message=cargo&number=1", 422, "have the same number"),
        ("mode=rail&message=&number=", 422, "List at least one message."),
        ("mode=rail&message=unheard", 422, "Choose the message."),
        ("mode=rail&number=C1", 422, "Choose the message."),
        ("mode=air&message=conveyance", 200, "This order is accepted."),
    ],
)
def test_a_mistake_in_the_form_is_said_on_the_page(query: str, status: int, said: str, quiet: Api) -> None:
    answer = quiet.get(f"/en/contingency/message-order?{query}")
    assert answer.status_code == status
    assert said in answer.text


@pytest.mark.parametrize(
    ("language", "said", "accepted"),
    [("en", "Choose the message.", "This order is"), ("fr", "Choisissez le message.", "Cet ordre")],
)
def test_a_row_without_its_message_comes_back_and_the_rest_is_not_judged(
    language: str, said: str, accepted: str, quiet: Api
) -> None:
    rows = "message=conveyance&number=V1&belongs=&message=&number=C2&belongs=V1"
    answer = quiet.get(f"/{language}/contingency/message-order?mode=rail&{rows}")
    assert (answer.status_code, accepted in answer.text) == (422, False)
    assert f'<a href="#kind-2">{said}</a>' in answer.text
    assert re.findall(r'<select id="(kind-\d)"[^>]* aria-invalid="true"', answer.text) == ["kind-2"]
    assert re.findall(r'value="(C2|V1)"', answer.text) == ["V1", "C2", "V1"]


def test_a_list_that_is_too_long_comes_back_and_is_not_judged_by_its_beginning(quiet: Api) -> None:
    """R117: only the last two messages, which a shortened list would lack, are out of order."""
    most = "/fr/contingency/message-order?mode=rail" + "&message=release" * MESSAGES_AT_MOST
    assert "Cet ordre est accepté." in quiet.get(most).text
    answer = quiet.get(f"{most}&message=cargo_arrival&message=cargo")
    assert (answer.status_code, "Cet ordre" in answer.text) == (422, False)
    assert f"Indiquez au plus {MESSAGES_AT_MOST} messages." in answer.text
    assert answer.text.count(" selected>") == MESSAGES_AT_MOST
