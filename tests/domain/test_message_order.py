"""The order of messages after an outage: constraints, each mode’s checklist, the checker (R110–R117)."""

import time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_service.domain.contingency import Mode
from outage_service.domain.errors import InvalidAct
from outage_service.domain.message_order import (
    NOT_SENT,
    Fault,
    Message,
    Sent,
    check,
    checklist,
    waits_for,
)

CARGO, CONVEYANCE, HOUSE_BILL = Message.CARGO, Message.CONVEYANCE, Message.HOUSE_BILL
CLOSE, RELEASE = Message.CLOSE, Message.RELEASE
CONVEYANCE_ARRIVAL, CARGO_ARRIVAL = Message.CONVEYANCE_ARRIVAL, Message.CARGO_ARRIVAL
EVERY, LAND, SEA_AND_AIR = set(Mode), {Mode.HIGHWAY, Mode.RAIL}, {Mode.AIR, Mode.MARINE}

# The table of the plan, written down by hand: in which modes the first must not come before the second.
TABLE: list[tuple[Message, Message, set[Mode]]] = [
    (CONVEYANCE, CARGO, LAND),  # R110, R111
    (CLOSE, CONVEYANCE, EVERY),  # R111
    (CLOSE, HOUSE_BILL, EVERY),  # R112, R113
    (CONVEYANCE_ARRIVAL, CARGO, EVERY - {Mode.HIGHWAY}),  # R115
    (CONVEYANCE_ARRIVAL, RELEASE, EVERY - {Mode.HIGHWAY}),  # R115
    *((CARGO_ARRIVAL, other, EVERY) for other in (CARGO, CONVEYANCE, HOUSE_BILL, CLOSE, RELEASE)),  # R116
    (CARGO_ARRIVAL, CONVEYANCE_ARRIVAL, EVERY - {Mode.HIGHWAY}),
]
PAIRS = list(permutations(Message, 2))


def sent(message: Message, id: str | None = None, *references: str) -> Sent:  # noqa: A002
    return Sent(message, id, frozenset(references))


def faults(mode: Mode, *sequence: Sent) -> list[tuple[int, Fault, tuple[int, ...]]]:
    return [(each.position, each.fault, each.after) for each in check(mode, sequence).findings]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[f"{a}, {b}" for a, b in PAIRS])
def test_every_pair_in_every_mode_is_judged_as_the_table_says(
    first: Message, second: Message, mode: Mode
) -> None:
    """R110–R116; what the table does not order goes in any order (R114, and house bills before cargo)."""
    wrong = any((first, second) == (early, late) and mode in modes for early, late, modes in TABLE)
    verdict = check(mode, [sent(first), sent(second)])
    has_none = CONVEYANCE_ARRIVAL in (first, second) and mode is Mode.HIGHWAY
    assert verdict.is_in_order is not (wrong or has_none)
    assert any(each.fault is Fault.TOO_EARLY for each in verdict.findings) is wrong


def test_there_is_no_highway_arrival_by_edi() -> None:
    """R115"""
    assert faults(Mode.HIGHWAY, sent(CONVEYANCE_ARRIVAL)) == [(1, Fault.NOT_SENT, ())]
    assert {Mode.HIGHWAY: {CONVEYANCE_ARRIVAL}} == NOT_SENT


@pytest.mark.parametrize("mode", Mode)
def test_the_checklist_of_a_mode_is_always_accepted(mode: Mode) -> None:
    """R117"""
    sequence = [sent(message) for message in checklist(mode)]
    verdict = check(mode, sequence)
    assert (verdict.is_in_order, verdict.findings, verdict.order) == (True, (), None)
    assert len(sequence) == (6 if mode is Mode.HIGHWAY else 7)


@pytest.mark.parametrize(
    ("mode", "message", "earlier"),
    [
        (Mode.RAIL, CONVEYANCE, (CARGO,)),
        (Mode.AIR, CONVEYANCE, ()),
        (Mode.MARINE, CLOSE, (CONVEYANCE, HOUSE_BILL)),
        (Mode.RAIL, CONVEYANCE_ARRIVAL, (CARGO, RELEASE)),
        (Mode.HIGHWAY, CARGO_ARRIVAL, (CARGO, CONVEYANCE, HOUSE_BILL, CLOSE, RELEASE)),
        (Mode.HIGHWAY, RELEASE, ()),
    ],
)
def test_a_message_waits_for_what_the_table_names(
    mode: Mode, message: Message, earlier: tuple[Message, ...]
) -> None:
    assert waits_for(message, mode) == earlier


@pytest.mark.parametrize(
    ("early", "late", "rules"),
    [
        (CONVEYANCE, CARGO, ("R110", "R111")),
        (CLOSE, CONVEYANCE, ("R111",)),
        (CLOSE, HOUSE_BILL, ("R112", "R113")),
        (CONVEYANCE_ARRIVAL, RELEASE, ("R115",)),
        (CARGO_ARRIVAL, CLOSE, ("R116",)),
    ],
)
def test_a_message_that_comes_too_early_is_told_with_the_rows_of_the_table_that_say_so(
    early: Message, late: Message, rules: tuple[str, ...]
) -> None:
    (finding,) = check(Mode.RAIL, [sent(early), sent(late)]).findings
    assert finding.rules == rules


def test_faults_of_all_kinds_are_told_in_the_order_of_the_list() -> None:
    sequence = [sent(CLOSE, None, "C9"), sent(CONVEYANCE_ARRIVAL), sent(HOUSE_BILL, "H1", "C9")]
    found = [position for position, _, _ in faults(Mode.HIGHWAY, *sequence)]
    assert found == sorted(found)
    assert set(found) == {1, 2, 3}


