"""An administrator keeps regions, municipalities, divisions and units, and opens units for booking one by one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from booking.domain.texts import LocalText
from booking.models import Division, Municipality, Region, Unit
from booking.services.places import add_division, add_region
from tests.support.acts import all_rows, do
from tests.support.keeping import unit_of
from tests.support.world import make_booking
from tests.web.conftest import Site
from tests.web.keeping import accepted


def send(site: Site, path: str, form: dict[str, Any]) -> Any:
    return site.browser("yllapito").post(f"/admin/places{path}", form)


def look(site: Site, path: str = "") -> str:
    return site.browser("yllapito").get(f"/admin/places{path}").text


def a_region(site: Site) -> Region:
    admin = site.world.yllapito
    region = do(site.database, add_region, "seutu", LocalText("Joensuun seutu"), actor=admin)
    assert isinstance(region, Region)
    return region


def joensuus_id(site: Site) -> int:
    query = select(Municipality.id).where(Municipality.key == "joensuu")
    [found] = all_rows(site.database, query)
    return int(found)


def test_the_menu_leads_there_for_the_admin_only(site: Site) -> None:
    seen = {
        who: 'href="/admin/places"' in site.browser(who).get("/").text
        for who in ("yllapito", "veli", "kaisa")
    }
    assert seen == {"yllapito": True, "veli": False, "kaisa": False}


def test_a_region_is_added_and_renamed_in_three_languages(site: Site) -> None:
    form = {"name_fi": "Seutu", "name_sv": "Region", "name_en": "Region", "key": "seutu"}
    assert send(site, "/regions/new", form).status_code == 303
    [region] = all_rows(site.database, select(Region))
    path = f"/regions/{region.id}"
    assert 'value="Seutu"' in look(site, path)
    assert send(site, path, {"name_fi": "Joensuun seutu"}).status_code == 303
    [region] = all_rows(site.database, select(Region))
    assert (region.key, region.name) == ("seutu", LocalText("Joensuun seutu"))
    assert "Joensuun seutu" in look(site)


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["name_fi", "key"]),
        ({"name_fi": "Toinen", "key": "Ä"}, ["key"]),
        ({"name_fi": "Toinen", "key": "seutu"}, ["key"]),
        ({"name_sv": "Andra", "key": "toinen"}, ["name_fi"]),
    ],
)
def test_a_region_that_makes_no_sense_is_refused(
    site: Site, form: dict[str, str], fields: list[str]
) -> None:
    a_region(site)
    answer = send(site, "/regions/new", form)
    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-error"', answer.text) == fields
    assert len(all_rows(site.database, select(Region))) == 1


def test_a_division_is_added_and_renamed(site: Site) -> None:
    assert send(site, "/divisions/new", {"name_fi": "Ikäihmiset"}).status_code == 303
    [division] = all_rows(site.database, select(Division))
    path = f"/divisions/{division.id}"
    assert send(site, path, {"name_fi": ""}).status_code == 422
    assert send(site, path, {"name_fi": "Ikäihmisten palvelut"}).status_code == 303
    assert [row.name.fi for row in all_rows(site.database, select(Division))] == [
        "Ikäihmisten palvelut"
    ]


@pytest.mark.parametrize(
    "path", ["/regions/99", "/divisions/99", "/municipalities/99", "/units/99"]
)
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    admin = site.browser("yllapito")
    assert admin.get(f"/admin/places{path}").status_code == 404
    assert admin.post(f"/admin/places{path}", {"name_fi": "x", "region_id": ""}).status_code == 404


def test_a_municipality_is_to_be_checked_until_somebody_says_so(site: Site) -> None:
    region, place = a_region(site), joensuus_id(site)
    badges = look(site).count('class="badge requested"')
    path = f"/municipalities/{place}"
    assert send(site, path, {"region_id": region.id}).status_code == 303
    assert look(site).count('class="badge requested"') == badges
    assert send(site, path, {"region_id": region.id, "is_checked": "y"}).status_code == 303
    assert look(site).count('class="badge requested"') == badges - 1
    [row] = all_rows(site.database, select(Municipality).where(Municipality.id == place))
    assert (row.region_id, row.region_is_checked) == (region.id, True)


@pytest.mark.parametrize("typed", ["999", "x", "1; DROP TABLE region"])
def test_a_region_that_was_not_offered_is_refused(site: Site, typed: str) -> None:
    answer = send(site, f"/municipalities/{joensuus_id(site)}", {"region_id": typed})
    assert answer.status_code == 422
    assert 'id="region_id-error"' in answer.text


def test_a_unit_is_added_and_not_open_yet(site: Site) -> None:
    form = {
        "name_fi": "Uusi talo",
        "address": "Tie 1, Joensuu",
        "municipality_id": joensuus_id(site),
        "division_id": "",
    }
    answer = send(site, "/units/new", form)
    assert answer.status_code == 303
    [unit] = all_rows(site.database, select(Unit).order_by(Unit.id.desc()).limit(1))
    assert (unit.name.fi, unit.open_for_booking) == ("Uusi talo", False)
    assert answer.location == f"/staff/units/{unit.id}"
    assert site.browser("yllapito").get(answer.location).status_code == 200


def test_a_unit_without_name_address_or_place_is_refused(site: Site) -> None:
    answer = send(site, "/units/new", {"municipality_id": "", "division_id": ""})
    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-error"', answer.text) == ["name_fi", "address", "municipality_id"]


def test_where_a_unit_belongs_is_kept(site: Site) -> None:
    admin = site.world.yllapito
    division = do(site.database, add_division, LocalText("Ikäihmiset"), actor=admin)
    path = f"/units/{site.world.rantakyla}"
    form = {"municipality_id": joensuus_id(site), "division_id": division.id, "version": 1}
    assert send(site, path, form).status_code == 303
    assert unit_of(site.database, site.world).division_id == division.id
    assert f'<option selected value="{division.id}">' in look(site, path)
    answer = send(site, path, {**form, "division_id": ""})
    assert answer.status_code == 409
    assert "Ikäihmiset" in answer.text


def test_a_unit_is_closed_for_booking_and_opened_again(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    path = f"/units/{site.world.rantakyla}/lending"
    page = look(site, path)
    assert 'name="open" type="hidden" value="no"' in page
    answer = send(site, path, {"open": "no", "version": 1})
    assert answer.status_code == 409
    assert f"/bookings/{booking.id}" in answer.text
    form = {"open": "no", "version": 1, "accepted": accepted(answer.text)}
    assert send(site, path, form).status_code == 303
    assert not unit_of(site.database, site.world).open_for_booking
    ready = look(site, path)
    assert "Veli Vastaava" in ready
    assert 'name="open" type="hidden" value="yes"' in ready
    assert send(site, path, {"open": "yes", "version": 2}).status_code == 303
    assert unit_of(site.database, site.world).open_for_booking


def test_a_unit_that_is_not_ready_says_what_it_lacks(site: Site) -> None:
    form = {
        "name_fi": "Tyhjä talo",
        "address": "Tie 1",
        "municipality_id": joensuus_id(site),
        "division_id": "",
    }
    unit = send(site, "/units/new", form).location.rpartition("/")[2]
    page = look(site, f"/units/{unit}/lending")
    assert page.count('<li class="no">') == 3
