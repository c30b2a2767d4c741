"""What is wrong with a scenario is told in one line each, with its place."""

import pytest

from outage_service.drill.yaml_source import WrongScenario
from tests.drill.drilling import MESSAGE, a_scenario, declare, drilled

DECLARED = f"10:00 {declare()}"


def mistakes(text: str) -> list[str]:
    with pytest.raises(WrongScenario) as caught:
        drilled(text)
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ("10:00 celebrate: {ref: edi}", "line 4: events[0]: must have one action, not none; known are"),
        ("10:00 scheduler: pause", "line 5: events[0].scheduler: must be 'stop' or 'start'"),
        ("10:00 scheduler: [stop]", "line 5: events[0].scheduler: must be 'stop' or 'start'"),
        ("10:00 resolve:", "line 5: events[0].resolve: is empty"),
        ("10:00 note: text", "line 5: events[0].note: must be a mapping"),
        (f"10:00 {declare(more='colour: red, ')}", "line 5: events[0].declare.colour: is not known here"),
        (f"10:00 {declare(ref='é')}", "line 5: events[0].declare.ref: "),
        (
            f"10:00 {declare()}".replace("edi}]", "edo}]"),
            "line 5: events[0].declare.impacts[0].system: must be",
        ),
        (f"10:00 {declare()}".replace("ref: edi, ", ""), "line 5: events[0].declare.ref: is missing"),
        ("10:00 resolve: {ref: [edi]}", "line 5: events[0].resolve.ref: must be a valid string"),
        ("10:00 resolve: {ref: {edi: 1}}", "line 5: events[0].resolve.ref: must be a valid string"),
        (
            f"10:00 {declare()}".replace('"A test."', "12"),
            "events[0].declare.message.en: must be a valid string",
        ),
        (f"10:00 {declare()}".replace('"A test."', '" "'), "events[0].declare.message.en: must not be blank"),
        (f"10:00 {declare()}".replace('"A test."', '"\\0"'), "must not contain a control character"),
        (
            "10:00 " + declare().replace("system: edi", "system: edi, behind_minutes: '45'"),
            "line 5: events[0].declare.impacts[0].behind_minutes: must be a number of minutes",
        ),
        (
            f"10:00 {declare(more='started_at: 2026-11-26T09:00:00, ')}",
            "line 5: events[0].declare.started_at: must be an ISO 8601 time with an offset",
        ),
        (
            f"10:00 update: {{ref: edi, {MESSAGE}}}",
            "line 5: events[0].update.ref: edi is not declared before this",
        ),
        (
            f"10:00 {declare(more='relapse_of: yesterday, ')}",
            "line 5: events[0].declare.relapse_of: yesterday is not declared before this",
        ),
        (f"09:59 {declare()}", "line 4: events[0].at: is not from start to until"),
        (f"18:00:01 {declare()}", "line 4: events[0].at: is not from start to until"),
    ],
)
def test_a_wrong_event_is_told_with_its_place(event: str, line: str) -> None:
    (mistake,) = mistakes(a_scenario(event))[:1]
    assert line in mistake


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1: scenario: must be a mapping"),
        ("- 1\n", "line 1: scenario: must be a mapping"),
        ("events: [", "scenario: is not usable YAML"),
        ("--- {}\n--- {}\n", "scenario: is not usable YAML"),
        ("!!python/object:os.system {}\n", "scenario: is not usable YAML"),
        ("[" * 3000, "scenario: is not usable YAML"),
        ("a: \x00\n", "scenario: is not usable YAML"),
        (a_scenario() + "events: []\n", "line 4: events: is given twice"),
        (a_scenario().replace("start: 2026-11-26T10:00-05:00\n", ""), "start: is missing"),
        (a_scenario(start="2026-11-26T10:00:00"), "line 1: start: must be an ISO 8601 time with an offset"),
        (a_scenario(start="2026-11-26"), "line 1: start: must be an ISO 8601 time with an offset"),
        (a_scenario(start="20261126"), "line 1: start: must be a time as text"),
        (a_scenario(start="1926-11-26T10:00Z"), "line 1: start: must lie between 2000 and 2100"),
        (a_scenario(until="2026-11-26T09:00-05:00"), "line 2: until: is before start"),
        (a_scenario() + "color: red\n", "line 4: color: is not known here"),
        (
            "start: 2026-11-26T10:00Z\nuntil: 2026-11-26T10:00Z\nevents: 5\n",
            "line 3: events: must be a valid list",
        ),
        (
            "start: 2026-11-26T10:00Z\nuntil: 2026-11-26T10:00Z\nevents: [x]\n",
            "line 3: events[0]: must be a mapping",
        ),
    ],
)
def test_a_wrong_frame_is_told_with_its_place(text: str, line: str) -> None:
    assert line in mistakes(text)[0]


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = a_scenario(
        f"10:00 {declare()}".replace("A test.", ""),
        f"11:00 update: {{ref: edx, {MESSAGE}}}",
        "12:00 scheduler: pause",
        until="2026-11-26T18:00",
    )
    assert [line.partition(" ")[2].partition(":")[0] for line in mistakes(text)] == ["2", "5", "7", "9"]


def test_an_event_has_one_action() -> None:
    text = a_scenario(DECLARED) + "    scheduler: stop\n"
    (mistake,) = mistakes(text)
    assert mistake.startswith(
        "line 4: events[0]: must have one action, not declare and scheduler; known are "
    )


