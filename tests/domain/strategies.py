"""What property tests draw from.

Instants are whole minutes of 2007 to 2040, half of them near a night of a clock change.
"""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from outage_service.domain.outages import Impact
from outage_service.domain.systems import Condition, Direction, System
from tests.domain import walk

_ANY_MINUTE = st.datetimes(
    min_value=datetime(walk.FIRST_YEAR, 1, 1),
    max_value=datetime(walk.LAST_YEAR, 12, 20),
    timezones=st.just(UTC),
).map(lambda instant: instant.replace(second=0, microsecond=0))
_NIGHTS = walk.change_nights()


def near(night: date, minutes: int) -> datetime:
    """Returns the instant that many minutes after noon UTC of a change Sunday."""
    return datetime.combine(night, time(12), tzinfo=UTC) + timedelta(minutes=minutes)


_NEAR_A_CHANGE = st.builds(near, st.sampled_from(_NIGHTS), st.integers(-3 * 1440, 3 * 1440))

minutes = st.one_of(_ANY_MINUTE, _NEAR_A_CHANGE)
conditions = st.sampled_from(list(Condition))


def no_holidays(_: date) -> bool:
    """Returns the literal reading: no day is special."""
    return False


def some_holidays(day: date) -> bool:
    """Returns a made-up rule with many holidays, weekends among them and runs of two."""
    return day.day in (1, 2, 11, 25)


holiday_tests = st.sampled_from([no_holidays, some_holidays])

some_impacts = st.lists(
    st.builds(
        Impact,
        st.sampled_from(System),
        st.sampled_from([None, None, *Direction]),
        st.sampled_from(Condition),
        st.sampled_from([None, timedelta(minutes=45), timedelta(minutes=60), timedelta(minutes=75)]),
    ),
    min_size=1,
    max_size=3,
)
