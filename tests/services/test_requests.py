"""What operators send: what is acceptable, what is refused, and the domain's value of it."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from outage_service.domain.broadcasts import Override
from outage_service.domain.grace import Extension
from outage_service.domain.lifecycle import Declaration, News
from outage_service.domain.outages import Impact, OutageKind
from outage_service.domain.systems import Condition, Direction, InternalSystem, System
from outage_service.domain.texts import Bilingual
from outage_service.services.request_types import TEXT_LONGEST, BilingualText
from outage_service.services.requests import (
    CancelBody,
    CorrectionBody,
    DeclareBody,
    GraceBody,
    ImpactBody,
    NoteBody,
    OverrideBody,
    ResolveBody,
    RevokeBody,
    UpdateBody,
)

MESSAGE = {"en": "EDI is out.", "fr": "L’EDI est en panne."}
SAID = Bilingual("EDI is out.", "L’EDI est en panne.")
AT_10 = datetime(2026, 11, 26, 15, tzinfo=UTC)
BODIES = [
    BilingualText,
    ImpactBody,
    DeclareBody,
    UpdateBody,
    ResolveBody,
    RevokeBody,
    CancelBody,
    CorrectionBody,
    GraceBody,
    NoteBody,
    OverrideBody,
]


def refused(body: type[BaseModel], **fields: Any) -> list[str]:
    """Returns the places at which a body is refused, dotted."""
    with pytest.raises(ValidationError) as caught:
        body(**fields)
    return [".".join(map(str, error["loc"])) for error in caught.value.errors(include_input=False)]


def test_a_declaration_becomes_the_domain_s() -> None:
    body = DeclareBody(
        kind="unscheduled",
        impacts=[{"system": "edi", "direction": "inbound", "condition": "delay", "behind_minutes": 60.01}],
        started_at="2026-11-26T10:00:00-05:00",
        internal_systems=["across", "cip", "across"],
        relapse_of=7,
        message=MESSAGE,
    )
    impact = Impact(System.EDI, Direction.INBOUND, Condition.DELAY, timedelta(seconds=3601))
    assert body.declaration() == Declaration(
        OutageKind.UNSCHEDULED,
        (impact,),
        started_at=AT_10,
        internal_systems=frozenset({InternalSystem.ACROSS, InternalSystem.CIP}),
        relapse_of=7,
    )
    assert body.bilingual() == SAID


def test_an_announcement_becomes_the_domain_s() -> None:
    body = DeclareBody(
        kind="scheduled",
        impacts=[{"system": "cers"}],
        planned_start_at="2026-11-26T10:00:00-05:00",
        planned_end_at="2026-11-26T12:30:00-05:00",
        message=MESSAGE,
    )
    impact = Impact(System.CERS, None, Condition.OUTAGE)
    assert body.declaration() == Declaration(
        OutageKind.SCHEDULED,
        (impact,),
        planned_start_at=AT_10,
        planned_end_at=AT_10 + timedelta(hours=2, minutes=30),
    )


def test_an_extension_of_relief_is_kept_to_the_minute_that_is_printed() -> None:
    """R51, R54: what is not extended is left out, and systems stand in the catalogue's order."""
    body = GraceBody(message=MESSAGE, systems=["cers", "edi"], paper_accepted_until="2026-11-26T15:00:59Z")
    assert body.extension() == Extension((System.EDI, System.CERS), AT_10, None)
    body = GraceBody(message=MESSAGE, systems=["edi"], penalty_relief_until="2026-11-26T15:00:59Z")
    assert body.extension() == Extension((System.EDI,), None, AT_10)


@pytest.mark.parametrize("body", [ResolveBody, RevokeBody])
def test_past_deadlines_are_not_confirmed_unless_somebody_says_so(
    body: type[ResolveBody | RevokeBody],
) -> None:
    """R54"""
    assert not body(message=MESSAGE).confirm_past_deadlines
    assert body(message=MESSAGE, confirm_past_deadlines=True).confirm_past_deadlines


def test_direction_and_condition_may_be_left_out() -> None:
    assert ImpactBody(system="cers").impact() == Impact(System.CERS, None, Condition.OUTAGE)


@pytest.mark.parametrize("restored_at", [None, "2026-11-26T10:00:00-05:00"], ids=["out", "back"])
def test_an_impact_may_be_sent_back_as_it_was_answered(restored_at: str | None) -> None:
    """Reading an outage, changing one thing and sending the list is how a program updates one."""
    body = ImpactBody(
        system="cers",
        direction="both",
        condition="outage",
        behind_minutes=None,
        started_at="2026-11-26T10:00:00-05:00",
        restored_at=restored_at,
    )
    ended = AT_10 if restored_at else None
    assert body.impact() == Impact(System.CERS, Direction.BOTH, Condition.OUTAGE, None, AT_10, ended)


