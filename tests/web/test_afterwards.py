"""A booking once it is there: its page, into a calendar, the same again; and the list of my own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest

from booking.db import reading, transaction
from booking.models import Booking, Unit
from booking.queries.feeds import installation
from booking.services.bookings import cancel_booking
from booking.services.decisions import decide_booking
from booking.services.waiting import wait_for
from tests.support.world import NOW, at, make_booking, slot
from tests.web.conftest import Browser, Site, set_clock


def in_english(site: Site, who: str) -> Browser:
    browser = site.browser(who)
    browser.post("/language", {"locale": "en"})
    return browser


def approve(site: Site, booking: Booking) -> None:
    veli = site.world.veli
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=veli, now=NOW
        ),
    )


def events(text: str) -> list[Any]:
    return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))


def test_the_file_holds_the_booking_with_its_uid_everywhere(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    approve(site, booking)
    answer = site.browser("pekka").get(f"/bookings/{booking.id}/booking.ics")
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="varaus-{booking.id}.ics"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    with reading(site.database) as session:
        uid = f"{booking.uuid}@{installation(session)}"
    [event] = events(answer.text)
    assert (str(event["UID"]), str(event["SUMMARY"]), str(event["STATUS"])) == (
        uid,
        "Hallituksen kokous",
        "CONFIRMED",
    )
    assert "METHOD" not in answer.text
    [of_feed] = events(site.nobody().get(f"/feeds/rooms/{site.world.half_a}.ics").text)
    assert str(of_feed["UID"]) == uid


def test_the_file_is_for_its_own_people(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    path = f"/bookings/{booking.id}/booking.ics"
    found = {who: site.browser(who).get(path).status_code for who in site.world.actors}
    assert found == {
        **dict.fromkeys(("outi", "toini", "aino"), 404),
        **dict.fromkeys(("viivi", "veli", "kaisa", "yllapito"), 403),
        **dict.fromkeys(("anna", "pekka"), 200),
    }


def test_calendars_on_the_web_are_given_a_filled_form_and_the_page_says_what_that_means(
    site: Site,
) -> None:
    booking = make_booking(site.database, site.world, title="Kokous & kahvit")
    page = in_english(site, "anna").get(f"/bookings/{booking.id}").text
    links = [href.replace("&amp;", "&") for href in re.findall(r'href="(https://[^"]+)"', page)]
    google, outlook = ({**parse_qs(urlsplit(one).query)} for one in links)
    assert (google["text"], google["dates"]) == (
        ["Kokous & kahvit"],
        ["20270310T080000Z/20270310T100000Z"],
    )
    assert (outlook["subject"], outlook["startdt"], outlook["enddt"]) == (
        ["Kokous & kahvit"],
        ["2027-03-10T08:00:00Z"],
        ["2027-03-10T10:00:00Z"],
    )
    assert "they do not follow later changes" in page
    for who in ("veli", "kaisa", "viivi"):
        assert "https://" not in site.browser(who).get(f"/bookings/{booking.id}").text


def test_a_template_carries_everything_but_needs_contact_and_day(site: Site) -> None:
    booking = make_booking(site.database, site.world, is_public=True)
    anna = in_english(site, "anna")
    page = anna.get(f"/bookings/{booking.id}").text
    [href] = re.findall(r'href="(/bookings/new\?[^"]+)"', page)
    values = {k: v[0] for k, v in parse_qs(urlsplit(href.replace("&amp;", "&")).query).items()}
    assert values == {
        "room": str(site.world.half_a),
        "organisation": str(site.world.virta),
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "people": "10",
        "is_public": "y",
        "starts": "10.00",
        "ends": "12.00",
    }
    form = anna.get(href.replace("&amp;", "&")).text
    assert 'value="Hallituksen kokous"' in form
    assert 'value="10.00"' in form
    assert "Pyörätuolilla" not in form


def day_of(location: str) -> str | None:
    return parse_qs(urlsplit(location).query).get("day", [None])[0]


def test_booking_again_finds_the_next_free_date_at_the_same_weekday_and_time(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    make_booking(site.database, site.world, period=slot(17, 9))  # it meets the next date
    anna = in_english(site, "anna")
    answer = anna.get(f"/bookings/{booking.id}/again")
    assert answer.status_code == 303
    assert day_of(answer.location) == "24.3.2027"
    page = anna.get(answer.location).text
    assert 'value="24.3.2027"' in page
    assert 'value="10.00"' in page
    assert 'value="Hallituksen kokous"' in page


def test_booking_a_past_one_again_looks_from_today_on(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    now = at(8, 9, month=4)  # four weeks later, a Thursday
    set_clock(site.app, now)
    answer = site.browser("anna", now).get(f"/bookings/{booking.id}/again")
    assert day_of(answer.location) == "14.4.2027"


def test_with_no_free_date_the_form_has_no_day_and_the_page_says_so(site: Site) -> None:
    booking = make_booking(site.database, site.world)

    def close(session: Any) -> None:
        session.get_one(Unit, site.world.rantakyla).opening_hours = []

    transaction(site.database, close)
    anna = in_english(site, "anna")
    answer = anna.get(f"/bookings/{booking.id}/again")
    assert day_of(answer.location) is None
    assert "no free date at the same weekday and time" in anna.get(answer.location).text


def acts(site: Site, who: str, booking_id: int, now: Any = NOW) -> list[str]:
    page = site.browser(who, now).get(f"/bookings/{booking_id}").text
    ways = ("move", "edit", "cancel", "again", "booking.ics")
    found = [way for way in ways if f'href="/bookings/{booking_id}/{way}"' in page]
    return [*found, *(["report"] if f"/reports/new?booking={booking_id}" in page else [])]


def test_each_is_offered_what_they_can_do(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    changes = ["move", "edit", "cancel", "again"]
    found = {
        who: acts(site, who, booking.id)
        for who in ("anna", "pekka", "viivi", "veli", "kaisa", "yllapito")
    }
    own, staffs = [*changes, "booking.ics", "report"], [*changes, "report"]
    assert found == {
        "anna": own,
        "pekka": own,
        "viivi": [],
        "veli": staffs,
        "kaisa": staffs,
        "yllapito": staffs,
    }


def test_what_has_begun_is_not_changed_but_may_be_reported_and_asked_for_again(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    now = at(10, 11)
    set_clock(site.app, now)
    assert acts(site, "anna", booking.id, now) == ["again", "booking.ics", "report"]


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("approve", "The room is yours at the time below."),
        ("reject", "The room is not held for you. Read the reason below"),
    ],
)
def test_the_page_says_what_comes_next(site: Site, decision: Any, said: str) -> None:
    booking = make_booking(site.database, site.world)
    veli = site.world.veli
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, decision, 1, "Peruste", actor=veli, now=NOW
        ),
    )
    assert said in in_english(site, "anna").get(f"/bookings/{booking.id}").text
    assert said not in in_english(site, "veli").get(f"/bookings/{booking.id}").text


def test_my_bookings_stand_by_what_they_are(site: Site) -> None:
    make_booking(site.database, site.world, title="Pyydetty")
    coming = make_booking(site.database, site.world, title="Tulossa", period=slot(11, 10))
    approve(site, coming)
    ended = make_booking(site.database, site.world, title="Peruttu", period=slot(12, 10))
    anna = site.world.anna
    transaction(
        site.database,
        lambda session: cancel_booking(session, ended.id, 1, None, actor=anna, now=NOW),
    )
    pekka = site.world.pekka
    wish = (site.world.half_a, site.world.virta, slot(11, 10), "meeting", 5)
    transaction(site.database, lambda session: wait_for(session, *wish, actor=pekka, now=NOW))
    page = in_english(site, "anna").get("/bookings").text
    parts = re.split(r"<h2>([^<]+)</h2>", page)
    held = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(held) == [
        "Awaiting decision",
        "Coming",
        "On the waiting list",
        "Not taking place",
        "Past",
    ]
    found = {
        title: [name for name, part in held.items() if title in part]
        for title in ("Pyydetty", "Tulossa", "Peruttu", "/waiting/")
    }
    assert found == {
        "Pyydetty": ["Awaiting decision"],
        "Tulossa": ["Coming"],
        "Peruttu": ["Not taking place"],
        "/waiting/": ["On the waiting list"],
    }
