"""Rooms at a glance: a unit's page, week and day, a municipality's week, a room's month. When, and never who."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.db import transaction
from booking.domain.free_time import Held
from booking.domain.rooms import OpeningHours as Hours
from booking.domain.texts import LocalText
from booking.models import OpeningException, OpeningHours, Room, Unit
from booking.services.blocks import block_room
from booking.web import timeline
from booking.web.free_days import DayLook, looks
from booking.web.week import days
from calendars.period import Period
from tests.support.free_time_model import ALWAYS, rules
from tests.support.world import NOW, at, make_booking, slot
from tests.web.conftest import Site, Statements, set_clock
from tests.web.finding import add_rooms, looked_at, names

# A room's month.


def month_of(page: str) -> dict[int, str]:
    """The look of each day, by its number, as the calendar shows it."""
    cells = re.findall(r'<td class="(\w+)(?: is-today)?"><a [^>]+><span class="number">(\d+)', page)
    return {int(number): look for look, number in cells}


def test_a_month_says_of_each_day_how_it_looks(site: Site) -> None:
    world = site.world
    make_booking(site.database, world, period=slot(10, 10))
    make_booking(site.database, world, period=slot(11, 8, 12))

    def close(session: Session) -> None:
        reason = LocalText("Remontti", "Renovering", "Building works")
        session.add(OpeningException(unit_id=world.rantakyla, day=date(2027, 3, 12), reason=reason))
        block_room(session, world.half_b, slot(15, 8, 12), "Oma", actor=world.veli, now=NOW)

    transaction(site.database, close)
    page = looked_at(site, f"/rooms/{world.hall}/month?month=2027-03")
    found = month_of(page)
    assert len(found) == 31
    looks_of = {day: found[day] for day in (1, 2, 3, 10, 11, 12, 13, 15, 16)}
    assert looks_of == {
        1: "past",
        2: "free",
        3: "free",
        10: "partly",
        11: "full",
        12: "closed",
        13: "closed",
        15: "full",
        16: "free",
    }
    assert "10 hours free" in page
    assert "Closed: Building works" in page


def test_a_holiday_is_named(site: Site) -> None:
    def keep(session: Session) -> None:
        session.get_one(Unit, site.world.kitee).closed_on_holidays = True

    transaction(site.database, keep)
    page = looked_at(site, f"/rooms/{site.world.cabinet}/month?month=2027-05")
    assert "Closed: Ascension Day" in page


def test_a_month_begins_with_this_week_and_its_list_with_today(site: Site) -> None:
    set_clock(site.app, at(17, 10))
    page = looked_at(site, f"/rooms/{site.world.hall}/month")
    assert list(month_of(page)) == list(range(15, 32))
    listed = page.partition('<ul class="days">')[2].partition("</ul>")[0]
    assert listed.count("<li") == 15
    over = looked_at(site, f"/rooms/{site.world.hall}/month?month=2027-02")
    assert len(month_of(over)) == 28


def test_each_day_leads_to_its_week(site: Site) -> None:
    page = looked_at(site, f"/rooms/{site.world.hall}/month?month=2027-03")
    assert f'href="/rooms/{site.world.hall}?week=2027-03-10#week"' in page
    assert f'href="/rooms/{site.world.hall}/month?month=2027-04"' in page
    assert "month=2027-02" not in page  # that is over


def test_an_unpublished_room_and_nonsense_have_no_month(site: Site) -> None:
    def hide(session: Session) -> None:
        session.get_one(Room, site.world.half_b).published = False

    transaction(site.database, hide)
    hidden = f"/rooms/{site.world.half_b}/month"
    assert site.nobody().get(hidden).status_code == 404
    assert site.browser("aino").get(hidden).status_code == 404
    assert site.browser("veli").get(hidden).status_code == 200
    for month in ("2027-13", "2027-03-10", "x", "9999-12", "2019-01", ""):
        path = f"/rooms/{site.world.hall}/month"
        assert site.nobody().get(path, query_string={"month": month}).status_code == 404, month


# Units and municipalities.


def test_a_unit_says_where_it_is_whom_to_ask_and_what_rooms_it_has(site: Site) -> None:
    def describe(session: Session) -> None:
        unit = session.get_one(Unit, site.world.rantakyla)
        unit.arrival = LocalText("Sisään pihan puolelta.", en="Enter from the yard.")
        unit.contact_phone, unit.contact_email = "013 330 1234", "talo@example.org"
        session.get_one(Room, site.world.half_b).published = False

    transaction(site.database, describe)
    path = f"/units/{site.world.rantakyla}"
    page = looked_at(site, path)
    assert names(page) == ["Sali", "Sali A"]
    for text in ("Esimerkkitie 1, Joensuu", "Enter from the yard.", "mailto:talo@example.org"):
        assert text in page
    assert "/terms" not in page
    assert f'href="{path}/day"' in page
    assert f'href="{path}/week"' in page
    assert names(site.browser("veli").get(path).text) == ["Sali", "Sali A", "Sali B"]


def test_a_unit_without_a_room_to_see_is_not_there(site: Site) -> None:
    def hide(session: Session) -> None:
        session.get_one(Room, site.world.cabinet).published = False

    transaction(site.database, hide)
    for way in ("", "/week", "/day"):
        path = f"/units/{site.world.kitee}{way}"
        assert site.nobody().get(path).status_code == 404
        assert site.browser("veli").get(path).status_code == 404
        assert site.browser("aino").get(path).status_code == 200
    assert site.nobody().get("/units/999").status_code == 404
    assert site.nobody().get("/municipalities/kitee/week").status_code == 404
    assert site.nobody().get("/municipalities/atlantis/week").status_code == 404


def test_a_room_and_the_catalogue_lead_to_the_unit(site: Site) -> None:
    unit = f'href="/units/{site.world.rantakyla}"'
    assert unit in looked_at(site, "/rooms")
    page = looked_at(site, f"/rooms/{site.world.hall}?week=2027-03-10")
    assert unit in page
    assert f'href="/rooms/{site.world.hall}/month?month=2027-03"' in page


def rows_of(page: str, table: str) -> list[tuple[str, list[str]]]:
    """The rows of a table: the room's name and the classes of its cells."""
    [found] = re.findall(rf'<table class="{table}">.*?</table>', page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL)[1:]
    return [
        (re.findall(r'<span lang="fi">([^<]+)<', row)[0], re.findall(r'<td class="(\w+)"', row))
        for row in rows
    ]


