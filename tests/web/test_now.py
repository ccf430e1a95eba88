"""Rooms that are open and free at this moment: until when, and whom to call when it is too late to ask."""

from __future__ import annotations

import re
from html import unescape

from sqlalchemy.orm import Session

from booking.db import transaction
from booking.models import Room, Unit
from tests.support.world import at, make_booking, slot
from tests.web.conftest import Site, Statements, set_clock
from tests.web.finding import ENGLISH, add_rooms, looked_at, names


def test_rooms_open_and_free_are_listed_with_until_when(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(3, 12), room_id=site.world.half_a)
    set_clock(site.app, at(3, 10, 10))
    page = looked_at(site, "/now")
    found = re.findall(r"<strong>(Free [^<]+)</strong>", page)
    assert names(page) == ["Sali", "Sali A", "Sali B", "Kabinetti"]
    assert found == ["Free until 12:00", "Free until 12:00", "Free until 20:00", "Free until 20:00"]


def test_rooms_that_are_held_closed_or_not_lent_are_not_free_now(site: Site) -> None:
    make_booking(site.database, site.world, period=slot(3, 10), room_id=site.world.half_a)

    def send_away(session: Session) -> None:
        session.get_one(Room, site.world.cabinet).elsewhere_url = "https://tilat.example"

    transaction(site.database, send_away)
    set_clock(site.app, at(3, 11))
    assert names(looked_at(site, "/now")) == ["Sali B"]
    set_clock(site.app, at(3, 21))
    page = looked_at(site, "/now")
    assert names(page) == []
    assert "No room is free now" in page


def test_a_room_that_takes_short_notice_can_be_asked_for_and_for_another_one_calls(
    site: Site,
) -> None:
    def set_notice(session: Session) -> None:
        session.get_one(Room, site.world.half_b).notice_minutes = 30
        session.get_one(Unit, site.world.rantakyla).contact_phone = "013 330 1234"

    transaction(site.database, set_notice)
    set_clock(site.app, at(3, 10, 10))
    page = looked_at(site, "/now?municipality=joensuu")
    assert names(page) == ["Sali", "Sali A", "Sali B"]
    [link] = re.findall(r'href="(/bookings/new\?[^"]+)"', page)
    assert unescape(link) == (
        f"/bookings/new?room={site.world.half_b}&day=3.3.2027&starts=11.00&ends=12.00"
    )
    assert page.count('<a href="tel:0133301234">013 330 1234</a>') == 2
    assert page.count("It is too late to ask for some of these rooms for today here.") == 1
    assert page.count("to be asked for 1 day beforehand.") == 2
    assert "Ask the staff on the spot." in looked_at(site, "/now?municipality=kitee")


def test_that_it_is_too_late_for_all_rooms_is_said_once(site: Site) -> None:
    def give_number(session: Session) -> None:
        session.get_one(Unit, site.world.rantakyla).contact_phone = "013 330 1234"

    transaction(site.database, give_number)
    set_clock(site.app, at(3, 10, 10))
    page = looked_at(site, "/now?municipality=joensuu")
    assert page.count("It is too late to ask for these rooms for today here.") == 1
    assert page.count("to be asked for 1 day beforehand.") == 3
    assert page.count('<a href="tel:0133301234">013 330 1234</a>') == 3


def test_a_place_that_is_none_is_refused(site: Site) -> None:
    answer = site.nobody().get("/now?municipality=atlantis", headers=ENGLISH)
    assert answer.status_code == 422
    assert "Choose one of the options in the list." in answer.text


def test_what_is_free_now_costs_as_many_statements_however_many_rooms(
    site: Site, statements: Statements
) -> None:
    set_clock(site.app, at(3, 10))
    for count in (0, 40):
        add_rooms(site, count)
        site.nobody().get("/now")
        statements.clear()
        page = looked_at(site, "/now")
        # the catalogue's version, what holds the rooms, the units' telephones
        assert len(statements) == 3
    assert "The first 30 of 44 are shown." in page