def test_what_an_update_leaves_out_stays_as_it_is() -> None:
    assert UpdateBody(message=MESSAGE).news() == News()


def test_an_update_becomes_the_domain_s() -> None:
    body = UpdateBody(
        message=MESSAGE,
        impacts=[{"system": "ccp"}],
        planned_start_at="2026-11-26T15:00Z",
        planned_end_at="2026-11-26T15:00Z",
        problem_identified=True,
        estimated_resolution_at="2026-11-26T15:00Z",
    )
    impacts = (Impact(System.CCP, None, Condition.OUTAGE),)
    assert body.news() == News(impacts, AT_10, AT_10, True, AT_10)


def test_procedures_end_with_the_outage_unless_they_are_to_remain() -> None:
    assert not ResolveBody(message=MESSAGE).remains_in_effect
    assert ResolveBody(message=MESSAGE, contingency="remains_in_effect").remains_in_effect
    assert refused(ResolveBody, message=MESSAGE, contingency="invoked") == ["contingency"]


def test_an_override_becomes_the_domain_s() -> None:
    body = OverrideBody(message=MESSAGE, expires_at="2026-11-26T10:00:00-05:00")
    assert body.override() == Override(SAID, AT_10)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_the_documented_examples_are_acceptable(body: type[BaseModel]) -> None:
    examples = body.model_json_schema()["examples"]
    assert examples
    for example in examples:
        body.model_validate(json.loads(json.dumps(example)))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_an_unknown_member_is_refused(body: type[BaseModel]) -> None:
    (example, *_) = body.model_json_schema()["examples"]
    assert refused(body, **example, colour="red") == ["colour"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t", "\u00a0", "\u200b", "\u0301"],
    ids=["empty", "space", "line", "no-break space", "zero width", "accent alone"],
)
def test_neither_language_may_be_blank(text: str) -> None:
    assert refused(BilingualText, en=text, fr="x") == ["en"]
    assert refused(BilingualText, en="x", fr=text) == ["fr"]


@pytest.mark.parametrize("missing", ["en", "fr"])
def test_both_languages_are_required(missing: str) -> None:
    given_texts = {name: text for name, text in MESSAGE.items() if name != missing}
    assert refused(BilingualText, **given_texts) == [missing]


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x1b",
        "\x7f",
        "\r",
        "\x85",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u200f",
        "\ud800",
        "\ufffe",
        "\U0001ffff",
        "@@UNSUBSCRIBE_URL@@",
    ],
    ids=ascii,
)
def test_a_text_holds_nothing_that_deceives_or_breaks(character: str) -> None:
    assert refused(NoteBody, text=f"a{character}b") == ["text"]


@given(
    st.text(
        st.characters(categories=["L", "M", "N", "P", "S", "Zs"], exclude_characters="\ufffe"), max_size=60
    ).filter(lambda text: "_URL@@" not in text)
)
def test_a_text_is_kept_exactly_as_it_was_given(text: str) -> None:
    assert NoteBody(text=f"a{text}").text == f"a{text}"


def test_lines_and_tabs_decomposed_accents_and_emoji_are_kept() -> None:
    text = "One\n\tTwo e\u0301 \U0001f469\u200d\U0001f4bb"
    assert NoteBody(text=text).text == text


def test_a_text_has_a_greatest_length() -> None:
    assert NoteBody(text="é" * TEXT_LONGEST)
    assert refused(NoteBody, text="é" * (TEXT_LONGEST + 1)) == ["text"]


@pytest.mark.parametrize("text", [None, 5, True, ["a"], {"a": 1}, b"a"], ids=repr)
def test_a_text_is_a_string(text: object) -> None:
    assert refused(NoteBody, text=text) == ["text"]


@pytest.mark.parametrize(
    "given_time",
    [
        "2026-11-26T10:00:00-05:00",
        "2026-11-26t10:00-0500",
        "2026-11-26 10:00:00-05:00",
        "2026-11-26T15:00Z",
        "2026-11-26T15:00:00.000z",
        "2026-11-27T00:00:00+09:00",
        datetime.fromisoformat("2026-11-26T10:00-05:00"),
    ],
    ids=str,
)
def test_a_time_with_an_offset_becomes_utc(given_time: object) -> None:
    assert RevokeBody(message=MESSAGE, effective_at=given_time).effective_at == AT_10


