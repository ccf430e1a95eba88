"""The booking form: from a free slot to a request, with nothing lost on the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.models import Booking, Room
from tests.support.world import PASSWORD, make_booking
from tests.web.asking import count, errors, form
from tests.web.conftest import BASE, Site

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_the_form_opens_filled_with_the_slot_of_the_link(site: Site) -> None:
    room = site.world.half_a
    link = (
        f"/bookings/new?room={room}&day=10.3.2027&starts=10.00&ends=12.00&people=5&activity=group"
    )
    page = site.browser("anna").get(link).text
    assert f'<option selected value="{room}">' in page
    assert 'value="10.3.2027"' in page
    assert "keskiviikko 10. maaliskuuta 2027" in page
    assert re.search(r'<input checked[^>]*value="group"', page)
    assert (
        f'<option selected value="{site.world.virta}">' in page or page.count("<option value") > 0
    )


def test_a_request_is_made_and_shown(site: Site) -> None:
    browser = site.browser("anna")
    answer = browser.post("/bookings/new", form(site))
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Varauspyyntö on lähetetty." in page
    assert "odottaa päätöstä" in page
    assert "Pyörätuolilla kulkeva osallistuja" in page
    assert len(site.mails) == 2  # to Anna, and to who decides


def test_the_same_form_sent_twice_is_one_booking(site: Site) -> None:
    browser = site.browser("anna")
    first, second = (browser.post("/bookings/new", form(site)) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert (count(site), len(site.mails)) == (1, 2)


def test_the_same_key_with_other_contents_is_refused(site: Site) -> None:
    browser = site.browser("anna")
    browser.post("/bookings/new", form(site))
    answer = browser.post("/bookings/new", form(site, day="11.3.2027"))
    assert answer.status_code == 422
    assert errors(answer.text) == [
        "Tämä lomake on jo lähetetty muilla tiedoilla. Avaa lomake uudelleen, jos haluat tehdä toisen varauksen."
    ]
    assert count(site) == 1


def test_every_refusal_is_told_and_everything_typed_is_kept(site: Site) -> None:
    asked = form(site, day="14.3.2027", starts="10.10", people="99", title="Talkoot & <kahvit>")
    answer = site.browser("anna").post("/bookings/new", asked)
    assert answer.status_code == 422
    told = errors(answer.text)
    assert len(told) == 3
    assert told[0].startswith("Tila on suljettu koko päivän: sunnuntai 14. maaliskuuta 2027.")
    assert "15 minuuttia" in told[1]
    assert told[2].startswith("Tilassa saa olla enintään 30 henkilöä.")
    for kept in (
        'value="14.3.2027"',
        'value="10.10"',
        'value="99"',
        "Talkoot &amp; &lt;kahvit&gt;",
    ):
        assert kept in answer.text
    assert "Pyörätuolilla kulkeva osallistuja" in answer.text
    assert 'value="avain-1"' in answer.text
    assert "<title>Virhe: Varaa tila" in answer.text
    assert count(site) == 0


def test_a_taken_room_is_told_with_its_time_and_nothing_else(site: Site) -> None:
    make_booking(site.database, site.world, title="<b>Salaisuus</b>")
    answer = site.browser("anna").post("/bookings/new", form(site, starts="11", ends="13"))
    assert answer.status_code == 409
    assert errors(answer.text) == [
        "Tila on jo varattu: keskiviikko 10. maaliskuuta 2027 klo 10.00–12.00. "
        "Valitse toinen aika tai toinen tila."
    ]
    assert "Salaisuus" not in answer.text


@pytest.mark.parametrize("key", ["a\0b", "", "ä", "a b", "x" * 101, "\x7f", "a\nb"])
def test_a_key_that_can_not_be_kept_is_another_one(site: Site, key: str) -> None:
    browser = site.browser("anna")
    assert browser.post("/bookings/new", form(site, key=key)).status_code == 303
    page = browser.post("/bookings/new", form(site, key=key, title="")).text
    assert re.search(rf'name="key" type="hidden" value="{UUID}"', page)


def test_a_key_in_a_link_is_nobodys(site: Site) -> None:
    page = site.browser("anna").get("/bookings/new?key=avain-1&title=Kokous").text
    assert re.search(rf'name="key" type="hidden" value="{UUID}"', page)
    assert 'value="Kokous"' in page


@pytest.mark.parametrize("who", ["outi", "toini", "viivi"])
def test_nobody_books_in_the_name_of_anothers_organisation(site: Site, who: str) -> None:
    assert site.browser(who).post("/bookings/new", form(site)).status_code == 403
    assert count(site) == 0


def test_staff_without_an_organisation_are_told_what_to_do(site: Site) -> None:
    page = site.browser("viivi").get("/bookings/new").text
    assert "Et kuulu täällä vielä mihinkään järjestöön" in page


def test_staff_may_ask_for_any_organisation(site: Site) -> None:
    assert site.browser("veli").post("/bookings/new", form(site)).status_code == 303


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"title": ""}, "Kirjoita tilaisuuden nimi."),
        ({"title": "\u202e\x00 \u2028"}, "Kirjoita tilaisuuden nimi."),
        ({"title": "x" * 201}, "Teksti on liian pitkä. Lyhennä se enintään 200 merkkiin."),
        ({"needs": "x" * 2001}, "Teksti on liian pitkä. Lyhennä se enintään 2000 merkkiin."),
        ({"people": "NaN"}, "Kirjoita henkilömäärä numeroin"),
        ({"people": "1e999"}, "Kirjoita henkilömäärä numeroin"),
        ({"people": "9" * 5000}, "Kirjoita henkilömäärä numeroin"),
        ({"room": "-1"}, "Valitse jokin luettelon"),
        ({"room": str(2**63)}, "Valitse jokin luettelon"),
        ({"room": ""}, "Valitse tila."),
        ({"organisation": "x' OR 1=1"}, "Valitse jokin luettelon"),
        ({"activity": "orgy"}, "Valitse jokin luettelon"),
        ({"activity": None}, "Valitse, mihin tilaa käytetään."),
        ({"day": "30.2.2027"}, "Päivää ei ymmärretty"),
        ({"starts": "25:61"}, "Kellonaikaa ei ymmärretty"),
        ({"ends": "9"}, "Päättymisajan on oltava"),
        ({"ends": "10"}, "Päättymisajan on oltava"),
    ],
)
def test_what_is_not_understood_is_said_at_its_field(
    site: Site, changes: dict[str, Any], text: str
) -> None:
    fields = {name: value for name, value in form(site, **changes).items() if value is not None}
    answer = site.browser("anna").post("/bookings/new", fields)
    assert answer.status_code == 422
    assert any(text in told for told in errors(answer.text)), errors(answer.text)
    assert count(site) == 0


def test_fields_that_are_not_asked_for_change_nothing(site: Site) -> None:
    asked = form(site, state="approved", asker_id="1", decided_by_id="1", version="9", unit_id="2")
    answer = site.browser("anna").post("/bookings/new", asked)
    assert answer.status_code == 303
    with reading(site.database) as session:
        booking = session.scalars(select(Booking)).one()
        assert (booking.state, booking.version, booking.asker_id, booking.decided_by_id) == (
            "requested",
            1,
            site.world.anna.person_id,
            None,
        )


def test_a_room_that_is_not_published_is_refused(site: Site) -> None:
    def hide(session: Any) -> None:
        session.get_one(Room, site.world.half_a).published = False

    transaction(site.database, hide)
    answer = site.browser("anna").post("/bookings/new", form(site))
    # As if it were not there: who doesn't decide for its unit can't tell the one from the other.
    missing = site.browser("anna").post("/bookings/new", form(site, room="99999"))
    assert (answer.status_code, errors(answer.text)) == (404, errors(missing.text))
    assert errors(answer.text)[0].startswith("Etsimääsi ei löytynyt.")
    answer = site.browser("veli").post("/bookings/new", form(site))
    assert answer.status_code == 422
    assert errors(answer.text)[0].startswith("Tätä tilaa ei voi nyt varata täältä.")


def test_a_link_to_the_form_comes_back_after_the_sign_in(site: Site) -> None:
    browser = site.nobody()
    page = browser.get(f"/bookings/new?room={site.world.half_a}&day=10.3.2027&starts=10.00").text
    sign_in = re.search(r'<main.*?href="(/login[?]next=[^"]+)"', page, re.DOTALL)
    assert sign_in
    page = browser.get(sign_in[1]).text
    wanted = re.findall(r'name="next" type="hidden" value="([^"]+)"', page)
    assert len(wanted) == 2  # one for each way
    signed = {"email": "anna@demo.example", "password": PASSWORD}
    answer = browser.post("/login", {**signed, "next": wanted[1].replace("&amp;", "&")})
    assert answer.status_code == 303
    assert 'value="10.3.2027"' in browser.get(answer.location).text


def test_a_form_sent_without_a_sign_in_is_kept_through_it(site: Site) -> None:
    browser = site.nobody()
    answer = browser.post("/bookings/new", form(site))
    assert answer.status_code == 401
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    assert kept["title"] == "Hallituksen kokous"
    wrong = {**kept, "email": "anna@demo.example", "password": "väärä salasana"}
    answer = browser.post("/bookings/new", wrong)
    assert answer.status_code == 422
    assert 'value="Hallituksen kokous"' in answer.text
    answer = browser.post("/bookings/new", {**wrong, "password": PASSWORD})
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Pyörätuolilla kulkeva osallistuja" in page
    assert 'value="avain-1"' in page
    assert site.browser("veli").get(answer.location).text.count("Pyörätuolilla") == 0
    assert count(site) == 0
    assert browser.post("/bookings/new", form(site)).status_code == 303


@pytest.mark.parametrize(
    "flood", ["a&" * 100_000, "room=&" * 40_000, "&".join(f"a{n}=" for n in range(30_000))]
)
def test_what_is_no_field_of_the_form_is_not_carried_through_the_sign_in(
    site: Site, flood: str
) -> None:
    browser = site.nobody()
    token = browser.token()
    answer = browser.client.post(
        "/bookings/new",
        data=f"csrf_token={token}&title=Kokous&{flood}",
        content_type="application/x-www-form-urlencoded",
        base_url=BASE,
    )
    assert answer.status_code == 401
    assert 'name="title" value="Kokous"' in answer.text
    assert len(answer.data) < 20_000


def test_options_in_another_language_bear_it(site: Site) -> None:
    browser = site.browser("anna")
    browser.post("/language", {"locale": "sv"})
    page = browser.get("/bookings/new").text
    assert re.search(r'<option lang="fi" value="\d+">Sali A – Rantakylän hyvinvointitalo<', page)
    browser.post("/language", {"locale": "fi"})
    assert 'lang="fi" value' not in browser.get("/bookings/new").text


@pytest.mark.parametrize(
    ("locale", "needs", "title"),
    [
        ("fi", "palvelun ylläpitäjät, muut eivät", "varauksia seuraavat työntekijät"),
        ("sv", "tjänstens administratörer ser detta", "anställda som följer bokningarna"),
        ("en", "administrators of the service see this", "staff who follow bookings"),
    ],
)
def test_the_form_says_who_sees_what_is_written(
    site: Site, locale: str, needs: str, title: str
) -> None:
    browser = site.browser("anna")
    browser.post("/language", {"locale": locale})
    page = browser.get("/bookings/new").text
    assert needs in page
    assert title in page