def test_the_longest_list_that_is_checked_has_200_messages() -> None:
    assert check(Mode.RAIL, [sent(RELEASE)] * 200).is_in_order


def test_a_message_is_told_all_it_must_wait_for() -> None:
    """R111: after all its cargo."""
    assert faults(Mode.RAIL, sent(CONVEYANCE), sent(CARGO, "C1"), sent(RELEASE), sent(CARGO, "C2")) == [
        (1, Fault.TOO_EARLY, (2, 4))
    ]


def test_messages_of_other_shipments_are_no_reason_to_wait() -> None:
    """R113: after all *related* house bills."""
    assert not faults(
        Mode.RAIL,
        sent(CARGO, "C1"),
        sent(CARGO, "C2"),
        sent(CONVEYANCE, "V1", "C1", "C2"),
        sent(HOUSE_BILL, "H1", "C1"),
        sent(CLOSE, None, "C1"),
        sent(HOUSE_BILL, "H2", "C2"),
        sent(CLOSE, None, "C2"),
    )


def test_what_belongs_together_is_found_through_any_number_of_steps() -> None:
    """R115: a release of a house bill of a cargo of the conveyance that arrives."""
    found = faults(
        Mode.MARINE,
        sent(CARGO, "C1"),
        sent(HOUSE_BILL, "H1", "C1"),
        sent(CONVEYANCE, "V1", "C1"),
        sent(CONVEYANCE_ARRIVAL, None, "V1"),
        sent(RELEASE, None, "H1"),
    )
    assert found == [(4, Fault.TOO_EARLY, (5,))]


@pytest.mark.parametrize(
    "conveyance", [sent(CONVEYANCE, "V1"), sent(CONVEYANCE)], ids=["a number alone", "nothing"]
)
def test_what_does_not_say_what_it_belongs_to_may_belong_to_anything(conveyance: Sent) -> None:
    assert faults(Mode.RAIL, conveyance, sent(CARGO, "C1")) == [(1, Fault.TOO_EARLY, (2,))]


def test_cargo_without_a_number_may_belong_to_any_conveyance() -> None:
    assert faults(Mode.RAIL, sent(CONVEYANCE, "V1", "C1"), sent(CARGO)) == [
        (1, Fault.TOO_EARLY, (2,)),
        (1, Fault.NOT_LISTED, ()),
    ]


def test_an_arrival_of_a_conveyance_of_unknown_cargo_waits_for_all() -> None:
    assert (2, Fault.TOO_EARLY, (3,)) in faults(
        Mode.AIR, sent(CONVEYANCE, "V1"), sent(CONVEYANCE_ARRIVAL, None, "V1"), sent(CARGO, "C1")
    )


def test_a_number_that_is_not_in_the_list_is_told_and_no_error() -> None:
    verdict = check(Mode.AIR, [sent(RELEASE, None, "C2", "C1")])
    (finding,) = verdict.findings
    assert (finding.fault, finding.unlisted, finding.is_error) == (Fault.NOT_LISTED, ("C1", "C2"), False)
    assert (verdict.is_in_order, verdict.order) == (True, None)


def test_numbers_that_refer_to_each_other_do_not_go_round_for_ever() -> None:
    assert not faults(Mode.AIR, sent(RELEASE, "A1", "A2"), sent(RELEASE, "A2", "A1"))


def test_a_better_order_keeps_what_stands_right() -> None:
    """R117"""
    verdict = check(
        Mode.HIGHWAY,
        [sent(CLOSE), sent(CARGO, "C1"), sent(CONVEYANCE), sent(CONVEYANCE_ARRIVAL), sent(CARGO, "C2")],
    )
    assert verdict.order == (2, 5, 3, 1)


def test_the_longest_list_with_the_most_numbers_is_judged_at_once() -> None:
    """P23: anybody may send one; it is as long as a body may be."""
    others = [RELEASE, CARGO, CONVEYANCE, HOUSE_BILL, CLOSE]
    messages = [CARGO_ARRIVAL] * 100 + others * 20
    sequence = [
        sent(
            message,
            f"a{n}",
            "x",
            *(f"a{(n + m) % 200}" for m in range(1, 40)),
            *(f"{n}_{m}" for m in range(9)),
        )
        for n, message in enumerate(messages)
    ]
    began = time.process_time()
    assert not check(Mode.RAIL, sequence).is_in_order
    assert time.process_time() - began < 0.3


@given(
    mode=st.sampled_from(Mode),
    messages=st.lists(
        st.builds(
            sent,
            st.sampled_from(Message),
            st.none(),
            st.sampled_from(["C1", "C2"]),
        ),
        min_size=1,
        max_size=12,
    ),
)
def test_a_suggested_order_is_always_accepted(mode: Mode, messages: list[Sent]) -> None:
    order = check(mode, messages).order
    if order:
        assert check(mode, [messages[position - 1] for position in order]).is_in_order


@pytest.mark.parametrize(
    ("sequence", "code", "field"),
    [
        ([], "no_messages", "messages"),
        ([sent(RELEASE)] * 201, "too_long", "messages"),
        ([sent(CARGO, "C1"), sent(CARGO, "C1")], "repeated_id", "messages.1.id"),
    ],
    ids=["none", "too many", "a number twice"],
)
def test_what_cannot_be_checked_is_refused(sequence: list[Sent], code: str, field: str) -> None:
    with pytest.raises(InvalidAct) as refused:
        check(Mode.RAIL, sequence)
    assert (refused.value.code, refused.value.field) == (code, field)
