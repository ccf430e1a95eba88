"""The catalogue and a room's page: facts honest about what is unknown, a week that says when and never who."""

from __future__ import annotations

import re

from booking.db import transaction
from booking.domain.texts import LocalText
from booking.models import Room
from booking.services.blocks import block_room
from tests.support.world import NOW, make_booking, slot
from tests.web.conftest import Site, Statements


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


def test_a_week_costs_four_statements_however_full_it_is(
    site: Site, statements: Statements
) -> None:
    for hour in (8, 10, 12, 14):
        make_booking(site.database, site.world, period=slot(10, hour))
    site.nobody().get("/rooms")
    statements.clear()
    site.nobody().get(f"/rooms/{site.world.hall}?week=2027-03-08")
    # the catalogue's version, the room with its unit, its features, what holds its spaces
    assert len(statements) == 4