def test_a_units_week_shows_how_much_is_free_in_each_room(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(10, 8, 12))
    page = looked_at(site, f"/units/{site.world.rantakyla}/week?week=2027-03-10")
    open_days, weekend = ["free"] * 5, ["closed"] * 2
    booked = ["free", "free", "full", "free", "free"]
    assert rows_of(page, "rooms-week") == [
        ("Sali", booked + weekend),
        ("Sali A", booked + weekend),
        ("Sali B", open_days + weekend),
    ]
    assert f'href="/units/{site.world.rantakyla}/day?day=2027-03-10"' in page
    whole = looked_at(site, "/municipalities/kitee/week?week=2027-03-10")
    assert rows_of(whole, "rooms-week") == [("Kabinetti", open_days + weekend)]


def test_a_units_day_shows_rooms_side_by_side_and_never_who(site: Site) -> None:
    world = site.world
    make_booking(site.database, world, period=slot(10, 10), title="Salainen ryhmä", is_public=True)
    transaction(
        site.database,
        lambda session: block_room(
            session, world.half_b, slot(10, 14), "Vesivahinko", actor=world.veli, now=NOW
        ),
    )
    page = looked_at(site, f"/units/{world.rantakyla}/day?day=2027-03-10")
    assert rows_of(page, "timeline") == [
        ("Sali", ["free", "taken", "free", "blocked", "free"]),
        ("Sali A", ["free", "taken", "free"]),
        ("Sali B", ["free", "blocked", "free"]),
    ]
    assert page.count('colspan="4">') >= 12
    for secret in ("Salainen", "Vesivahinko", "Virta"):
        assert secret not in page
    assert f"/bookings/new?room={world.half_b}&amp;day=10.3.2027&amp;starts=8.00" in page


