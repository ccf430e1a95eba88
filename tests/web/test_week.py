"""A room's week laid out, from rules and held time alone: no database, no request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from booking.domain.bookings import Near, Wish, buffer_refusals, refusals_of_room
from booking.domain.free_time import Held
from booking.domain.local_time import instant, parse_day, parse_time
from booking.domain.rooms import OpeningHours, RoomRules
from booking.domain.texts import LocalText
from booking.web.slots import slot_values
from booking.web.week import Cell, Stretch, bounds, days, table
from calendars.period import Period
from tests.support.world import NOW, at, slot

MONDAY = date(2027, 3, 8)


def rules(hours: OpeningHours | None = None, **changes: Any) -> RoomRules:
    made = RoomRules(
        id=1,
        unit_id=1,
        municipality="joensuu",
        name=LocalText("Sali"),
        unit_name=LocalText("Talo"),
        unit_is_open=True,
        address="",
        published=True,
        capacity=10,
        activities=frozenset({"meeting"}),
        hours=hours or OpeningHours(dict.fromkeys(range(5), ((480, 1200),))),
        step_minutes=15,
        min_minutes=30,
        max_minutes=720,
        notice_minutes=1440,
        horizon_days=400,
        space_ids=(1, 2),
    )
    return replace(made, **changes)


def hold(period: Period, source: str = "booking", before: int = 0, after: int = 0) -> Held:
    return Held(period, source, before, after)


def kinds(holds: list[Held], number: int = 2, now: datetime = NOW) -> list[tuple[str, Period]]:
    """The stretches of Wednesday, or of another day of the week."""
    day = days(rules(), holds, MONDAY, now)[number]
    return [(stretch.kind, stretch.period) for stretch in day.stretches]


def test_a_free_day_is_one_stretch() -> None:
    assert kinds([]) == [("free", slot(10, 8, 12))]


def test_held_time_that_touches_is_one_stretch() -> None:
    held = [hold(slot(10, 10)), hold(slot(10, 12, 1))]
    assert kinds(held) == [
        ("free", slot(10, 8)),
        ("taken", slot(10, 10, 3)),
        ("free", slot(10, 13, 7)),
    ]


def test_foreign_time_is_taken_and_a_block_is_blocked() -> None:
    held = [hold(slot(10, 8), "foreign"), hold(slot(10, 9, 11), "block")]
    assert kinds(held) == [("taken", slot(10, 8, 1)), ("blocked", slot(10, 9, 11))]


def test_what_is_within_the_notice_can_not_be_asked_for() -> None:
    # The notice ends at 10; a step later than that, on the table's half hours.
    half_past = at(10, 10, 30)
    assert kinds([], now=at(9, 10)) == [
        ("past", Period(at(10, 8), half_past)),
        ("free", Period(half_past, at(10, 20))),
    ]


def test_held_time_outside_the_hours_is_shown_and_the_gap_is_not() -> None:
    assert kinds([hold(slot(10, 21, 1))]) == [
        ("free", slot(10, 8, 12)),
        ("taken", slot(10, 21, 1)),
    ]


def test_after_its_evening_and_after_its_last_day_a_room_is_closed() -> None:
    room = rules(latest_end_minute=18 * 60, available_until=date(2027, 3, 10))
    week = days(room, [], MONDAY, NOW)
    assert [(one.kind, one.period) for one in week[2].stretches] == [("free", slot(10, 8, 10))]
    assert week[3].stretches == ()


def test_what_must_stay_clear_around_a_booking_can_not_be_asked_for() -> None:
    held = [hold(slot(10, 10), "booking", 30, 60), hold(slot(10, 16), "block", 30, 60)]
    day = days(rules(), held, MONDAY, NOW)[2]
    assert [(one.kind, one.period) for one in day.stretches] == [
        ("free", Period(at(10, 8), at(10, 9, 30))),
        ("past", Period(at(10, 9, 30), at(10, 10))),
        ("taken", slot(10, 10)),
        ("past", slot(10, 12, 1)),
        ("free", slot(10, 13, 3)),
        ("blocked", slot(10, 16)),
        ("free", slot(10, 18)),
    ]


def test_a_closed_day_has_no_stretch() -> None:
    assert kinds([], number=5) == []


def test_the_week_is_seven_local_days_also_when_the_clocks_change() -> None:
    length = bounds(date(2027, 3, 22))
    assert length.end - length.start == timedelta(hours=7 * 24 - 1)


def test_free_time_is_cut_at_whole_hours_in_the_table() -> None:
    week = days(rules(), [hold(Period(at(10, 9, 30), at(10, 11)))], MONDAY, NOW)
    wednesday = [
        cell for row in table(week, rules()) for cell in row.cells if cell.day == date(2027, 3, 10)
    ]
    assert [(cell.kind, cell.rows) for cell in wednesday][:4] == [
        ("free", 2),
        ("free", 1),
        ("taken", 3),
        ("free", 2),
    ]


def test_a_quarter_makes_the_rows_quarters() -> None:
    week = days(rules(), [hold(Period(at(10, 9, 15), at(10, 11)))], MONDAY, NOW)
    rows = table(week, rules())
    assert [row.minute for row in rows][:3] == [480, 495, 510]
    assert [row.label_rows for row in rows][:5] == [4, 0, 0, 0, 4]


def test_a_week_without_open_time_has_no_table() -> None:
    week = days(rules(OpeningHours({})), [], MONDAY, NOW)
    assert table(week, rules()) == []


minutes = st.integers(0, 7 * 24 * 60)


@given(
    st.lists(
        st.tuples(minutes, st.integers(1, 600), st.sampled_from(["booking", "block", "foreign"])),
        max_size=12,
    ),
    st.sampled_from([date(2027, 3, 8), date(2027, 3, 22), date(2027, 10, 25)]),
)
def test_every_column_of_the_table_is_full_whatever_is_held(
    held: list[tuple[int, int, str]], first: date
) -> None:
    start = bounds(first).start
    holds = [
        hold(Period(start + timedelta(minutes=a), start + timedelta(minutes=a + n)), source)
        for a, n, source in held
    ]
    always = OpeningHours(dict.fromkeys(range(7), ((480, 1200),)))
    rows = table(days(rules(always), holds, first, datetime(2027, 1, 1, tzinfo=UTC)), rules(always))
    heights = {first + timedelta(days=n): 0 for n in range(7)}
    for row in rows:
        for cell in row.cells:
            heights[cell.day] += cell.rows
    assert set(heights.values()) == {len(rows)}


def offers(room: RoomRules, held: list[Held], first: date, now: datetime) -> list[Period]:
    """What the links of a week's page offer, in the table and in the list."""
    week = days(room, held, first, now)
    cells = [cell for row in table(week, room) for cell in row.cells]
    shown: list[Cell | Stretch] = [*cells, *(stretch for day in week for stretch in day.stretches)]
    return [one.offer for one in shown if one.offer is not None]


