"""The form of a series: each way of repeating means its dates, and what makes none is told at its field."""

from __future__ import annotations

from datetime import date
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import reading, transaction
from booking.models import (
    Booking,
    OpeningHours,
)
from tests.web.asking import errors
from tests.web.conftest import Site
from tests.web.series_new import (
    counted,
    days,
    form,
    free,
    preview,
    refused,
    send,
    speak_english,
    weeks,
)


@pytest.fixture(autouse=True)
def in_english(site: Site) -> None:
    speak_english(site)


def test_the_months_choices_say_what_they_mean_by_the_first_day(site: Site) -> None:
    page = site.browser("anna").get("/series/new?day=10.3.2027").text
    assert "Every month on the same weekday: the second Wednesday of each month" in page
    assert "Every month on the last such weekday: the last Wednesday of each month" in page
    assert "Every month on the same day: day 10 of each month" in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"repeats": ""}, ["Choose how it repeats."]),
        ({"repeats": "joskus"}, ["Choose one of the options in the list."]),
        ({"times": ""}, ["Enter either the last day or how many times, one of the two."]),
        ({"until": "7.4.2027"}, ["Enter either the last day or how many times, one of the two."]),
        ({"times": "367"}, ["Enter a whole number from 1 to 366."]),
        (
            {"repeats": "weeks"},
            ["Enter in digits every how many weeks or months, from 1 to 52."],
        ),
        (
            {"times": "", "until": "1.3.2027"},
            [
                "There is no such day from the first day to the last. Choose a later last day, or other days."
            ],
        ),
        ({"ends": "9"}, ["The end must be after the start. Correct one of the times."]),
        (
            {"repeats": "own", "own": "17.3.2027\n32.3.2027"},
            [
                "“32.3.2027”: We did not understand the day. Write it like 7.6.2027, or 7.6. for the next 7 June."
            ],
        ),
        (
            {"people": "99"},
            ["At most 30 people may be in the room. Choose a larger room or bring fewer people."],
        ),
        ({"title": ""}, ["Enter a name for the occasion."]),
    ],
)
def test_what_makes_no_series_is_told_at_its_field_and_everything_is_kept(
    site: Site, changes: dict[str, str], told: list[str]
) -> None:
    answer = preview(site, **changes)
    assert answer.status_code == 422
    assert [unescape(text) for text in errors(answer.text)] == told
    assert "Pyörätuolilla kulkeva osallistuja" in answer.text
    assert 'value="10.3.2027"' in answer.text


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"repeats": "second_week", "times": "3"}, weeks(0, 2, 4)),
        ({"repeats": "weeks", "weeks": "3", "times": "3"}, weeks(0, 3, 6)),
        (
            {"weekdays": ["2", "4"], "times": "4"},
            [date(2027, 3, day) for day in (10, 12, 17, 19)],
        ),
        (
            {"repeats": "nth_weekday", "times": "3"},
            [date(2027, 3, 10), date(2027, 4, 14), date(2027, 5, 12)],
        ),
        (
            {"repeats": "last_weekday", "times": "2"},
            [date(2027, 3, 31), date(2027, 4, 28)],
        ),
        (
            {"repeats": "month_day", "times": "3", "day": "12.3.2027"},
            [date(2027, 3, 12), date(2027, 4, 12), date(2027, 5, 12)],
        ),
        (
            {"repeats": "last_day", "times": "2"},
            [date(2027, 3, 31), date(2027, 4, 30)],
        ),
        (
            {"repeats": "own", "own": "24.3.2027, 12.4.2027\nto 22.4.2027", "times": ""},
            [date(2027, 3, 10), date(2027, 3, 24), date(2027, 4, 12), date(2027, 4, 22)],
        ),
        ({"times": "", "until": "24.3.2027"}, weeks(0, 1, 2)),
    ],
)
def test_each_way_of_repeating_means_its_dates(
    site: Site, changes: dict[str, Any], found: list[date]
) -> None:
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site, **changes)).text
    assert counted(page) == f"All {len(found)} dates are free"
    assert send(browser, page).status_code == 303
    assert days(site) == found


def open_at_night(site: Site) -> None:
    def write(session: Session) -> None:
        unit = site.world.rantakyla
        session.add(OpeningHours(unit_id=unit, weekday=6, opens_minute=0, closes_minute=1440))

    transaction(site.database, write)


def test_the_hour_that_comes_twice_is_asked_for_the_whole_series(site: Site) -> None:
    open_at_night(site)
    night = {"day": "24.10.2027", "starts": "3.30", "ends": "5", "times": "2"}
    answer = preview(site, **night)
    assert answer.status_code == 422
    assert errors(answer.text) == [
        "This time comes twice: the clocks are put back that night. Choose which one you mean."
    ]
    assert 'name="fold"' in answer.text
    browser = site.browser("anna")
    page = browser.post("/series/preview", form(site, **night, fold="1")).text
    assert counted(page) == "All 2 dates are free"
    assert send(browser, page).status_code == 303
    with reading(site.database) as session:
        rows = session.scalars(select(Booking).order_by(Booking.starts_at)).all()
    # 3.30 summer time, then 3.30 standard time.
    assert [(row.starts_at.hour, row.starts_at.minute) for row in rows] == [(0, 30), (1, 30)]


def test_the_hour_that_the_clocks_skip_is_told_by_its_date(site: Site) -> None:
    open_at_night(site)
    page = preview(site, day="21.3.2027", starts="3.30", ends="5", times="3").text
    assert refused(page) == [("Sun 28 Mar 2027", "the clocks skip this time")]
    assert free(page) == ["Sun 21 Mar 2027", "Sun 4 Apr 2027"]


def test_a_series_only_at_an_hour_that_does_not_exist_is_refused_at_its_field(site: Site) -> None:
    open_at_night(site)
    answer = preview(site, day="28.3.2027", starts="3.30", ends="5", times="1")
    assert answer.status_code == 422
    assert errors(answer.text) == [
        "This time does not exist: the clocks are put forward that night. Choose a time before 3.00 or from 4.00 on."
    ]