def test_an_event_needs_a_time() -> None:
    text = a_scenario("10:00 scheduler: stop").replace("at: 2026-11-26T10:00-05:00\n    ", "")
    assert mistakes(text) == ["line 4: events[0].at: is missing"]


def test_a_ref_is_declared_once() -> None:
    (mistake,) = mistakes(
        a_scenario(DECLARED, f"11:00 resolve: {{ref: edi, {MESSAGE}}}", f"12:00 {declare()}")
    )
    assert mistake == "line 9: events[2].declare.ref: edi is declared already"


def test_a_ref_is_used_after_it_is_declared_also_within_one_instant() -> None:
    (mistake,) = mistakes(a_scenario(f"10:00 update: {{ref: edi, {MESSAGE}}}", DECLARED))
    assert mistake == "line 5: events[0].update.ref: edi is not declared before this"


def test_a_declaration_that_is_wrong_elsewhere_does_not_make_its_ref_unknown() -> None:
    text = a_scenario(DECLARED.replace("edi}]", "edo}]"), f"11:00 resolve: {{ref: edi, {MESSAGE}}}")
    (mistake,) = mistakes(text)
    assert "events[0].declare.impacts[0].system" in mistake


@pytest.mark.parametrize(
    ("act", "place", "code"),
    [
        (
            f"resolve: {{ref: edi, restored_at: 2026-11-26T12:00-05:00, {MESSAGE}}}",
            "resolve.restored_at",
            "too_late",
        ),
        (f"cancel: {{ref: edi, {MESSAGE}}}", "cancel", "already_started"),
        (f"revoke: {{ref: edi, {MESSAGE}}}", "revoke", "still_out"),
        (f"correct: {{ref: edi, sequence: 2, {MESSAGE}}}", "correct.sequence", "unknown_bulletin"),
        (declare("again"), "declare", "already_declared"),
        (declare("again", more="relapse_of: edi, "), "declare.relapse_of", "relapse_unknown"),
        (
            f"update: {{ref: edi, impacts: [{{system: ccp, direction: both}}], {MESSAGE}}}",
            "update.impacts[0].direction",
            "no_direction",
        ),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_an_act_the_api_would_refuse_is_a_mistake(act: str, place: str, code: str) -> None:
    (mistake,) = mistakes(a_scenario(DECLARED, f"11:00 {act}"))
    assert mistake.startswith(f"line 7: events[1].{place}: ")
    assert mistake.endswith(f". ({code})")


def test_every_refused_act_is_told_and_what_follows_from_one_is_not() -> None:
    text = a_scenario(
        f"10:00 {declare(more='started_at: 2026-11-26T10:01-05:00, ')}",
        f"11:00 resolve: {{ref: edi, {MESSAGE}}}",
        f"12:00 {declare('other')}",
        f"13:00 cancel: {{ref: other, {MESSAGE}}}",
    )
    assert [line.partition(":")[0] for line in mistakes(text)] == ["line 5", "line 11"]


CCP = f"update: {{ref: edi, impacts: [{{system: ccp, direction: inbound}}], {MESSAGE}}}"


def test_what_the_rules_refuse_is_told_beside_what_is_wrong_as_it_stands() -> None:
    text = a_scenario(
        f"10:00 {declare('ccp')}".replace("system: edi", "system: ccp, direction: inbound"),
        "10:00 " + declare().replace("Un essai.", " "),
    )
    assert [line.rpartition(": ")[0] for line in mistakes(text)] == [
        "line 5: events[0].declare.impacts[0].direction",
        "line 7: events[1].declare.message.fr",
    ]


def test_a_key_given_twice_hides_no_other_mistake() -> None:
    text = a_scenario(f"10:00 {declare(more='kind: unscheduled, ')}", f"11:00 {CCP}")
    assert [line.partition(": ")[2].partition(": ")[0] for line in mistakes(text)] == [
        "kind",
        "events[1].update.impacts[0].direction",
    ]


@pytest.mark.parametrize("wrong", ["ref: edi, restored_at: 2026-11-26T09:00-05:00, " + MESSAGE, "ref: edi"])
def test_what_may_follow_from_a_wrong_end_is_not_told(wrong: str) -> None:
    """The system is still out, so it cannot be declared again, nor can what would have come after that."""
    text = a_scenario(
        DECLARED,
        f"11:00 resolve: {{{wrong}}}",
        f"12:00 {declare('later', 'relapse_of: edi, ')}",
        f"13:00 update: {{ref: later, {MESSAGE}}}",
    )
    (mistake,) = mistakes(text)
    assert mistake.startswith("line 7: events[1].resolve.")


NINE_TIMES_OVER = "\n".join(
    ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
)


@pytest.mark.parametrize(
    "text", [f"{NINE_TIMES_OVER}\nevents: [{{kind: *a8}}]", "events: &all [{declare: *all}]"]
)
def test_aliases_without_measure_are_a_mistake(text: str) -> None:
    """P20: a few lines would stand for more than memory holds; the command hung."""
    assert mistakes(text) == [
        "scenario: aliases (*name) stand for more than 1,000,000 parts, or for what they are in"
    ]


def test_an_alias_stands_for_what_it_names() -> None:
    written = f"10:00 {declare()}"
    update = f"10:05 update: {{ref: edi, impacts: [{{system: edi}}], {MESSAGE}}}"
    named = written.replace("[{system: edi}]", "&what [{system: edi}]")
    assert "&what" in named
    again = update.replace("[{system: edi}]", "*what")
    assert drilled(a_scenario(named, again)) == drilled(a_scenario(written, update))
