"""What must hold after any fault: nobody lost, repeats bounded and identical."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from tests.chaos.installation import WINDOW
from tests.chaos.relay import Accepted, ChaosRelay

ON_ITS_WAY_SECONDS = 1.0
"""What a process has written before it is struck may reach the relay a moment after."""


def check_nobody_is_lost(
    relay: ChaosRelay, people: Collection[str], *, outage_id: int, sequence: int
) -> None:
    """P7: everybody got the bulletin, nobody else did."""
    got = {who for one, number, who in relay.copies() if (one, number) == (outage_id, sequence)}
    assert got == set(people)


def check_copies_are_identical(relay: ChaosRelay) -> None:
    """P8, P15: a repeat is the same message under the same Message-ID, which nobody else's message has."""
    of_ids: dict[str, set[tuple[str, str]]] = {}
    for one in relay.accepted:
        of_ids.setdefault(one.message_id, set()).add((one.recipient, one.digest))
    assert not {message_id: found for message_id, found in of_ids.items() if len(found) > 1}
    assert len(of_ids) == len(relay.copies())


def check_repeats(relay: ChaosRelay, crashes: Sequence[float], *, window: int = WINDOW) -> int:
    """P8: a repeat has a crash to account for it, and none more than the window; returns how many in all.

    Args:
        crashes: the monotonic instants at which processes were dead.
        window: the most repeats for each; where several processes were struck at once, of all together.
    """
    repeats = [pair for found in relay.copies().values() for pair in pairwise(found)]
    left = sorted(repeats, key=lambda pair: pair[1].at)
    for crash in sorted(crashes):
        # Several may account for one repeat: each crash takes those that have to be accounted for first.
        caused = [pair for pair in left if _may_have_caused(crash, *pair)][:window]
        left = [pair for pair in left if pair not in caused]
    assert not left, f"{len(left)} repeats that no crash accounts for, of {len(repeats)}"
    return len(repeats)


def _may_have_caused(crash: float, first: Accepted, again: Accepted) -> bool:
    """Returns whether it was after the first copy was sent, which until then was not recorded."""
    return first.at - ON_ITS_WAY_SECONDS <= crash <= again.at


def check_sequence_never_goes_back(relay: ChaosRelay) -> None:
    """P12: whoever got a newer bulletin of an outage gets no older one of it afterwards."""
    newest: dict[tuple[int, str], int] = {}
    for one in list(relay.accepted):
        key = (one.outage_id, one.recipient)
        assert one.sequence >= newest.get(key, 0), one
        newest[key] = one.sequence
