"""On which days something comes again: against dateutil's expansion, and by name what calendars get wrong. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.local_time import HELSINKI
from booking.domain.recurrence import (
    LAST,
    MOST_DATES,
    MonthlyByDay,
    MonthlyByWeekday,
    OwnDates,
    Recurrence,
    Weekly,
    days_of,
    read_rrule,
    rrule_of,
)
from booking.errors import InvalidInput

FIRST = date(2027, 1, 1)


def by_dateutil(recurrence: Recurrence) -> list[date]:
    """The same days as dateutil has them. It knows no zone here, so UNTIL goes in as a day."""
    text = rrule_of(recurrence)
    assert text is not None
    if recurrence.until is not None:
        text = ";".join(part for part in text.split(";") if not part.startswith("UNTIL"))
        text += f";UNTIL={recurrence.until:%Y%m%d}"
    start = datetime.combine(recurrence.first, datetime.min.time())
    return [found.date() for found in rrulestr(text, dtstart=start)]


intervals = st.integers(1, 6)
patterns = st.one_of(
    st.builds(
        Weekly,
        st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
        intervals,
    ),
    st.builds(
        MonthlyByWeekday, st.sampled_from([1, 2, 3, 4, 5, LAST]), st.integers(0, 6), intervals
    ),
    st.builds(MonthlyByDay, st.sampled_from([*range(1, 32), LAST]), intervals),
)
firsts = st.dates(date(2025, 1, 1), date(2033, 12, 31))


@given(patterns, firsts, st.integers(1, 60))
def test_counted_days_are_those_of_dateutil(
    pattern: Weekly | MonthlyByDay | MonthlyByWeekday, first: date, count: int
) -> None:
    recurrence = Recurrence(pattern, first, count=count)
    if isinstance(pattern, MonthlyByDay) and pattern.day > 28:
        # Every second month or so lacks it: both must skip alike, and end alike.
        count = min(count, 12)
        recurrence = Recurrence(pattern, first, count=count)
    expected = by_dateutil(recurrence)
    if expected and expected[-1].year < 2099:
        assert days_of(recurrence) == expected


@given(patterns, firsts, st.integers(0, 400))
def test_days_until_a_last_one_are_those_of_dateutil(
    pattern: Weekly | MonthlyByDay | MonthlyByWeekday, first: date, length: int
) -> None:
    recurrence = Recurrence(pattern, first, until=first + timedelta(days=length))
    expected = by_dateutil(recurrence)
    if not expected:
        with pytest.raises(InvalidInput, match="series_empty"):
            days_of(recurrence)
    elif len(expected) > MOST_DATES:
        with pytest.raises(InvalidInput, match="series_too_long"):
            days_of(recurrence)
    else:
        assert days_of(recurrence) == expected


@given(
    patterns,
    firsts,
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(0, 300),
    # Around midnight and the start itself, to the second: where a day more or less is decided.
    st.one_of(st.integers(-1, 1), st.integers(-86_400, 86_400)),
)
def test_days_until_an_instant_are_those_of_dateutil(
    pattern: Weekly | MonthlyByDay | MonthlyByWeekday,
    first: date,
    starts: time,
    length: int,
    seconds: int,
) -> None:
    near = datetime.combine(first + timedelta(days=length), starts, HELSINKI).astimezone(UTC)
    until = near + timedelta(seconds=seconds)
    rule = rrule_of(Recurrence(pattern, first, count=1))
    assert rule is not None
    text = rule.replace("COUNT=1", f"UNTIL={until:%Y%m%dT%H%M%SZ}")
    expected = rrulestr(text, dtstart=datetime.combine(first, starts, HELSINKI))
    days = [found.date() for found in expected]
    recurrence = read_rrule(text, first, starts)
    if days:
        assert days_of(recurrence) == days
    else:
        with pytest.raises(InvalidInput, match="series_empty"):
            days_of(recurrence)


@given(patterns, firsts, st.integers(1, 60))
def test_what_is_written_is_read_back(
    pattern: Weekly | MonthlyByDay | MonthlyByWeekday, first: date, count: int
) -> None:
    for ends in ({"count": count}, {"until": first + timedelta(days=count)}):
        recurrence = Recurrence(pattern, first, **ends)
        assert read_rrule(rrule_of(recurrence) or "", first) == recurrence


def test_an_rrule_says_what_the_form_says() -> None:
    until = date(2027, 12, 31)
    said = {
        rrule_of(Recurrence(Weekly((1,)), FIRST, count=26)),
        rrule_of(Recurrence(Weekly((3, 0), 2), FIRST, until)),
        rrule_of(Recurrence(MonthlyByWeekday(2, 1), FIRST, until)),
        rrule_of(Recurrence(MonthlyByDay(LAST), date(2027, 7, 1), date(2027, 7, 31))),
        rrule_of(Recurrence(OwnDates((FIRST,)), FIRST)),
    }
    assert said == {
        "FREQ=WEEKLY;BYDAY=TU;COUNT=26",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20271231T215959Z",
        "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20271231T215959Z",
        "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20270731T205959Z",
        None,
    }


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", Recurrence(Weekly((4,)), FIRST, count=3)),
        ("freq=weekly;byday=fr,mo;count=3;wkst=mo", Recurrence(Weekly((0, 4)), FIRST, count=3)),
        ("FREQ=MONTHLY;COUNT=3", Recurrence(MonthlyByDay(1), FIRST, count=3)),
        (
            "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;COUNT=3",
            Recurrence(MonthlyByWeekday(2, 1), FIRST, count=3),
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1SU;UNTIL=20271231",
            Recurrence(MonthlyByWeekday(LAST, 6), FIRST, date(2027, 12, 31)),
        ),
        ("FREQ=WEEKLY;INTERVAL=01;COUNT=0003", Recurrence(Weekly((4,)), FIRST, count=3)),
        (
            "FREQ=MONTHLY;BYDAY=+02TU;COUNT=3",
            Recurrence(MonthlyByWeekday(2, 1), FIRST, count=3),
        ),
        # An instant in UTC falls on the next local day already.
        (
            "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270630T220000Z",
            Recurrence(Weekly((4,)), FIRST, date(2027, 7, 1)),
        ),
    ],
)
def test_usual_spellings_of_an_rrule_are_read(text: str, meant: Recurrence) -> None:
    assert read_rrule(text, FIRST) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "COUNT=3",
        "FREQ=DAILY;COUNT=3",
        "FREQ=YEARLY;COUNT=3",
        "FREQ=WEEKLY;BYDAY=2TU;COUNT=3",
        "FREQ=WEEKLY;BYDAY=XX;COUNT=3",
        "FREQ=WEEKLY;WKST=SU;COUNT=3",
        "FREQ=WEEKLY;BYHOUR=9;COUNT=3",
        "FREQ=WEEKLY;COUNT=3;COUNT=4",
        "FREQ=WEEKLY;COUNT=x",
        "FREQ=WEEKLY;COUNT=+5",
        "FREQ=WEEKLY;COUNT=-5",
        "FREQ=WEEKLY;COUNT=٣",
        "FREQ=WEEKLY;COUNT=3,4",
        "FREQ=WEEKLY;INTERVAL=-1;COUNT=3",
        "FREQ=WEEKLY;ıNTERVAL=2;COUNT=3",
        "FREQ=MONTHLY;BYMONTHDAY=5-;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20271301",
        "FREQ=WEEKLY;UNTIL=2027111",
        "FREQ=WEEKLY;UNTIL=20271231T235960Z",
        # A floating time: beside a start with a zone UNTIL is in UTC (RFC 5545 3.3.10).
        "FREQ=WEEKLY;UNTIL=20271231T235959",
        "FREQ=WEEKLY;UNTIL=99991231T235959Z",
        "FREQ=WEEKLY;UNTIL=99991231",
        "FREQ=WEEKLY;UNTIL=00010101T000000Z",
        "FREQ=WEEKLY;UNTIL=00010101",
        "FREQ=WEEKLY;UNTIL=00000101",
        "FREQ=MONTHLY;BYDAY=MO,TU;COUNT=3",
        "FREQ=MONTHLY;BYDAY=MO;COUNT=3",
        "FREQ=MONTHLY;BYDAY=2MO;BYSETPOS=2;COUNT=3",
        "FREQ=MONTHLY;BYDAY=6MO;COUNT=3",
        "FREQ=MONTHLY;BYMONTHDAY=-2;COUNT=3",
        "FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=3",
        "FREQ=MONTHLY;BYSETPOS=1;COUNT=3",
        "FREQ=WEEKLY;BYDAY=MO\r\nATTENDEE:x;COUNT=3",
        "FREQ=WEEKLY;" * 100,
    ],
)
def test_what_no_form_can_say_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="unsupported_rrule"):
        read_rrule(text, FIRST)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"FREQ=WEEKLY;COUNT={'9' * 200}", "series_too_long"),
        (f"FREQ=WEEKLY;INTERVAL={'9' * 200};COUNT=2", "bad_interval"),
        ("FREQ=WEEKLY;COUNT=0", "series_too_long"),
        ("FREQ=WEEKLY;INTERVAL=00;COUNT=2", "bad_interval"),
    ],
)
def test_a_number_out_of_all_bounds_is_refused_as_such(text: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        read_rrule(text, FIRST)


def test_a_date_that_begins_after_the_instant_of_until_is_left_out() -> None:
    # 17.30 in Helsinki is 15.30 UTC in winter, 14.30 in summer: FIRST is a Friday.
    starts = time(17, 30)

    def last(until: str) -> date:
        return days_of(read_rrule(f"FREQ=WEEKLY;UNTIL={until}", FIRST, starts))[-1]

    assert [last(until) for until in ("20270108T153000Z", "20270108T152959Z", "20270108")] == [
        date(2027, 1, 8),
        FIRST,
        date(2027, 1, 8),
    ]
    assert [last(until) for until in ("20270402T143000Z", "20270402T142959Z")] == [
        date(2027, 4, 2),
        date(2027, 3, 26),
    ]


def test_the_first_week_of_all_years_has_its_days() -> None:
    # 1 January 1970 is a Thursday: the Monday of its week is of the year before.
    first = date(1970, 1, 1)
    assert days_of(Recurrence(Weekly((3,)), first, count=2)) == [first, date(1970, 1, 8)]


@pytest.mark.parametrize(
    ("recurrence", "code"),
    [
        (Recurrence(Weekly((1,)), FIRST), "series_needs_end"),
        (Recurrence(Weekly((1,)), FIRST, date(2027, 6, 1), 3), "series_needs_end"),
        (Recurrence(Weekly(()), FIRST, count=3), "weekday_required"),
        (Recurrence(Weekly((1,), 0), FIRST, count=3), "bad_interval"),
        (Recurrence(Weekly((1,), 53), FIRST, count=3), "bad_interval"),
        (Recurrence(Weekly((1,)), FIRST, count=0), "series_too_long"),
        (Recurrence(Weekly((1,)), FIRST, count=MOST_DATES + 1), "series_too_long"),
        (Recurrence(Weekly(tuple(range(7))), FIRST, date(2028, 1, 2)), "series_too_long"),
        (Recurrence(Weekly((1,)), FIRST, date(2026, 12, 31)), "series_empty"),
        (Recurrence(OwnDates(()), FIRST), "series_empty"),
    ],
)
def test_a_recurrence_without_sense_is_refused(recurrence: Recurrence, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        days_of(recurrence)


def test_a_year_of_days_is_the_most() -> None:
    assert len(days_of(Recurrence(Weekly(tuple(range(7))), FIRST, date(2028, 1, 1)))) == MOST_DATES


def test_months_without_the_day_are_left_out_and_the_last_day_is_there_each_month() -> None:
    first = date(2027, 1, 31)
    assert days_of(Recurrence(MonthlyByDay(31), first, count=4)) == [
        date(2027, 1, 31),
        date(2027, 3, 31),
        date(2027, 5, 31),
        date(2027, 7, 31),
    ]
    assert days_of(Recurrence(MonthlyByDay(LAST), first, count=3)) == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
    ]


def test_every_second_week_goes_on_over_a_year_of_53_weeks() -> None:
    # 2026 has a week 53; the Thursday of week 52 is followed by that of week 1 of 2027.
    assert days_of(Recurrence(Weekly((3,), 2), date(2026, 12, 10), count=4)) == [
        date(2026, 12, 10),
        date(2026, 12, 24),
        date(2027, 1, 7),
        date(2027, 1, 21),
    ]


def test_own_dates_are_sorted_and_each_counts_once() -> None:
    days = (date(2027, 5, 2), date(2027, 3, 1), date(2027, 5, 2))
    assert days_of(Recurrence(OwnDates(days), FIRST)) == [date(2027, 3, 1), date(2027, 5, 2)]
