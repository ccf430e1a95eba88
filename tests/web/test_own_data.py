"""One's own data: seen, taken along, erased, by nobody but oneself."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import select

from booking.models import AuditEntry, Person, SignIn
from booking.queries.personal import PATHS
from booking.web.privacy_words import SECTIONS
from tests.support.acts import all_rows
from tests.support.world import make_booking
from tests.web.conftest import Site

ERASE = "/account/data/erase"


def person(site: Site, who: str) -> Person:
    [found] = all_rows(
        site.database, select(Person).where(Person.id == site.world.actors[who].person_id)
    )
    assert isinstance(found, Person)
    return found


def test_every_part_of_the_export_has_its_words() -> None:
    assert list(SECTIONS) == [path.section for path in PATHS]


def test_the_file_is_ones_own_and_not_kept_by_the_browser(site: Site) -> None:
    make_booking(site.database, site.world)
    answer = site.browser("anna").get("/account/data.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="yhteistila-omat-tiedot.json"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "application/json"
    found = json.loads(answer.text)
    assert [one["title"] for one in found["bookings"]] == ["Hallituksen kokous"]
    assert [one["email"] for one in found["person"]] == ["anna@demo.example"]


def test_the_file_of_another_cannot_be_had_whatever_is_sent(site: Site) -> None:
    make_booking(site.database, site.world)
    anna = site.world.anna.person_id
    query = f"?id={anna}&person_id={anna}&person={anna}&email=anna@demo.example"
    text = site.browser("outi").get(f"/account/data.json{query}").text
    assert "outi@demo.example" in text
    assert "anna@demo.example" not in text
    assert "Hallituksen kokous" not in text


def test_taking_the_file_is_in_ones_own_record(site: Site) -> None:
    site.browser("outi").get("/account/data.json")
    entries = all_rows(site.database, select(AuditEntry.action))
    assert entries == ["export_own_data"]
    site.browser("outi").get("/account/data")
    assert all_rows(site.database, select(AuditEntry.action)) == ["export_own_data"]


def test_the_page_leads_to_the_file_and_to_the_erasure(site: Site) -> None:
    page = site.browser("anna").get("/account/data").text
    assert 'href="/account/data.json"' in page
    assert f'href="{ERASE}"' in page


def test_an_account_is_erased_once_it_is_ticked(site: Site) -> None:
    outi = site.browser("outi")
    assert "erased" not in person(site, "outi").email
    answer = outi.post(ERASE, {"sure": "y"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert person(site, "outi").erased_at is not None
    # This browser is nobody's now, and a copy of its cookie opens nothing.
    assert outi.get("/account/data").status_code == 303
    assert all_rows(site.database, select(SignIn)) == []


def test_without_the_tick_nothing_happens(site: Site) -> None:
    answer = site.browser("outi").post(ERASE, {})
    assert answer.status_code == 422
    assert 'href="#sure"' in answer.text
    assert person(site, "outi").erased_at is None


def test_what_is_in_the_way_is_said_and_there_is_no_button(site: Site) -> None:
    make_booking(site.database, site.world)
    anna = site.browser("anna")
    page = anna.get(ERASE).text
    assert 'name="sure"' not in page
    assert 'href="/bookings"' in page
    answer = anna.post(ERASE, {"sure": "y"})
    assert answer.status_code == 422
    assert person(site, "anna").erased_at is None


def test_a_forged_form_erases_nobody(site: Site) -> None:
    outi = site.browser("outi")
    for form in ({"sure": "y"}, {"sure": "y", "csrf_token": "x"}):
        answer = outi.client.post(ERASE, data=form, base_url="http://127.0.0.1:8000")
        assert answer.status_code == 400
    assert outi.get(f"{ERASE}?sure=y").status_code == 200
    assert person(site, "outi").erased_at is None


def test_an_id_in_the_form_erases_nobody_else(site: Site) -> None:
    target: Any = site.world.toini.person_id
    form = {"sure": "y", "person_id": target, "id": target, "email": "toini@demo.example"}
    site.browser("outi").post(ERASE, form)
    assert person(site, "toini").erased_at is None
    assert person(site, "outi").erased_at is not None


def test_pressing_twice_erases_once(site: Site) -> None:
    outi = site.browser("outi")
    token = outi.token()
    form = {"sure": "y", "csrf_token": token}
    first = outi.client.post(ERASE, data=form, base_url="http://127.0.0.1:8000")
    second = outi.client.post(ERASE, data=form, base_url="http://127.0.0.1:8000")
    assert (first.status_code, second.status_code) == (303, 400)
    entries = all_rows(site.database, select(AuditEntry).where(AuditEntry.action == "erase_person"))
    assert len(entries) == 1


def test_the_page_says_what_goes_and_what_stays(site: Site) -> None:
    page = site.browser("outi").get(ERASE).text
    assert re.findall(r'<h2 id="(\w+)"', page) == ["goes", "stays"]
