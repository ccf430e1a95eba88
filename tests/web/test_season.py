"""The same time every week: how many dates each room has free, which it has not, and why."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy.orm import Session

from booking.db import transaction
from booking.models import OpeningHours, Room, SearchMiss, Unit
from booking.services.blocks import block_room
from tests.support.world import NOW, make_booking, slot
from tests.web.conftest import Site, Statements
from tests.web.finding import ENGLISH, add_rooms, names

# Each Wednesday from 10.3.2027 on: five dates.
ASKED = "/weekly?day=10.3.2027&starts=10&ends=12&weeks=5&people=5&activity=meeting"


def counts(page: str) -> list[str]:
    """What is said of each room's dates, in order."""
    return re.findall(r"<strong>(Free on [^<]+)</strong>", page)


def taken(page: str) -> list[tuple[str, str]]:
    """The dates that are not free, with why, in order."""
    return re.findall(r'<span class="nowrap">([^<]+)</span> <span>([^<]+)</span>', page)


def test_rooms_come_by_how_many_dates_they_have_free(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(17, 11))
    make_booking(site.database, site.world, room_id=site.world.hall, period=slot(24, 11), people=40)
    answer = site.nobody().get(ASKED, headers=ENGLISH)
    assert answer.status_code == 200
    assert names(answer.text) == ["Kabinetti", "Sali B", "Sali A", "Sali"]
    assert counts(answer.text) == [
        "Free on all 5 dates",
        "Free on 4 of 5 dates",
        "Free on 3 of 5 dates",
        "Free on 3 of 5 dates",
    ]
    assert "1 room is free on every date" in answer.text
    assert "5 dates, Wednesday 10:00–12:00" in answer.text


def test_each_date_that_is_not_free_says_why(site: Site) -> None:
    world = site.world
    make_booking(site.database, world, period=slot(17, 11))

    def close(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).closed_on_holidays = True
        session.get_one(Room, world.half_b).available_until = date(2027, 3, 30)
        block_room(session, world.half_b, slot(24, 8), "Oma", actor=world.veli, now=NOW)

    transaction(site.database, close)
    # Thursdays up to 6 May 2027, Ascension Day.
    asked = ASKED.replace("day=10.3.2027", "day=8.4.2027") + "&municipality=joensuu"
    page = site.nobody().get(asked, headers=ENGLISH).text
    assert names(page) == ["Sali A", "Sali", "Sali B"]
    assert taken(page) == [
        ("Thu 6 May 2027", "closed: Ascension Day"),
        ("Thu 6 May 2027", "closed: Ascension Day"),
        ("Thu 8 Apr 2027", "not lent then"),
        ("Thu 15 Apr 2027", "not lent then"),
        ("Thu 22 Apr 2027", "not lent then"),
        ("Thu 29 Apr 2027", "not lent then"),
        ("Thu 6 May 2027", "not lent then"),
    ]
    page = site.nobody().get(f"{ASKED}&municipality=joensuu", headers=ENGLISH).text
    assert ("Wed 17 Mar 2027", "taken") in taken(page)


def test_a_date_that_the_clocks_skip_is_told_so(site: Site) -> None:
    def open_at_night(session: Session) -> None:
        session.add(
            OpeningHours(unit_id=site.world.kitee, weekday=6, opens_minute=0, closes_minute=1440)
        )

    transaction(site.database, open_at_night)
    page = (
        site.nobody()
        .get("/weekly?day=21.3.2027&starts=3.30&ends=5&weeks=3&municipality=kitee", headers=ENGLISH)
        .text
    )
    assert counts(page) == ["Free on 2 of 3 dates"]
    assert taken(page) == [("Sun 28 Mar 2027", "the clocks skip this time")]
    assert "On one of the dates the clocks skip this time" in page


def test_a_free_date_leads_to_the_booking_form_with_its_slot(site: Site) -> None:
    page = site.nobody().get(f"{ASKED}&municipality=kitee").text
    links = [unescape(link) for link in re.findall(r'href="(/bookings/new\?[^"]+)"', page)]
    assert len(links) == 5
    assert links[-1] == (
        f"/bookings/new?room={site.world.cabinet}&day=7.4.2027&starts=10.00&ends=12.00"
        "&people=5&activity=meeting"
    )
    answer = site.browser("anna").get(links[-1])
    assert 'value="7.4.2027"' in answer.text


