"""When a room is next free: against a model that tries every minute, and the edge cases by name. No database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.domain.free_time import (
    Held,
    before_step,
    fitting_length,
    free_until,
    kept_clear,
    next_free,
    on_step,
    openings,
    weekly_slots,
)
from booking.domain.local_time import day_period, local
from booking.domain.rooms import OpeningHours, RoomRules
from calendars.period import Period
from tests.support.free_time_model import ALWAYS, MINUTE, model, rules
from tests.support.world import at, slot

# A Wednesday, the night to summer time, the night back.
DAYS = (date(2027, 3, 10), date(2027, 3, 28), date(2027, 10, 31))
NOW = at(1, 9)


def found(
    room: RoomRules,
    held: Sequence[Period | Held],
    minutes: int,
    window: Period,
    now: datetime = NOW,
) -> Period | None:
    known = [one if isinstance(one, Held) else Held(one) for one in held]
    return next_free(room, kept_clear(room, known), minutes, window, now)


WEEK = Period(at(10, 0), at(17, 0))


def test_an_empty_room_is_free_when_it_opens() -> None:
    assert found(rules(), [], 120, WEEK) == slot(10, 8)


def test_it_is_free_where_one_booking_ends_and_the_next_begins() -> None:
    held = [slot(10, 8), slot(10, 11, 9)]
    assert found(rules(), held, 60, WEEK) == slot(10, 10, 1)
    assert found(rules(), held, 75, WEEK) == Period(at(11, 8), at(11, 9, 15))


def test_a_booking_that_straddles_the_opening_time_delays_it() -> None:
    straddling = Period(at(10, 6), at(10, 9))
    assert found(rules(), [straddling], 60, WEEK) == slot(10, 9, 1)


def test_a_booking_that_straddles_the_windows_beginning_counts() -> None:
    assert found(rules(), [slot(10, 8, 4)], 60, Period(at(10, 10), at(17, 0))) == slot(10, 12, 1)


def test_a_gap_of_exactly_the_shortest_length_counts() -> None:
    held = [slot(10, 8), Period(at(10, 10, 30), at(10, 20))]
    assert found(rules(), held, 30, WEEK) == Period(at(10, 10), at(10, 10, 30))


def test_a_later_booking_shrinks_a_gap_that_an_earlier_one_left() -> None:
    # Of what ends at 10 only half an hour is left: the row behind it counts although it begins behind the shortest length.
    held = [slot(10, 8), Period(at(10, 10, 45), at(10, 20)), slot(11, 8, 1)]
    assert found(rules(), held, 60, WEEK) == slot(11, 9, 1)


def test_a_start_rounded_to_the_step_is_checked_again() -> None:
    # Free from 10.10 to 11.25: on the half hour an hour fits no more.
    room = rules(step_minutes=30)
    held = [Period(at(10, 8), at(10, 10, 10)), Period(at(10, 11, 25), at(10, 20))]
    assert found(room, held, 60, WEEK) == slot(11, 8, 1)


def test_foreign_time_may_overlap_and_blocks_have_no_buffer() -> None:
    room = rules(buffer_before_minutes=60)
    held = [Held(slot(10, 8), "foreign"), Held(slot(10, 9), "foreign"), Held(slot(10, 11), "block")]
    assert found(room, held, 60, WEEK) == slot(10, 13, 1)


def test_the_longer_buffer_of_two_bookings_counts() -> None:
    room = rules(buffer_before_minutes=15, buffer_after_minutes=15)
    held = [Held(slot(10, 8), "booking", 0, 30), Held(slot(10, 12), "booking", 45, 0)]
    assert found(room, held, 30, WEEK) == Period(at(10, 10, 30), at(10, 11))
    assert found(room, held, 45, WEEK) == Period(at(10, 10, 30), at(10, 11, 15))
    assert found(room, held, 60, WEEK) == Period(at(10, 14, 15), at(10, 15, 15))


def test_the_evening_ends_before_the_house_does() -> None:
    room = rules(latest_end_minute=18 * 60)
    assert found(room, [slot(10, 8, 9)], 60, WEEK) == slot(10, 17, 1)
    assert found(room, [slot(10, 8, 9)], 75, WEEK) == Period(at(11, 8), at(11, 9, 15))


def test_a_house_open_day_and_night_is_lent_until_its_evening_and_from_midnight() -> None:
    room = rules(ALWAYS, latest_end_minute=22 * 60)
    assert found(room, [slot(10, 0, 21.5)], 60, WEEK) == slot(11, 0, 1)


def test_over_midnight_it_is_one_opening_where_no_evening_ends_it() -> None:
    held = [Period(at(10, 0), at(10, 23, 30))]
    assert found(rules(ALWAYS), held, 60, WEEK) == Period(at(10, 23, 30), at(11, 0, 30))


def test_after_the_last_day_it_can_be_had_nothing_is_free() -> None:
    room = rules(available_until=date(2027, 3, 10))
    assert found(room, [slot(10, 8, 10)], 120, WEEK) == slot(10, 18)
    assert found(room, [slot(10, 8, 11)], 120, WEEK) is None


def test_the_notice_counts_from_now() -> None:
    assert found(rules(), [], 60, WEEK, now=at(9, 10, 20)) == Period(at(10, 10, 30), at(10, 11, 30))


def test_the_end_must_lie_within_the_horizon() -> None:
    now = at(1, 11)
    assert found(rules(horizon_days=9), [slot(10, 8)], 60, WEEK, now) == slot(10, 10, 1)
    assert found(rules(horizon_days=9), [slot(10, 8)], 75, WEEK, now) is None


def test_what_begins_behind_the_window_is_not_found_in_it() -> None:
    assert found(rules(), [slot(10, 8, 12)], 60, Period(at(10, 0), at(11, 8))) is None


def test_a_length_that_the_room_does_not_take_is_never_free() -> None:
    for minutes in (15, 40, 735):
        assert found(rules(), [], minutes, WEEK) is None


def test_in_the_night_to_summer_time_an_hour_is_missing() -> None:
    night = Period(at(28, 0), at(28, 6))
    room = rules(ALWAYS, step_minutes=60, notice_minutes=0)
    two_to_four = Period(datetime(2027, 3, 28, 0, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC))
    assert found(room, [slot(28, 0)], 60, night) == two_to_four
    assert [local(edge).hour for edge in (two_to_four.start, two_to_four.end)] == [2, 4]


def test_in_the_night_back_the_doubled_hour_comes_twice() -> None:
    night = Period(at(31, 0, month=10), at(31, 7, month=10))
    room = rules(ALWAYS, step_minutes=60, notice_minutes=0)
    first = Period(datetime(2027, 10, 31, 0, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC))
    held = [Period(night.start, first.start)]
    assert found(room, held, 60, night) == first
    second = Period(first.end, first.end + timedelta(hours=1))
    assert found(room, [*held, first], 60, night) == second
    assert [local(edge).hour for edge in (first.start, second.start, second.end)] == [3, 3, 4]


minutes_of_day = st.integers(0, 96).map(lambda quarter: quarter * 15)


@st.composite
def opening_hours(draw: st.DrawFn) -> OpeningHours:
    if draw(st.booleans()):
        return ALWAYS
    edges = sorted(draw(st.lists(minutes_of_day, min_size=2, max_size=4, unique=True)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return OpeningHours(dict.fromkeys(range(7), tuple(pairs)))


@st.composite
def holds(draw: st.DrawFn, start: datetime) -> list[Held]:
    buffers = st.sampled_from([0, 0, 10, 30, 90])
    count = draw(st.integers(0, 8))
    return [
        Held(
            Period(begins, begins + timedelta(minutes=draw(st.integers(1, 900)))),
            draw(st.sampled_from(["booking", "block", "foreign"])),
            draw(buffers),
            draw(buffers),
        )
        for begins in (
            start + timedelta(minutes=draw(st.integers(-600, 3000))) for _ in range(count)
        )
    ]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_next_free_time_is_what_trying_every_minute_finds(data: st.DataObject) -> None:
    day = data.draw(st.sampled_from(DAYS))
    start = day_period(day).start + timedelta(minutes=data.draw(st.integers(-700, 100)))
    room = rules(
        data.draw(opening_hours()),
        step_minutes=data.draw(st.sampled_from([1, 5, 15, 20, 30, 60, 120, 180, 1440])),
        min_minutes=1,
        notice_minutes=data.draw(st.sampled_from([0, 60, 1440])),
        horizon_days=data.draw(st.integers(1, 3)),
        latest_end_minute=data.draw(st.none() | minutes_of_day.filter(bool)),
        available_until=data.draw(st.none() | st.sampled_from([day, day + timedelta(days=1)])),
        buffer_before_minutes=data.draw(st.sampled_from([0, 20])),
        buffer_after_minutes=data.draw(st.sampled_from([0, 45])),
    )
    minutes = data.draw(st.sampled_from([15, 30, 60, 120, 300, 1440]))
    window = Period(start, start + timedelta(hours=data.draw(st.integers(1, 40))))
    held = data.draw(holds(start))
    now = start - timedelta(minutes=data.draw(st.integers(-300, 3000)))
    assert found(room, held, minutes, window, now) == model(room, held, minutes, window, now)


@settings(deadline=None)
@given(
    st.sampled_from(DAYS),
    st.integers(-1500, 1500),
    st.sampled_from([n for n in range(1, 1441) if 1440 % n == 0]),
)
def test_the_next_step_is_the_first_minute_whose_wall_time_is_a_multiple(
    day: date, minutes: int, step: int
) -> None:
    start = day_period(day).start + timedelta(minutes=minutes)
    instants = (start + n * MINUTE for n in range(3000))
    expected = next(one for one in instants if _since_midnight(one) % step == 0)
    assert on_step(start, step) == expected
    assert _since_midnight(before_step(start, step)) % step == 0
    assert start - timedelta(days=2) < before_step(start, step) <= start


def _since_midnight(instant: datetime) -> int:
    wall = local(instant)
    return wall.hour * 60 + wall.minute


# Until when it is free.


def test_a_room_is_free_until_somebody_has_it_or_it_closes() -> None:
    assert free_until(rules(), [], at(10, 9)) == at(10, 20)
    assert free_until(rules(), [slot(10, 12)], at(10, 9)) == at(10, 12)
    assert free_until(rules(latest_end_minute=1080), [], at(10, 9)) == at(10, 18)


def test_a_room_that_is_closed_or_held_is_not_free_now() -> None:
    assert free_until(rules(), [], at(10, 7, 59)) is None
    assert free_until(rules(), [], at(10, 20)) is None
    assert free_until(rules(), [slot(10, 8)], at(10, 9)) is None
    assert free_until(rules(), [slot(10, 8)], at(10, 10)) == at(10, 20)
    assert free_until(rules(available_until=date(2027, 3, 9)), [], at(10, 9)) is None


def test_a_buffer_ends_what_is_free_now() -> None:
    room = rules(buffer_after_minutes=30)
    assert free_until(room, kept_clear(room, [Held(slot(10, 12))]), at(10, 9)) == at(10, 11, 30)
    assert free_until(room, kept_clear(room, [Held(slot(10, 12))]), at(10, 11, 45)) is None


def test_a_house_open_day_and_night_is_free_until_the_end_of_tomorrow() -> None:
    assert free_until(rules(ALWAYS), [], at(10, 9)) == at(12, 0)


# Openings and weeks.


def test_openings_end_in_the_evening_and_after_the_last_day() -> None:
    room = rules(ALWAYS, latest_end_minute=1320, available_until=date(2027, 3, 11))
    assert openings(room, date(2027, 3, 10), date(2027, 3, 12)) == [
        Period(at(10, 0), at(10, 22)),
        Period(at(11, 0), at(11, 22)),
    ]


def test_a_weekly_time_stays_on_the_clock_and_is_missing_where_the_clocks_skip_it() -> None:
    slots = weekly_slots(date(2027, 3, 21), time(3, 30), time(5), 3)
    assert slots == [
        Period(at(21, 3, 30), at(21, 5)),
        None,
        Period(at(4, 3, 30, month=4), at(4, 5, month=4)),
    ]


def test_a_weekly_time_may_end_at_midnight() -> None:
    assert weekly_slots(date(2027, 3, 10), time(22), time(0), 2) == [slot(10, 22), slot(17, 22)]


def test_of_a_doubled_hour_a_weekly_time_takes_the_first_showing() -> None:
    [_, doubled] = weekly_slots(date(2027, 10, 24), time(3, 30), time(5), 2)
    assert doubled == Period(
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 3, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("minutes", "fitting"),
    [(53, 60), (60, 60), (61, 90), (5, 45 + 15), (170, 180), (181, None)],
)
def test_a_length_is_made_longer_until_the_room_is_lent_for_it(
    minutes: int, fitting: int | None
) -> None:
    room = rules(step_minutes=30, min_minutes=45, max_minutes=190)
    assert fitting_length(room, minutes) == fitting
