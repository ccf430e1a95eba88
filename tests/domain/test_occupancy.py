"""When a wish meets what is held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.occupancy import Hold, conflicts
from booking.errors import Conflict
from calendars.period import Period

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)


def hours(start: float, end: float) -> Period:
    return Period(NOON + timedelta(hours=start), NOON + timedelta(hours=end))


@pytest.mark.parametrize(
    ("wish", "meets"),
    [
        (hours(-2, 0), False),  # ends where the other starts
        (hours(2, 4), False),  # starts where the other ends
        (hours(-1, 0.25), True),
        (hours(1.75, 3), True),
        (hours(0.5, 1), True),  # within
        (hours(-1, 3), True),  # around
        (hours(0, 2), True),  # the very same
    ],
)
def test_stretches_meet_only_when_they_share_time(wish: Period, meets: bool) -> None:
    held = Hold(1, hours(0, 2), "booking", 7)
    assert bool(conflicts(wish, [1, 2], [held])) is meets
    assert conflicts(wish, [3], [held]) == []


def test_a_booking_of_both_halves_is_one_conflict() -> None:
    both = [Hold(space, hours(0, 2), "booking", 7) for space in (1, 2)]
    assert conflicts(hours(0, 1), [1, 2], both) == [
        Conflict("booking", hours(0, 2).start, hours(0, 2).end)
    ]


def test_a_block_of_both_halves_is_one_conflict() -> None:
    both = [Hold(space, hours(0, 2), "block", row) for row, space in enumerate((1, 2))]
    assert conflicts(hours(0, 1), [1, 2], both) == [
        Conflict("block", hours(0, 2).start, hours(0, 2).end)
    ]


def test_a_moving_booking_is_not_in_its_own_way_but_others_are() -> None:
    holds = [
        Hold(1, hours(0, 2), "booking", 7),
        Hold(1, hours(2, 3), "block", 7),
        Hold(1, hours(3, 4), "foreign", 9),
    ]
    met = conflicts(hours(0, 4), [1], holds, moving=7)
    assert [conflict.kind for conflict in met] == ["block", "foreign"]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), max_size=8),
    st.integers(0, 20),
    st.integers(1, 5),
)
def test_conflicts_are_exactly_those_a_minute_by_minute_look_finds(
    stretches: list[tuple[int, int]], start: int, length: int
) -> None:
    holds = [Hold(1, hours(at, at + long), "booking", n) for n, (at, long) in enumerate(stretches)]
    met = {
        at
        for at, long in stretches
        if set(range(at, at + long)) & set(range(start, start + length))
    }
    assert {
        conflict.starts_at for conflict in conflicts(hours(start, start + length), [1], holds)
    } == {hours(at, at + 1).start for at in met}