def test_a_last_day_says_how_many_weeks(site: Site) -> None:
    by_day = ASKED.replace("weeks=5", "last_day=10.4.2027")
    assert counts(site.nobody().get(by_day, headers=ENGLISH).text)[0] == "Free on all 5 dates"
    both = f"{ASKED}&last_day=7.4.2027"
    assert site.nobody().get(both).status_code == 200


def test_rooms_of_which_a_need_is_unknown_are_set_apart(site: Site) -> None:
    page = site.nobody().get(f"{ASKED}&features=induction_loop", headers=ENGLISH).text
    sure, unsure = page.split("Rooms of which something you need is not known")
    assert (names(sure), names(unsure)) == (["Sali"], ["Kabinetti", "Sali B"])
    assert '<span class="value">unknown</span>' in unsure


def test_a_reason_that_all_dates_share_says_what_to_do(site: Site) -> None:
    page = (
        site.nobody()
        .get(ASKED.replace("ends=12", "ends=10.10") + "&municipality=kitee", headers=ENGLISH)
        .text
    )
    assert counts(page) == ["Free on 0 of 5 dates"]
    assert {why for _day, why in taken(page)} == {
        "The times must be multiples of 15 minutes. Correct the start or the end."
    }


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (("weeks=5", ""), "Enter how many weeks, or the last day."),
        (("weeks=5", "weeks=1"), "Enter a whole number from 2 to 53."),
        (("weeks=5", "weeks=54"), "Enter a whole number from 2 to 53."),
        (("weeks=5", "weeks=5&last_day=10.6.2027"), "By the last day it would be 14 weeks."),
        (("weeks=5", "last_day=11.3.2027"), "Choose a last day 1 to 52 weeks after"),
        (("weeks=5", "last_day=1.3.2027"), "Choose a last day 1 to 52 weeks after"),
        (("weeks=5", "last_day=x"), "We did not understand the day."),
        (("ends=12", "ends=10"), "The end must be after the start."),
        (("day=10.3.2027", "day=30.12.2099"), "We did not understand the day."),
        (("activity=meeting", "activity=x"), "Choose one of the options in the list."),
    ],
)
def test_what_is_not_understood_is_said_at_its_field(
    site: Site, changed: tuple[str, str], text: str
) -> None:
    answer = site.nobody().get(f"{ASKED.replace(*changed)}&weeks=", headers=ENGLISH)
    assert answer.status_code == 422
    assert text in answer.text
    assert "<title>Error: " in answer.text
    assert counts(answer.text) == []


def test_before_anything_is_asked_there_is_only_the_form(site: Site) -> None:
    for path in ("/weekly", "/weekly?utm_source=x", "/weekly?day=10.3.2027&starts=10&ends=12"):
        answer = site.nobody().get(path)
        assert answer.status_code == 200
        assert '<section aria-labelledby="results">' not in answer.text


def test_a_search_over_a_year_costs_as_many_statements_however_many_rooms(
    site: Site, statements: Statements
) -> None:
    year = ASKED.replace("weeks=5", "weeks=53")
    site.nobody().get(year)
    statements.clear()
    site.nobody().get(year)
    # the catalogue's version for the form and for the answer, and the busy spaces of all dates
    assert len(statements) == 3
    add_rooms(site, 40)
    site.nobody().get(year)
    statements.clear()
    page = site.nobody().get(year, headers=ENGLISH).text
    assert len(statements) == 3
    assert "The first 30 of 44 are shown." in page


def test_a_season_without_a_free_date_is_counted_as_vain(site: Site) -> None:
    site.nobody().get(ASKED.replace("starts=10&ends=12", "starts=21&ends=22"))
    with site.database.reader() as session:
        [miss] = session.query(SearchMiss).all()
    assert (miss.code, miss.weekday, miss.hour) == ("closed", 2, 21)
