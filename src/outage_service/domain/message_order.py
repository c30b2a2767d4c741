"""The order in which import messages are sent once an outage is over, as constraints (SOCP 3.1, R110–R117).

The plan's table has two columns of cells for four modes; which cell belongs to which mode is inferred.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from outage_service.domain.contingency import Mode
from outage_service.domain.errors import InvalidAct


class Message(StrEnum):
    """What is sent, in an order that satisfies every constraint of every mode."""

    CARGO = "cargo"
    CONVEYANCE = "conveyance"
    HOUSE_BILL = "house_bill"
    CLOSE = "close"
    RELEASE = "release"
    CONVEYANCE_ARRIVAL = "conveyance_arrival"
    CARGO_ARRIVAL = "cargo_arrival"


_LAND = frozenset({Mode.HIGHWAY, Mode.RAIL})
_EVERY = frozenset(Mode)
_WITH_ARRIVAL = frozenset({Mode.RAIL, Mode.AIR, Mode.MARINE})
MESSAGES_AT_MOST = 200
"""Longer lists are refused: a checker is asked about one conveyance, not about a year."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """`message` goes after every related one of `after`; `rules` are the rows of the table that say so."""

    message: Message
    after: Message
    modes: frozenset[Mode]
    rules: tuple[str, ...]


_LAST = tuple(
    Constraint(Message.CARGO_ARRIVAL, other, modes, ("R116",))
    for other, modes in (dict.fromkeys(Message, _EVERY) | {Message.CONVEYANCE_ARRIVAL: _WITH_ARRIVAL}).items()
    if other is not Message.CARGO_ARRIVAL
)
CONSTRAINTS = (
    Constraint(Message.CONVEYANCE, Message.CARGO, _LAND, ("R110", "R111")),
    Constraint(Message.CLOSE, Message.CONVEYANCE, _EVERY, ("R111",)),
    Constraint(Message.CLOSE, Message.HOUSE_BILL, _EVERY, ("R112", "R113")),
    Constraint(Message.CONVEYANCE_ARRIVAL, Message.CARGO, _WITH_ARRIVAL, ("R115",)),
    Constraint(Message.CONVEYANCE_ARRIVAL, Message.RELEASE, _WITH_ARRIVAL, ("R115",)),
    *_LAST,
)
"""Releases wait for nothing: they go at any time (R114)."""

NOT_SENT: Mapping[Mode, frozenset[Message]] = {
    Mode.HIGHWAY: frozenset({Message.CONVEYANCE_ARRIVAL}),
}
"""Messages a mode does not have by EDI (R115)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of a proposed sequence: its own number, and the numbers of what it belongs to.

    A house bill and a close refer to their primary cargo, a conveyance to its cargo, an arrival to its
    conveyance or cargo, a release to its cargo or house bill.
    """

    message: Message
    id: str | None = None
    references: frozenset[str] = frozenset()

    @property
    def own(self) -> frozenset[str]:
        """Its own number, if it has one."""
        return frozenset({self.id} if self.id else ())

    @property
    def is_loose(self) -> bool:
        """Whether nobody said what it belongs to; cargo belongs to nothing but needs a number."""
        return not self.references and (self.message is not Message.CARGO or self.id is None)


class Fault(StrEnum):
    """What is wrong with a message."""

    TOO_EARLY = "too_early"
    NOT_SENT = "not_sent"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of the message at `position`, counted from 1.

    `after` are the positions it must wait for; `unlisted` the numbers it refers to that are not in the list,
    which is no error: the CBSA may have them already.
    """

    position: int
    fault: Fault
    rules: tuple[str, ...]
    expected: Message | None = None
    after: tuple[int, ...] = ()
    unlisted: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether the message would be rejected or answered with an error."""
        return self.fault is not Fault.NOT_LISTED


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a sequence; `order` are the positions as they had better be sent, None if it is fine."""

    findings: tuple[Finding, ...]
    order: tuple[int, ...] | None

    @property
    def is_in_order(self) -> bool:
        """Whether nothing would be rejected."""
        return not any(finding.is_error for finding in self.findings)


def checklist(mode: Mode) -> tuple[Message, ...]:
    """Returns the messages of a mode in an order that is always accepted (R117)."""
    return tuple(message for message in Message if message not in NOT_SENT.get(mode, frozenset()))


