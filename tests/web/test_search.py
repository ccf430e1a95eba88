"""The front page: a time is asked for, rooms are answered."""

from __future__ import annotations

import re

import pytest

from tests.support.world import make_booking, slot
from tests.web.conftest import Site, Statements

ASKED = "/?day=10.3.2027&starts=10&ends=12&people=5&municipality=&activity=meeting"


def names(page: str) -> list[str]:
    """The rooms shown, in order."""
    return re.findall(r'<h3><a href="/rooms/[^"]+">([^<]+)</a></h3>', page)


def test_a_search_lists_the_free_rooms(site: Site) -> None:
    answer = site.nobody().get(ASKED)
    assert answer.status_code == 200
    assert names(answer.text) == ["Sali", "Sali A", "Sali B", "Kabinetti"]
    assert "4 tilaa on vapaana" in answer.text


def test_the_day_understood_is_said_in_words(site: Site) -> None:
    answer = site.nobody().get("/?day=ke+10.3.&starts=10&ends=12")
    assert "keskiviikko 10. maaliskuuta 2027 klo 10.00–12.00" in answer.text


def test_taken_rooms_are_counted_and_not_shown(site: Site) -> None:
    make_booking(site.database, site.world)
    page = site.nobody().get(ASKED).text
    assert names(page) == ["Sali B", "Kabinetti"]
    assert "2 muuta tilaa on tähän aikaan" in page


def test_rooms_with_an_unknown_feature_come_after_those_that_have_it(site: Site) -> None:
    page = site.nobody().get(f"{ASKED}&features=induction_loop").text
    assert names(page) == ["Sali", "Sali B", "Kabinetti"]
    free, unsure = page.split("Vapaana, mutta jostakin tarpeestasi ei ole tietoa")
    assert names(free) == ["Sali"]
    assert names(unsure) == ["Sali B", "Kabinetti"]


def test_a_municipality_narrows_the_search(site: Site) -> None:
    assert names(site.nobody().get(ASKED.replace("municipality=", "municipality=kitee")).text) == [
        "Kabinetti"
    ]


def test_a_free_room_leads_to_the_booking_form_with_its_slot(site: Site) -> None:
    page = site.nobody().get(ASKED).text
    link = re.search(r'href="(/bookings/new\?[^"]+)"', page)
    assert link
    assert link[1].replace("&amp;", "&") == (
        f"/bookings/new?room={site.world.hall}&day=10.3.2027&starts=10.00&ends=12.00&people=5&activity=meeting"
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


def test_a_search_costs_three_statements_however_many_rooms(
    site: Site, statements: Statements
) -> None:
    site.nobody().get(ASKED)
    make_booking(site.database, site.world, period=slot(11, 10))
    statements.clear()
    site.nobody().get(ASKED)
    # the catalogue's version for the form, the busy spaces, and the version for the answer
    assert len(statements) == 3


@pytest.mark.parametrize("query", ["utm_source=x", "fbclid=1", "utm_source=x&gclid=2", "page=2"])
def test_what_others_hang_on_a_link_asks_for_nothing(site: Site, query: str) -> None:
    answer = site.nobody().get(f"/?{query}")
    assert answer.status_code == 200
    assert "Korjaa nämä kohdat" not in answer.text
    assert '<ol class="steps">' in answer.text
    assert names(site.nobody().get(f"{ASKED}&{query}").text) == names(site.nobody().get(ASKED).text)
