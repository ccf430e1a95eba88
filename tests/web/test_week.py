"""A room's week laid out, from rules and held time alone: no database, no request."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.domain.occupancy import Hold
from booking.domain.rooms import OpeningHours, RoomRules
from booking.domain.texts import LocalText
from booking.web.week import bounds, days, table
from calendars.period import Period
from tests.support.world import NOW, at, slot

MONDAY = date(2027, 3, 8)


def rules(hours: OpeningHours | None = None) -> RoomRules:
    return RoomRules(
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


def hold(period: Period, source: str = "booking", space: int = 1) -> Hold:
    return Hold(space, period, source, 1)


def kinds(holds: list[Hold], number: int = 2, now: datetime = NOW) -> list[tuple[str, Period]]:
    """The stretches of Wednesday, or of another day of the week."""
    day = days(rules(), holds, MONDAY, now)[number]
    return [(stretch.kind, stretch.period) for stretch in day.stretches]


def test_a_free_day_is_one_stretch() -> None:
    assert kinds([]) == [("free", slot(10, 8, 12))]


def test_held_time_of_either_space_is_taken() -> None:
    held = [hold(slot(10, 10)), hold(slot(10, 12, 1), space=2)]
    assert kinds(held) == [
        ("free", slot(10, 8)),
        ("taken", slot(10, 10, 3)),
        ("free", slot(10, 13, 7)),
    ]


def test_foreign_time_is_taken_and_a_block_is_blocked() -> None:
    held = [hold(slot(10, 8), "foreign"), hold(slot(10, 9, 11), "block")]
    assert kinds(held) == [("taken", slot(10, 8, 1)), ("blocked", slot(10, 9, 11))]


def test_what_is_within_the_notice_can_not_be_asked_for() -> None:
    assert kinds([], now=at(9, 10)) == [("past", slot(10, 8)), ("free", slot(10, 10, 10))]


def test_held_time_outside_the_hours_is_shown_and_the_gap_is_not() -> None:
    assert kinds([hold(slot(10, 21, 1))]) == [
        ("free", slot(10, 8, 12)),
        ("taken", slot(10, 21, 1)),
    ]


def test_a_closed_day_has_no_stretch() -> None:
    assert kinds([], number=5) == []


def test_the_week_is_seven_local_days_also_when_the_clocks_change() -> None:
    length = bounds(date(2027, 3, 22))
    assert length.end - length.start == timedelta(hours=7 * 24 - 1)


def test_free_time_is_cut_at_whole_hours_in_the_table() -> None:
    week = days(rules(), [hold(Period(at(10, 9, 30), at(10, 11)))], MONDAY, NOW)
    wednesday = [cell for row in table(week) for cell in row.cells if cell.day == date(2027, 3, 10)]
    assert [(cell.kind, cell.rows) for cell in wednesday][:4] == [
        ("free", 2),
        ("free", 1),
        ("taken", 3),
        ("free", 2),
    ]


def test_a_quarter_makes_the_rows_quarters() -> None:
    week = days(rules(), [hold(Period(at(10, 9, 15), at(10, 11)))], MONDAY, NOW)
    rows = table(week)
    assert [row.minute for row in rows][:3] == [480, 495, 510]
    assert [row.label_rows for row in rows][:5] == [4, 0, 0, 0, 4]


def test_a_week_without_open_time_has_no_table() -> None:
    week = days(rules(OpeningHours({})), [], MONDAY, NOW)
    assert table(week) == []


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
    rows = table(days(rules(always), holds, first, datetime(2027, 1, 1, tzinfo=UTC)))
    heights = {first + timedelta(days=n): 0 for n in range(7)}
    for row in rows:
        for cell in row.cells:
            heights[cell.day] += cell.rows
    assert set(heights.values()) == {len(rows)}