def test_a_minute_of_opening_the_page_is_no_edge_of_the_grid() -> None:
    now = at(9, 10, 37) + timedelta(seconds=12)
    week = days(rules(), [], MONDAY, now)
    assert [row.minute for row in table(week, rules())][:3] == [480, 510, 540]
    [past, free] = week[2].stretches
    assert (past.kind, free.kind, free.period.start) == ("past", "free", at(10, 11))
    assert free.offer == slot(10, 11, 1)


def test_the_days_beyond_the_horizon_end_on_a_step_too() -> None:
    now = at(1, 10, 37)
    [free, past] = days(rules(horizon_days=9), [], MONDAY, now)[2].stretches
    assert (free.kind, free.period.end, past.kind) == ("free", at(10, 10, 30), "past")


def test_what_is_too_short_is_shown_and_not_offered() -> None:
    held = [hold(slot(10, 8)), hold(Period(at(10, 10, 15), at(10, 20)))]
    [_, free, _] = days(rules(), held, MONDAY, NOW)[2].stretches
    assert (free.kind, free.period.minutes, free.offer) == ("free", 15, None)


def test_a_long_slot_is_offered_where_it_fits_only() -> None:
    room = rules(min_minutes=120)
    wednesday = [
        cell.offer
        for row in table(days(room, [], MONDAY, NOW), room)
        for cell in row.cells
        if cell.day == date(2027, 3, 10)
    ]
    assert wednesday == [slot(10, hour) for hour in range(8, 19)] + [None]


steps = st.sampled_from([n for n in range(1, 1441) if 1440 % n == 0])


@given(st.data())
def test_whatever_is_offered_the_rooms_rules_take_now_and_a_minute_later(
    data: st.DataObject,
) -> None:
    step, shortest = data.draw(steps), data.draw(st.integers(1, 300))
    opens = data.draw(st.integers(0, 1000))
    room = rules(
        OpeningHours(dict.fromkeys(range(7), ((opens, data.draw(st.integers(opens + 1, 1440))),))),
        step_minutes=step,
        min_minutes=shortest,
        max_minutes=data.draw(st.integers(shortest, 900)),
        notice_minutes=data.draw(st.integers(0, 3000)),
        horizon_days=data.draw(st.integers(1, 20)),
        latest_end_minute=data.draw(st.none() | st.integers(opens + 1, 1440)),
        available_until=data.draw(st.none() | st.just(date(2027, 3, 12))),
        buffer_before_minutes=data.draw(st.sampled_from([0, 20])),
    )
    first = data.draw(st.sampled_from([date(2027, 3, 8), date(2027, 3, 22), date(2027, 10, 25)]))
    start = bounds(first).start
    now = start + timedelta(seconds=data.draw(st.integers(-10 * 86_400, 7 * 86_400)))
    stretches = st.lists(st.tuples(minutes, st.integers(1, 600)), max_size=6)
    held = [
        hold(
            Period(start + timedelta(minutes=a), start + timedelta(minutes=a + n)), "booking", 0, 45
        )
        for a, n in data.draw(stretches)
    ]
    near = [Near(one.period, one.before_minutes, one.after_minutes) for one in held]
    for slot_ in offers(room, held, first, now):
        wish = Wish(slot_, "meeting", 1)
        for later in (now, now + timedelta(minutes=1)):
            assert refusals_of_room(room, wish, later) == []
        assert not any(one.period.overlaps(slot_) for one in held)
        assert buffer_refusals(room, slot_, near) == []
        assert as_the_form_reads(slot_) == slot_


def as_the_form_reads(period: Period) -> Period:
    """What `SlotForm` makes of the link's values."""
    values = slot_values(period)
    day = parse_day(values["day"], MONDAY)
    edges = []
    for name in ("starts", "ends"):
        wall, fold = parse_time(values[name]), values.get(f"{name}_fold")
        on = day + timedelta(days=1) if name == "ends" and wall == time(0) else day
        edges.append(instant(on, wall, None if fold is None else int(fold)))
    return Period(*edges)
