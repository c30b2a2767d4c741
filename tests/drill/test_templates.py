"""Scenarios may send standard texts, as the API does."""

import pytest

from outage_service.drill.yaml_source import WrongScenario
from tests.drill.drilling import a_scenario, drilled

LATE = "[{system: edi, condition: delay, behind_minutes: 45}]"
DECLARE = f"declare: {{ref: edi, kind: unscheduled, impacts: {LATE}, %s}}"


def test_every_act_of_a_drill_takes_a_template() -> None:
    issued = drilled(
        a_scenario(
            "10:00 " + DECLARE % "template: edi_delay, fields: {behind_minutes: 45}",
            "11:00 update: {ref: edi, template: edi_cause_identified_until, problem_identified: true, "
            "fields: {expected_at: 2026-11-26T13:00-05:00}}",
            "11:30 correct: {ref: edi, sequence: 1, template: edi_correction_started, "
            "fields: {started_at: 2026-11-26T09:30-05:00}}",
            "12:00 resolve: {ref: edi, template: edi_resolved}",
        )
    )
    assert [bulletin.kind for bulletin in issued] == ["initial", "update", "correction", "resolved"]


@pytest.mark.parametrize(
    ("told", "mistake"),
    [
        ("template: edi_delay", "events[0].declare.fields.behind_minutes: is missing"),
        ("template: edi_flood", "events[0].declare.template: must be one of GET /v1/templates"),
        ("template: edi_delay, message: {en: a, fr: b}", "events[0].declare.template: Give either message"),
        ("internal_systems: []", "events[0].declare.message: is missing"),
    ],
)
def test_a_wrong_template_is_told_with_its_place(told: str, mistake: str) -> None:
    with pytest.raises(WrongScenario) as caught:
        drilled(a_scenario("10:00 " + DECLARE % told))
    assert mistake in str(caught.value.mistakes[0])