def test_a_room_that_is_booked_elsewhere_is_free_nowhere_and_says_so(site: Site) -> None:
    make_booking(site.database, site.world, room_id=site.world.half_b, period=slot(10, 10))

    def send_away(session: Session) -> None:
        session.get_one(Room, site.world.half_b).elsewhere_url = "https://tilat.example"

    transaction(site.database, send_away)
    unit = f"/units/{site.world.rantakyla}"
    week = looked_at(site, f"{unit}/week?week=2027-03-10")
    assert rows_of(week, "rooms-week")[2] == ("Sali B", ["elsewhere"] * 5 + ["closed"] * 2)
    day = looked_at(site, f"{unit}/day?day=2027-03-10")
    assert rows_of(day, "timeline")[2] == ("Sali B", ["elsewhere", "taken", "elsewhere"])
    month = looked_at(site, f"/rooms/{site.world.half_b}/month?month=2027-03")
    assert set(month_of(month).values()) == {"elsewhere", "closed"}
    assert 'class="button" href="https://tilat.example"' in month
    for page in (week, day, month):
        assert "Booked elsewhere" in page
        assert f"?room={site.world.half_b}&" not in page
    assert "Partly free" not in month
    assert "Partly free" in week


def test_a_day_for_which_it_is_too_late_says_so_once(site: Site) -> None:
    said = "It is too late to ask for this day here. Look at a later day, or call the site."
    path = f"/units/{site.world.rantakyla}/day"

    def give_number(session: Session) -> None:
        session.get_one(Unit, site.world.rantakyla).contact_phone = "013 330 1234"

    transaction(site.database, give_number)
    page = looked_at(site, path)
    assert page.count(said) == 1
    assert 'href="tel:0133301234"' in page
    for other in ("2027-03-03", "2027-03-06", "2028-06-07"):  # free, closed, too early to ask
        assert said not in looked_at(site, f"{path}?day={other}"), other

    def take_short_notice(session: Session) -> None:
        session.get_one(Room, site.world.half_b).notice_minutes = 30

    transaction(site.database, take_short_notice)
    assert said not in looked_at(site, path)


def test_a_long_word_is_a_dash_in_a_narrow_piece_of_a_day(site: Site) -> None:
    set_clock(site.app, at(2, 8, 30))
    page = looked_at(site, f"/units/{site.world.rantakyla}/day?day=2027-03-03")
    narrow = (
        '<span aria-hidden="true">–</span><span class="hidden-label">Not open for requests</span>'
    )
    assert page.count(narrow) == 3


def test_a_day_on_which_all_is_closed_says_so(site: Site) -> None:
    page = looked_at(site, f"/units/{site.world.rantakyla}/day?day=2027-03-13")
    assert "Closed on this day." in page
    assert "<table" not in page


@pytest.mark.parametrize("way", ["week?week=", "day?day="])
def test_days_far_away_and_nonsense_are_not_found(site: Site, way: str) -> None:
    for day in ("2027-02-30", "9999-12-31", "0001-01-01", "<b>", "2019-01-01"):
        assert site.nobody().get(f"/units/{site.world.kitee}/{way}{day}").status_code == 404, day