@pytest.mark.parametrize(
    "given_time",
    [
        "2026-11-26T10:00:00",
        "2026-11-26",
        "10:00-05:00",
        "now",
        "",
        "2026-13-26T10:00Z",
        "2027-02-29T10:00Z",
        "2026-11-26T24:00Z",
        "2026-11-26T10:00:60Z",
        "2026-11-26T10:00+24:00",
        "2026-11-26T10:00 America/Toronto",
        "2026-11-26T10:00../../etc/passwd",
        "٢٠٢٦-11-26T10:00Z",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "2026-11-26T10:00:00-05:00\x00",
        1795705200,
        1795705200.0,
        True,
        datetime(2026, 11, 26, 10),
        date(2026, 11, 26),
    ],
    ids=ascii,
)
def test_any_other_time_is_refused(given_time: object) -> None:
    assert refused(RevokeBody, message=MESSAGE, effective_at=given_time) == ["effective_at"]


@pytest.mark.parametrize(
    ("minutes", "seconds"),
    [
        (0, 0),
        (45, 2700),
        (45.5, 2730),
        (59.99, 3599),
        (60, 3600),
        (60.0, 3600),
        (60.01, 3601),
        (10080, 604800),
    ],
)
def test_minutes_behind_become_whole_seconds(minutes: float, seconds: int) -> None:
    assert ImpactBody(system="edi", behind_minutes=minutes).impact().behind == timedelta(seconds=seconds)


@given(st.decimals(0, 10080, places=2))
def test_rounding_to_seconds_never_crosses_a_threshold(minutes: Decimal) -> None:
    """R34, R35: whoever says over 60 minutes is taken at their word."""
    behind = ImpactBody(system="edi", behind_minutes=float(minutes)).impact().behind
    assert behind is not None
    assert (behind > timedelta(minutes=60)) is (minutes > 60)
    assert (behind >= timedelta(minutes=60)) is (minutes >= 60)


@pytest.mark.parametrize(
    "minutes",
    [-1, -0.01, 10080.01, 60.001, 1e-7, 10**12, 10**400, 2**63, float("nan"), float("inf"), "45", True, [45]],
    ids=lambda value: str(value)[:12],
)
def test_impossible_minutes_are_refused(minutes: object) -> None:
    assert refused(ImpactBody, system="edi", behind_minutes=minutes) == ["behind_minutes"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "planned"),
        ("kind", None),
        ("impacts", []),
        ("impacts", {}),
        ("impacts", [{"system": "EDI"}] * 51),
        ("internal_systems", ["edi"]),
        ("internal_systems", ["cip"] * 21),
        ("relapse_of", 0),
        ("relapse_of", 2**63),
        ("relapse_of", "1"),
        ("relapse_of", True),
        ("relapse_of", 1.0),
        ("message", "text"),
        ("message", None),
    ],
    ids=str,
)
def test_a_wrong_declaration_is_refused_at_its_field(field: str, value: object) -> None:
    body: dict[str, Any] = {"kind": "unscheduled", "impacts": [{"system": "edi"}], "message": MESSAGE}
    assert refused(DeclareBody, **body | {field: value})[0].startswith(field)


@pytest.mark.parametrize("value", [1, 0, "true", "yes"])
def test_one_is_not_true(value: object) -> None:
    assert refused(UpdateBody, message=MESSAGE, problem_identified=value) == ["problem_identified"]
    assert refused(ResolveBody, message=MESSAGE, confirm_past_deadlines=value) == ["confirm_past_deadlines"]


def test_a_refusal_never_repeats_what_was_sent() -> None:
    with pytest.raises(ValidationError) as caught:
        NoteBody(text="secret\x00")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "given_time",
    [
        pytest.param("2026-11-26T10:00:00.0000000-05:00", id="tenths of a microsecond"),
        pytest.param("2026-11-26T15:00:00.000000999Z", id="nanoseconds"),
        pytest.param("2026-11-26T10:00:00-05", id="hours of offset alone"),
    ],
)
def test_a_time_is_understood_as_other_programs_write_it(given_time: str) -> None:
    """What .NET, Go and PostgreSQL make of an instant; a microsecond is as fine as ours are."""
    assert RevokeBody(message=MESSAGE, effective_at=given_time).effective_at == AT_10


@pytest.mark.parametrize("given_time", ["2026-11-26T10:00:00.0000000001Z", "2026-11-26T10:00:00.Z"])
def test_a_fraction_that_no_clock_has_is_refused(given_time: str) -> None:
    assert refused(RevokeBody, message=MESSAGE, effective_at=given_time) == ["effective_at"]
