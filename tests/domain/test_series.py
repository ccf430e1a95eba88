"""The dates of a series: wall time over clock changes, the policy date by date, what a change would do. No database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.bookings import Wish
from booking.domain.local_time import local
from booking.domain.recurrence import MonthlyByDay, MonthlyByWeekday, Recurrence, Weekly, days_of
from booking.domain.rooms import OpeningHours, Quota, RoomRules
from booking.domain.series import (
    Around,
    Kept,
    Pair,
    Stretch,
    Times,
    Weighed,
    Wished,
    nearest_other_time,
    paired,
    period_on,
    weighed,
    wished_on,
)
from booking.domain.series_plan import Plan, Target, planned
from booking.domain.texts import LocalText
from booking.errors import Conflict, InvalidInput
from calendars.period import Period
from tests.support.free_time_model import rules as room_rules

NOW = datetime(2027, 1, 4, 7, tzinfo=UTC)
ALL_DAY = dict.fromkeys(range(7), ((0, 1440),))
EVENING = Times(time(17), time(19))
HELATORSTAI = date(2027, 5, 6)


def rules(**changes: Any) -> RoomRules:
    return replace(
        room_rules(), hours=OpeningHours(ALL_DAY), horizon_days=800, notice_minutes=0, **changes
    )


def wish(people: int = 5) -> Wish:
    return Wish(period_on(date(2027, 1, 5), EVENING), "meeting", people)


def tuesdays(count: int, first: date = date(2027, 1, 5)) -> list[date]:
    return days_of(Recurrence(Weekly((1,)), first, count=count))


def codes(found: Sequence[Weighed]) -> list[str]:
    return [one.code for one in found]


def kept(number: int, day: date, times: Times = EVENING, room: int | None = None) -> Kept:
    return Kept(number, day, rules().id if room is None else room, period_on(day, times))


def test_the_wall_time_stays_over_both_clock_changes() -> None:
    days = days_of(Recurrence(Weekly((6,)), date(2027, 3, 21), date(2027, 11, 7)))
    walls = {local(period_on(day, EVENING).start).time() for day in days}
    assert walls == {time(17)}
    offsets = {day: period_on(day, EVENING).start.hour for day in days}
    # Easter Sunday of 2027 is the day of the change to summer time.
    assert (offsets[date(2027, 3, 21)], offsets[date(2027, 3, 28)]) == (15, 14)
    assert (offsets[date(2027, 10, 24)], offsets[date(2027, 10, 31)]) == (14, 15)


def test_a_date_in_the_missing_hour_says_so_and_the_others_stand() -> None:
    days = [date(2027, 3, 21), date(2027, 3, 28), date(2027, 4, 4)]
    found = weighed(wished_on(days, rules(), Times(time(3, 30), time(5))), wish(), Around(), NOW)
    assert codes(found) == ["free", "missing_hour", "free"]
    assert found[1].refusals[0].params == {"day": date(2027, 3, 28), "time": time(3, 30)}


@pytest.mark.parametrize(
    ("fold", "starts"),
    [
        (0, datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        (1, datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_date_in_the_doubled_hour_is_asked_and_then_meant(fold: int, starts: datetime) -> None:
    day = date(2027, 10, 31)
    with pytest.raises(InvalidInput, match="doubled_hour"):
        period_on(day, Times(time(3, 30), time(5)))
    assert period_on(day, Times(time(3, 30), time(5), fold)).start == starts


def test_an_end_before_the_start_is_on_the_next_day() -> None:
    assert period_on(date(2027, 6, 1), Times(time(22), time(0))).minutes == 120
    assert period_on(date(2027, 6, 1), Times(time(22), time(1))).minutes == 180


def test_months_without_the_day_have_no_date() -> None:
    days = days_of(Recurrence(MonthlyByDay(30), date(2027, 1, 30), count=3))
    assert [day.month for day in days] == [1, 3, 4]


def test_a_holiday_is_refused_by_its_name() -> None:
    name = LocalText("helatorstai")
    hours = OpeningHours(ALL_DAY, holidays={HELATORSTAI: name})
    thursdays = days_of(Recurrence(Weekly((3,)), date(2027, 4, 29), count=3))
    found = weighed(wished_on(thursdays, rules(), EVENING), wish(), Around(), NOW)
    assert codes(found) == ["free"] * 3
    closed = replace(rules(), hours=hours)
    found = weighed(wished_on(thursdays, closed, EVENING), wish(), Around(), NOW)
    assert codes(found) == ["free", "closed", "free"]
    assert found[1].refusals[0].params["because"] == name


def test_what_somebody_has_is_taken_and_touching_is_not() -> None:
    room = rules()
    days = tuesdays(3)
    around = Around()
    around.hold(room.id, Stretch(period_on(days[0], Times(time(18), time(20))), "booking", 7))
    around.hold(room.id, Stretch(period_on(days[1], Times(time(19), time(20))), "booking", 8))
    around.hold(room.id, Stretch(period_on(days[2], Times(time(12), time(17))), "block"))
    found = weighed(wished_on(days, room, EVENING), wish(), around, NOW)
    assert codes(found) == ["room_taken", "free", "free"]
    held = period_on(days[0], Times(time(18), time(20)))
    assert found[0].conflicts == (Conflict("booking", held.start, held.end),)


def test_bookings_that_move_are_in_nobodys_way() -> None:
    room = rules()
    [day] = tuesdays(1)
    around = Around()
    around.hold(room.id, Stretch(period_on(day, EVENING), "booking", 7))
    dates = wished_on([day], room, EVENING)
    assert codes(weighed(dates, wish(), around, NOW, {7})) == ["free"]


def test_a_block_of_months_meets_every_date_within_it() -> None:
    room = rules()
    days = tuesdays(26)
    around = Around()
    span = Period(period_on(days[3], EVENING).start, period_on(days[20], EVENING).end)
    around.hold(room.id, Stretch(span, "block"))
    found = weighed(wished_on(days, room, EVENING), wish(), around, NOW)
    assert [n for n, one in enumerate(found) if one.is_free] == [0, 1, 2, *range(21, 26)]


def test_the_dates_of_a_series_count_against_its_quota_one_after_the_other() -> None:
    room = rules(quotas=(Quota("month", 5 * 60),))
    days = tuesdays(8)
    around = Around()
    around.use(room, "month", period_on(date(2027, 2, 1), EVENING))
    found = weighed(wished_on(days, room, EVENING), wish(), around, NOW)
    # January has room for two of its four, February, with two hours used already, for one.
    assert codes(found) == [
        "free",
        "free",
        "quota_exceeded",
        "quota_exceeded",
        "free",
        "quota_exceeded",
        "quota_exceeded",
        "quota_exceeded",
    ]


def test_buffers_are_kept_between_the_dates_of_a_series_itself() -> None:
    room = rules(buffer_after_minutes=60)
    day = date(2027, 1, 5)
    dates = [
        Wished(day, room, period_on(day, EVENING)),
        Wished(day, room, period_on(day, Times(time(19, 30), time(20, 30)))),
    ]
    assert codes(weighed(dates, wish(), Around(), NOW)) == ["free", "buffer"]


def test_the_nearest_other_time_is_before_or_after_whichever_is_nearer() -> None:
    room = rules()
    day = date(2027, 1, 5)
    around = Around()
    around.hold(room.id, Stretch(period_on(day, Times(time(16), time(18))), "booking", 7))
    found = nearest_other_time(room, period_on(day, EVENING), wish(), around, NOW)
    assert found == period_on(day, Times(time(18), time(20)))
    around.hold(room.id, Stretch(period_on(day, Times(time(19), time(22))), "booking", 8))
    found = nearest_other_time(room, period_on(day, EVENING), wish(), around, NOW)
    assert found == period_on(day, Times(time(14), time(16)))


def test_no_other_time_is_offered_on_a_full_day() -> None:
    room = rules()
    day = date(2027, 1, 5)
    around = Around()
    around.hold(room.id, Stretch(period_on(day, Times(time(0), time(0))), "block"))
    assert nearest_other_time(room, period_on(day, EVENING), wish(), around, NOW) is None


def test_dates_are_paired_by_day_then_by_week() -> None:
    first, second, third = tuesdays(3)
    wednesdays = [day + timedelta(days=1) for day in (first, second)]
    ones = [kept(n, day) for n, day in enumerate((first, second, third))]
    assert paired(ones, [first, wednesdays[1]]) == [
        Pair(ones[0], first),
        Pair(ones[1], wednesdays[1]),
        Pair(ones[2], None),
    ]


def plan_of(
    ones: Sequence[Kept],
    days: Sequence[date],
    times: Times = EVENING,
    around: Around | None = None,
    off: Sequence[Kept] = (),
) -> Plan:
    room = rules()
    known = around or Around()
    for one in ones:
        known.hold(one.room_id, Stretch(one.period, "booking", one.booking_id))

    def weigh(targets: Sequence[Target], moving: Collection[int]) -> list[Weighed]:
        # Each weighing starts from what is held; it counts its own dates.
        again = Around()
        for stretches in known._by_day.values():
            for stretch in stretches:
                again.hold(room.id, stretch)
        return weighed([wished for wished, _kept in targets], wish(), again, NOW, moving)

    def is_planned(one: Kept) -> bool:
        return one.is_as_planned(EVENING, room.id)

    return planned((ones, off), days, (room, times), NOW.date(), is_planned, weigh)


def said(plan: Plan) -> list[tuple[date, str, int | None]]:
    return [
        (step.day, step.verdict, step.kept.booking_id if step.kept else None) for step in plan.steps
    ]


def test_a_later_hour_moves_every_date_but_the_one_moved_by_itself() -> None:
    first, second, third = tuesdays(3)
    ones = [kept(1, first), kept(2, second, Times(time(9), time(10))), kept(3, third)]
    plan = plan_of(ones, [first, second, third], Times(time(18), time(20)))
    assert said(plan) == [(first, "moves", 1), (second, "apart", 2), (third, "moves", 3)]


def test_a_date_whose_new_time_is_taken_stays_as_it_is() -> None:
    first, second = tuesdays(2)
    around = Around()
    around.hold(rules().id, Stretch(period_on(second, Times(time(19), time(20))), "booking", 99))
    plan = plan_of(
        [kept(1, first), kept(2, second)], [first, second], Times(time(18), time(20)), around
    )
    assert said(plan) == [(first, "moves", 1), (second, "refused", 2)]


def test_who_cannot_move_stays_in_the_way_of_who_wants_its_place() -> None:
    # Each date moves by two days within its week, to where the next one of the same week is.
    monday = date(2027, 1, 4)
    days = [monday, monday + timedelta(days=2), monday + timedelta(days=4)]
    ones = [kept(1, days[0]), kept(2, days[1])]
    around = Around()
    around.hold(rules().id, Stretch(period_on(days[2], EVENING), "booking", 99))
    plan = plan_of(ones, [days[1], days[2]], EVENING, around)
    # The Wednesday stays what it is; the Monday can't become the Friday that somebody has.
    assert said(plan) == [(days[1], "stays", 2), (days[2], "refused", 1)]


def test_a_longer_series_only_adds_and_a_shorter_one_only_takes_away() -> None:
    days = tuesdays(4)
    ones = [kept(n, day) for n, day in enumerate(days[:3])]
    assert said(plan_of(ones, days)) == [
        (days[0], "stays", 0),
        (days[1], "stays", 1),
        (days[2], "stays", 2),
        (days[3], "comes", None),
    ]
    assert said(plan_of(ones, days[:2]))[-1] == (days[2], "goes", 2)


def test_a_plan_has_the_same_digest_only_while_it_does_the_same() -> None:
    days = tuesdays(2)
    ones = [kept(n, day) for n, day in enumerate(days)]
    later = Times(time(18), time(20))
    assert plan_of(ones, days, later).digest == plan_of(ones, days, later).digest
    around = Around()
    around.hold(rules().id, Stretch(period_on(days[1], Times(time(19), time(20))), "booking", 99))
    assert plan_of(ones, days, later).digest != plan_of(ones, days, later, around).digest


@given(
    st.lists(st.integers(0, 60), unique=True, max_size=12),
    st.lists(st.integers(0, 60), unique=True, max_size=12),
)
def test_every_date_and_every_day_is_in_a_plan_exactly_once(old: list[int], new: list[int]) -> None:
    start = date(2027, 2, 1)
    ones = [kept(n, start + timedelta(days=n)) for n in sorted(old)]
    days = [start + timedelta(days=n) for n in sorted(new)]
    pairs = paired(ones, days)
    assert sorted(pair.kept.booking_id for pair in pairs if pair.kept) == sorted(old)
    assert sorted(pair.day for pair in pairs if pair.day) == days
    steps = plan_of(ones, days).steps
    assert sorted(step.kept.booking_id for step in steps if step.kept) == sorted(old)
    assert {step.day for step in steps if step.verdict not in {"goes"}} == set(days)


def test_a_monthly_series_moves_within_the_month() -> None:
    second_tuesdays = days_of(Recurrence(MonthlyByWeekday(2, 1), date(2027, 8, 1), count=6))
    twenty_fifths = days_of(Recurrence(MonthlyByDay(25), date(2027, 8, 1), count=6))
    ones = [kept(number, day) for number, day in enumerate(second_tuesdays)]
    assert paired(ones, twenty_fifths) == [
        Pair(one, day) for one, day in zip(ones, twenty_fifths, strict=True)
    ]


def test_a_date_says_which_of_its_ends_falls_into_the_doubled_hour() -> None:
    [wished] = wished_on([date(2027, 10, 30)], rules(), Times(time(23), time(3, 30)))
    assert wished.fault is not None
    assert wished.fault.params == {"day": date(2027, 10, 31), "time": time(3, 30)}
