"""Staff keep a unit open: its week and seasons, closures, holidays, and what a change of them would break."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from booking.db import reading, transaction
from booking.domain.rooms import OpeningHours
from booking.domain.texts import LocalText
from booking.models import OpeningException
from booking.queries.catalogue import catalogue
from booking.queries.units import holidays_ahead
from booking.services.units import DayHours, HoursRow, add_exception, set_hours
from booking.web.unit_forms import ClosesField, HoursForm, OpensField
from tests.support.acts import all_rows, do
from tests.support.keeping import WEDNESDAY, unit_of
from tests.support.world import make_booking, slot
from tests.web.conftest import Site
from tests.web.keeping import accepted, hours_of, look, send, version
from tests.web.matrix_units import HOLIDAYS

MORNINGS = {"day0_opens1": "12", "day0_closes1": "20"} | {f"day{n}_same": "y" for n in range(1, 5)}


@pytest.mark.parametrize(
    ("typed", "opens", "closes"),
    [
        ("8", 480, 480),
        ("08:00", 480, 480),
        ("8.30", 510, 510),
        ("klo 9", 540, 540),
        ("0", 0, 1440),
        ("00.00", 0, 1440),
        ("24", None, 1440),
        ("24.00", None, 1440),
        ("24:00", None, 1440),
        (" klo 24.00 ", None, 1440),
        ("24.30", None, None),
        ("25", None, None),
        ("aamulla", None, None),
    ],
)
def test_times_are_understood_as_people_write_them(
    site: Site, typed: str, opens: int | None, closes: int | None
) -> None:
    with site.app.test_request_context():
        form = HoursForm(MultiDict({"day0_opens1": typed, "day1_closes1": typed}))
        opening, closing = form["day0_opens1"], form["day1_closes1"]
        assert isinstance(opening, OpensField)
        assert isinstance(closing, ClosesField)
        assert (opening.data, closing.data) == (opens, closes)


def test_a_week_is_kept_with_up_to_three_stretches_a_day(site: Site) -> None:
    week = {
        "day0_opens1": "8",
        "day0_closes1": "12",
        "day0_opens2": "13",
        "day0_closes2": "16.30",
        "day0_opens3": "18",
        "day0_closes3": "24",
        "day1_same": "y",
        "day1_opens1": "10",
        "day1_closes1": "11",
    }
    assert send(site, "/hours/usual", week).status_code == 303
    monday = ((480, 720), (780, 990), (1080, 1440))
    days = [hours_of(site, date(2027, 3, 8) + timedelta(days=n)) for n in range(7)]
    assert days == [monday, monday, (), (), (), (), ()]
    form = look(site, "/hours/usual")
    assert 'name="day0_closes3" type="text" value="24.00"' in form
    assert 'name="day1_opens2" type="text" value="13.00"' in form


@pytest.mark.parametrize(
    ("changes", "field", "day"),
    [
        ({"day2_opens1": "16", "day2_closes1": "8"}, "day2_opens1", "keskiviikko"),
        ({"day6_opens1": "8"}, "day6_closes1", "sunnuntai"),
        ({"day6_closes2": "8"}, "day6_opens2", "sunnuntai"),
        ({"day5_opens1": "x", "day5_closes1": "8"}, "day5_opens1", "lauantai"),
        (
            {
                "day4_opens1": "8",
                "day4_closes1": "13",
                "day4_opens2": "12",
                "day4_closes2": "16",
            },
            "day4_opens1",
            "perjantai",
        ),
    ],
)
def test_what_is_wrong_with_a_day_names_the_day(
    site: Site, changes: dict[str, str], field: str, day: str
) -> None:
    answer = send(site, "/hours/usual", {"day0_opens1": "8", "day0_closes1": "20", **changes})
    assert answer.status_code == 422
    assert f'<a href="#{field}">{day.capitalize()}: ' in answer.text
    for name, typed in changes.items():
        assert f'name="{name}" type="text" value="{typed}"' in answer.text
    assert hours_of(site, WEDNESDAY) == ((480, 1200),)


def test_all_that_is_wrong_with_a_week_is_told_at_once(site: Site) -> None:
    wrong = {
        "day0_opens1": "8",
        "day0_closes1": "7",
        "day1_opens1": "x",
        "day1_closes1": "9",
        "day2_opens1": "8",
        "day3_same": "y",
    }
    answer = send(site, "/hours/usual", wrong)
    assert answer.status_code == 422
    assert re.findall(r'id="(day\w+)-error"', answer.text) == [
        "day0_opens1",
        "day1_opens1",
        "day2_closes1",
    ]
    assert "<details open" not in answer.text


def test_bookings_outside_of_new_hours_are_listed_first_and_accepted(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    answer = send(site, "/hours/usual", MORNINGS)
    assert answer.status_code == 409
    assert "Hallituksen kokous" in answer.text
    assert f"/bookings/{booking.id}" in answer.text
    assert hours_of(site, WEDNESDAY) == ((480, 1200),)
    again = {**MORNINGS, "accepted": accepted(answer.text)}
    assert send(site, "/hours/usual", again).status_code == 303
    assert hours_of(site, WEDNESDAY) == ((720, 1200),)


@pytest.mark.parametrize("sent", ["", "x", "999", "1 x", "9" * 30])
def test_what_was_not_shown_is_not_accepted(site: Site, sent: str) -> None:
    make_booking(site.database, site.world)
    second = make_booking(site.database, site.world, room_id=site.world.half_b)
    answer = send(site, "/hours/usual", {**MORNINGS, "accepted": sent})
    assert answer.status_code == 409
    assert str(second.id) in accepted(answer.text).split()
    assert hours_of(site, WEDNESDAY) == ((480, 1200),)


def test_a_season_begins_with_the_usual_hours_and_is_kept(site: Site) -> None:
    assert 'name="day0_opens1" type="text" value="8.00"' in look(site, "/hours/new")
    season = {"valid_from": "1.6.2027", "valid_until": "31.8.2027", **MORNINGS}
    assert send(site, "/hours/new", season).status_code == 303
    assert (hours_of(site, date(2027, 6, 2)), hours_of(site, WEDNESDAY)) == (
        ((720, 1200),),
        ((480, 1200),),
    )
    assert "1.6.2027" in look(site)
    moved = {**season, "valid_from": "15.6.2027"}
    assert send(site, "/hours/2027-06-01_2027-08-31", moved, 2).status_code == 303
    assert hours_of(site, date(2027, 6, 2)) == ((480, 1200),)
    path = "/hours/2027-06-15_2027-08-31"
    assert send(site, f"{path}/remove", {}, 3).status_code == 303
    assert hours_of(site, date(2027, 7, 1)) == ((480, 1200),)
    assert site.browser("veli").get(f"/staff/units/1{path}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"valid_from": ""}, "valid_from"),
        ({"valid_until": "x"}, "valid_until"),
        ({"valid_until": "31.5.2027"}, "valid_until"),
        ({"day0_opens1": "", "day0_closes1": ""}, "valid_from"),  # closed: that is a closure
        ({"valid_until": "30.6.2027"}, "valid_from"),  # there is such a season
    ],
)
def test_a_season_that_makes_no_sense_is_refused(
    site: Site, changes: dict[str, str], field: str
) -> None:
    june = (date(2027, 6, 1), date(2027, 6, 30))
    rows = [HoursRow(0, 600, 720)]
    world = site.world
    do(site.database, set_hours, world.rantakyla, 1, rows, june, actor=world.veli)
    season = {"valid_from": "1.6.2027", "valid_until": "31.8.2027", **MORNINGS, **changes}
    answer = send(site, "/hours/new", season, 2)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert version(site) == 2


def test_a_season_that_bookings_need_is_not_taken_away_unseen(site: Site) -> None:
    march = (date(2027, 3, 1), date(2027, 3, 31))
    rows = [HoursRow(5, 480, 1200)]
    world = site.world
    do(site.database, set_hours, world.rantakyla, 1, rows, march, actor=world.veli)

    make_booking(site.database, world, period=slot(13, 10))
    path = "/hours/2027-03-01_2027-03-31/remove"
    answer = send(site, path, {}, 2)
    assert answer.status_code == 409
    assert f'action="/staff/units/{world.rantakyla}{path}"' in answer.text
    assert send(site, path, {"accepted": accepted(answer.text)}, 2).status_code == 303
    assert hours_of(site, date(2027, 3, 13)) == ()


def test_a_closure_is_added_changed_and_removed(site: Site) -> None:
    browser = site.browser("veli")
    form = {"first_day": "5.7.2027", "last_day": "30.7.2027", "kind": "closed"}
    new = {**form, "reason_fi": "Kesäsulku", "reason_sv": "Sommarstängt"}
    assert send(site, "/exceptions/new", new).status_code == 303
    listed = look(site, "/exceptions")
    assert "Kesäsulku" in listed
    found = re.search(r'href="(/staff/exceptions/\d+)"', listed)
    assert found
    kept = browser.get(found[1]).text
    assert 'value="5.7.2027"' in kept
    opened = {**form, "kind": "hours", "opens": "10", "closes": "14", "version": 2}
    assert browser.post(found[1], opened).status_code == 303
    assert hours_of(site, date(2027, 7, 6)) == ((600, 840),)
    assert browser.post(f"{found[1]}/remove").status_code == 303
    assert hours_of(site, date(2027, 7, 6)) == ((480, 1200),)
    assert browser.post(f"{found[1]}/remove").status_code == 404


def test_what_is_over_is_folded_away(site: Site) -> None:
    def add(session: Any) -> None:
        for day, reason in ((date(2027, 2, 1), "Vanha"), (date(2027, 4, 1), "Tuleva")):
            unit = site.world.rantakyla
            session.add(OpeningException(unit_id=unit, day=day, reason=LocalText(reason)))

    transaction(site.database, add)
    page = look(site, "/exceptions")
    assert page.index("Tuleva") < page.index("<details") < page.index("Vanha")
    assert "Vanha" not in look(site)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_day": ""}, "first_day"),
        ({"first_day": "32.7.2027"}, "first_day"),
        ({"last_day": "1.7.2027"}, "last_day"),
        ({"last_day": "1.8.2029"}, "last_day"),
        ({"kind": "hours"}, "opens"),
        ({"kind": "hours", "opens": "8"}, "closes"),
        ({"kind": "hours", "opens": "8", "closes": "7"}, "closes"),
        ({"kind": "perhaps"}, "kind"),
        ({"reason_sv": "Städning"}, "reason_fi"),
        ({"reason_fi": "x" * 301}, "reason_fi"),
    ],
)
def test_a_closure_that_makes_no_sense_is_refused(
    site: Site, changes: dict[str, str], field: str
) -> None:
    form = {"first_day": "5.7.2027", "kind": "closed", **changes}
    answer = send(site, "/exceptions/new", form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert all_rows(site.database, select(OpeningException)) == []


def test_a_closure_over_bookings_lists_them_first(site: Site) -> None:
    make_booking(site.database, site.world)
    form = {"first_day": "10.3.2027", "kind": "closed"}
    answer = send(site, "/exceptions/new", form)
    assert answer.status_code == 409
    assert "Hallituksen kokous" in answer.text
    form["accepted"] = accepted(answer.text)
    assert send(site, "/exceptions/new", form).status_code == 303
    assert hours_of(site, WEDNESDAY) == ()


def test_an_exception_of_another_unit_is_not_ones_own(site: Site) -> None:
    world = site.world
    closed = DayHours(WEDNESDAY, WEDNESDAY)
    row = do(site.database, add_exception, world.kitee, closed, actor=world.aino)
    browser = site.browser("veli")
    path = f"/staff/exceptions/{row.id}"
    statuses = [browser.get(path).status_code, browser.post(f"{path}/remove").status_code]
    assert (statuses, browser.get("/staff/exceptions/999").status_code) == ([403, 403], 404)


def test_each_switch_is_kept_and_the_holidays_say_what_it_means(site: Site) -> None:
    page = look(site, "/holidays")
    assert "Juhannusaatto" in page
    eves = {name: "y" for name in HOLIDAYS if name != "closed_on_holidays"}
    assert send(site, "/holidays", eves).status_code == 303
    unit = unit_of(site.database, site.world)
    assert (unit.closed_on_holidays, unit.closed_on_midsummer_eve) == (False, True)
    assert (hours_of(site, date(2027, 5, 6)), hours_of(site, date(2027, 6, 25))) == (
        ((480, 1200),),
        (),
    )


def test_the_holidays_to_come_are_those_of_twelve_months_each_once(site: Site) -> None:
    with reading(site.database) as session:
        hours: OpeningHours = catalogue(session).hours[site.world.rantakyla]
    for today in (date(2027, 3, 1), date(2028, 1, 1), date(2027, 12, 24)):
        days = [holiday.day for holiday in holidays_ahead(hours, today)]
        assert days == sorted(set(days))
        assert len(days) in (15, 16)
        assert today <= days[0]
        assert days[-1] < today + timedelta(days=365)


def test_a_booking_on_a_holiday_is_listed_before_the_day_is_closed(site: Site) -> None:
    assert send(site, "/holidays", {}).status_code == 303

    make_booking(site.database, site.world, period=slot(29, 10))  # Easter Monday
    answer = send(site, "/holidays", HOLIDAYS, 2)
    assert answer.status_code == 409
    assert "Hallituksen kokous" in answer.text
    again = {**HOLIDAYS, "accepted": accepted(answer.text)}
    assert send(site, "/holidays", again, 2).status_code == 303
