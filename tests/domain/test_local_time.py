"""What people write as a day or a time, and the instant it means."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.local_time import YEARS, day_period, instant, local, parse_day, parse_time
from booking.errors import InvalidInput
from calendars.period import Period

MONDAY = date(2027, 6, 7)
TODAY = date(2027, 2, 14)  # a Sunday

SPRING = date(2027, 3, 28)  # 03.00 is followed by 04.00
AUTUMN = date(2027, 10, 31)  # 03.00–04.00 comes twice


def refusal_of(call: Callable[[], object]) -> tuple[str, dict[str, object]]:
    with pytest.raises(InvalidInput) as caught:
        call()
    return caught.value.code, caught.value.params


@pytest.mark.parametrize(
    "text",
    [
        "7.6.2027",
        "07.06.2027",
        "07.06.27",
        "7.6.27",
        "7.6.",
        "7.6",
        "7. 6. 2027",
        " 7.6.2027 ",
        "2027-06-07",
        "2027-6-7",
        "ma 7.6.2027",
        "ma 7.6.",
        "ma. 7.6.",
        "Ma, 7.6.2027",
        "MAANANTAI 7.6.",
        "maanantaina 7.6.2027",
        "ma 2027-06-07",
        "7. kesäkuuta 2027",
        "7 kesäkuuta",
        "7. kesä 2027",
        "maanantai 7. kesäkuuta 2027",
        "kesäkuun 7.",
        "7 juni 2027",
        "den 7 juni 2027",
        "7:e juni",
        "måndag 7 juni 2027",
        "måndagen den 7 juni",
        "mån 7.6.2027",
        "7 June 2027",
        "7th of June 2027",
        "Monday, 7 June 2027",
        "Monday 7 June",
        "June 7, 2027",
        "June 7th",
        "7 jun. 2027",
        "７．６．２０２７",  # full-width
        "7.6.\u00a02027",  # no-break space
        "ma\u202f7.6.2027",  # narrow no-break space
        "7. kesa\u0308kuuta 2027",  # decomposed ä
    ],
)
def test_day_is_read_in_each_way_people_write_it(text: str) -> None:
    assert parse_day(text, TODAY) == MONDAY


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("tänään", 0),
        ("Huomenna", 1),
        ("ylihuomenna", 2),
        ("idag", 0),
        ("i dag", 0),
        ("imorgon", 1),
        ("i morgon", 1),
        ("i övermorgon", 2),
        ("today", 0),
        ("Tomorrow ", 1),
        ("the day after tomorrow", 2),
    ],
)
def test_day_is_read_when_it_is_said_from_today(text: str, days: int) -> None:
    assert parse_day(text, TODAY) == TODAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14.2.", date(2027, 2, 14)),
        ("13.2.", date(2028, 2, 13)),
        ("31.12.", date(2027, 12, 31)),
        ("29.2.", date(2028, 2, 29)),
        ("su 14.2.", date(2027, 2, 14)),
    ],
)
def test_day_without_a_year_is_the_next_one_from_today(text: str, expected: date) -> None:
    assert parse_day(text, TODAY) == expected


def test_leap_day_without_a_year_is_found_over_a_year_that_skips_it() -> None:
    assert refusal_of(lambda: parse_day("29.2.", date(2096, 3, 1))) == ("bad_date", {})
    assert parse_day("29.2.", date(2092, 3, 1)) == date(2096, 2, 29)


@pytest.mark.parametrize("text", ["ti 7.6.2027", "tiistai 7.6.", "söndag 7 juni", "Sun 2027-06-07"])
def test_day_is_refused_with_its_date_when_the_weekday_is_another(text: str) -> None:
    assert refusal_of(lambda: parse_day(text, TODAY)) == ("weekday_mismatch", {"day": MONDAY})


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "30.2.2027",
        "30.2.",
        "29.2.2027",
        "31.4.",
        "0.6.2027",
        "32.1.",
        "7.13.2027",
        "7.0.2027",
        "7.6.0000",
        "0000-00-00",
        "7.6.9999",
        "9999-12-31",
        "7.6.202",
        "7.6.20270",
        "2027-W23-1",
        "2027-W54-1",
        "vk 54",
        "7/6/2027",
        "06/07/2027",
        "maanantai",
        "ma",
        "foo 7.6.2027",
        "7. foo 2027",
        "7.6.2027\0",
        "\u202e7.6.2027",
        "7.6.2027\u200f",
        "\ud8007.6.2027",
        "1².6.2027",
        "٧.٦.٢٠٢٧",
        "7.6.2027 klo 17",
        "-7.6.2027",
        "7.6." * 50_000,
        " " * 200_000,
        "7" * 200_000,
        "{{7*7}}",
        "<script>",
        "NaN",
        "1e999",
    ],
)
def test_day_is_refused_when_it_is_no_day(text: str) -> None:
    assert refusal_of(lambda: parse_day(text, TODAY)) == ("bad_date", {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17", time(17)),
        ("9", time(9)),
        ("09", time(9)),
        ("0", time(0)),
        ("17.30", time(17, 30)),
        ("17:30", time(17, 30)),
        ("9.05", time(9, 5)),
        ("1730", time(17, 30)),
        ("930", time(9, 30)),
        ("0000", time(0)),
        ("23.59", time(23, 59)),
        ("klo 17.30", time(17, 30)),
        ("Klo 17", time(17)),
        ("kello 17:30", time(17, 30)),
        ("kl. 17.30", time(17, 30)),
        ("klockan 17", time(17)),
        ("at 17:30", time(17, 30)),
        (" 17.30 ", time(17, 30)),
        ("１７：３０", time(17, 30)),
        ("klo\u00a017.30", time(17, 30)),
    ],
)
def test_time_is_read_in_each_way_people_write_it(text: str, expected: time) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "24.00",
        "2400",
        "25:61",
        "17.60",
        "17.3",
        "17.",
        "17.300",
        "17 30",
        "17-19",
        "5 pm",
        "klo",
        "-1",
        "17:30:00+02:00",
        "17.30\0",
        "\u202e17.30",
        "1" * 200_000,
    ],
)
def test_time_is_refused_when_it_is_no_time(text: str) -> None:
    assert refusal_of(lambda: parse_time(text)) == ("bad_time", {})


@pytest.mark.parametrize(
    ("day", "wall", "fold", "expected"),
    [
        (MONDAY, time(17, 30), None, datetime(2027, 6, 7, 14, 30, tzinfo=UTC)),
        (date(2027, 1, 7), time(17, 30), None, datetime(2027, 1, 7, 15, 30, tzinfo=UTC)),
        (MONDAY, time(0), None, datetime(2027, 6, 6, 21, 0, tzinfo=UTC)),
        # An answer where nothing was asked changes nothing.
        (MONDAY, time(17, 30), 1, datetime(2027, 6, 7, 14, 30, tzinfo=UTC)),
        (SPRING, time(2, 59), None, datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        (SPRING, time(4, 0), None, datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        (AUTUMN, time(2, 59), None, datetime(2027, 10, 30, 23, 59, tzinfo=UTC)),
        (AUTUMN, time(3, 30), 0, datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        (AUTUMN, time(3, 30), 1, datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
        (AUTUMN, time(4, 0), None, datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
    ],
)
def test_instant_is_what_clocks_in_finland_mean(
    day: date, wall: time, fold: int | None, expected: datetime
) -> None:
    found = instant(day, wall, fold)
    assert (found, found.tzinfo) == (expected, UTC)


@pytest.mark.parametrize("wall", [time(3, 0), time(3, 30), time(3, 59, 59)])
@pytest.mark.parametrize("fold", [None, 0, 1])
def test_instant_is_refused_in_the_missing_hour(wall: time, fold: int | None) -> None:
    expected = ("missing_hour", {"day": SPRING, "time": wall})
    assert refusal_of(lambda: instant(SPRING, wall, fold)) == expected


@pytest.mark.parametrize("wall", [time(3, 0), time(3, 30), time(3, 59, 59)])
def test_instant_is_asked_in_the_doubled_hour(wall: time) -> None:
    expected = ("doubled_hour", {"day": AUTUMN, "time": wall})
    assert refusal_of(lambda: instant(AUTUMN, wall)) == expected


@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), date(2100, 1, 1), date.max])
def test_instant_and_day_are_refused_outside_the_years(day: date) -> None:
    assert refusal_of(lambda: instant(day, time(0))) == ("bad_date", {})
    assert refusal_of(lambda: day_period(day)) == ("bad_date", {})


def test_local_is_refused_without_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        local(datetime(2027, 6, 7, 12))  # noqa: DTZ001 - the naive time is the point


@pytest.mark.parametrize(
    ("day", "hours", "start"),
    [
        (MONDAY, 24, datetime(2027, 6, 6, 21, tzinfo=UTC)),
        (SPRING, 23, datetime(2027, 3, 27, 22, tzinfo=UTC)),
        (AUTUMN, 25, datetime(2027, 10, 30, 21, tzinfo=UTC)),
    ],
)
def test_day_period_is_the_whole_local_day(day: date, hours: int, start: datetime) -> None:
    assert day_period(day) == Period(start, start + timedelta(hours=hours))


days = st.dates(date(YEARS.start, 1, 1), date(YEARS.stop - 1, 12, 31))
todays = st.dates(date(2020, 1, 1), date(2080, 12, 31))


@given(days, todays)
def test_day_comes_back_from_each_form_with_a_year(day: date, today: date) -> None:
    weekday = ("ma", "ti", "ke", "to", "pe", "la", "su")[day.weekday()]
    forms = (
        f"{day.day}.{day.month}.{day.year}",
        f"{day:%d.%m.%Y}",
        f"{weekday} {day.day}.{day.month}.{day.year}",
        day.isoformat(),
        *([f"{day:%d.%m.%y}"] if day.year >= 2000 else []),
    )
    assert [parse_day(form, today) for form in forms] == [day] * len(forms)


@given(days, todays)
def test_day_without_a_year_is_never_past_and_never_skips_one(day: date, today: date) -> None:
    found = parse_day(f"{day.day}.{day.month}.", today)
    assert (found.day, found.month) == (day.day, day.month)
    assert found >= today
    if (day.month, day.day) != (2, 29):
        assert (found - today).days < 366


@given(st.times())
def test_time_comes_back_from_each_form(wall: time) -> None:
    wall = wall.replace(second=0, microsecond=0)
    forms = (
        f"{wall.hour}.{wall.minute:02d}",
        f"{wall:%H:%M}",
        f"{wall:%H%M}",
        f"klo {wall:%H.%M}",
        *([str(wall.hour)] if wall.minute == 0 else []),
    )
    assert [parse_time(form) for form in forms] == [wall] * len(forms)


@given(
    st.datetimes(
        datetime(YEARS.start, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
        datetime(YEARS.stop - 1, 12, 30),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
)
def test_instant_comes_back_from_the_time_shown(moment: datetime) -> None:
    shown = local(moment)
    assert instant(shown.date(), shown.time(), shown.fold) == moment


pieces = st.sampled_from(
    ["ma", "maanantai", "den", "kesäkuuta", "juni", "June", "th", "klo", ".", "..", "-", ":"]
) | st.sampled_from(
    ["7", "6", "2027", "27", "0", "99", "17", "30", "\u00a0", "\u2028", "\0", "７", "²"]
)
scraps = st.lists(pieces | st.characters(), max_size=12).map("".join)
phrases = st.lists(pieces, max_size=8).map(" ".join)


@given(scraps | phrases, todays)
def test_any_text_is_read_or_refused_as_invalid_input(text: str, today: date) -> None:
    with suppress(InvalidInput):
        assert parse_day(text, today).year in YEARS
    with suppress(InvalidInput):
        assert parse_time(text) <= time(23, 59)
