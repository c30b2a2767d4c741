"""The rows of systems: what one operator typed and what another has sent meanwhile, together (P19)."""

import pytest

from outage_service.domain.systems import System
from outage_service.web.pages.console.form_fields import Row
from outage_service.web.pages.console.rows import merged, print_of

Said = list[tuple[str, str, str]]
IN_45 = ("inbound", "delay", "45")
IN_50 = ("inbound", "delay", "50")
IN_55 = ("inbound", "delay", "55")
OUT = ("outbound", "outage", "")
BOTH = ("both", "outage", "")


def rows(said: Said) -> list[Row]:
    """Returns the rows of EDI that say this; one that is not ticked, if nothing."""
    found = [
        Row("edi" if index == 1 else f"edi-{index}", System.EDI, True, *each)
        for index, each in enumerate(said, start=1)
    ]
    return found or [Row("edi", System.EDI)]


CASES: dict[str, tuple[Said, Said, Said, Said]] = {
    "nobody changed it": ([IN_45], [IN_45], [IN_45], [IN_45]),
    "only here": ([IN_45], [IN_50], [IN_45], [IN_50]),
    "only there": ([IN_45], [IN_45], [IN_50], [IN_50]),
    "ticked here": ([], [OUT], [], [OUT]),
    "taken off here": ([OUT], [], [OUT], []),
    "added there": ([], [], [OUT], [OUT]),
    "restored there": ([OUT], [], [], []),
    "restored there, left alone here": ([OUT], [OUT], [], []),
    "restored there, changed here": ([IN_45], [IN_50], [], [IN_50]),
    "changed on both sides": ([IN_45], [IN_55], [IN_50], [IN_55]),
    "taken off here, changed there": ([IN_45], [], [IN_50], []),
    "the same on both sides": ([IN_45], [IN_50], [IN_50], [IN_50]),
    "another direction added there": ([IN_45], [IN_50], [IN_45, OUT], [IN_50, OUT]),
    "one direction added on each side": ([], [OUT], [IN_45], [OUT, IN_45]),
    "the first of two restored there": ([IN_45, OUT], [IN_50, OUT], [OUT], [IN_50, OUT]),
    "widened here, another added there": ([IN_45], [BOTH], [IN_45, OUT], [BOTH]),
    "widened there, another added here": ([IN_45], [IN_45, OUT], [BOTH], [OUT, BOTH]),
    "widened there, changed here": ([IN_45], [IN_50], [BOTH], [IN_50, BOTH]),
    "widened here, changed there": ([IN_45], [BOTH], [IN_50], [BOTH]),
    "one of two taken off here, the other changed there": ([IN_45, OUT], [OUT], [IN_50, OUT], [OUT]),
    "both of two changed, one on each side": ([IN_45, OUT], [IN_50, OUT], [IN_45], [IN_50]),
    "twice the same here, added there": ([IN_45], [IN_50, IN_50], [IN_45, OUT], [IN_50, IN_50, OUT]),
    "in another order": ([IN_45, OUT], [IN_45, OUT], [OUT, IN_45], [IN_45, OUT]),
}


@pytest.mark.parametrize(("shown", "typed", "current", "expected"), CASES.values(), ids=CASES)
def test_what_was_changed_stays_and_the_rest_follows_the_outage(
    shown: Said, typed: Said, current: Said, expected: Said
) -> None:
    found = merged(rows(typed), print_of(rows(shown)), rows(current))
    assert found == rows(expected) or (expected == [] and not any(row.is_on for row in found))


def test_a_system_that_was_left_alone_follows_beside_one_that_was_changed() -> None:
    cers, swi = Row("cers", System.CERS), Row("swi", System.SWI)
    shown = [*rows([IN_45]), Row("cers", System.CERS, True), swi]
    typed = [*rows([IN_50]), Row("cers", System.CERS, True), swi]
    current = [*rows([IN_45]), cers, Row("swi", System.SWI, True)]
    assert merged(typed, print_of(shown), current) == [*rows([IN_50]), cers, Row("swi", System.SWI, True)]


def test_minutes_that_were_typed_before_the_tick_stay() -> None:
    typed = [Row("edi", System.EDI, is_on=False, condition="delay", behind="45")]
    assert merged(typed, "none", rows([])) == typed


@pytest.mark.parametrize("odd", ["x", ";;;", "edi", "edi,a,b,c,d", ",,,", "none"])
def test_what_no_page_of_ours_has_shown_is_taken_as_nothing(odd: str) -> None:
    """P20."""
    assert merged(rows([IN_45]), odd, rows([])) == rows([IN_45])
