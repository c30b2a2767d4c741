"""Filling in standard texts, for the API, drills and the console."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from outage_service.content.standard_texts import Use, standard_texts
from outage_service.domain.outages import Impact
from outage_service.domain.systems import Direction, System
from outage_service.domain.texts import Bilingual
from outage_service.services.requests import CancelBody, DeclareBody, UpdateBody
from outage_service.services.standard_texts import BLANK, compose, draft, suggested_text, texts_for
from tests.builders import a_delay, a_scheduled_outage, an_impact, an_outage, at

MESSAGE = {"en": "It is slow.", "fr": "C’est lent."}
BODY = {"kind": "unscheduled", "impacts": [{"system": "edi"}]}


def refused(**fields: Any) -> list[tuple[str, str]]:
    """Returns place and type of what is wrong with a declaration."""
    with pytest.raises(ValidationError) as caught:
        DeclareBody(**BODY, **fields)
    return [
        (".".join(map(str, each["loc"])), each["type"]) for each in caught.value.errors(include_input=False)
    ]


def test_a_template_says_what_an_operator_would_have_to_write() -> None:
    body = DeclareBody(**BODY, template="edi_delay", fields={"behind_minutes": 45})
    assert body.bilingual() == Bilingual(
        "EDI messages are being processed about 45\u00a0min later than usual. What you send is received and "
        "waits its turn.",
        "Les messages de l’EDI sont traités avec environ 45\u00a0min de retard. Ce que vous envoyez est "
        "reçu et attend son tour.",
    )


def test_every_type_of_field_is_written_in_each_language() -> None:
    told = compose("cers_cause_identified_until", {"expected_at": "2026-11-26T15:30-05:00"})
    assert "by Thursday, November 26, 2026, 15:30\u00a0(ET)." in told.en
    assert "d’ici le jeudi 26 novembre 2026 à 15\u00a0h\u00a030\u00a0(HE)." in told.fr
    assert (
        "Nouvelle date prévue\u00a0: le mardi 1er décembre 2026."
        in compose("swi_postponed", {"new_date": "2026-12-01"}).fr
    )
    words = {"wrong": {"en": "{x} 10", "fr": "{x} 10"}, "right": {"en": "20", "fr": "20"}}
    assert compose("correction", words).en.endswith("It said: {x} 10. What is right: 20.")


def test_a_day_may_come_from_yaml() -> None:
    body = CancelBody(template="postponed", fields={"new_date": date(2026, 12, 6)})
    assert "Sunday, December 6, 2026" in body.bilingual().en


@pytest.mark.parametrize(
    ("fields", "mistakes"),
    [
        ({}, [("message", "missing")]),
        ({"message": None}, [("message", "missing")]),
        ({"message": MESSAGE, "template": "edi_outage"}, [("template", "one_text")]),
        ({"message": MESSAGE, "template": None}, [("template", "one_text")]),
        ({"message": MESSAGE, "fields": {}}, [("fields", "one_text")]),
        ({"template": "edi_flood"}, [("template", "literal_error")]),
        ({"template": "edi_delay"}, [("fields.behind_minutes", "missing")]),
        ({"template": "edi_outage", "fields": {"x": 1}}, [("fields.x", "extra_forbidden")]),
        (
            {"template": "edi_delay", "fields": {"behind_minutes": "45"}},
            [("fields.behind_minutes", "value_error")],
        ),
        (
            {"template": "edi_delay", "fields": {"behind_minutes": 1e9}},
            [("fields.behind_minutes", "value_error")],
        ),
        (
            {"template": "postponed", "fields": {"new_date": "2026-02-30"}},
            [("fields.new_date", "value_error")],
        ),
        ({"template": "postponed", "fields": {"new_date": "26-02-03"}}, [("fields.new_date", "value_error")]),
        (
            {"template": "postponed", "fields": {"new_date": "1999-12-31"}},
            [("fields.new_date", "value_error")],
        ),
        ({"template": "postponed", "fields": {"new_date": 7}}, [("fields.new_date", "value_error")]),
        (
            {"template": "correction", "fields": {"wrong": {"en": "a"}, "right": {"en": " ", "fr": "b"}}},
            [("fields.wrong.fr", "missing"), ("fields.right.en", "value_error")],
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_field(fields: dict[str, Any], mistakes: list[tuple[str, str]]) -> None:
    assert refused(**fields) == mistakes


def test_an_act_offers_a_system_s_own_texts_and_those_that_name_none() -> None:
    offered = [text.id for text in texts_for(Use.UPDATE, frozenset({System.EDI}))]
    assert "edi_backlog" in offered
    assert not {"backlog", "cers_backlog", "edi_resolved"} & set(offered)
    several = [text.id for text in texts_for(Use.UPDATE, frozenset({System.EDI, System.CCP}))]
    assert "backlog" in several
    assert not any(text_id.startswith("edi_") for text_id in several)
    assert [text.id for text in texts_for(Use.REVOKE, frozenset({System.EDI}))] == [
        "revoked",
        "edi_revoked_delay",
    ]


@pytest.mark.parametrize(
    ("impacts", "expected"),
    [
        ([a_delay()], "edi_delay"),
        ([a_delay(behind_minutes=90)], "edi_delay"),
        ([a_delay(behind_minutes=None)], "edi_delay_unmeasured"),
        ([a_delay(), a_delay(System.CCP)], "delay"),
        ([an_impact(System.CCP)], "ccp_outage"),
        ([an_impact(), an_impact(System.CCP)], "outage"),
        ([an_impact(System.CERS, Direction.INBOUND)], "cers_outage_inbound"),
        ([an_impact(direction=Direction.OUTBOUND)], "edi_outage_outbound"),
        ([an_impact(direction=Direction.OUTBOUND), a_delay(direction=Direction.INBOUND)], "edi_outage"),
    ],
)
def test_a_declaration_begins_with_the_text_that_fits(impacts: list[Impact], expected: str) -> None:
    assert suggested_text(an_outage(*impacts)).id == expected


def test_what_is_planned_or_has_returned_has_its_own_texts() -> None:
    assert suggested_text(a_scheduled_outage()).id == "edi_maintenance"
    assert suggested_text(an_outage(relapse_of=1)).id == "edi_relapse"


def test_a_draft_leaves_blank_what_is_not_known() -> None:
    text = standard_texts()["edi_delay"]
    assert BLANK in draft(text, {}).en
    assert "45\u00a0min" in draft(text, {"behind_minutes": Decimal(45)}).fr
    started = standard_texts()["edi_correction_started"]
    assert "10\u00a0h\u00a020" in draft(started, {"started_at": at("2026-11-26 10:20")}).fr


def test_an_update_takes_one_too() -> None:
    assert "still being looked for" in UpdateBody(template="edi_investigating").bilingual().en


def test_words_that_end_in_a_stop_do_not_give_two() -> None:
    """Operators write sentences; the text they go into ends them itself."""
    wrong = {"en": "EDI is down. ", "fr": "L’EDI est en panne. "}
    right = {"en": "EDI is slow", "fr": "L’EDI est lent"}
    assert compose("correction", {"wrong": wrong, "right": right}) == Bilingual(
        "An earlier bulletin was wrong. It said: EDI is down. What is right: EDI is slow.",
        "Un bulletin antérieur contenait une erreur. Il disait\u00a0: L’EDI est en panne. "
        "Ce qui est exact\u00a0: L’EDI est lent.",
    )
