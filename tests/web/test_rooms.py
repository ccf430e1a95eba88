"""The catalogue and a room's page: facts honest about what is unknown, a week that says when and never who."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

from booking.db import transaction
from booking.domain.texts import LocalText
from booking.models import Room
from booking.services.blocks import block_room
from tests.support.world import NOW, at, make_booking, slot
from tests.web.conftest import BASE, Site, Statements, set_clock


def test_the_catalogue_lists_rooms_by_municipality(site: Site) -> None:
    page = site.nobody().get("/rooms").text
    assert re.findall(r'<h2 id="(\w+)">', page) == ["joensuu", "kitee"]
    assert re.findall(r'<h3><a href="/rooms/\d+">([^<]+)</a>', page) == [
        "Sali",
        "Sali A",
        "Sali B",
        "Kabinetti",
    ]


def test_what_nobody_has_checked_is_shown_as_unknown(site: Site) -> None:
    page = site.nobody().get(f"/rooms/{site.world.half_a}").text
    shown = re.findall(
        r'<li class="(yes|no|unknown)"><span class="sign">.*?class="name">([^<]+)</span>.*?class="value">([^<,]+)',
        page,
        re.DOTALL,
    )
    assert len(shown) == 16
    assert shown[:3] == [
        ("yes", "Portaaton kulku", "kyllä"),
        ("no", "Induktiosilmukka", "ei"),
        ("unknown", "Esteetön wc", "ei tietoa"),
    ]


def test_the_week_says_when_the_room_is_taken_and_not_by_whom(site: Site) -> None:
    make_booking(site.database, site.world, title="Salainen vertaisryhmä", is_public=True)
    page = site.nobody().get(f"/rooms/{site.world.hall}?week=2027-03-08").text
    assert "Varattu<br>10.00–12.00" in page
    assert "Salainen" not in page
    assert "Virta ry" not in page


def test_a_block_is_shown_without_its_reason(site: Site) -> None:
    world = site.world
    transaction(
        site.database,
        lambda session: block_room(
            session, world.half_a, slot(10, 10), "Vesivahinko", actor=world.veli, now=NOW
        ),
    )
    page = site.nobody().get(f"/rooms/{world.half_a}?week=2027-03-10").text
    assert "Ei varattavissa" in page
    assert "Vesivahinko" not in page


def test_free_time_leads_to_the_booking_form(site: Site) -> None:
    page = site.nobody().get(f"/rooms/{site.world.half_a}?week=2027-03-08").text
    wanted = (
        f"/bookings/new?room={site.world.half_a}&amp;day=8.3.2027&amp;starts=8.00&amp;ends=9.00"
    )
    assert wanted in page


def test_weeks_far_away_and_nonsense_are_not_found(site: Site) -> None:
    browser = site.nobody()
    for week in ("2027-02-30", "9999-12-31", "0001-01-01", "<b>", "2019-01-01"):
        answer = browser.get(f"/rooms/{site.world.hall}", query_string={"week": week})
        assert answer.status_code == 404, week


def test_ids_that_can_not_be_are_not_found(site: Site) -> None:
    browser = site.nobody()
    for room in ("0", "-1", "999999", str(2**31), str(2**63), "9" * 5000, "abc", "%00"):
        assert browser.get(f"/rooms/{room}").status_code == 404, room


def test_a_name_that_is_html_is_shown_as_text(site: Site) -> None:
    def rename(session: object) -> None:
        session.get_one(Room, site.world.hall).name = LocalText("<script>alert(1)</script>{{7*7}}")  # type: ignore[attr-defined]

    transaction(site.database, rename)
    for path in ("/rooms", f"/rooms/{site.world.hall}", "/?day=10.3.&starts=10&ends=12"):
        page = site.nobody().get(path).text
        assert "<script>alert" not in page
        assert "{{7*7}}" in page


def test_a_text_that_falls_back_bears_its_language(site: Site) -> None:
    page = site.nobody().get("/rooms", headers={"Accept-Language": "sv"}).text
    assert '<html lang="sv">' in page
    assert '<span lang="fi">Sali A</span>' in page
    assert ">Kides <" in page


def test_a_week_costs_five_statements_however_full_it_is(
    site: Site, statements: Statements
) -> None:
    for hour in (8, 10, 12, 14):
        make_booking(site.database, site.world, period=slot(10, hour))
    site.nobody().get("/rooms")
    statements.clear()
    site.nobody().get(f"/rooms/{site.world.hall}?week=2027-03-08")
    # the catalogue's version, the room with its unit, its features, its pictures, what holds its spaces
    assert len(statements) == 5


def test_each_free_time_offered_is_taken_by_the_form(site: Site) -> None:
    make_booking(site.database, site.world)
    set_clock(site.app, at(8, 10, 37))
    room = f"/rooms/{site.world.half_a}?week=2027-03-08"
    page = unescape(site.browser("anna", at(8, 10, 37)).get(room).text)
    links = re.findall(r'href="/bookings/new\?([^"]+)"', page)
    assert len(links) > 30
    set_clock(site.app, at(8, 10, 38))
    browser = site.browser("anna", at(8, 10, 38))
    asked = {
        "title": "Kokous",
        "activity": "meeting",
        "people": "5",
        "organisation": site.world.virta,
    }
    token = browser.token()
    answers = set()
    for link in sorted(set(links)):
        # Two of them may ask for the same hour: a room that is taken by then is no fault of the page.
        form = {**dict(parse_qsl(link)), **asked, "csrf_token": token}
        answers.add(browser.client.post("/bookings/new", data=form, base_url=BASE).status_code)
    assert answers <= {303, 409}
    assert 303 in answers


def test_a_room_nobody_may_ask_for_offers_nothing(site: Site) -> None:
    def hide(session: Any) -> None:
        session.get_one(Room, site.world.half_a).published = False

    transaction(site.database, hide)
    page = site.browser("veli").get(f"/rooms/{site.world.half_a}?week=2027-03-08").text
    assert "Vapaa" in page
    assert "/bookings/new?" not in page


def test_a_room_that_is_booked_elsewhere_leads_there_and_offers_nothing(site: Site) -> None:
    def send_away(session: Any) -> None:
        room = session.get_one(Room, site.world.half_a)
        room.elsewhere_url, room.keys = "https://tilat.example/a", LocalText("Lipas")

    path = f"/rooms/{site.world.half_a}"
    english = {"Accept-Language": "en"}
    path += "?week=2027-03-08"
    ours = ("See free times", "Free times, week", "beforehand", "/bookings/new?", "Subscribe")
    before = site.nobody().get(path, headers=english).text
    assert [text for text in ours if text not in before] == []
    transaction(site.database, send_away)
    page = site.nobody().get(path, headers=english).text
    assert '<a class="button" href="https://tilat.example/a"' in page
    assert "Opening hours, week" in page
    assert [text for text in (*ours, "You see here how to get in") if text in page] == []


def test_who_checked_a_room_is_told_in_finnish_and_marked_so(site: Site) -> None:
    def check(session: Any) -> None:
        feature = session.get_one(Room, site.world.hall).features[0]
        feature.checked_on, feature.checked_by = date(2027, 1, 7), "esteettömyyskartoittaja <b>"

    transaction(site.database, check)
    path = f"/rooms/{site.world.hall}"
    swedish = site.nobody().get(path, headers={"Accept-Language": "sv"}).text
    assert '<span lang="fi">esteettömyyskartoittaja &lt;b&gt;</span>' in swedish
    finnish = site.nobody().get(path).text
    assert ", esteettömyyskartoittaja &lt;b&gt;</span>" in finnish
