"""The front page: a time is asked for; rooms are answered, and of the others why not and when next."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import transaction
from booking.domain.rooms import HYBRID_NEEDS
from booking.domain.texts import LocalText
from booking.models import Municipality, OpeningException, Region, Room
from tests.support.world import at, make_booking
from tests.web.conftest import Site, Statements, set_clock
from tests.web.finding import ENGLISH, add_rooms, names

ASKED = "/?day=10.3.2027&starts=10&ends=12&people=5&municipality=&activity=meeting"


def test_a_search_lists_the_free_rooms(site: Site) -> None:
    answer = site.nobody().get(ASKED)
    assert answer.status_code == 200
    assert names(answer.text) == ["Kabinetti", "Sali A", "Sali B", "Sali"]
    assert "4 tilaa on vapaana" in answer.text


def test_the_day_understood_is_said_in_words(site: Site) -> None:
    answer = site.nobody().get("/?day=ke+10.3.&starts=10&ends=12")
    assert "keskiviikko 10. maaliskuuta 2027 klo 10.00–12.00" in answer.text


def part(page: str, ident: str) -> str:
    """The section of the page under the heading with this id; empty when there is none."""
    found = re.search(rf'<section aria-labelledby="{ident}">.*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def link_of(section: str) -> str:
    """The first link to the booking form."""
    link = re.search(r'href="(/bookings/new\?[^"]+)"', section)
    assert link
    return unescape(link[1])


def test_a_room_that_is_taken_says_when_and_when_it_is_free_next(site: Site) -> None:
    make_booking(site.database, site.world, title="Salainen vertaisryhmä")
    page = site.nobody().get(ASKED, headers=ENGLISH).text
    assert names(part(page, "results")) == ["Kabinetti", "Sali B"]
    others = part(page, "not-free")
    assert names(others) == ["Sali A", "Sali"]
    assert "2 rooms would fit, but are not free then" in others
    assert "<li>Booked: Wednesday 10 March 2027, 10:00–12:00.</li>" in others
    assert "Next free: Wednesday 10 March 2027, 12:00–14:00" in others
    assert link_of(others) == (
        f"/bookings/new?room={site.world.half_a}&day=10.3.2027&starts=12.00&ends=14.00&people=5&activity=meeting"
    )
    assert "Salainen" not in page


def test_a_room_that_is_closed_says_why_by_name(site: Site) -> None:
    def close(session: Session) -> None:
        reason = LocalText("Koulutuspäivä", "Utbildningsdag", "Training day")
        day = date(2027, 3, 10)
        session.add(OpeningException(unit_id=site.world.kitee, day=day, reason=reason))

    transaction(site.database, close)
    others = part(site.nobody().get(ASKED, headers=ENGLISH).text, "not-free")
    assert names(others) == ["Kabinetti"]
    assert "The room is closed on Wednesday 10 March 2027: Training day." in others
    assert "Next free: Thursday 11 March 2027, 10:00–12:00" not in others
    assert "Next free: Thursday 11 March 2027, 08:00–10:00" in others


def test_a_room_that_is_never_free_says_so(site: Site) -> None:
    def lend_no_more(session: Session) -> None:
        session.get_one(Room, site.world.cabinet).available_until = date(2027, 3, 9)

    transaction(site.database, lend_no_more)
    others = part(site.nobody().get(ASKED, headers=ENGLISH).text, "not-free")
    assert "The room can be had until Tuesday 9 March 2027 only." in others
    assert "No free time of this length within its booking window." in others
    assert "/bookings/new" not in others


def test_the_next_free_time_can_still_be_asked_for_when_the_page_has_been_read(site: Site) -> None:
    set_clock(site.app, at(8, 10, 10))
    page = site.nobody().get(ASKED.replace("day=10.3.2027", "day=9.3.2027"), headers=ENGLISH).text
    # A day's notice ends at 10.10; a quarter of an hour later the first whole step is 10.30.
    assert "Next free: Tuesday 9 March 2027, 10:30–12:30" in part(page, "not-free")


def test_a_length_off_the_step_is_made_longer_for_the_next_free_time(site: Site) -> None:
    def set_rules(session: Session) -> None:
        session.get_one(Room, site.world.half_a).step_minutes = 60
        # 45 minutes and no whole step: no length from 53 minutes on fits.
        cabinet = session.get_one(Room, site.world.cabinet)
        cabinet.min_minutes, cabinet.max_minutes, cabinet.step_minutes = 30, 59, 30

    transaction(site.database, set_rules)
    asked = "/?day=10.3.2027&starts=12.07&ends=13.00"
    others = part(site.nobody().get(asked, headers=ENGLISH).text, "not-free")
    assert names(others) == ["Kabinetti", "Sali A", "Sali B", "Sali"]
    found = re.findall(r"Next free: Wednesday 10 March 2027, ([\d:–]+)", others)
    assert found == ["13:00–14:00", "12:15–13:15", "12:15–13:15"]
    assert "No free time of this length" not in others


def test_rooms_that_never_fit_say_what_is_in_the_way(site: Site) -> None:
    def send_away(session: Session) -> None:
        session.get_one(Room, site.world.hall).elsewhere_url = "https://tilat.example/sali"

    transaction(site.database, send_away)
    asked = f"{ASKED}&features=induction_loop".replace("people=5", "people=20")
    page = site.nobody().get(asked, headers=ENGLISH).text
    unfit = part(page, "unfit")
    assert names(unfit) == ["Sali A", "Sali", "Kabinetti"]
    assert "At most 12 people may be in the room." in unfit
    assert "Missing: Induction loop." in unfit
    assert "This room is not booked here but at" in unfit
    assert 'href="https://tilat.example/sali"' in unfit
    assert "/bookings/new" not in unfit


def test_each_need_is_matched_in_words(site: Site) -> None:
    page = site.nobody().get(f"{ASKED}&features=induction_loop&features=step_free").text
    values = re.findall(r'class="name">([^<]+)</span>: <span class="value">([^<]+)<', page)
    assert values == [
        ("Portaaton kulku", "luvattu"),  # the hall
        ("Induktiosilmukka", "luvattu"),
        ("Portaaton kulku", "luvattu"),  # half B
        ("Induktiosilmukka", "ei tietoa"),
        ("Portaaton kulku", "ei tietoa"),  # the cabinet
        ("Induktiosilmukka", "ei tietoa"),
    ]


def test_needs_are_carried_to_the_booking_form(site: Site) -> None:
    page = site.nobody().get(f"{ASKED}&features=induction_loop&features=step_free").text
    assert link_of(part(page, "results")).endswith(
        "&activity=meeting&needed_features=step_free&needed_features=induction_loop"
    )


def test_a_region_and_remote_participation_narrow_the_search(site: Site) -> None:
    def equip(session: Session) -> None:
        region = Region(key="keskinen", name=LocalText("Keskinen"))
        session.scalars(
            select(Municipality).where(Municipality.key == "joensuu")
        ).one().region = region
        session.get_one(Room, site.world.half_b).equipment = sorted(HYBRID_NEEDS)

    assert 'name="region"' not in site.nobody().get("/").text
    transaction(site.database, equip)
    browser = site.nobody()
    assert names(browser.get(f"{ASKED}&region=keskinen").text) == ["Sali A", "Sali B", "Sali"]
    assert names(browser.get(f"{ASKED}&hybrid=y").text) == ["Sali B"]
    assert browser.get(f"{ASKED}&region=atlantis").status_code == 422


def test_the_same_search_every_week_is_a_link_away(site: Site) -> None:
    page = site.nobody().get(f"{ASKED}&features=quiet").text
    link = re.search(r'href="(/weekly\?[^"]+)"', page)
    assert link
    weekly = site.nobody().get(unescape(link[1]).partition("#")[0])
    assert weekly.status_code == 200
    assert 'value="10.3.2027"' in weekly.text
    assert re.search(r'<input checked[^>]*value="quiet"', weekly.text)


def test_a_long_answer_is_cut_and_counted_whole(site: Site) -> None:
    add_rooms(site, 40)
    asked = ASKED.replace("day=10.3.2027", "day=13.3.2027")  # a Saturday: all are closed
    page = site.nobody().get(asked, headers=ENGLISH).text
    assert len(names(page)) == 30
    assert "44 rooms would fit, but are not free then" in page
    assert "The first 30 of 44 are shown." in page
    link = re.search(r'href="(/\?[^"]+all=1[^"]*)"', page)
    assert link
    assert len(names(site.nobody().get(unescape(link[1]).partition("#")[0]).text)) == 44


def test_rooms_with_an_unknown_feature_come_after_those_that_have_it(site: Site) -> None:
    page = site.nobody().get(f"{ASKED}&features=induction_loop").text
    assert names(part(page, "results")) == ["Sali"]
    assert names(part(page, "unsure")) == ["Kabinetti", "Sali B"]
    assert names(part(page, "unfit")) == ["Sali A"]


def test_a_municipality_narrows_the_search(site: Site) -> None:
    assert names(site.nobody().get(ASKED.replace("municipality=", "municipality=kitee")).text) == [
        "Kabinetti"
    ]


def test_a_free_room_leads_to_the_booking_form_with_its_slot(site: Site) -> None:
    page = site.nobody().get(ASKED).text
    assert link_of(page) == (
        f"/bookings/new?room={site.world.cabinet}&day=10.3.2027&starts=10.00&ends=12.00&people=5&activity=meeting"
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("day=huomispäivä&starts=10&ends=12", "Päivää ei ymmärretty"),
        ("day=to+10.3.2027&starts=10&ends=12", "Viikonpäivä ja päivämäärä eivät täsmää"),
        ("day=10.3.2027&starts=25&ends=12", "Kellonaikaa ei ymmärretty"),
        ("day=10.3.2027&starts=12&ends=10", "Päättymisajan on oltava"),
        ("day=10.3.2027&starts=10", "Kirjoita päättymisaika"),
        ("day=28.3.2027&starts=3.30&ends=5", "Tätä kellonaikaa ei ole"),
        ("day=31.10.2027&starts=3.30&ends=5", "Tämä kellonaika tulee kahdesti"),
        ("day=10.3.2027&starts=10&ends=12&people=-1", "Kirjoita henkilömäärä numeroin"),
        ("day=10.3.2027&starts=10&ends=12&municipality=atlantis", "Valitse jokin luettelon"),
        ("day=10.3.2027&starts=10&ends=12&features=<script>", "Valitse jokin luettelon"),
        ("day=" + "9" * 5000 + "&starts=10&ends=12", "Päivää ei ymmärretty"),
        ("day=%00&starts=%ED%A0%80&ends=%F0%9F%98%80", "Kellonaikaa ei ymmärretty"),
    ],
)
def test_what_is_not_understood_is_said_at_its_field(site: Site, query: str, text: str) -> None:
    answer = site.nobody().get(f"/?{query}")
    assert answer.status_code == 422
    assert text in answer.text
    assert "<title>Virhe: " in answer.text
    assert "<script>" not in answer.text


def test_the_doubled_hour_is_asked_and_the_answer_taken(site: Site) -> None:
    day = "day=31.10.2027&starts=3.30&ends=5"
    assert 'name="starts_fold"' in site.nobody().get(f"/?{day}").text
    assert site.nobody().get(f"/?{day}&starts_fold=1").status_code == 200


def test_a_search_costs_as_many_statements_however_many_rooms(
    site: Site, statements: Statements
) -> None:
    site.nobody().get(ASKED)
    statements.clear()
    site.nobody().get(ASKED)
    # the catalogue's version for the form, the busy spaces, and the version for the answer
    assert len(statements) == 3
    make_booking(site.database, site.world)
    site.nobody().get(ASKED)
    statements.clear()
    site.nobody().get(ASKED)
    # besides: what holds the rooms that are taken, the version, and of a week what is ours and what is foreign
    assert len(statements) == 7
    add_rooms(site, 20)
    site.nobody().get(ASKED.replace("starts=10", "starts=7"))
    statements.clear()
    site.nobody().get(ASKED.replace("starts=10", "starts=7"))
    assert len(statements) == 7


@pytest.mark.parametrize("query", ["utm_source=x", "fbclid=1", "utm_source=x&gclid=2", "page=2"])
def test_what_others_hang_on_a_link_asks_for_nothing(site: Site, query: str) -> None:
    answer = site.nobody().get(f"/?{query}")
    assert answer.status_code == 200
    assert "Korjaa nämä kohdat" not in answer.text
    assert '<ol class="steps">' in answer.text
    assert names(site.nobody().get(f"{ASKED}&{query}").text) == names(site.nobody().get(ASKED).text)
