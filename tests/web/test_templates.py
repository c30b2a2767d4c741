"""Standard texts over the API: listed for operators, and taken in place of a message."""

from outage_service.content.standard_texts import standard_texts
from tests.web.bodies import MESSAGE, delay, scheduled, unscheduled
from tests.web.client import Api, problem, shown


def without_message(body: dict[str, object], **fields: object) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "message"} | fields


def test_operators_see_every_text_with_its_fields_and_a_sample(tccu: Api) -> None:
    items = shown(tccu.get("/v1/templates"))["items"]
    assert [item["id"] for item in items] == list(standard_texts())
    (found,) = [item for item in items if item["id"] == "edi_delay"]
    assert found["fields"] == [{"name": "behind_minutes", "type": "minutes"}]
    assert "45\u00a0min" in found["sample"]["fr"]


def test_the_list_can_be_narrowed(tccu: Api) -> None:
    items = shown(tccu.get("/v1/templates?system=cers&use=resolve"))["items"]
    assert [item["id"] for item in items] == ["cers_resolved", "cers_resolved_backlog", "cers_resolved_error"]
    problem(tccu.get("/v1/templates?use=coffee"), 422, "invalid_input")


def test_every_act_takes_a_template(tccu: Api) -> None:
    behind = {"fields": {"behind_minutes": 45}}
    outage = shown(
        tccu.post("/v1/outages", without_message(unscheduled(delay()), template="edi_delay", **behind)), 201
    )
    assert "45\u00a0min later than usual" in outage["updates"][0]["message"]["en"]
    outage = shown(tccu.act(outage, "updates", {"template": "edi_behind", **behind}))
    corrected = {"template": "edi_correction_started", "fields": {"started_at": "2026-11-26T09:00-05:00"}}
    bulletin = int(outage["bulletin"].rpartition("/")[2])
    outage = shown(tccu.act(outage, "corrections", {"corrects": bulletin, **corrected}))
    outage = shown(tccu.act(outage, "resolve", {"template": "edi_resolved"}))
    assert outage["updates"][-1]["message"]["fr"] == "Le service est rétabli pour l’EDI."
    planned = shown(tccu.post("/v1/outages", without_message(scheduled(), template="cers_maintenance")), 201)
    shown(tccu.act(planned, "cancel", {"template": "cers_cancelled"}))
    full = shown(tccu.post("/v1/outages", unscheduled()), 201)
    full = shown(
        tccu.act(full, "resolve", {"template": "resolved_backlog", "contingency": "remains_in_effect"})
    )
    shown(tccu.act(full, "revoke", {"template": "revoked"}))


def test_what_was_announced_in_error_is_ended_without_a_word_of_service_restored(tccu: Api) -> None:
    outage = shown(tccu.post("/v1/outages", unscheduled()), 201)
    ended = shown(tccu.act(outage, "resolve", {"template": "edi_resolved_error"}))["updates"][-1]["message"]
    assert ended == {
        "en": "The earlier bulletins about EDI were sent in error: there was neither an outage nor a delay.",
        "fr": "Les bulletins antérieurs concernant l’EDI ont été envoyés par erreur\u00a0: il n’y a eu ni "
        "panne ni retard.",
    }


def test_both_or_neither_is_refused_with_the_field(tccu: Api) -> None:
    both = problem(tccu.post("/v1/outages", unscheduled(template="edi_outage")), 422, "invalid_input")
    assert both["errors"][0]["field"] == "template"
    neither = problem(tccu.post("/v1/outages", without_message(unscheduled())), 422, "invalid_input")
    assert (neither["errors"][0]["field"], neither["errors"][0]["code"]) == ("message", "missing")
    wrong = without_message(unscheduled(), template="edi_delay", fields={"minutes": 4})
    fields = problem(tccu.post("/v1/outages", wrong), 422, "invalid_input")["errors"]
    assert [(each["field"], each["code"]) for each in fields] == [
        ("fields.behind_minutes", "missing"),
        ("fields.minutes", "unknown_field"),
    ]


def test_an_unknown_template_is_refused(tccu: Api) -> None:
    body = without_message(unscheduled(), template="edi_flood")
    (error,) = problem(tccu.post("/v1/outages", body), 422, "invalid_input")["errors"]
    assert (error["field"], error["code"]) == ("template", "unknown_value")


def test_an_operator_s_own_text_is_never_altered(tccu: Api) -> None:
    told = shown(
        tccu.post("/v1/outages", unscheduled(message={"en": " {the} ____ ", "fr": MESSAGE["fr"]})), 201
    )
    assert told["updates"][0]["message"]["en"] == " {the} ____ "