def waits_for(message: Message, mode: Mode) -> tuple[Message, ...]:
    """Returns what must be sent before `message` in a mode, in the order of the checklist."""
    earlier = {each.after for each in _constraints_on(message, mode)}
    return tuple(each for each in checklist(mode) if each in earlier)


def check(mode: Mode, sequence: Sequence[Sent]) -> Verdict:
    """Returns which messages of `sequence` come too early or do not exist in `mode`, and a better order.

    Raises:
        InvalidAct: no message, too many, or two with the same number.
    """
    _check_input(sequence)
    found = [*_not_sent(mode, sequence), *_too_early(mode, sequence), *_not_listed(sequence)]
    findings = tuple(sorted(found, key=lambda finding: finding.position))
    is_fine = not any(finding.is_error for finding in findings)
    return Verdict(findings, None if is_fine else _better_order(mode, sequence))


def _check_input(sequence: Sequence[Sent]) -> None:
    if not sequence:
        raise InvalidAct("no_messages", "List at least one message.", field="messages")
    if len(sequence) > MESSAGES_AT_MOST:
        raise InvalidAct("too_long", f"List at most {MESSAGES_AT_MOST} messages.", field="messages")
    seen: set[str] = set()
    for index, sent in enumerate(sequence):
        if sent.id in seen:
            raise InvalidAct(
                "repeated_id", "An earlier message has this number.", field=f"messages.{index}.id"
            )
        seen |= sent.own


def _constraints_on(message: Message, mode: Mode) -> list[Constraint]:
    return [each for each in CONSTRAINTS if each.message is message and mode in each.modes]


def _not_sent(mode: Mode, sequence: Sequence[Sent]) -> Iterator[Finding]:
    unknown = NOT_SENT.get(mode, frozenset())
    for position, sent in enumerate(sequence, 1):
        if sent.message in unknown:
            yield Finding(position, Fault.NOT_SENT, ("R115",))


def _too_early(mode: Mode, sequence: Sequence[Sent]) -> Iterator[Finding]:
    """Yields, for each message and kind it waits for, the related ones that only come later."""
    belongs = _relations(sequence)
    for index, sent in enumerate(sequence):
        for constraint in _constraints_on(sent.message, mode):
            later = tuple(
                other + 1
                for other in range(index + 1, len(sequence))
                if sequence[other].message is constraint.after and _share(belongs[index], belongs[other])
            )
            if later:
                yield Finding(index + 1, Fault.TOO_EARLY, constraint.rules, constraint.after, later)


def _not_listed(sequence: Sequence[Sent]) -> Iterator[Finding]:
    listed = {sent.id for sent in sequence}
    for position, sent in enumerate(sequence, 1):
        if unlisted := tuple(sorted(sent.references - listed)):
            yield Finding(position, Fault.NOT_LISTED, ("R117",), unlisted=unlisted)


def _relations(sequence: Sequence[Sent]) -> list[int | None]:
    """Returns for each message its number and all it belongs to, through any number of steps.

    A bit for each number: a list that anybody may send has ten thousand of them, and ten thousand pairs of
    messages to compare. None where it is not said what a message belongs to: then that may be anything.
    """
    numbers = {number for sent in sequence for number in sent.own | sent.references}
    bits = {number: 1 << place for place, number in enumerate(numbers)}
    places = {sent.id: place for place, sent in enumerate(sequence) if sent.id}
    direct = [
        None if sent.is_loose else sum(bits[number] for number in sent.own | sent.references)
        for sent in sequence
    ]
    links = [{places[number] for number in sent.references & places.keys()} for sent in sequence]
    return [_reached(place, direct, links) for place in range(len(sequence))]


def _reached(start: int, direct: Sequence[int | None], links: Sequence[set[int]]) -> int | None:
    found, seen, ahead = 0, {start}, [start]
    while ahead:
        place = ahead.pop()
        numbers = direct[place]
        if numbers is None:
            return None
        found |= numbers
        new = links[place] - seen
        seen |= new
        ahead += new
    return found


def _share(one: int | None, other: int | None) -> bool:
    return one is None or other is None or bool(one & other)


def _better_order(mode: Mode, sequence: Sequence[Sent]) -> tuple[int, ...]:
    """Returns the positions in the order of the checklist, those of one kind as they stood."""
    order = checklist(mode)
    sent = [p for p, each in enumerate(sequence, 1) if each.message in order]
    return tuple(sorted(sent, key=lambda position: order.index(sequence[position - 1].message)))