def test_every_overview_costs_as_many_statements_however_many_rooms(
    site: Site, statements: Statements
) -> None:
    unit = f"/units/{site.world.rantakyla}"
    # the catalogue's version and what holds the rooms; the unit itself in place of the latter, its telephone when it is too late
    pages = (
        f"{unit}/week",
        f"{unit}/day",
        "/municipalities/joensuu/week",
        f"/rooms/{site.world.hall}/month",
        unit,
    )
    make_booking(site.database, site.world)
    for count in (0, 30):
        add_rooms(site, count)
        site.nobody().get("/rooms")
        for page in pages:
            statements.clear()
            assert site.nobody().get(page).status_code == 200
            assert len(statements) == (3 if page.endswith("/day") else 2), page


# Days at a glance and the line of a day, from rules and held time alone.


def look(held: list[Period], day: date = date(2027, 3, 10), **changes: Any) -> DayLook:
    [found] = looks(rules(**changes), [Held(one) for one in held], day, NOW, 1)
    return found


def test_a_day_is_free_partly_free_full_or_closed() -> None:
    assert look([]) == DayLook(date(2027, 3, 10), "free", 720, None)
    assert look([slot(10, 8)]) == DayLook(date(2027, 3, 10), "partly", 600, None)
    assert look([slot(10, 8, 12)]) == DayLook(date(2027, 3, 10), "full", 0, None)
    assert look([], date(2027, 3, 13)) == DayLook(date(2027, 3, 13), "closed", 0, None)
    assert look([], date(2027, 3, 1)) == DayLook(date(2027, 3, 1), "past", 0, None)


def test_what_is_held_outside_of_the_opening_hours_takes_nothing_of_a_day() -> None:
    assert look([slot(10, 21)]).look == "free"
    assert look([slot(13, 10)], date(2027, 3, 13)).look == "closed"


def line_of(
    day: date, held: list[Period], hours: Hours = ALWAYS
) -> tuple[Period, list[timeline.Cell]]:
    [laid] = days(
        rules(hours), [Held(one) for one in held], day, datetime(2027, 1, 1, tzinfo=NOW.tzinfo), 1
    )
    line = timeline.axis([laid])
    assert line is not None
    return line, timeline.cells(laid, line)


def test_the_line_has_a_quarter_of_an_hour_in_each_column() -> None:
    eight_to_twenty = Hours(dict.fromkeys(range(7), ((480, 1200),)))
    held = [Period(at(10, 9, 5), at(10, 9, 40)), slot(10, 12)]
    line, cells = line_of(date(2027, 3, 10), held, eight_to_twenty)
    assert line == slot(10, 8, 12)
    assert [(cell.kind, cell.columns) for cell in cells] == [
        ("free", 5),
        ("taken", 2),
        ("free", 9),
        ("taken", 8),
        ("free", 24),
    ]


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25)])
def test_when_the_clocks_are_changed_the_line_is_an_hour_shorter_or_longer(
    day: date, hours: int
) -> None:
    line, cells = line_of(day, [])
    assert line.end - line.start == timedelta(hours=hours)
    assert sum(cell.columns for cell in cells) == 4 * hours
    assert len(timeline.hours(line)) == hours


def test_the_doubled_hour_is_on_the_page_twice(site: Site) -> None:
    def open_on_sundays(session: Session) -> None:
        unit = site.world.kitee
        session.add(OpeningHours(unit_id=unit, weekday=6, opens_minute=0, closes_minute=360))
        session.get_one(Unit, unit).closed_on_holidays = False  # 28.3.2027 is Easter Sunday

    transaction(site.database, open_on_sundays)
    page = looked_at(site, f"/units/{site.world.kitee}/day?day=2027-10-31")
    heads = re.findall(r'<th scope="col" colspan="4">([^<]+)<', page)
    assert heads == ["00:00", "01:00", "02:00", "03:00", "03:00", "04:00", "05:00"]
    spring = looked_at(site, f"/units/{site.world.kitee}/day?day=2027-03-28")
    heads = re.findall(r'<th scope="col" colspan="4">([^<]+)<', spring)
    assert heads == ["00:00", "01:00", "02:00", "04:00", "05:00"]
